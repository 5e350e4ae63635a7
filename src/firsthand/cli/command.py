"""The root of the command line: its groups, `--version`, and how errors are told."""

import sys
from typing import Annotated

import typer

from firsthand import __version__
from firsthand.cli import demo, graph, hands, models
from firsthand.errors import FirsthandError

app = typer.Typer(
    help="Machine learning where the data is.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.command()(demo.demo)
app.add_typer(hands.app, name="hands")
app.add_typer(graph.app, name="graph")
app.add_typer(models.app, name="models")


def _print_version(asked: bool) -> None:
    if asked:
        typer.echo(f"firsthand {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version and exit."
        ),
    ] = False,
) -> None:
    """Machine learning where the data is."""


def main() -> None:
    """Run the command line; errors of Firsthand's are one line on standard error and exit code 1.

    Interrupted by the user it exits with 130, and with 141 if its output is no longer read.
    """
    try:
        app()
    except FirsthandError as error:
        sys.stderr.write(f"firsthand: {error}\n")
        raise SystemExit(1) from None
    except BrokenPipeError:
        sys.stderr.close()  # or the interpreter complains when it flushes standard output
        raise SystemExit(141) from None
