"""Files from the page: on the disk whole, and known to hold sound, before they are accepted."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from firsthand.errors import InputError, MediaError
from firsthand.media import AudioReader
from firsthand.media.files import discard
from firsthand.recorder.adding import add_transcript, is_transcript
from firsthand.recorder.library import Library
from firsthand.recorder.web.desk import Desk
from firsthand.recorder.web.tasks import Task, Tasks, new_task
from firsthand.web.spool import SILENT_S, spool

LARGEST_BYTES: Final = 4_000_000_000
_LONGEST_NAME: Final = 300


class Uploads:
    """Takes files for a library: sound becomes a task for `desk`, a transcript a recording."""

    def __init__(
        self,
        library: Path,
        tasks: Tasks,
        desk: Desk,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        *,
        silent_s: float = SILENT_S,
    ) -> None:
        self._library, self._tasks, self._desk = library, tasks, desk
        self._now, self._silent_s = now, silent_s

    async def take(
        self, name: str, size: int, pieces: AsyncIterator[bytes], modified: float | None = None
    ) -> Task | int:
        """Keep a file of this name; return its task, or of a transcript the recording's number.

        `size` is what the sender states, 0 if nothing; `modified` when the file was changed last,
        in seconds since 1970. Raises `InputError` for what is neither sound nor a transcript,
        `HTTPException` for a full disk (507) and a silent sender (408).
        """
        now = self._now()
        task = new_task("upload", _plain(name), now)
        path = self._tasks.sound_of(task)
        try:
            size = await spool(path, pieces, stated=size, silent_s=self._silent_s)
            os.utime(path, (now.timestamp(), modified or now.timestamp()))
        except BaseException:  # whatever it is, nothing is left of what did not come
            discard(path)
            raise
        # Once begun it is done, though its sender may be gone.
        return await asyncio.shield(asyncio.to_thread(self._accept, replace(task, size=size), path))

    def _accept(self, task: Task, path: Path) -> Task | int:
        """Accept a file that is there, or remove it and raise `InputError`."""
        name = Path(task.name)
        try:
            if is_transcript(name):
                return self._read_transcript(name, path)
            AudioReader(path).close()
            self._desk.add(task)
        except MediaError as error:
            discard(path)
            raise InputError(str(error).replace(str(path), task.name)) from error
        except BaseException:
            discard(path)
            raise
        return task

    def _read_transcript(self, name: Path, path: Path) -> int:
        typed = path.with_name(f".{path.stem}.part{name.suffix.lower()}")
        path.rename(typed)
        try:
            with Library(self._library) as library:
                return add_transcript(library, typed, title=name.stem)
        except InputError as error:
            raise InputError(str(error).replace(str(typed), name.name)) from error
        finally:
            discard(typed)


def _plain(name: str) -> str:
    """Return the last part of a file's name, as a title may be; `InputError` where it is none."""
    last = "".join(c for c in name.replace("\\", "/").rpartition("/")[2] if c.isprintable())
    if not 0 < len(last.strip()) <= _LONGEST_NAME:
        raise InputError(f"a file has a name of 1 to {_LONGEST_NAME} characters")
    return last.strip()
