"""Which hand models a command takes: by name, where none is named, and files of one's own."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from firsthand.cli.telling import warn
from firsthand.errors import DownloadError
from firsthand.hands.weights import DEFAULT_MODEL, OFFLINE_MODEL

Loaded = TypeVar("Loaded")

PalmFile = Annotated[
    Path | None,
    typer.Option("--palm", metavar="FILE", help="A palm detector of your own, .tflite or .onnx."),
]
LandmarkFile = Annotated[
    Path | None,
    typer.Option("--landmark", metavar="FILE", help="A landmark model of your own."),
]


def load_named(load: Callable[[str], Loaded], model: str | None) -> tuple[str, Loaded]:
    """Load models by name, and return the name with them; without one the default's.

    Where these cannot be fetched, those that came with the package do, and a line says so.
    """
    if model is not None:
        return model, load(model)
    try:
        return DEFAULT_MODEL, load(DEFAULT_MODEL)
    except DownloadError as error:
        warn(
            f"the usual models cannot be fetched ({error}); going on with --model "
            f"{OFFLINE_MODEL}, which is here and finds fewer hands"
        )
        return OFFLINE_MODEL, load(OFFLINE_MODEL)


def own_files(palm: Path | None, landmark: Path | None) -> dict[str, Path]:
    """Return the files that were named, as the keywords of what loads models."""
    return {
        name: path for name, path in (("palm", palm), ("landmark", landmark)) if path is not None
    }
