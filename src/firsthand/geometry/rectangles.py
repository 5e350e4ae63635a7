"""Upright rectangles of a picture, as left, top, width and height."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


def overlaps(box: Floats, boxes: Floats) -> Floats:
    """Return the intersection over union (n,) of one box (4,) with each of (n, 4).

    Boxes are left, top, width, height.
    """
    low = np.maximum(box[:2], boxes[:, :2])
    high = np.minimum(box[:2] + box[2:], boxes[:, :2] + boxes[:, 2:])
    sides = np.maximum(high - low, 0)
    shared = sides[:, 0] * sides[:, 1]
    union = box[2] * box[3] + boxes[:, 2] * boxes[:, 3] - shared
    found: Floats = np.divide(shared, union, out=np.zeros_like(shared), where=union > 0)
    return found


def bounds(points: Floats) -> Floats:
    """Return the least box (4,) around points (n, 2)."""
    low = points.min(axis=0)
    return np.concatenate([low, points.max(axis=0) - low])
