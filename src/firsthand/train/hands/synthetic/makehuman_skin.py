"""What the skin of MakeHuman's arms is like, place by place."""

import numpy as np

from firsthand.train.hands.synthetic.makehuman_piece import vertex_normals
from firsthand.train.hands.synthetic.mesh import Floats, Ints

_FOREARM = 0.25  # how much of the palm's paleness the forearm's inner side has


def palm_skin(
    vertices: Floats, triangles: Ints, palmar: Floats, bones: Floats, of_hand: Floats
) -> Floats:
    """How much the skin is that of a palm, at each vertex: float32 (v,) 0..1.

    Args:
        vertices: float32 (v, 3).
        triangles: int32 (t, 3).
        palmar: float32 (j, 3): for each bone the direction its palm's side faces.
        bones: float32 (v, j): weights of the bones.
        of_hand: float32 (v,): share of the weights that belongs to the hand.
    """
    facing = np.einsum("vc,vc->v", vertex_normals(vertices, triangles), bones @ palmar)
    eased = np.clip((facing + 0.3) / 0.7, 0, 1)
    eased = eased * eased * (3 - 2 * eased)
    ends = np.clip((of_hand - 0.3) / 0.4, 0, 1)
    return smoothed(eased * (_FOREARM + (1 - _FOREARM) * ends), triangles, 2)


def hair(vertices: Floats, triangles: Ints, palmar: Floats, bones: Floats, hairy: Floats) -> Floats:
    """How densely hair grows at each vertex: float32 (v,) 0..1.

    Args:
        vertices: float32 (v, 3).
        triangles: int32 (t, 3).
        palmar: float32 (j, 3): for each bone the direction its palm's side faces.
        bones: float32 (v, j): weights of the bones.
        hairy: float32 (j,): how much of it grows on a bone's back.
    """
    facing = np.einsum("vc,vc->v", vertex_normals(vertices, triangles), bones @ palmar)
    return smoothed(np.clip(0.5 - facing, 0, 1) * (bones @ hairy), triangles, 3)


def smoothed(values: Floats, triangles: Ints, times: int) -> Floats:
    """Average float32 (v,) values over each vertex's neighbours, some times."""
    ends, starts = np.roll(triangles, -1, axis=1).ravel(), triangles.ravel()
    count = np.bincount(starts, minlength=len(values)) + 1
    for _ in range(times):
        sums = np.bincount(starts, values[ends], minlength=len(values)) + values
        values = (sums / count).astype(np.float32)
    return values
