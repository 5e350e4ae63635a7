"""One more picture: its hands, what they show, and how long that took."""

from dataclasses import dataclass, field

from firsthand.core.clock import Clock
from firsthand.hands.gestures.motion import MotionModel, MotionsState, motions_step
from firsthand.hands.models import HandModels
from firsthand.hands.naming import NamingState, name_step, names_at_once
from firsthand.hands.records import record
from firsthand.hands.stills import detect
from firsthand.hands.tracking import TrackerOptions, TrackerState
from firsthand.hands.tracking import step as track_step
from firsthand.hands.types import HandsResult
from firsthand.media.frame import RgbImage


@dataclass(frozen=True, slots=True, eq=False)
class LiveModels:
    """What a stream of pictures is looked at with; used by one thread at a time."""

    hands: HandModels
    motion: MotionModel


@dataclass(frozen=True, slots=True)
class LiveState:
    """What one picture leaves for the next; the default is where a stream of them starts."""

    tracker: TrackerState = field(default_factory=TrackerState)
    naming: NamingState = field(default_factory=NamingState)
    motions: MotionsState = field(default_factory=MotionsState)


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """The hands of a picture, what each of them shows, and how long finding them took.

    `motions`: what each does, None in a photograph.
    """

    result: HandsResult
    gestures: tuple[str, ...]
    track_us: int
    motions: tuple[str, ...] | None = None

    def fields(self) -> str:
        """Return `"track_ms"` and `"result"`, the line of `records.record`, as JSON fields."""
        line = record(self.result, self.gestures, motions=self.motions)
        return f'"track_ms":{self.track_us / 1000:.2f},"result":{line}'


def step(
    state: LiveState,
    image: RgbImage,
    timestamp_us: int,
    models: LiveModels,
    options: TrackerOptions,
    clock: Clock,
) -> tuple[LiveState, Seen]:
    """Follow the hands into the next picture of a stream; raises as `tracking.step`."""
    began_us = clock.now_us()
    tracker, result = track_step(state.tracker, image, timestamp_us, models.hands, options)
    naming, names = name_step(state.naming, result)
    motions, found = motions_step(state.motions, result, models.motion)
    took_us = clock.now_us() - began_us
    seen = Seen(result, names, took_us, tuple(motion.name for motion in found))
    return LiveState(tracker, naming, motions), seen


def look(image: RgbImage, models: LiveModels, options: TrackerOptions, clock: Clock) -> Seen:
    """Find the hands in a photograph, small ones too where the whole shows none."""
    began_us = clock.now_us()
    result = detect(image, models.hands, options, "auto")
    return Seen(result, names_at_once(result), clock.now_us() - began_us)
