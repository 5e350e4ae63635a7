"""What is yet to be done, on the disk: what was accepted is not forgotten when a server ends."""

import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime
from pathlib import Path
from typing import Final, Literal

from firsthand.core.locking import held
from firsthand.errors import ConfigError, LibraryError
from firsthand.media.files import discard, replacing

FOLDER: Final = "tasks"

_ENDING: Final = ".json"
_SOUND: Final = ".sound"


@dataclass(frozen=True, slots=True)
class Task:
    """A file to be put into the library (`upload`), or a recording to be written down.

    `recording` is the number it got, if it has one. `problem` is why it could not be done. `deaths`
    counts the workers that died while they were at it.
    """

    task: str
    kind: Literal["upload", "recording"]
    name: str
    size: int = 0
    recording: int | None = None
    problem: str = ""
    deaths: int = 0


class Tasks:
    """The tasks of a library, each a small file, an upload with its bytes beside it.

    Only one server at a time keeps them: see `keeping`.
    """

    def __init__(self, library: Path) -> None:
        self._folder = library / FOLDER
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise LibraryError(f"{self._folder}: cannot be made: {error.strerror}") from error

    @contextmanager
    def keeping(self) -> Iterator[None]:
        """Hold the tasks while the block lasts; `ConfigError` where another server does."""
        with held(self._folder / ".lock", wait=False) as mine:
            if not mine:
                raise ConfigError(
                    f"{self._folder.parent} is open in another page; use that one, or end it first"
                )
            yield

    def all(self) -> list[Task]:
        """Return all tasks, the oldest first; one that cannot be read has a problem."""
        return [_read(path) for path in sorted(self._folder.glob(f"[!.]*{_ENDING}"))]

    def write(self, task: Task) -> None:
        """Keep a task, or what has become of it; it is on the disk when this returns."""
        with (
            replacing(self._folder / f"{task.task}{_ENDING}") as temporary,
            temporary.open("w", encoding="utf-8") as file,
        ):
            json.dump(asdict(task), file)
            file.flush()
            os.fsync(file.fileno())
        with suppress(OSError):  # not every system lets a folder be opened
            folder = os.open(self._folder, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)

    def remove(self, task: Task) -> None:
        """Forget a task, and its bytes."""
        (self._folder / f"{task.task}{_ENDING}").unlink(missing_ok=True)
        discard(self.sound_of(task))

    def sound_of(self, task: Task) -> Path:
        """Return where the bytes of an upload are."""
        return self._folder / f"{task.task}{_SOUND}"

    def tidy(self) -> None:
        """Remove what was never accepted: bytes without a task, and what was half written."""
        known = {path.stem for path in self._folder.glob(f"[!.]*{_ENDING}")}
        for path in self._folder.iterdir():
            half = path.name.startswith(".") and ".part" in path.name
            if half or (path.suffix == _SOUND and path.stem not in known):
                discard(path)


def new_task(kind: Literal["upload", "recording"], name: str, now: datetime) -> Task:
    """Return a task that nobody knows of yet; of two the later sorts behind."""
    return Task(f"{now:%Y%m%d%H%M%S%f}{secrets.token_hex(4)}", kind, name)


def _read(path: Path) -> Task:
    """Read a task, whose fields this program may not all know."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        known = {field.name for field in fields(Task)}
        task = Task(**{name: value for name, value in found.items() if name in known})
        return replace(task, task=path.stem)
    except (OSError, ValueError, TypeError, AttributeError, RecursionError) as error:
        return Task(path.stem, "upload", path.name, problem=f"its task cannot be read: {error}")
