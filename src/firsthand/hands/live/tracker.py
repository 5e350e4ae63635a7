"""One more picture: its hands, and what they show."""

from dataclasses import dataclass, field

from firsthand.hands.gestures.motion import MotionModel, MotionsState, motions_step
from firsthand.hands.live.options import LiveOptions
from firsthand.hands.models import HandModels
from firsthand.hands.naming import NamingState, name_step, names_at_once
from firsthand.hands.records import record
from firsthand.hands.stills import detect
from firsthand.hands.tracking import TrackerState
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
    """The hands of a picture, and what each of them shows.

    `motions`: what each does, None in a photograph.
    """

    result: HandsResult
    gestures: tuple[str, ...]
    motions: tuple[str, ...] | None = None


def told(seen: Seen) -> str:
    """Return the line of `records.record`."""
    return record(seen.result, seen.gestures, motions=seen.motions)


def step(
    state: LiveState,
    image: RgbImage,
    timestamp_us: int,
    models: LiveModels,
    options: LiveOptions,
) -> tuple[LiveState, Seen]:
    """Follow the hands into the next picture of a stream; raises as `tracking.step`."""
    tracker, result = track_step(state.tracker, image, timestamp_us, models.hands, options.tracker)
    naming, names = name_step(state.naming, result)
    motions, found = motions_step(state.motions, result, models.motion)
    seen = Seen(result, names, tuple(motion.name for motion in found))
    return LiveState(tracker, naming, motions), seen


def look(image: RgbImage, models: LiveModels, options: LiveOptions) -> Seen:
    """Find the hands in a photograph, small ones too where the whole shows none."""
    result = detect(image, models.hands, options.tracker, "auto")
    return Seen(result, names_at_once(result))
