"""Gestures that are movements: which way an index fingertip goes, told while it goes.

    from firsthand.hands.gestures.motion import MotionState, motion_model, motion_step

    model, state = motion_model(), MotionState()
    state, motion = motion_step(state, hand.keypoints, timestamp_us, model)
    motion.name  # "clockwise"

The article ("On-Device, Real-Time Hand Tracking with MediaPipe", 2019) leaves gestures that
unfold over time for later. Here a window of the last 0.6 s goes to a small network, and a name is
announced once it lasts. Turns and directions are those seen in the picture: a person who faces a
camera that does not mirror sees them the other way round, and `MotionOptions(mirror=True)` names
them from that person's side.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike

from firsthand.errors import ConfigError
from firsthand.hands.gestures.motion_model import BUNDLED, MotionModel, motion_model
from firsthand.hands.gestures.motion_window import (
    SPAN_US,
    Trail,
    empty_trail,
    follow,
    window_at,
)
from firsthand.hands.gestures.rules import NONE, GestureResult
from firsthand.hands.gestures.smoothing import Smoothing, SmoothingState
from firsthand.hands.gestures.smoothing import step as smooth
from firsthand.hands.types import HandsResult

__all__ = [
    "BUNDLED",
    "Motion",
    "MotionModel",
    "MotionOptions",
    "MotionState",
    "MotionsState",
    "motion_model",
    "motion_step",
    "motions_step",
]


@dataclass(frozen=True, slots=True)
class MotionOptions:
    """How motions are told; times in microseconds.

    A hand is judged from `min_seen_us` on. A window whose best name has less than `min_score`
    (0..1) has none. A hand unseen for more than `max_gap_us` starts anew. `smoothing` says how
    long a name must last. With `mirror` left and right are exchanged before anything is judged.
    """

    min_seen_us: int = 240_000
    min_score: float = 0.5
    max_gap_us: int = 250_000
    mirror: bool = False
    smoothing: Smoothing = field(default_factory=lambda: Smoothing(120_000, 200_000, 0.35))

    def __post_init__(self) -> None:
        if not 0 <= self.min_seen_us <= SPAN_US or self.max_gap_us <= 0:
            raise ConfigError(f"min_seen_us lies in 0..{SPAN_US}, max_gap_us above 0: {self}")
        if not 0 <= self.min_score <= 1:
            raise ConfigError(f"min_score lies in 0..1, got {self.min_score}")


_DEFAULT = MotionOptions()


@dataclass(frozen=True, slots=True)
class MotionState:
    """One hand's way so far and what is announced; the default is where every hand starts."""

    trail: Trail = field(default_factory=empty_trail)
    smoothing: SmoothingState = field(default_factory=SmoothingState)


@dataclass(frozen=True, slots=True)
class Motion:
    """What a hand does: `name` is announced, since `since_us`; `changed` is true when it is new.

    `leader` is what the newest window looks like by itself, with `score` 0..1. Both names are
    `NONE` where nothing is sure.
    """

    name: str
    since_us: int
    changed: bool
    leader: str
    score: float


@dataclass(frozen=True, slots=True)
class MotionsState:
    """The motion of each hand in view, by its track; the default is where a video starts."""

    tracks: Mapping[int, MotionState] = field(default_factory=dict)


def motion_step(
    state: MotionState,
    keypoints: ArrayLike,
    timestamp_us: int,
    model: MotionModel,
    options: MotionOptions = _DEFAULT,
) -> tuple[MotionState, Motion]:
    """Take one hand's next keypoints, (21, 2 or 3) in pixels, and return what it does.

    Frames may come at any rate and may be missing. Raises `InputError` when timestamps do not
    rise or keypoints are no hand's.
    """
    trail = follow(state.trail, keypoints, timestamp_us, options.max_gap_us)
    judged = None
    if trail.seen_us >= options.min_seen_us:
        judged = _judge(model, trail, options)
    smoothing, steady = smooth(state.smoothing, judged, timestamp_us, options.smoothing)
    leader, score = (judged.name, judged.score) if judged else (NONE, 0.0)
    motion = Motion(steady.name, steady.since_us, steady.changed, leader, score)
    return MotionState(trail, smoothing), motion


def motions_step(
    state: MotionsState,
    result: HandsResult,
    model: MotionModel,
    options: MotionOptions = _DEFAULT,
) -> tuple[MotionsState, tuple[Motion, ...]]:
    """Take the next frame's hands and return what each of them does.

    A hand that left the view is forgotten. Raises `InputError` when timestamps do not rise.
    """
    tracks: dict[int, MotionState] = {}
    motions = []
    for hand in result.hands:
        before = state.tracks.get(hand.track_id, MotionState())
        tracks[hand.track_id], motion = motion_step(
            before, hand.keypoints, result.timestamp_us, model, options
        )
        motions.append(motion)
    return MotionsState(tracks), tuple(motions)


def _judge(model: MotionModel, trail: Trail, options: MotionOptions) -> GestureResult:
    window = window_at(trail)
    scores = model.scores(window * (-1, 1) if options.mirror else window)
    second, first = np.argsort(scores, kind="stable")[-2:]
    score = float(scores[first])
    name = model.names[first] if score >= options.min_score else NONE
    return GestureResult(name, score, model.names[second], float(scores[second]))
