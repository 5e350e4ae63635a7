"""The body of a request, put on the disk as it comes."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import IO, Final

from fastapi import HTTPException

SILENT_S: Final = 30.0
"""How long a sender may send nothing."""

_SPARE_BYTES: Final = 200_000_000
_PIECE_BYTES: Final = 1_000_000


async def spool(
    path: Path, pieces: AsyncIterator[bytes], *, stated: int = 0, silent_s: float = SILENT_S
) -> int:
    """Write what comes to the new file `path`, and return its size once it is on the disk.

    `stated` is the size that the sender states, 0 if none. Raises `HTTPException` for a disk that
    is or would be full (507) and a silent sender (408); the file is then the caller's to remove.
    """
    require_room(path.parent, stated)
    held, size = bytearray(), 0
    with path.open("xb", buffering=0) as file:
        while True:
            try:
                piece = await asyncio.wait_for(anext(pieces, None), silent_s)
            except TimeoutError as error:
                raise HTTPException(
                    408, f"Nothing came for {silent_s:g} s; send the file again."
                ) from error
            held += piece or b""
            if held and (piece is None or len(held) >= _PIECE_BYTES):
                require_room(path.parent, len(held))
                await asyncio.to_thread(_write, file, bytes(held))
                size += len(held)
                held.clear()
            if piece is None:
                await asyncio.to_thread(os.fsync, file.fileno())
                return size


def require_room(folder: Path, size: int) -> None:
    """Raise `HTTPException` 507 unless the disk of `folder` has room for `size` bytes more."""
    if size + _SPARE_BYTES > shutil.disk_usage(folder).free:
        raise HTTPException(507, f"There is no room for {size} bytes more on this disk.")


def _write(file: IO[bytes], octets: bytes) -> None:
    view = memoryview(octets)
    try:
        while view:
            view = view[file.write(view) :]
    except OSError as error:
        raise HTTPException(507, f"The file cannot be kept: {error.strerror}.") from error
