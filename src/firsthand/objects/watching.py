"""From frames or photographs to the things that were found in them."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

from numpy.typing import NDArray

from firsthand.core.clock import Clock
from firsthand.errors import MediaError
from firsthand.media import watching
from firsthand.media.frame import Frame
from firsthand.media.watching import Effort
from firsthand.objects.types import ObjectsResult


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
    """What was seen so far: `views` are objects, counted in every frame.

    `tracks` are the different ones of a video.
    """

    frames: int = 0
    with_objects: int = 0
    views: int = 0
    hidden: int = 0
    tracks: set[int] = field(default_factory=set)

    def add(self, result: ObjectsResult) -> None:
        """Count one frame."""
        self.frames += 1
        self.with_objects += bool(result.objects)
        self.views += len(result.objects)
        self.hidden += sum(not each.is_seen for each in result.objects)
        self.tracks |= {each.track_id for each in result.objects}


def watch_frames(
    finder: Finder, frames: Iterable[Frame], clock: Clock, effort: Effort
) -> Iterator[Watched]:
    """Yield what is found in each frame of a video or camera; `effort` is kept up to date."""
    for frame, result in watching.watch_frames(finder.track, frames, clock, effort):
        yield Watched(frame, result)


def watch_photographs(
    detect: Callable[[NDArray[Any]], ObjectsResult],
    paths: Iterable[Path],
    clock: Clock,
    effort: Effort,
    unread: Callable[[MediaError], None] | None = None,
) -> Iterator[Watched]:
    """Yield what is found in each photograph by itself, as `media.watching` has it."""
    for path, frame, found in watching.watch_photographs(detect, paths, clock, effort, unread):
        yield Watched(frame, replace(found, timestamp_us=frame.timestamp_us), path.name)
