"""Frames or photographs one after the other with what is found in each, and how long that took."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from firsthand.core.clock import Clock
from firsthand.errors import MediaError
from firsthand.media.frame import Frame, RgbImage
from firsthand.media.image import read_image
from firsthand.media.sources import STILL_INTERVAL_US

Found = TypeVar("Found")


@dataclass(slots=True)
class Effort:
    """Frames done so far, and the time that finding took: no decoding, no drawing."""

    frames: int = 0
    microseconds: int = 0

    @property
    def seconds(self) -> float:
        """The time in seconds."""
        return self.microseconds / 1e6

    @property
    def frames_per_second(self) -> float:
        """The rate; 0 before the first frame."""
        return self.frames / self.seconds if self.microseconds else 0.0

    def add(self, took_us: int) -> None:
        """Count one frame."""
        self.frames += 1
        self.microseconds += took_us


def watch_frames(
    track: Callable[[Iterable[Frame]], Iterator[Found]],
    frames: Iterable[Frame],
    clock: Clock,
    effort: Effort,
) -> Iterator[tuple[Frame, Found]]:
    """Yield each frame and what `track` finds in it, one for one; `effort` is kept up to date."""
    given: list[tuple[Frame, int]] = []

    def passed_on() -> Iterator[Frame]:
        for frame in frames:
            given[:] = [(frame, clock.now_us())]
            yield frame

    for found in track(passed_on()):
        ((frame, began_us),) = given
        effort.add(clock.now_us() - began_us)
        yield frame, found


def watch_photographs(
    detect: Callable[[RgbImage], Found],
    paths: Iterable[Path],
    clock: Clock,
    effort: Effort,
    unread: Callable[[MediaError], None] | None = None,
) -> Iterator[tuple[Path, Frame, Found]]:
    """Yield each photograph and what is found in it by itself, put a second after the last.

    One that cannot be read is told to `unread` and passed over; where there is no `unread`, or
    none of them could be read, its `MediaError` is raised.
    """
    number = 0
    wrong: MediaError | None = None
    for path in paths:
        try:
            image = read_image(path)
        except MediaError as error:
            if unread is None:
                raise
            unread(error)
            wrong = error
            continue
        began_us = clock.now_us()
        found = detect(image)
        effort.add(clock.now_us() - began_us)
        yield path, Frame(image, number * STILL_INTERVAL_US), found
        number += 1
    if wrong is not None and number == 0:
        raise wrong
