"""Plain shapes: tubes, cylinders, boxes and balls, centred on the origin, lengths in metres."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from firsthand.train.hands.synthetic.mesh import Floats, Ints

Wide = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Solid:
    """`vertices`, `normals`, `rest` float32 (v, 3), `triangles` int32 (t, 3).

    `rest` is where patterns are looked up: across and along the surface, in metres.
    """

    vertices: Floats
    normals: Floats
    triangles: Ints
    rest: Floats


def tube(rings: Floats | Wide, rest: Floats | Wide, *, closed: bool) -> Solid:
    """Join rings (n, k, 3) one after the other; `closed` puts a lid on the last.

    Rings run counter-clockwise as seen from the last one, so that the outside is in front.
    """
    n, k, _ = rings.shape
    vertices = rings.reshape(-1, 3)
    here = np.arange(n - 1)[:, None] * k + np.arange(k)
    beside = np.arange(n - 1)[:, None] * k + (np.arange(k) + 1) % k
    sides = np.stack([here, beside, beside + k, here, beside + k, here + k], 2).reshape(-1, 3)
    normals = smooth_normals(vertices, sides)
    if closed:
        vertices = np.concatenate([vertices, rings[-1], rings[-1].mean(0)[None]])
        lid = n * k + np.arange(k)
        fan = np.stack([lid, n * k + (np.arange(k) + 1) % k, np.full(k, n * k + k)], 1)
        sides = np.concatenate([sides, fan])
        way = rings[-1].mean(0) - rings[-2].mean(0)
        flat = np.broadcast_to(way / max(float(np.linalg.norm(way)), 1e-9), (k + 1, 3))
        normals = np.concatenate([normals, flat])
        rest = np.concatenate([rest, rest[-k:], rest[-k:].mean(0)[None]])
    return Solid(
        vertices.astype(np.float32),
        normals.astype(np.float32),
        sides.astype(np.int32),
        rest.astype(np.float32),
    )


def cylinder(radius: float, length: float, taper: float = 1.0, sides: int = 24) -> Solid:
    """Stand one along y; `taper` is the upper radius by the lower."""
    heights = np.array([-1, -1, -1, 1.0]) * length / 2 + np.array([-1e-4, -1e-4, 0, 0])
    radii = np.array([1e-5, radius * 0.999, radius, radius * taper])
    return _turned(heights, radii, sides)


def ball(radius: float, flattening: float = 1.0) -> Solid:
    """Make a ball, `flattening` times as high as it is wide."""
    angles = np.linspace(-np.pi / 2, np.pi / 2, 15)
    return _turned(
        np.sin(angles) * radius * flattening, np.maximum(np.cos(angles) * radius, 1e-5), 26
    )


def box(width: float, height: float, depth: float) -> Solid:
    """Make a box with sharp edges."""
    vertices: list[Wide] = []
    normals: list[Wide] = []
    triangles: list[tuple[int, int, int]] = []
    corners = ((-1, -1), (1, -1), (1, 1), (-1, 1))
    for axis in range(3):
        for sign in (-1.0, 1.0):
            normal = np.eye(3)[axis] * sign
            across = np.eye(3)[(axis + 1) % 3]
            up = np.cross(normal, across)
            first = len(vertices)
            vertices += [normal + a * across + b * up for a, b in corners]
            normals += [normal] * 4
            triangles += [(first, first + 1, first + 2), (first, first + 2, first + 3)]
    places = np.array(vertices) * (width / 2, height / 2, depth / 2)
    return Solid(
        places.astype(np.float32),
        np.array(normals, np.float32),
        np.array(triangles, np.int32),
        places.astype(np.float32),
    )


def smooth_normals(vertices: Floats | Wide, triangles: Ints) -> Floats:
    """Mean of the neighbouring triangles' normals, weighed by area: float32 (v, 3)."""
    a, b, c = (vertices[triangles[:, corner]] for corner in range(3))
    flat = np.cross(b - a, c - a)
    normals = np.zeros_like(vertices)
    for corner in range(3):
        np.add.at(normals, triangles[:, corner], flat)
    return np.asarray(
        normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12), np.float32
    )


def _turned(heights: Wide, radii: Wide, sides: int) -> Solid:
    angles = -np.linspace(0, 2 * np.pi, sides, endpoint=False)
    circle = np.stack([np.cos(angles), np.zeros(sides), np.sin(angles)], 1)
    rings = circle * radii[:, None, None] + np.array([0, 1, 0]) * heights[:, None, None]
    widest = float(radii.max())
    rest = np.stack(np.broadcast_arrays(angles * widest, heights[:, None], 0 * heights[:, None]), 2)
    return tube(rings, rest.reshape(-1, 3), closed=True)
