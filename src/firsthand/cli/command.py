"""The root of the command line: its groups, `--version`, and how errors are told."""

import io
import os
import sys
from typing import Annotated, Any, NoReturn

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
from firsthand.cli.groups import group
from firsthand.cli.telling import one_line
from firsthand.errors import FirsthandError

app = group("Machine learning where the data is.")
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


# What Typer raises for a wrong use; it exports no name of it.
_UsageError: Any = typer.BadParameter.__base__


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
    """Stand for the whole: each option does its work by itself."""


def main() -> None:
    """Run the command line; whatever goes wrong is one line on standard error.

    The exit code is 1 for errors of Firsthand's, 2 for a wrong use of commands and options, and
    130 for an interruption by the user. Where nobody reads the output any more it is 1, silently.
    """
    os.environ.setdefault("OPENCV_LOG_LEVEL", "ERROR")  # our own errors say it in one line
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # names of files need not fit its encoding
            stream.reconfigure(errors="backslashreplace")
    try:
        try:
            code = app(standalone_mode=False)
        finally:
            if sys.stdout is not None:
                sys.stdout.flush()
    except _UsageError as error:
        _end(_misused(error), error.exit_code)
    except typer.Abort:
        _end("not confirmed, so nothing was done")
    except FirsthandError as error:
        _end(str(error))
    except ImportError as error:  # a package that the libraries below did not look for themselves
        _end(f"{error}: `firsthand doctor` says what is missing or broken")
    except BrokenPipeError:
        _end(None)
    except OSError as error:  # standard output; whatever else is written tells of itself
        _end(f"the output cannot be written: {error.strerror or error}")
    raise SystemExit(code)


def _misused(error: Any) -> str | None:
    """Return what is wrong with a command, and where its help is; None once that was printed."""
    words = error.format_message().removeprefix("Invalid value: ").removesuffix(".")
    if not words:
        return None
    context: typer.Context | None = getattr(error, "ctx", None)
    asked = "firsthand" if context is None else context.command_path
    return f"{words[0].lower()}{words[1:]}; `{asked} --help` tells more"


def _end(message: str | None, code: int = 1) -> NoReturn:
    if message is not None and sys.stderr is not None:
        sys.stderr.write(f"firsthand: {one_line(message)}\n")
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except OSError:  # what is left has nowhere to go, and the interpreter would say so at its end
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    raise SystemExit(code) from None
