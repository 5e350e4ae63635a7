"""Which hand models a command takes where none is named."""

from collections.abc import Callable
from typing import TypeVar

from firsthand.cli.telling import warn
from firsthand.errors import DownloadError
from firsthand.hands.weights import DEFAULT_MODEL, OFFLINE_MODEL

Loaded = TypeVar("Loaded")


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
