"""Whether the libraries of the `web` extra are here."""

from importlib.util import find_spec
from typing import Final

from firsthand.errors import MissingDependencyError

_LIBRARIES: Final = ("fastapi", "uvicorn", "websockets")


def require_web() -> None:
    """Raise `MissingDependencyError` unless everything that a local page needs is installed."""
    missing = [name for name in _LIBRARIES if find_spec(name) is None]
    if missing:
        raise MissingDependencyError(
            f'a local page needs {", ".join(missing)}: pip install "firsthand[web]"'
        )
