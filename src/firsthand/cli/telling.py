"""How commands tell what they found, what they do meanwhile, and what went wrong.

Standard output has the answer and nothing else: a table or lines for people, or JSON where `--json`
asks for it. All about the run goes to standard error. Progress is drawn on a terminal only.
"""

import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, is_dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import typer

if TYPE_CHECKING:
    from rich.table import Table

Item = TypeVar("Item")

_UNFOLDED: Final = 1000
"""Characters in a line of a table that goes to a file or a pipe: so many that none is folded."""


def one_line(message: str) -> str:
    """Return `message` in one line: line breaks become "; ", other control characters escapes.

    File names end up in messages, and may hold anything but a slash and a zero byte.
    """
    joined = "; ".join(line.strip() for line in message.splitlines() if line.strip())
    return shown(joined)


def shown(text: str) -> str:
    """Return a text whose control characters, line breaks too, are escapes."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def say(words: str) -> None:
    """Print a line of the answer."""
    typer.echo(one_line(words))


def say_json(found: Any) -> None:
    """Print a line of the answer as JSON; dataclasses are objects, numbers that are none null."""
    typer.echo(json.dumps(_plain(found)))


def say_table(table: "Table") -> None:
    """Print a table of the answer; where it does not go to a terminal a row is a line."""
    from rich.console import Console

    console = Console()
    if not console.is_terminal:
        console.width = _UNFOLDED
    console.print(table)


def warn(message: str) -> None:
    """Print to standard error, in a line, what the results lack."""
    typer.echo(f"firsthand: {one_line(message)}", err=True)


def wrote(path: Path, words: str = "") -> None:
    """Print to standard error where something was written; nothing for standard output itself."""
    if str(path) != "-":
        typer.echo(one_line(f"wrote {path}: {words}" if words else f"wrote {path}"), err=True)


@contextmanager
def showing() -> Iterator[Callable[[str, float, float], None]]:
    """Give a `tell(what, done, whole)` that shows a bar on a terminal, and nothing elsewhere.

    `whole` is 0 where nobody knows it.
    """
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn
    from rich.progress import TimeRemainingColumn as Remaining

    console = Console(stderr=True)
    columns = TextColumn("{task.description}", markup=False), BarColumn()
    with Progress(
        *(*columns, TaskProgressColumn(), Remaining()),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    ) as bars:
        task = bars.add_task("", total=None)
        stage = ""

        def tell(what: str, done: float, whole: float) -> None:
            nonlocal stage
            if what != stage:
                bars.reset(task)
            stage = what
            bars.update(task, description=one_line(what), completed=done, total=whole or None)

        yield tell


def progress(items: Iterable[Item], words: Callable[[], str]) -> Iterator[Item]:
    """Pass on what comes, of which nobody knows how much; a terminal shows `words` meanwhile."""
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn

    console = Console(stderr=True)
    columns = (SpinnerColumn(), TextColumn("{task.description}"))
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as shown:
        task = shown.add_task("reading", total=None)
        for item in items:
            yield item
            shown.update(task, description=words())


def tell(title: str, rows: Iterable[tuple[str, str]], written: Sequence[Path]) -> None:
    """Print to standard error names with values, and where results were written."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(show_header=False)
    for name, value in rows:
        table.add_row(name, Text(value, overflow="fold"))
    table.title = Text(title)
    Console(stderr=True).print(table)
    for path in written:
        wrote(path)


def passing_over(count: int) -> Callable[[Exception], None] | None:
    """Return what tells in a line that one of several was passed over; None for a single one."""
    return None if count < 2 else lambda error: warn(f"passed over: {error}")


def passed_over(count: int) -> list[tuple[str, str]]:
    """Return the row of `tell` that says how many photographs were passed over, if any were."""
    return [("passed over", f"{count}, which could not be read")] if count else []


def _plain(found: Any) -> Any:
    if is_dataclass(found) and not isinstance(found, type):
        found = asdict(found)
    if hasattr(found, "tolist"):  # NumPy's numbers and arrays
        found = found.tolist()
    if isinstance(found, Mapping):
        return {str(name): _plain(value) for name, value in found.items()}
    if isinstance(found, list | tuple):
        return [_plain(each) for each in found]
    if isinstance(found, float) and not math.isfinite(found):
        return None
    if isinstance(found, Path):
        return str(found)
    if isinstance(found, datetime):
        return found.isoformat()
    return found
