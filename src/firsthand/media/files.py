"""Reading files that may be anything, and writing files that appear whole or not at all."""

import os
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from firsthand.errors import MediaError

_MAX_BYTES: Final = 2**30  # of a file read at once: no image within the pixel limit comes near
_STEM_CHARS: Final = 40  # so that a long name stays writable with what is added to it


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
    stem = path.stem[:_STEM_CHARS]
    return path.with_name(f".{stem}.{secrets.token_hex(6)}.part{path.suffix}")


def require_place(path: Path) -> None:
    """Raise `MediaError` unless a file can be put at `path`: said before work is spent on it.

    A pipe or a device is refused, for putting a file in its place would take it away.
    """
    try:
        if "\0" in str(path):
            problem = "a name cannot hold a zero byte"
        elif path.is_dir():
            problem = "is a directory; name a file in it"
        elif path.exists() and not path.is_file():
            problem = "is a pipe or a device; name a file"
        elif not path.parent.is_dir():
            problem = f"there is no directory {path.parent}; make it first"
        elif not os.access(path.parent, os.W_OK | os.X_OK):
            problem = f"the directory {path.parent} may not be written to; choose another"
        else:
            return
    except (OSError, ValueError) as error:
        raise MediaError(f"{path}: cannot be written: {_reason(error)}") from error
    raise MediaError(f"{path}: cannot be written: {problem}")


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a temporary path beside `path`, moved over it when the block ends well.

    When the block raises, the temporary file is removed and what `path` held stays. Raises as
    `require_place` does; an `OSError` from the block or from the move becomes a `MediaError`.
    """
    require_place(path)
    temporary = temporary_beside(path)
    try:
        yield temporary
        temporary.replace(path)
    except OSError as error:
        raise MediaError(f"{path}: cannot be written: {_reason(error)}") from error
    finally:
        discard(temporary)


def write_whole(path: Path, pieces: Iterable[bytes]) -> None:
    """Write a file of `pieces`, which is on the disk before it takes the place of another.

    Raises `MediaError` where it cannot be written; what was there then stays.
    """
    with replacing(path) as temporary, temporary.open("wb") as file:
        file.writelines(pieces)
        file.flush()
        os.fsync(file.fileno())


def discard(temporary: Path) -> None:
    """Remove what is left of a temporary file; a failure to do so hides no earlier error."""
    with suppress(OSError):
        temporary.unlink(missing_ok=True)


def _reason(error: Exception) -> str:
    return error.strerror or str(error) if isinstance(error, OSError) else str(error)
