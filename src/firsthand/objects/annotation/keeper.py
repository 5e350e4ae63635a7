"""The one who keeps a session's annotations while pages are open.

Who asks for a change says which annotations it is a change of, by their mark, the SHA-256 of what
is in the file. So whatever was written meanwhile, by another page, another server or by hand, is
not silently lost. Servers hold a lock file while they compare and write; what another program
writes between the two without holding it is lost.
"""

import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from fastapi import HTTPException

from firsthand.core.locking import held
from firsthand.errors import MediaError
from firsthand.media.files import read_bytes
from firsthand.objects.annotation.history import History, Objects, change, redo, undo
from firsthand.objects.annotations import (
    FILE,
    annotations_from,
    to_bytes,
    write_annotations,
)  # fmt: skip

Write = Callable[[Path, Objects], object]

LOCK = ".annotations.lock"
"""The file, in the session's folder, that is held by who compares and writes."""

STALE = "The annotations were changed elsewhere meanwhile; this change was not kept."


@dataclass(frozen=True, slots=True)
class Kept:
    """What is in the file: `mark` tells it from all else."""

    mark: str
    history: History


class Keeper:
    """Reads and writes the annotations in a session's folder, for any thread.

    `write` keeps them, as `write_annotations`, and may raise its errors. Raises `MediaError` where
    there is no such folder, and as `read_annotations`.
    """

    def __init__(self, folder: Path, write: Write = write_annotations) -> None:
        self._folder, self._write = folder, write
        self._lock = Lock()
        self._kept = self._found(Kept("", History()))

    def now(self) -> Kept:
        """Return what is in the file now; raises as the class says."""
        with self._lock:
            self._kept = self._found(self._kept)
            return self._kept

    def change(self, mark: str, objects: Objects) -> Kept:
        """Keep other objects in place of those with this mark.

        Raises `HTTPException`: 409 where it is not what is in the file any more, 507 where the file
        or its lock cannot be written; what is in it then stays. Otherwise raises as the class says.
        """
        return self._go(mark, lambda history: change(history, objects))

    def undo(self, mark: str) -> Kept:
        """Keep what was before those with this mark; raises as `change`."""
        return self._go(mark, undo)

    def redo(self, mark: str) -> Kept:
        """Keep what was undone last; raises as `change`."""
        return self._go(mark, redo)

    def _go(self, mark: str, step: Callable[[History], History]) -> Kept:
        with self._lock, self._alone():
            self._kept = self._found(self._kept)
            if mark != self._kept.mark:
                raise HTTPException(409, STALE)
            history = step(self._kept.history)
            if history is not self._kept.history:
                try:
                    self._write(self._folder, history.now)
                except MediaError as error:
                    raise HTTPException(507, str(error)) from error
                self._kept = Kept(_mark(to_bytes(history.now)), history)
            return self._kept

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep other servers from writing meanwhile; 507 where that cannot be."""
        self._require_folder()
        path = self._folder / LOCK
        with ExitStack() as stack:
            if path.is_symlink() or (path.exists() and not path.is_file()):
                raise HTTPException(507, f"{path}: is no file to be locked; remove it")
            try:
                stack.enter_context(held(path, wait=True))
            except OSError as error:
                raise HTTPException(507, f"{path}: cannot be locked: {error.strerror}") from error
            yield

    def _require_folder(self) -> None:
        if not self._folder.is_dir():
            raise MediaError(f"{self._folder}: there is no such folder; put it back")

    def _found(self, kept: Kept) -> Kept:
        """Return what is kept if that is in the file, else what is, which has no history."""
        self._require_folder()
        path = self._folder / FILE
        data = read_bytes(path) if os.path.lexists(path) else b""
        mark = _mark(data)
        if mark == kept.mark:
            return kept
        return Kept(mark, History(annotations_from(data, str(path)) if data else ()))


def _mark(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
