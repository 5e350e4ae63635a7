"""The last moments of a fingertip's way, at even times and in a form free of place and distance.

Cameras drop frames and keep no even rate, so the way is read at `POINTS` times `STEP_US` apart
that end with the newest frame, by straight lines between frames. Lengths are in palms
(`fingers.palm_size`), so neither the distance from the camera nor the picture's size matters.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from firsthand.errors import InputError, ShapeError
from firsthand.hands.gestures.fingers import Values, checked_keypoints, palm_size

POINTS: Final = 16
STEP_US: Final = 40_000
SPAN_US: Final = (POINTS - 1) * STEP_US
INDEX_TIP: Final = 8

FEATURES: Final = 2 * POINTS + 1
"""How many numbers `window_features` makes of one window."""

_BACK_US: Final = np.arange(1 - POINTS, 1) * STEP_US
_LAST_US: Final = 1 << 62
_EXTENTS: Final = (0.01, 30.0)  # palms: less is less than a keypoint's noise, more no hand's reach


@dataclass(frozen=True, slots=True, eq=False)
class Trail:
    """A fingertip's frames, oldest first: what a window may still need.

    `times_us` int64 (n,) rising; `points` (n, 2) in pixels; `palms` (n,) palm sizes in pixels.
    """

    times_us: NDArray[np.int64]
    points: Values
    palms: Values

    @property
    def seen_us(self) -> int:
        """How much time the frames cover."""
        return int(self.times_us[-1] - self.times_us[0]) if len(self.times_us) else 0


def empty_trail() -> Trail:
    """Return the trail of a hand that has not been seen yet."""
    return Trail(np.empty(0, np.int64), np.empty((0, 2)), np.empty(0))


def follow(trail: Trail, keypoints: ArrayLike, timestamp_us: int, max_gap_us: int) -> Trail:
    """Return the trail with one more frame and without those that no window needs any more.

    `keypoints` are one hand's (21, 2 or 3), in pixels. After more than `max_gap_us` without a
    frame the trail begins anew. Raises `InputError` when timestamps do not rise, and what
    `checked_keypoints` raises.
    """
    hand = checked_keypoints(keypoints)
    if hand.ndim != 2:
        raise ShapeError(f"one hand's keypoints have shape (21, 2 or 3), got {hand.shape}")
    if not abs(timestamp_us) < _LAST_US:
        raise InputError(f"timestamps are microseconds below {_LAST_US}, got {timestamp_us}")
    palm = palm_size(hand)
    if len(trail.times_us):
        last_us = int(trail.times_us[-1])
        if timestamp_us <= last_us:
            raise InputError(f"timestamps must rise: {timestamp_us} us after {last_us} us")
        if timestamp_us - last_us > max_gap_us:
            trail = empty_trail()
    times_us = np.append(trail.times_us, np.int64(timestamp_us))
    # One frame from before the window's first time stays, to draw the line to.
    first = max(0, int(np.searchsorted(times_us, timestamp_us - SPAN_US, side="right")) - 1)
    return Trail(
        times_us[first:],
        np.concatenate([trail.points, hand[None, INDEX_TIP, :2]])[first:],
        np.append(trail.palms, palm)[first:],
    )


def window_at(trail: Trail) -> Values:
    """Return the (POINTS, 2) last points in palms, from any origin.

    Before the first frame of a trail its fingertip counts as having been at rest. The unit is the
    median palm of the trail's frames, which a few badly placed keypoints do not move.
    """
    (window,) = windows_at(trail.times_us, trail.points, trail.times_us[-1:])
    return np.asarray(window / np.median(trail.palms))


def windows_at(times_us: NDArray[np.int64], points: Values, ends_us: NDArray[np.int64]) -> Values:
    """Return (m, POINTS, 2): the way of `points` (n, 2) at `times_us` (n,) up to each of m ends.

    Each frame's window reads only frames up to its own, so that all at once are what one after
    the other would have been.
    """
    wanted_us = ends_us[:, None] + _BACK_US
    return np.stack([np.interp(wanted_us, times_us, axis) for axis in points.T], axis=-1)


def window_features(windows: Values) -> NDArray[np.float32]:
    """Return float32 (..., FEATURES) of windows (..., POINTS, 2) in palms.

    First the shape: each point from the window's mean, over the extent (the largest such
    distance); then the natural logarithm of the extent.
    """
    if windows.shape[-2:] != (POINTS, 2):
        raise ShapeError(f"windows have shape (..., {POINTS}, 2), got {windows.shape}")
    from_mean = windows - windows.mean(axis=-2, keepdims=True)
    extent = np.linalg.norm(from_mean, axis=-1).max(axis=-1)
    bounded = np.clip(extent, *_EXTENTS)
    shape = (from_mean / bounded[..., None, None]).reshape(*windows.shape[:-2], 2 * POINTS)
    return np.concatenate([shape, np.log(bounded)[..., None]], axis=-1).astype(np.float32)
