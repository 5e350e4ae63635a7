"""A file being shown, in the worker's thread: a photograph, which is one picture, or a clip."""

from pathlib import Path
from typing import Any, Protocol

from firsthand.core.clock import Clock
from firsthand.hands.live.file_frames import (
    ClipFrames,
    is_photograph,
    picture_message,
    read_photograph,
)
from firsthand.hands.live.options import LiveOptions
from firsthand.hands.live.tracker import LiveModels, LiveState, Seen, look, step


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
        """Return the next picture at this time or later with its hands; None at the end."""
        ...

    def close(self) -> None:
        """Let go of the file."""
        ...


def open_show(path: Path, options: LiveOptions, models: LiveModels, clock: Clock) -> Show:
    """Return the show of a file; `MediaError` when there is nothing to see in it."""
    return (PhotographShow if is_photograph(path) else ClipShow)(path, options, models, clock)


class PhotographShow:
    """One picture, looked at in full size."""

    damage: str | None = None

    def __init__(self, path: Path, options: LiveOptions, models: LiveModels, clock: Clock) -> None:
        began_us = clock.now_us()
        self._image = read_photograph(path)
        self._decode_us = clock.now_us() - began_us
        self._options, self._models, self._clock = options, models, clock
        self._shown = False
        height, width, _ = self._image.shape
        self.about: dict[str, Any] = {"kind": "photograph", "size": [width, height]}

    def next(self, after_us: int) -> bytes | None:  # noqa: ARG002 # it has no time
        """Return the picture with its hands, once."""
        if self._shown:
            return None
        self._shown = True
        seen = look(self._image, self._models, self._options.tracker, self._clock)
        return picture_message(_fields(self._decode_us, 0, seen), self._image)

    def close(self) -> None:
        """Nothing is open."""


class ClipShow:
    """A clip, its hands followed from frame to frame."""

    def __init__(self, path: Path, options: LiveOptions, models: LiveModels, clock: Clock) -> None:
        self._frames = ClipFrames(path)
        self._options, self._models, self._clock = options, models, clock
        self._state = LiveState()
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
        """Return the next frame at this time or later with its hands; None at the end."""
        began_us = self._clock.now_us()
        found = self._frames.next(after_us)
        if found is None:
            return None
        frame, skipped = found
        decode_us = self._clock.now_us() - began_us
        self._state, seen = step(
            self._state,
            frame.image,
            frame.timestamp_us,
            self._models,
            self._options.tracker,
            self._clock,
        )
        return picture_message(_fields(decode_us, skipped, seen), frame.image)

    def close(self) -> None:
        """Let go of the clip."""
        self._frames.close()


def _fields(decode_us: int, skipped: int, seen: Seen) -> str:
    return f'"skipped":{skipped},"decode_ms":{decode_us / 1000:.2f},{seen.fields()}'
