"""How messages become single lines that a terminal can show safely, and long work shows itself."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager


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
