"""Fingertips streamed through `motion_step`, and what was announced, for `hands_motion.py`."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from firsthand.hands.gestures.motion import (
    MotionModel,
    MotionState,
    motion_step,
)
from firsthand.hands.gestures.motion_window import INDEX_TIP
from firsthand.train.hands.histories import PALM_PX
from firsthand.train.hands.strokes import MOVE, NAMES, STILL, Performance, perform

_KNUCKLES = ((5, (-0.3, -0.95)), (9, (0.0, -1.0)), (17, (0.42, -0.85)))


@dataclass(frozen=True)
class Announced:
    """What was said of one stream: names and when, `still` and `none` included."""

    names: tuple[str, ...]
    times_us: tuple[int, ...]

    def strokes(self, until_us: float = np.inf) -> list[str]:
        return [
            name
            for name, time_us in zip(self.names, self.times_us, strict=True)
            if name not in (STILL, "none") and time_us <= until_us
        ]

    def first_us(self, name: str, since_us: int) -> int | None:
        for said, time_us in zip(self.names, self.times_us, strict=True):
            if said == name and time_us >= since_us:
                return time_us
        return None


def hand(point: NDArray[np.float64]) -> NDArray[np.float64]:
    keypoints = np.zeros((21, 3))
    for joint, place in _KNUCKLES:
        keypoints[joint, :2] = place
    keypoints *= PALM_PX / np.linalg.norm(keypoints[[5, 9, 17]], axis=1).mean()
    keypoints[INDEX_TIP, :2] = point
    return keypoints


def stream(
    times_us: NDArray[np.int64], points: NDArray[np.float64], model: MotionModel
) -> tuple[Announced, list[str]]:
    """Return the announcements, and the name that stood at each frame; points in pixels."""
    state, names, times, standing = MotionState(), [], [], []
    for time_us, point in zip(times_us, points, strict=True):
        state, motion = motion_step(state, hand(point), int(time_us), model)
        standing.append(motion.name)
        if motion.changed:
            names.append(motion.name)
            times.append(int(time_us))
    return Announced(tuple(names), tuple(times)), standing


def performances(name: str, count: int, seed: int) -> list[Performance]:
    place = NAMES.index(name)
    return [perform(name, np.random.default_rng([seed, place, n])) for n in range(count)]


def others_first(said: Announced, name: str, performance: Performance) -> bool:
    """Whether another stroke was announced before the right one; a mere move is no other."""
    strokes = said.strokes(performance.ended_us + 300_000)
    before = strokes[: strokes.index(name)] if name in strokes else strokes
    return any(stroke not in (MOVE, name) for stroke in before)
