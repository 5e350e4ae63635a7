"""What a gesture classifier compares: a hand as one vector, free of place and size.

Three blocks, each scaled so that its length is about one palm: the keypoints (weight 1), the
angles of the joints (1), and the distances between fingertips and from the wrist to them (2).
The distances matter most when examples are few, and neither rotation nor mirroring moves them.
On the tuning quarter of the sign digits a weight of 2 was best from five examples on.
"""

from typing import Literal

import numpy as np

from firsthand.hands.gestures.fingers import TIPS, Values, joint_angles_deg, palm_size

Orientation = Literal["free", "image"]
"""`free`: gestures mean the same however the hand is turned (3D keypoints: in space, 2D: in the
plane). `image`: up and down matter, as for a thumb."""

_PAIRS = np.triu_indices(5, 1)
_ROTATION_FREE_WEIGHT = 2.0


def features(points: Values, orientation: Orientation) -> Values:
    """Return vectors (..., d) of checked keypoints (..., 21, 2 or 3)."""
    unit = unit_hand(points)
    turned = _canonical(unit) if orientation == "free" else unit
    batch = points.shape[:-2]
    coordinates = turned[..., 1:, :].reshape(*batch, -1) / np.sqrt(20)
    angles = joint_angles_deg(unit).reshape(*batch, -1) / 90 / np.sqrt(15)
    tips = unit[..., TIPS, :]
    between = np.linalg.norm(tips[..., _PAIRS[0], :] - tips[..., _PAIRS[1], :], axis=-1)
    from_wrist = np.linalg.norm(tips, axis=-1)
    distances = np.concatenate([between, from_wrist], axis=-1) / np.sqrt(15)
    return np.concatenate([coordinates, angles, _ROTATION_FREE_WEIGHT * distances], axis=-1)


def unit_hand(points: Values) -> Values:
    """Return keypoints with the wrist at the origin and a palm size of one."""
    return np.asarray((points - points[..., :1, :]) / palm_size(points)[..., None, None])


def mirrored(points: Values) -> Values:
    """Return the other hand in the same pose: keypoints with x reversed."""
    flip = np.array([-1.0, *[1.0] * (points.shape[-1] - 1)])
    return np.asarray(points * flip, dtype=np.float64)


def _canonical(unit: Values) -> Values:
    """Turn hands so that the middle knuckle lies along y, in 3D with the palm's width along x."""
    along = _direction(unit[..., 9, :])
    if unit.shape[-1] == 2:
        axes = np.stack([np.stack([along[..., 1], -along[..., 0]], axis=-1), along], axis=-2)
    else:
        width = unit[..., 17, :] - unit[..., 5, :]
        across = _direction(width - (width * along).sum(axis=-1, keepdims=True) * along)
        axes = np.stack([across, along, np.cross(across, along)], axis=-2)
    return np.asarray(unit @ np.swapaxes(axes, -1, -2))


def _direction(vectors: Values) -> Values:
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(vectors / np.where(length > 0, length, 1.0))
