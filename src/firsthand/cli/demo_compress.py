"""The demo's part about compression: a network and handwritten digits in, a family out."""

from pathlib import Path

import typer


def run(examples: Path, folder: Path) -> None:
    """Make three small ones of the network of `examples`, and show what each costs."""
    from firsthand.cli import compress
    from firsthand.errors import MissingDependencyError

    try:
        compress.run(
            f"{examples / 'digits.py'}:make",
            data=examples / "media" / "digits",
            out=folder,
            teacher_epochs=8,
            epochs=12,
            int8_epochs=2,
            mirror=False,
            quick=True,
            licence="CC-BY-4.0",
        )
    except MissingDependencyError as error:  # all else of the demo works without
        typer.echo(f"left out: {error}")
