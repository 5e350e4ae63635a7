"""Reading files that may be anything, and writing files that appear whole or not at all."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from firsthand.errors import MediaError

_MAX_BYTES: Final = 2**30  # of a file read at once: no image within the pixel limit comes near


def require_file(path: Path) -> None:
    """Raise `MediaError` unless `path` is a regular file with something in it.

    A pipe or a device is refused because it could block for ever or never end.
    """
    try:
        size = path.stat().st_size
    except (OSError, ValueError) as error:  # ValueError: a null byte in the name
        raise MediaError(f"{path}: cannot be read: {_reason(error)}") from error
    if path.is_dir():
        raise MediaError(f"{path}: is a directory, not a file")
    if not path.is_file():
        raise MediaError(f"{path}: is a pipe or a device, not a file")
    if size == 0:
        raise MediaError(f"{path}: empty, so there is nothing to read")


def read_bytes(path: Path) -> bytes:
    """Return the bytes of the regular file `path`; `MediaError` when that is not possible."""
    require_file(path)
    size = path.stat().st_size
    if size > _MAX_BYTES:
        raise MediaError(f"{path}: {size} bytes, above the limit of {_MAX_BYTES}")
    try:
        return path.read_bytes()
    except OSError as error:
        raise MediaError(f"{path}: cannot be read: {_reason(error)}") from error


def temporary_beside(path: Path) -> Path:
    """Return a name for a file to be written and then moved over `path`, with the same ending."""
    return path.with_name(f".{path.stem}.{secrets.token_hex(6)}.part{path.suffix}")


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a temporary path beside `path`, moved over it when the block ends well.

    When the block raises, the temporary file is removed and what `path` held stays. An `OSError`
    from the block or from the move becomes a `MediaError`.
    """
    temporary = temporary_beside(path)
    try:
        yield temporary
        temporary.replace(path)
    except OSError as error:
        raise MediaError(f"{path}: cannot be written: {_reason(error)}") from error
    finally:
        temporary.unlink(missing_ok=True)


def _reason(error: Exception) -> str:
    return error.strerror or str(error) if isinstance(error, OSError) else str(error)
