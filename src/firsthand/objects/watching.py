"""From frames or photographs to what was found in them, with the time that it took."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

from numpy.typing import NDArray

from firsthand.core.clock import Clock
from firsthand.media.frame import Frame
from firsthand.media.image import read_image
from firsthand.objects.types import ObjectsResult

STILL_INTERVAL_US = 1_000_000


class Finder(Protocol):
    """What `firsthand.objects.Objects` offers, as far as it is needed here and in commands."""

    def detect(self, image: NDArray[Any]) -> ObjectsResult:
        """Find the objects in a single image."""
        ...

    def track(self, frames: Iterable[Frame]) -> Iterator[ObjectsResult]:
        """Find the objects in each frame, in order."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Watched:
    """A frame and what was found in it; `source` is a photograph's file name, else empty."""

    frame: Frame
    result: ObjectsResult
    source: str = ""


@dataclass(slots=True)
class Tally:
    """What was seen so far, and the time that finding it took: no decoding, no drawing.

    `views` are objects, counted in every frame; `tracks` the different ones of a video.
    """

    frames: int = 0
    with_objects: int = 0
    views: int = 0
    hidden: int = 0
    microseconds: int = 0
    tracks: set[int] = field(default_factory=set)

    @property
    def frames_per_second(self) -> float:
        """The rate; 0 before the first frame."""
        return self.frames * 1e6 / self.microseconds if self.microseconds else 0.0

    def add(self, result: ObjectsResult, took_us: int) -> None:
        """Count one frame."""
        self.frames += 1
        self.with_objects += bool(result.objects)
        self.views += len(result.objects)
        self.hidden += sum(not each.is_seen for each in result.objects)
        self.tracks |= {each.track_id for each in result.objects}
        self.microseconds += took_us


def watch_frames(
    finder: Finder, frames: Iterable[Frame], clock: Clock, tally: Tally
) -> Iterator[Watched]:
    """Yield what is found in each frame of a video or camera; `tally` is kept up to date."""
    given: list[tuple[Frame, int]] = []

    def passed_on() -> Iterator[Frame]:
        for frame in frames:
            given[:] = [(frame, clock.now_us())]
            yield frame

    for result in finder.track(passed_on()):
        ((frame, began_us),) = given
        tally.add(result, clock.now_us() - began_us)
        yield Watched(frame, result)


def watch_photographs(
    detect: Callable[[NDArray[Any]], ObjectsResult],
    paths: Iterable[Path],
    clock: Clock,
    tally: Tally,
) -> Iterator[Watched]:
    """Yield what is found in each photograph by itself, one put a second after the other."""
    for number, path in enumerate(paths):
        image = read_image(path)
        began_us = clock.now_us()
        result = replace(detect(image), timestamp_us=number * STILL_INTERVAL_US)
        tally.add(result, clock.now_us() - began_us)
        yield Watched(Frame(image, result.timestamp_us), result, path.name)
