"""Simulated ways of a fingertip, each with what it is, as an unsteady camera would see them.

A performance is rest, one stroke, and rest again (a swipe may also be followed by a slow return).
It is drawn finely first, then seen by frames of uneven times, some of them missing, with noise on
every point. What is drawn is wide on purpose, but it is drawn by formulas: figures on it say how
well formulas are told apart, not people.

Lengths are in palms, x to the right and y down as in a picture, so an angle that grows turns
clockwise.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from firsthand.hands.gestures.fingers import Values
from firsthand.hands.gestures.motion_window import SPAN_US, windows_at

STILL: Final = "still"
CIRCLES: Final = {"clockwise": 1.0, "counter_clockwise": -1.0}
MOVE: Final = "move"
SWIPES: Final = {
    "swipe_left": np.pi,
    "swipe_right": 0.0,
    "swipe_up": -np.pi / 2,
    "swipe_down": np.pi / 2,
}
WAVE: Final = "wave"

NAMES: Final = (STILL, *CIRCLES, MOVE, *SWIPES, WAVE)
"""All that is told apart, in the order of the network's outputs."""

UNCLEAR: Final = -1
"""The label of a window in which one thing passes into another: nobody could name it."""

_FINE_US: Final = 5_000
_SECOND_US: Final = 1_000_000


@dataclass(frozen=True, slots=True, eq=False)
class Performance:
    """What `name` looked like: frames, when its stroke began and ended, and what each frame shows.

    `times_us` int64 (n,) rising from 0 on; `points` (n, 2) in palms; `labels` int64 (n,), for the
    window that ends with each frame: a place in `NAMES`, or `UNCLEAR`.
    """

    name: str
    times_us: NDArray[np.int64]
    points: Values
    labels: NDArray[np.int64]
    began_us: int
    ended_us: int

    def windows(self) -> Values:
        """Return the windows (n, POINTS, 2) that end with each frame."""
        return windows_at(self.times_us, self.points, self.times_us)


@dataclass(frozen=True, slots=True, eq=False)
class _Stroke:
    """A fine path from the origin, and how much of its name was done so far, at every point."""

    path: Values
    done: Values
    full: float  # how much of `done` a window must hold to show the name
    back: Values  # a path that follows and is a mere move; may be empty


def perform(name: str, rng: np.random.Generator) -> Performance:
    """Return one performance of one of `NAMES`; the same for the same generator state."""
    stroke = _stroke(name, rng)
    before, after = rng.uniform(0.3, 1.0), rng.uniform(0.5, 1.0)
    pause = _count(rng.uniform(0.0, 0.3)) if len(stroke.back) else 0
    rests = [_count(before), _count(after)]
    path = np.concatenate(
        [
            np.zeros((rests[0], 2)),
            stroke.path,
            np.repeat(stroke.path[-1:], pause, axis=0),
            stroke.path[-1] + stroke.back,
            np.repeat((stroke.path[-1:] + stroke.back[-1:].sum(axis=0)), rests[1], axis=0),
        ]
    )
    first, last = rests[0], rests[0] + len(stroke.path)
    done = np.interp(np.arange(len(path)), np.arange(first, last), stroke.done)
    path = path + _tremor(len(path), rng)
    times_us = _frames_us(len(path) * _FINE_US, rng)
    points = _seen(path, times_us, rng)
    labels = _labels(name, stroke, done, last + pause, times_us)
    return Performance(name, times_us, points, labels, first * _FINE_US, last * _FINE_US)


def _stroke(name: str, rng: np.random.Generator) -> _Stroke:
    if name == STILL:
        path = np.zeros((_count(rng.uniform(0.5, 2.0)), 2))
        return _Stroke(path, np.zeros(len(path)), 1.0, path[:0])
    if name in CIRCLES:
        return _circle(CIRCLES[name], rng)
    if name in SWIPES:
        return _swipe(SWIPES[name] + np.radians(rng.uniform(-20, 20)), rng)
    if name == WAVE:
        return _wave(rng)
    if name == MOVE:
        kind = rng.choice(3, p=(0.6, 0.2, 0.2))
        return (_move, _diagonal, _wander)[kind](rng)
    raise ValueError(f"no stroke is called {name!r}; there are {NAMES}")


def _circle(sense: float, rng: np.random.Generator) -> _Stroke:
    """Draw an ellipse of uneven speed whose centre drifts."""
    turns, period_s = rng.uniform(1.0, 4.0), np.exp(rng.uniform(np.log(0.35), np.log(1.35)))
    count = max(_count(turns * period_s), 2)
    phase = np.linspace(0, 1, count)
    wobble = rng.uniform(0, 0.25) * np.sin(2 * np.pi * (turns * phase + rng.uniform()))
    done = turns * phase + (wobble - wobble[0]) / (2 * np.pi)
    angle = 2 * np.pi * (sense * done + rng.uniform())
    radius = np.exp(rng.uniform(np.log(0.2), np.log(1.6)))
    radii = radius * (1 + rng.uniform(-0.3, 0.3) * phase)
    round_ = np.stack([np.cos(angle), rng.uniform(0.5, 1.0) * np.sin(angle)], axis=-1)
    path = _turned(radii[:, None] * round_, rng.uniform(0, np.pi))
    heading = rng.uniform(0, 2 * np.pi)
    drift = rng.uniform(0, 0.5) * radius / period_s * (phase * turns * period_s)
    path = path + drift[:, None] * (np.cos(heading), np.sin(heading))
    return _Stroke(path - path[0], done, 0.4, path[:0])


def _swipe(angle: float, rng: np.random.Generator) -> _Stroke:
    """Draw one quick straight stroke, after which most people bring the hand back slowly."""
    length, seconds = rng.uniform(1.2, 5.0), rng.uniform(0.15, 0.4)
    done = _smooth_rise(_count(seconds))
    path = length * _bowed(done, rng.uniform(-0.08, 0.08))
    back = path[:0]
    if rng.random() < 0.6:
        rise = _smooth_rise(_count(rng.uniform(0.7, 1.4)))
        back = -length * rng.uniform(0.6, 1.1) * _bowed(rise, rng.uniform(-0.15, 0.15))
    return _Stroke(_turned(path, angle), done, 0.8, _turned(back, angle))


def _wave(rng: np.random.Generator) -> _Stroke:
    """Draw to and fro sideways, at least one and a half times."""
    cycles, rate_hz = rng.uniform(1.5, 5.0), rng.uniform(1.7, 4.0)
    count = _count(cycles / rate_hz)
    done = np.linspace(0, cycles, count)
    reach = np.exp(rng.uniform(np.log(0.3), np.log(1.5)))
    across = reach * (1 - np.cos(2 * np.pi * done)) * rng.choice((-1, 1))
    bow = rng.uniform(-0.15, 0.15) * across**2 / max(reach, 0.1)
    drift = rng.uniform(-0.3, 0.3) * np.linspace(0, count * _FINE_US / _SECOND_US, count)
    path = np.stack([across, bow + drift], axis=-1)
    return _Stroke(_turned(path, np.radians(rng.uniform(-25, 25))), done, 0.9, path[:0])


def _move(rng: np.random.Generator) -> _Stroke:
    """Draw an even way in any direction, straight or bent by at most a quarter turn a second."""
    seconds, speed = rng.uniform(0.7, 2.5), np.exp(rng.uniform(np.log(0.5), np.log(3.0)))
    count = _count(seconds)
    turning = 2 * np.pi * rng.uniform(-0.25, 0.25) * rng.choice((0.2, 1.0))
    heading = rng.uniform(0, 2 * np.pi) + turning * np.linspace(0, seconds, count)
    ramp = np.minimum(1, np.minimum(np.arange(count), np.arange(count)[::-1]) / 20)
    return _moved(speed * ramp, heading)


def _diagonal(rng: np.random.Generator) -> _Stroke:
    """Draw a stroke as quick as a swipe, in none of its directions."""
    angle = np.radians(rng.uniform(35, 55) + 90 * rng.integers(4))
    done = _smooth_rise(_count(rng.uniform(0.2, 0.5)))
    path = _turned(rng.uniform(1.2, 5.0) * _bowed(done, rng.uniform(-0.1, 0.1)), angle)
    return _Stroke(path, done, 0.6, path[:0])


def _wander(rng: np.random.Generator) -> _Stroke:
    """Draw a way that bends at will, though never far round within a window."""
    seconds, speed = rng.uniform(1.0, 3.0), rng.uniform(0.5, 3.0)
    count = _count(seconds)
    knots = np.cumsum(rng.normal(0, 0.8, 3 + int(seconds / 0.5)))
    heading = rng.uniform(0, 2 * np.pi) + np.interp(
        np.linspace(0, 1, count), np.linspace(0, 1, len(knots)), knots
    )
    pace = np.interp(np.linspace(0, 1, count), np.linspace(0, 1, 6), rng.uniform(0.4, 1, 6))
    return _moved(speed * pace, heading)


def _moved(speed: Values, heading: Values) -> _Stroke:
    step = speed * _FINE_US / _SECOND_US
    path = np.cumsum(step[:, None] * np.stack([np.cos(heading), np.sin(heading)], axis=-1), axis=0)
    return _Stroke(path, np.cumsum(step), 0.35, path[:0])


def _labels(
    name: str, stroke: _Stroke, done: Values, back_from: int, times_us: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return what the window up to each frame shows, by how much of the stroke lies in it."""
    here = np.minimum(times_us // _FINE_US, len(done) - 1)
    start = np.maximum(here - SPAN_US // _FINE_US, 0)
    inside = done[here] - done[start]
    total = max(float(np.ptp(stroke.done)), 1e-9)
    back_until = back_from + len(stroke.back)
    returned = np.clip(np.minimum(here, back_until) - np.maximum(start, back_from), 0, None)
    labels = np.full(len(times_us), UNCLEAR, dtype=np.int64)
    labels[(inside <= 0.02 * total) & (returned == 0)] = NAMES.index(STILL)
    labels[inside >= min(stroke.full, 0.95 * total)] = NAMES.index(name)
    labels[(returned * _FINE_US >= 0.6 * SPAN_US) & (inside <= 0)] = NAMES.index(MOVE)
    return labels


def _seen(path: Values, times_us: NDArray[np.int64], rng: np.random.Generator) -> Values:
    fine_us = np.arange(len(path)) * _FINE_US
    points = np.stack([np.interp(times_us, fine_us, axis) for axis in path.T], axis=-1)
    noise = np.exp(rng.uniform(np.log(0.002), np.log(0.03)))
    return np.asarray(points + rng.normal(0, noise, points.shape))


def _frames_us(length_us: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Return uneven times from 0 on, some frames missing, never more than four in a row."""
    every_us = _SECOND_US / np.exp(rng.uniform(np.log(12), np.log(60)))
    even = np.arange(0, length_us - every_us, every_us)
    shaken = even + rng.uniform(0, rng.uniform(0, 0.4), len(even)) * every_us
    kept = rng.random(len(even)) >= rng.uniform(0, 0.2)
    kept[::5] = True
    return np.asarray(shaken[kept].astype(np.int64))


def _tremor(count: int, rng: np.random.Generator) -> Values:
    """Return the unrest of a hand: 6 to 12 Hz and a slow sway."""
    seconds = np.arange(count) * _FINE_US / _SECOND_US
    out = np.zeros((count, 2))
    for lowest_hz, highest_hz, largest in ((6, 12, 0.02), (0.2, 0.8, 0.05)):
        for axis in range(2):
            rate_hz, phase = rng.uniform(lowest_hz, highest_hz), rng.uniform(0, 2 * np.pi)
            size = rng.uniform(0, largest)
            out[:, axis] += size * np.sin(2 * np.pi * rate_hz * seconds + phase)
    return out


def _smooth_rise(count: int) -> Values:
    """Return 0..1 as a hand reaches for something: least jerk (Flash & Hogan 1985)."""
    t = np.linspace(0, 1, count)
    return np.asarray(t**3 * (10 - 15 * t + 6 * t**2))


def _bowed(along: Values, bow: float) -> Values:
    return np.stack([along, bow * np.sin(np.pi * along)], axis=-1)


def _turned(path: Values, angle: float) -> Values:
    c, s = np.cos(angle), np.sin(angle)
    return np.asarray(path @ np.array([[c, s], [-s, c]]))


def _count(seconds: float) -> int:
    return max(2, round(seconds * _SECOND_US / _FINE_US))
