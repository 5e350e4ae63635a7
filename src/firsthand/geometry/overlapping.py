"""How much two oriented boxes have in common: 3D intersection over union.

One box's six faces are cut by the other's six planes, one after the other, each cut closed by a
face of its own (Sutherland & Hodgman 1974, "Reentrant polygon clipping"); what is left is convex,
and its volume is the sum of the pyramids between its faces and a point within. It is what Objectron
measures by (Ahmadyan et al. 2021, arXiv:2012.09988).
"""

from collections.abc import Sequence
from typing import Final

import numpy as np

from firsthand.geometry.boxes import Box, Doubles

_FACES: Final = ((0, 1, 3, 2), (4, 5, 7, 6), (0, 1, 5, 4), (2, 3, 7, 6), (0, 2, 6, 4), (1, 3, 7, 5))
_ON: Final = 1e-9
"""Of the boxes' extent: what is nearer to a plane lies on it."""


def overlap(one: Box, other: Box) -> float:
    """Return the volume that two boxes share over that of both together, 0 to 1.

    0 where either has no volume.
    """
    shared = shared_volume(one, other)
    both = one.volume + other.volume - shared
    return shared / both if both > 0 else 0.0


def shared_volume(one: Box, other: Box) -> float:
    """Return the volume of what is in both boxes."""
    if not (one.volume > 0 and other.volume > 0):
        return 0.0
    within = (one.corners - other.middle) @ other.rotation / other.size
    if (within.min(axis=0) >= 0.5).any() or (within.max(axis=0) <= -0.5).any():
        return 0.0
    # In the other's own frame it is the cube from -1/2 to 1/2.
    faces = [within[list(face)] for face in _FACES]
    for axis in range(3):
        for side in (-1.0, 1.0):
            faces = _cut(faces, axis, side)
            if not faces:
                return 0.0
    return min(_volume(faces), 1.0) * other.volume


def _cut(faces: Sequence[Doubles], axis: int, side: float) -> list[Doubles]:
    """Return the faces of what is on the inner side of a plane of the cube."""
    near = _ON * max(1.0, *(float(np.abs(face).max()) for face in faces))
    kept, rim, is_closed = [], [], False
    for face in faces:
        beyond = side * face[:, axis] - 0.5
        is_closed |= bool(np.abs(beyond).max() <= near)
        left: list[Doubles] = []
        for place, point in enumerate(face):
            before, here = beyond[place - 1], beyond[place]
            if min(before, here) < -near and max(before, here) > near:
                crossing = face[place - 1] + (point - face[place - 1]) * before / (before - here)
                left.append(crossing)
                rim.append(crossing)
            if here <= near:
                left.append(point)
                if here >= -near:
                    rim.append(point)
        if len(left) >= 3:
            kept.append(np.array(left))
    if len(rim) >= 3 and not is_closed:
        kept.append(_around(np.array(rim), axis))
    return kept


def _around(points: Doubles, axis: int) -> Doubles:
    """Return points (n, 3) of a plane in the order in which they lie around their middle."""
    flat = np.delete(points, axis, axis=1)
    apart = flat - flat.mean(axis=0)
    return points[np.argsort(np.arctan2(apart[:, 1], apart[:, 0]))]


def _volume(faces: Sequence[Doubles]) -> float:
    """Return the volume of a convex body with these faces, whose corners go around them."""
    inside = np.concatenate(faces).mean(axis=0)
    total = 0.0
    for face in faces:
        spokes = face - face[0]
        area = np.cross(spokes[1:-1], spokes[2:]).sum(axis=0) / 2
        total += abs(float(area @ (face[0] - inside))) / 3
    return total
