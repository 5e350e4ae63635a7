"""Frames or photographs one after the other with what is found in each, and how long that took."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

from firsthand.core.clock import Clock
from firsthand.errors import ConfigError, InputError, MediaError
from firsthand.media.frame import Frame, RgbImage
from firsthand.media.image import read_image
from firsthand.media.sources import STILL_INTERVAL_US


class Timed(Protocol):
    """What is found in a frame, and says in which."""

    @property
    def timestamp_us(self) -> int:
        """The frame's."""
        ...


Found = TypeVar("Found")
FoundAt = TypeVar("FoundAt", bound=Timed)


@dataclass(slots=True)
class Effort:
    """Frames done so far, and the time that finding took: no decoding, no drawing.

    `passed_over` are photographs that could not be read.
    """

    frames: int = 0
    microseconds: int = 0
    passed_over: int = 0

    @property
    def seconds(self) -> float:
        """The time in seconds."""
        return self.microseconds / 1e6

    @property
    def frames_per_second(self) -> float:
        """The rate; 0 before the first frame."""
        return self.frames / self.seconds if self.microseconds else 0.0

    @property
    def words(self) -> str:
        """How far and how fast it goes."""
        return f"{self.frames} frames, {self.frames_per_second:.0f} a second"


def watch_frames(
    track: Callable[[Iterable[Frame]], Iterator[FoundAt]],
    frames: Iterable[Frame],
    clock: Clock,
    effort: Effort,
) -> Iterator[tuple[Frame, FoundAt]]:
    """Yield each frame and what `track` finds in it; `effort` is kept up to date."""
    waiting: dict[int, Frame] = {}
    reading_us = 0

    def passed_on() -> Iterator[Frame]:
        nonlocal reading_us
        source = iter(frames)
        while True:
            began_us = clock.now_us()
            frame = next(source, None)
            reading_us += clock.now_us() - began_us
            if frame is None:
                return
            waiting[frame.timestamp_us] = frame
            yield frame

    results = track(passed_on())
    while True:
        began_us, reading_us = clock.now_us(), 0
        found = next(results, None)
        if found is None:
            return
        effort.microseconds += clock.now_us() - began_us - reading_us
        effort.frames += 1
        yield waiting.pop(found.timestamp_us), found


def watch_photographs(
    detect: Callable[[RgbImage], Found],
    paths: Iterable[Path],
    clock: Clock,
    effort: Effort,
    unread: Callable[[MediaError], None] | None = None,
) -> Iterator[tuple[Path, Frame, Found]]:
    """Yield each photograph and what is found in it by itself, put a second after the last.

    One that cannot be read is told to `unread` and passed over; where there is no `unread`, or
    none of them could be read, a `MediaError` is raised. What `detect` raises names the photograph.
    """
    number = 0
    wrong: MediaError | None = None  # the last that was not told yet
    for path in paths:
        try:
            image = read_image(path)
        except MediaError as error:
            if unread is None:
                raise
            if wrong is not None:
                unread(wrong)
            wrong = error
            effort.passed_over += 1
            continue
        began_us = clock.now_us()
        try:
            found = detect(image)
        except (InputError, ConfigError) as error:
            raise type(error)(f"{path}: {error}") from error
        effort.microseconds += clock.now_us() - began_us
        effort.frames += 1
        yield path, Frame(image, number * STILL_INTERVAL_US), found
        number += 1
    if wrong is None:
        return
    if number == 0 or unread is None:
        raise wrong
    unread(wrong)
