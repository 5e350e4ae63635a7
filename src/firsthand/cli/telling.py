"""How messages become single lines that a terminal can show safely, and long work shows itself."""

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

Item = TypeVar("Item")


def one_line(message: str) -> str:
    """Return `message` in one line: line breaks become "; ", other control characters escapes.

    File names end up in messages, and may hold anything but a slash and a zero byte.
    """
    joined = "; ".join(line.strip() for line in message.splitlines() if line.strip())
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in joined)


@contextmanager
def showing() -> Iterator[Callable[[str, int, int], None]]:
    """Give a `tell` that shows a bar on a terminal, and a line for each stage elsewhere."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    console = Console(stderr=True)
    columns = TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn()
    with Progress(*columns, console=console, disable=not console.is_terminal) as bars:
        shown = bars.add_task("", total=None)
        stage = ""

        def tell(what: str, done: int, whole: int) -> None:
            nonlocal stage
            if what != stage and not console.is_terminal:
                console.print(one_line(what), markup=False, highlight=False, soft_wrap=True)
            stage = what
            bars.update(shown, description=one_line(what), completed=done, total=whole)

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

    console = Console(stderr=True)
    table = Table(show_header=False)
    for name, value in rows:
        table.add_row(name, Text(value, overflow="fold"))
    table.title = Text(title)
    console.print(table)
    for path in written:
        if str(path) != "-":
            console.print(f"wrote {path}", highlight=False, markup=False, soft_wrap=True)


def warn(message: str) -> None:
    """Print to standard error, in a line, what the results lack."""
    sys.stderr.write(f"firsthand: {one_line(message)}\n")


def passing_over(count: int) -> Callable[[Exception], None] | None:
    """Return what tells in a line that one of several was passed over; None for a single one."""
    return None if count < 2 else lambda error: warn(f"passed over: {error}")


def passed_over(count: int) -> list[tuple[str, str]]:
    """Return the row of `tell` that says how many photographs were passed over, if any were."""
    return [("passed over", f"{count}, which could not be read")] if count else []
