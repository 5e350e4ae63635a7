"""The state of each finger, read from the accumulated angles of its joints.

"On-Device, Real-Time Hand Tracking with MediaPipe" (2019) decides bent or straight by the angle
that a finger's joints add up to. Here that angle is continuous, its decision carries a margin,
and the thumb, which folds sideways, counts its opposition across the palm in place of its lowest
joint. Angles ignore position, size, rotation and mirroring, so left and right hands in mirrored
and unmirrored images need no special case.

Keypoints are float arrays (..., 21, 3) or (..., 21, 2) in MediaPipe's order (wrist; thumb to
pinky, each from base to tip), of any scale, but the same scale on each axis: pixels, never
width- and height-normalised coordinates. 3D image keypoints (x, y and z in pixels) serve best;
`benchmarks/hands_gestures.py` measures them beside world and 2D keypoints.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from firsthand.errors import InputError, ShapeError

FINGERS = ("thumb", "index", "middle", "ring", "pinky")
TIPS = (4, 8, 12, 16, 20)
KNUCKLES = (2, 5, 9, 13, 17)

_CHAINS = np.array([[0, *range(base, base + 4)] for base in (1, 5, 9, 13, 17)])

Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class FingerThresholds:
    """Where bent begins, and how wide the doubt around it is (scale of a logistic curve).

    Angles in degrees; `reach` is a fingertip's distance from the wrist over its knuckle's: below
    it the finger is clenched, above it hooked or curved. The limits lie midway between the two
    states (5% of each counted as strays) for image and world keypoints together, on the quarter
    of the sign-digit photographs that `benchmarks/hands_gestures.py` keeps for tuning.
    """

    finger_deg: float = 90.0
    thumb_deg: float = 115.0
    width_deg: float = 12.0
    reach: float = 1.1
    reach_width: float = 0.06


@dataclass(frozen=True, slots=True)
class FingerStates:
    """States of five fingers, thumb first; every array has shape (..., 5).

    `angle_deg` is the accumulated angle: 0 straight, about 180 rolled up. `straightness` (0..1)
    is how far the finger counts as straight, 0.5 at the threshold. `openness` (0..1) tells a bent
    finger that is hooked or curved (1) from one clenched into the palm (0); it means nothing for
    the thumb.
    """

    angle_deg: Values
    straightness: Values
    openness: Values

    @property
    def straight(self) -> NDArray[np.bool_]:
        """The decision: straight where true, bent where false."""
        return self.straightness >= 0.5

    @property
    def margin(self) -> Values:
        """How clear each decision is: 0 at the threshold, 1 far from it."""
        return np.abs(2 * self.straightness - 1)


def finger_states(keypoints: ArrayLike, thresholds: FingerThresholds | None = None) -> FingerStates:
    """Return the states of the fingers of (..., 21, 2 or 3) keypoints.

    Raises `ShapeError` for another shape and `InputError` for values that are not finite or
    hands whose palm has no extent.
    """
    points = checked_keypoints(keypoints)
    chosen = thresholds or FingerThresholds()
    angle_deg = accumulated_angles_deg(points)
    limit_deg = np.array([chosen.thumb_deg, *[chosen.finger_deg] * 4])
    from_wrist = np.linalg.norm(points - points[..., :1, :], axis=-1)
    base = np.maximum(from_wrist[..., KNUCKLES], np.finfo(np.float64).tiny)
    reach = from_wrist[..., TIPS] / base
    return FingerStates(
        angle_deg=angle_deg,
        straightness=membership(limit_deg - angle_deg, chosen.width_deg),
        openness=membership(reach - chosen.reach, chosen.reach_width),
    )


def accumulated_angles_deg(keypoints: ArrayLike) -> Values:
    """Return the (..., 5) accumulated angles in degrees of (..., 21, 2 or 3) keypoints.

    A finger adds up the bends at its knuckle and two joints, 0..540. The thumb adds to the bends
    of its upper two joints the turn of its line (joint 2 to tip) from the direction that leads
    across the palm from the pinky's to the index finger's knuckle: about 0 for a thumb stretched
    away, 90 beside the index finger, more over the palm.
    """
    points = checked_keypoints(keypoints)
    bends = joint_angles_deg(points)
    total = bends.sum(axis=-1)
    outwards = points[..., 5, :] - points[..., 17, :]
    opposition = _angle_deg(points[..., 4, :] - points[..., 2, :], outwards)
    total[..., 0] = bends[..., 0, 1:].sum(axis=-1) + opposition
    return np.asarray(total, dtype=np.float64)


def joint_angles_deg(keypoints: ArrayLike) -> Values:
    """Return the bend at each joint, (..., 5 fingers, 3 joints from the base), 0..180 degrees.

    0 is a joint in line with the bone below it. A bone without length counts as in line.
    """
    points = checked_keypoints(keypoints)
    bones = np.diff(points[..., _CHAINS, :], axis=-2)
    return _angle_deg(bones[..., 1:, :], bones[..., :-1, :])


def palm_size(keypoints: ArrayLike) -> Values:
    """Return the (...) mean distance from the wrist to the knuckles of index, middle and pinky.

    The unit in which gestures measure distance: it changes little as fingers bend.
    """
    return _palm_size(checked_keypoints(keypoints))


def membership(excess: ArrayLike, width: float) -> Values:
    """Return the logistic curve of `excess / width`: 0.5 at 0, 0.95 three widths above."""
    return np.asarray(0.5 * (1 + np.tanh(np.asarray(excess) / (2 * width))), dtype=np.float64)


def checked_keypoints(keypoints: ArrayLike) -> Values:
    """Return keypoints as float64 (..., 21, 2 or 3), or raise saying what is wrong with them."""
    try:
        given = np.asarray(keypoints)
    except (TypeError, ValueError) as error:
        raise InputError(
            f"keypoints must be numbers of shape (..., 21, 2 or 3): {error}"
        ) from error
    if given.dtype.kind not in "fiu":
        raise InputError(f"keypoints must be real numbers, got an array of {given.dtype}")
    points = given.astype(np.float64)
    if points.ndim < 2 or points.shape[-2] != 21 or points.shape[-1] not in (2, 3):
        raise ShapeError(
            f"keypoints need shape (..., 21, 2) or (..., 21, 3), got {points.shape}; "
            "one hand is (21, 3)"
        )
    if not np.all(np.isfinite(points)):
        count = int((~np.isfinite(points)).sum())
        raise InputError(f"{count} of {points.size} keypoint coordinates are not finite")
    if np.any(np.abs(points) > 1e100):
        raise InputError(
            f"keypoint coordinates reach {np.abs(points).max():g}: no hand is so large"
        )
    if np.any(_palm_size(points) < 1e-100):
        raise InputError("a hand's wrist and knuckles coincide: these keypoints show no hand")
    return points


def _palm_size(points: Values) -> Values:
    spokes = points[..., (5, 9, 17), :] - points[..., :1, :]
    return np.asarray(np.linalg.norm(spokes, axis=-1).mean(axis=-1), dtype=np.float64)


def _angle_deg(first: Values, second: Values) -> Values:
    # atan2 of half-angle lengths (Kahan) keeps its precision near 0 and 180, unlike arccos.
    first, has_first = _unit(first)
    second, has_second = _unit(second)
    apart = np.linalg.norm(first - second, axis=-1)
    along = np.linalg.norm(first + second, axis=-1)
    angle = np.degrees(2 * np.arctan2(apart, along))
    return np.where(has_first & has_second, angle, 0.0)


def _unit(vectors: Values) -> tuple[Values, NDArray[np.bool_]]:
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    exists = length > 0
    return vectors / np.where(exists, length, 1.0), exists[..., 0]
