"""How a group of commands is made, and the options that several groups have."""

from pathlib import Path
from typing import Annotated

import typer

Json = Annotated[bool, typer.Option("--json", help="Print JSON, in place of what people read.")]
Quick = Annotated[
    bool, typer.Option("--quick", help="Fewer queries: less is certain of the times.")
]
Ray = Annotated[
    str,
    typer.Option("--ray", metavar="ADDRESS", help="Work on this Ray cluster; local begins one."),
]
Report = Annotated[
    Path | None,
    typer.Option("--report", metavar="FILE.html", help="Write a self-contained page about it."),
]


def group(words: str) -> typer.Typer:
    """Return a group of commands, which tells what it has where none of them is named."""
    return typer.Typer(help=words, no_args_is_help=True, pretty_exceptions_enable=False)


def names_in(text: str) -> list[str]:
    """Return the names in a text with commas between, each once."""
    return list(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
