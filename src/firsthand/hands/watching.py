"""From frames or photographs to what was seen in them, drawn and named, with the time it took."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

from firsthand.core.clock import Clock
from firsthand.errors import MediaError
from firsthand.hands.gestures import NONE, GestureSet
from firsthand.hands.gestures.motion import MotionsState, motion_model, motions_step
from firsthand.hands.gestures.sets import SIGNS
from firsthand.hands.naming import NamingState, label, name_step, names_at_once
from firsthand.hands.outputs import Output, Seen
from firsthand.hands.search import Search
from firsthand.hands.types import HandsResult
from firsthand.media import watching
from firsthand.media.frame import Frame, RgbImage
from firsthand.media.watching import Effort
from firsthand.runtime import ModelCard

Draw = Callable[[RgbImage, HandsResult, tuple[str, ...]], RgbImage]
"""Takes an image, its hands and what they show and do; returns another with them drawn in."""


class Finder(Protocol):
    """What `firsthand.hands.Hands` offers, as far as it is needed here and in commands."""

    @property
    def cards(self) -> Sequence[ModelCard]:
        """What is known of each model."""
        ...

    def detect(self, image: RgbImage, *, search: Search) -> HandsResult:
        """Find the hands in a single image."""
        ...

    def track(self, frames: Iterable[Frame]) -> Iterator[HandsResult]:
        """Find the hands in each frame, in order."""
        ...


@dataclass(slots=True)
class Tally:
    """What was seen so far: frames, those with hands, hands, gestures by the frames they took.

    `tracks` are the different hands of a video.
    """

    frames: int = 0
    with_hands: int = 0
    hands: int = 0
    tracks: set[int] = field(default_factory=set)
    gestures: Counter[str] = field(default_factory=Counter)

    def drain(self, watched: Iterable[Seen], outputs: Sequence[Output]) -> None:
        """Give each frame to all outputs, until one has had enough or the user interrupts.

        An interruption is how watching a camera ends, so it is no error here once there is
        something to keep.
        """
        try:
            for seen in watched:
                self.add(seen)
                wants_more = [output.add(seen) for output in outputs]
                if not all(wants_more):
                    return
        except KeyboardInterrupt:
            if not self.frames:
                raise

    def add(self, seen: Seen) -> None:
        """Count one frame."""
        self.frames += 1
        self.with_hands += bool(seen.result.hands)
        self.hands += len(seen.result.hands)
        if not seen.source:  # a photograph has no past, so its track numbers mean nothing
            self.tracks |= {hand.track_id for hand in seen.result.hands}
        self.gestures.update(name for name in seen.gestures if name != NONE)


def watch_frames(
    finder: Finder,
    frames: Iterable[Frame],
    draw: Draw,
    clock: Clock,
    effort: Effort,
    gestures: GestureSet = SIGNS,
) -> Iterator[Seen]:
    """Yield what is seen in each frame of a video or camera; `effort` is kept up to date."""
    naming, moving, motion = NamingState(), MotionsState(), motion_model()
    for frame, result in watching.watch_frames(finder.track, frames, clock, effort):
        naming, names = name_step(naming, result, gestures)
        moving, found = motions_step(moving, result, motion)
        motions = tuple(each.name for each in found)
        labels = tuple(map(label, names, motions))
        yield Seen(frame, result, names, draw(frame.image, result, labels), motions=motions)


def watch_photographs(
    detect: Callable[[RgbImage], HandsResult],
    paths: Iterable[Path],
    draw: Draw,
    clock: Clock,
    effort: Effort,
    gestures: GestureSet = SIGNS,
    unread: Callable[[MediaError], None] | None = None,
) -> Iterator[Seen]:
    """Yield what is seen in each photograph by itself, as `media.watching` has it."""
    for path, frame, found in watching.watch_photographs(detect, paths, clock, effort, unread):
        result = replace(found, timestamp_us=frame.timestamp_us)
        names = names_at_once(result, gestures)
        yield Seen(frame, result, names, draw(frame.image, result, names), path.name)
