"""How still a still hand is shown, and how late a moving one, where the true motion is known."""

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from firsthand.errors import InputError, ShapeError

Doubles = NDArray[np.float64]
Path = Callable[[Doubles], Doubles]
"""Takes times (n,) in seconds and returns where the picture then is, (n, 2) in pixels."""

_LEAST_FRAMES: Final = 8
_STEPS: Final = 81
_ROUNDS: Final = 4


def jitter_px(points: Doubles, moved: Doubles) -> float:
    """Return by how much keypoints stray from their own mean, as a root mean square.

    `points` (n, k, 2): k keypoints in n frames; `moved` (n, 2): how far the picture itself has
    moved in each, which is taken away first. All in pixels; constant errors do not count. Frames
    without a hand are NaN, and left out. `InputError` for under eight frames with one.
    """
    still = _still(points, moved)
    away = still - still.mean(axis=0)
    return float(np.sqrt((away**2).sum(axis=-1).mean()))


def velocity_error_px(points: Doubles, moved: Doubles) -> float:
    """Return the root mean square error of motion from a frame to the next, in pixels a frame.

    As `jitter_px`; pairs of frames of which either has no hand are left out.
    """
    _still(points, moved)
    steps = np.diff(points - moved[:, np.newaxis], axis=0)
    known = np.isfinite(steps).all(axis=(1, 2))
    if not known.any():
        raise InputError("no two frames that follow each other both show a hand")
    return float(np.sqrt((steps[known] ** 2).sum(axis=-1).mean()))


def lag_s(times_s: Doubles, points: Doubles, path: Path, most_s: float = 0.5) -> float:
    """Return by how many seconds keypoints follow late, negative if early, up to `most_s`.

    The delay under which `path` explains the points best by least squares, each keypoint's own
    constant distance from it aside: a cross-correlation with a known signal, to a fraction of a
    frame. `times_s` (n,), `points` (n, k, 2) in pixels, NaN where there is no hand.

    `InputError` for under eight frames with a hand, or a path that does not move in them.
    """
    still = _still(points, np.zeros((len(points), 2)))
    times = times_s[np.isfinite(points).all(axis=(1, 2))]
    track = (still - still.mean(axis=0)).mean(axis=1)
    here = path(times)
    if np.ptp(here, axis=0).max() <= 0:
        raise InputError("a path that does not move has no lag")

    def error(delay_s: float) -> float:
        there = path(times - delay_s)
        return float(((track - there + there.mean(axis=0)) ** 2).sum())

    low, high = -most_s, most_s
    best = 0.0
    for _ in range(_ROUNDS):
        delays = np.linspace(low, high, _STEPS)
        best = float(delays[int(np.argmin([error(float(delay)) for delay in delays]))])
        reach = 2 * (high - low) / (_STEPS - 1)
        low, high = max(best - reach, -most_s), min(best + reach, most_s)
    return best


def _still(points: Doubles, moved: Doubles) -> Doubles:
    """Return the frames with a hand, the picture's own motion taken away."""
    if points.ndim != 3 or points.shape[2] != 2 or moved.shape != (len(points), 2):
        raise ShapeError(
            f"points (n, k, 2) and the picture's way (n, 2) are wanted, not {points.shape} and "
            f"{moved.shape}"
        )
    known = np.isfinite(points).all(axis=(1, 2))
    if known.sum() < _LEAST_FRAMES:
        raise InputError(
            f"only {known.sum()} of {len(points)} frames show a hand; {_LEAST_FRAMES} are needed"
        )
    return np.asarray(points[known] - moved[known, np.newaxis], np.float64)
