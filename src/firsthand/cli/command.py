"""The root of the command line: its groups, `--version`, and how errors are told."""

import io
import os
import sys
from typing import Annotated, NoReturn

import typer

from firsthand import __version__
from firsthand.cli import (
    challenge,
    compress,
    concealment,
    doctor,
    federated,
    graph,
    hands,
    models,
    objects,
    recorder,
    speech,
    train,
)
from firsthand.cli.demo import demo
from firsthand.cli.telling import one_line
from firsthand.errors import FirsthandError

app = typer.Typer(
    help="Machine learning where the data is.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.command()(demo)
app.command()(doctor.doctor)
app.add_typer(hands.app, name="hands")
app.add_typer(objects.app, name="objects")
app.add_typer(graph.app, name="graph")
app.add_typer(models.app, name="models")
app.add_typer(recorder.app, name="recorder")
app.add_typer(challenge.app, name="challenge")
app.add_typer(compress.app, name="compress")
app.add_typer(speech.app, name="speech")
app.add_typer(concealment.app, name="concealment")
app.add_typer(federated.app, name="federated")
app.add_typer(train.app, name="train")


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

    A wrong use of options exits with 2, an interruption by the user with 130, and where nobody
    reads the output any more it ends with 1, silently.
    """
    os.environ.setdefault("OPENCV_LOG_LEVEL", "ERROR")  # our own errors say it in one line
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # names of files need not fit its encoding
            stream.reconfigure(errors="backslashreplace")
    try:
        try:
            app()
        finally:
            if sys.stdout is not None:
                sys.stdout.flush()
    except FirsthandError as error:
        _end(str(error))
    except ImportError as error:  # a package that the libraries below did not look for themselves
        _end(f"{error}: `firsthand doctor` says what is missing or broken")
    except BrokenPipeError:
        _end(None)
    except OSError as error:  # standard output; whatever else is written tells of itself
        _end(f"the output cannot be written: {error.strerror or error}")


def _end(message: str | None) -> NoReturn:
    if message is not None and sys.stderr is not None:
        sys.stderr.write(f"firsthand: {one_line(message)}\n")
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except OSError:  # what is left has nowhere to go, and the interpreter would say so at its end
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    raise SystemExit(1) from None
