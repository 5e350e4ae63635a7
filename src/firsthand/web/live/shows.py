"""A file being shown, in the worker's thread: a photograph, which is one picture, or a clip."""

from pathlib import Path
from typing import Any, Generic, Protocol

from firsthand.core.clock import Clock
from firsthand.web.live.file_frames import (
    ClipFrames,
    is_photograph,
    picture_message,
    read_photograph,
)
from firsthand.web.live.system import LiveSystem, Models, Options, Result, State


class Show(Protocol):
    """What plays a file once, from its start.

    `about` says what the file is, for the page: `kind` ("photograph" or "clip"), `size`, and of a
    clip `fps` and `duration_us`, which may be None. `damage` is what was wrong with it so far.
    """

    about: dict[str, Any]

    @property
    def damage(self) -> str | None:
        """What was wrong with the file, as far as it has been read, or None."""
        ...

    def next(self, after_us: int) -> bytes | None:
        """Return the next picture at this time or later, and what is in it; None at the end."""
        ...

    def close(self) -> None:
        """Let go of the file."""
        ...


def open_show(
    system: LiveSystem[Models, Options, State, Result],
    path: Path,
    options: Options,
    models: Models,
    clock: Clock,
) -> Show:
    """Return the show of a file; `MediaError` when there is nothing to see in it."""
    if is_photograph(path):
        return PhotographShow(system, path, options, models, clock)
    return ClipShow(system, path, options, models, clock)


class PhotographShow(Generic[Models, Options, State, Result]):
    """One picture, looked at in full size."""

    damage: str | None = None

    def __init__(
        self,
        system: LiveSystem[Models, Options, State, Result],
        path: Path,
        options: Options,
        models: Models,
        clock: Clock,
    ) -> None:
        began_us = clock.now_us()
        self._image = read_photograph(path)
        self._decode_us = clock.now_us() - began_us
        self._system, self._options, self._models, self._clock = system, options, models, clock
        self._shown = False
        height, width, _ = self._image.shape
        self.about: dict[str, Any] = {"kind": "photograph", "size": [width, height]}

    def next(self, after_us: int) -> bytes | None:  # noqa: ARG002 # it has no time
        """Return the picture and what is in it, once."""
        if self._shown:
            return None
        self._shown = True
        began_us = self._clock.now_us()
        result = self._system.look(self._image, self._models, self._options)
        fields = self._system.fields(result, self._clock.now_us() - began_us)
        return picture_message(_fields(self._decode_us, 0, fields), self._image)

    def close(self) -> None:
        """Nothing is open."""


class ClipShow(Generic[Models, Options, State, Result]):
    """A clip, followed from frame to frame."""

    def __init__(
        self,
        system: LiveSystem[Models, Options, State, Result],
        path: Path,
        options: Options,
        models: Models,
        clock: Clock,
    ) -> None:
        self._frames = ClipFrames(path)
        self._system, self._options, self._models, self._clock = system, options, models, clock
        self._state = system.begin()
        clip = self._frames.clip
        self.about: dict[str, Any] = {
            "kind": "clip",
            "size": [clip.width, clip.height],
            "fps": clip.fps,
            "duration_us": clip.duration_us,
        }

    @property
    def damage(self) -> str | None:
        """What was wrong with the clip, as far as it has been read, or None."""
        return self._frames.damage

    def next(self, after_us: int) -> bytes | None:
        """Return the next frame at this time or later, and what is in it; None at the end."""
        began_us = self._clock.now_us()
        found = self._frames.next(after_us)
        if found is None:
            return None
        frame, skipped = found
        decode_us = self._clock.now_us() - began_us
        began_us = self._clock.now_us()
        self._state, result = self._system.step(
            self._state, frame.image, frame.timestamp_us, self._models, self._options
        )
        fields = self._system.fields(result, self._clock.now_us() - began_us)
        return picture_message(_fields(decode_us, skipped, fields), frame.image)

    def close(self) -> None:
        """Let go of the clip."""
        self._frames.close()


def _fields(decode_us: int, skipped: int, found: str) -> str:
    return f'"skipped":{skipped},"decode_ms":{decode_us / 1000:.2f},{found}'
