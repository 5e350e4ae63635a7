"""One more picture: its hands, what they show, and how long that took."""

from dataclasses import dataclass, field

from firsthand.core.clock import Clock
from firsthand.hands.models import HandModels
from firsthand.hands.naming import NamingState, name_step, names_at_once
from firsthand.hands.records import record
from firsthand.hands.stills import detect
from firsthand.hands.tracking import TrackerOptions, TrackerState
from firsthand.hands.tracking import step as track_step
from firsthand.hands.types import HandsResult
from firsthand.media.frame import RgbImage


@dataclass(frozen=True, slots=True)
class LiveState:
    """What one picture leaves for the next; the default is where a stream of them starts."""

    tracker: TrackerState = field(default_factory=TrackerState)
    naming: NamingState = field(default_factory=NamingState)


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """The hands of a picture, what each of them shows, and how long finding them took."""

    result: HandsResult
    gestures: tuple[str, ...]
    track_us: int

    def fields(self) -> str:
        """Return `"track_ms"` and `"result"`, the line of `records.record`, as JSON fields."""
        line = record(self.result, self.gestures)
        return f'"track_ms":{self.track_us / 1000:.2f},"result":{line}'


def step(
    state: LiveState,
    image: RgbImage,
    timestamp_us: int,
    models: HandModels,
    options: TrackerOptions,
    clock: Clock,
) -> tuple[LiveState, Seen]:
    """Follow the hands into the next picture of a stream; raises as `tracking.step`."""
    began_us = clock.now_us()
    tracker, result = track_step(state.tracker, image, timestamp_us, models, options)
    naming, names = name_step(state.naming, result)
    return LiveState(tracker, naming), Seen(result, names, clock.now_us() - began_us)


def look(image: RgbImage, models: HandModels, options: TrackerOptions, clock: Clock) -> Seen:
    """Find the hands in a photograph, small ones too where the whole shows none."""
    began_us = clock.now_us()
    result = detect(image, models, options, "auto")
    return Seen(result, names_at_once(result), clock.now_us() - began_us)
