"""Where finger joints lie in the flesh of MakeHuman's hands.

MakeHuman's rig has the fingers' joints some 4 mm under the skin of the back, and the thumb's and
knuckles' off along the bone. Here a joint lies at a share of the finger's thickness and midway
between its sides. Shares are such that, over renderings of rest poses from all sides, MediaPipe's
full landmark model finds its keypoints at the same places on average: where one says "joint" the
other does too. A place is found once, as a mean of vertices, so that it follows every shape.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from firsthand.errors import InputError
from firsthand.train.hands.synthetic.mesh import Floats, Ints

Vector = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Place:
    """How far along its bone and into the finger a joint lies.

    `along`: of the bone's length, from MakeHuman's joint. `depth`: of the thickness there, from
    the back to the palm's side. `midway`: whether to move to the middle between the finger's sides.
    """

    along: float
    depth: float
    midway: bool


THUMB: Final = (
    Place(0.15, 0.55, False),
    Place(0.25, 0.5, True),
    Place(0.05, 0.45, True),
    Place(0.9, 0.45, True),
)
FINGER: Final = (
    Place(-0.1, 0.44, False),
    Place(0.0, 0.5, True),
    Place(-0.06, 0.45, True),
    Place(0.75, 0.42, True),
)
"""Three joints and the tip; MakeHuman's last bone ends at the skin."""


@dataclass(frozen=True, slots=True, eq=False)
class Anchors:
    """Points as weighted means of vertices: int32 (n, 6) vertices, float32 (n, 6) weights."""

    vertices: Ints
    weights: Floats

    def of(self, values: Floats) -> Floats:
        """Return the points' values float32 (n, ...), given the vertices' (v, ...)."""
        mean = np.einsum("nk,nk...->n...", self.weights, values[self.vertices])
        return np.asarray(mean, np.float32)


def finger_places(
    vertices: Floats,
    triangles: Ints,
    heads: Floats,
    tails: Floats,
    back: Floats,
    places: Sequence[Place],
) -> Anchors:
    """Find places in a mesh.

    Args:
        vertices: float32 (v, 3).
        triangles: int32 (t, 3).
        heads: float32 (n, 3), MakeHuman's joints.
        tails: float32 (n, 3), where each one's bone ends.
        back: float32 (n, 3): roughly the direction from each bone to the back of its finger.
        places: n of them.

    Raises:
        InputError: a joint does not lie in the mesh.
    """
    hits: list[tuple[Ints, Vector]] = []
    for head, tail, outwards, place in zip(
        heads.astype(np.float64), tails.astype(np.float64), back, places, strict=True
    ):
        along = tail - head
        up = outwards - along * (outwards @ along) / (along @ along)
        up /= np.linalg.norm(up)
        across = np.cross(along, up)
        across /= np.linalg.norm(across)
        start = head + place.along * along
        top, bottom = (_hit(vertices, triangles, start, way) for way in (up, -up))
        first, second, share = top, bottom, place.depth
        if place.midway:
            middle = (1 - place.depth) * top[2] + place.depth * bottom[2]
            first, second = (_hit(vertices, triangles, middle, way) for way in (across, -across))
            share = 0.5
        corners = np.concatenate([first[0], second[0]])
        hits.append((corners, np.concatenate([(1 - share) * first[1], share * second[1]])))
    return Anchors(
        vertices=np.array([hit[0] for hit in hits], np.int32),
        weights=np.array([hit[1] for hit in hits], np.float32),
    )


def _hit(
    vertices: Floats, triangles: Ints, start: Vector, way: Vector
) -> tuple[Ints, Vector, Vector]:
    """Find the triangle a ray leaves the mesh by, the weights of its corners, and the point.

    Möller and Trumbore, "Fast, minimum storage ray-triangle intersection" (1997).
    """
    a, b, c = (vertices[triangles[:, k]].astype(np.float64) for k in range(3))
    ab, ac, to = b - a, c - a, start - a
    normal = np.cross(way, ac)
    scale = np.einsum("ij,ij->i", ab, normal)
    scale[np.abs(scale) < 1e-15] = np.inf
    u = np.einsum("ij,ij->i", to, normal) / scale
    turned = np.cross(to, ab)
    v = turned @ way / scale
    distance = np.einsum("ij,ij->i", ac, turned) / scale
    met = (u >= 0) & (v >= 0) & (u + v <= 1) & (distance > 0) & np.isfinite(scale)
    if not met.any():
        raise InputError(f"the joint at {start.round(4).tolist()} m does not lie in the hand")
    first = int(np.flatnonzero(met)[np.argmin(distance[met])])
    weights = np.array([1 - u[first] - v[first], u[first], v[first]])
    return triangles[first], weights, start + distance[first] * way
