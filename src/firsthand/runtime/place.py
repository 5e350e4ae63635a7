"""Putting a file in its place: locked, verified, flushed, and renamed in one step."""

import hashlib
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BufferedRandom
from pathlib import Path
from typing import BinaryIO

from firsthand.core.locking import held
from firsthand.errors import ChecksumError
from firsthand.runtime.card import ModelCard


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the lock of a model's folder against other threads and processes.

    The kernel frees it when its holder dies, so none is ever left behind.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with held(folder / ".lock", wait=True):
        yield


def place(card: ModelCard, target: Path, write: Callable[[BinaryIO], None], *, source: str) -> None:
    """Let `write` fill a part file beside `target`, verify it, and rename it over `target`.

    Call with the folder locked. A part file of an earlier, broken-off attempt at the same bytes
    is handed to `write` as it is, to be gone on with; if the sum is then wrong it may have been
    of other bytes, and `write` starts once more from nothing. Raises `ChecksumError` if the bytes
    are not the card's: then `target` stays as it was.
    """
    part = target.with_name(f".{target.name}.{card.sha256[:16]}.part")
    resumed = part.exists() and part.stat().st_size > 0
    with part.open("r+b" if resumed else "w+b") as file:
        write(file)
        found = _sha256(file)
        if found != card.sha256 and resumed:
            file.seek(file.truncate(0))
            write(file)
            found = _sha256(file)
        size_bytes = file.seek(0, 2)
        file.flush()
        os.fsync(file.fileno())
    if found != card.sha256:
        part.unlink()
        raise ChecksumError(
            f"{source}: {size_bytes} bytes of SHA-256 {found}, but the card of {card.name} "
            f"promises {card.size_bytes} bytes of {card.sha256}; nothing was replaced"
        )
    part.replace(target)
    _flush_folder(target.parent)


def replace_bytes(target: Path, data: bytes) -> None:
    """Replace a small file in one step. Call with the folder locked."""
    part = target.with_name(f".{target.name}.part")
    with part.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    part.replace(target)
    _flush_folder(target.parent)


def _sha256(file: BufferedRandom) -> str:
    file.seek(0)
    return hashlib.file_digest(file, "sha256").hexdigest()


def _flush_folder(folder: Path) -> None:
    if sys.platform != "win32":  # Windows flushes no directories
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
