"""Where virtual things go in a scene: on its planes, upright, in view, and through nothing.

After the article's "placements that are physically probable". Without "planes" they are put
anywhere before the camera instead, turned and sized at random, as pasting would have it.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from firsthand.geometry import Box, shared_volume
from firsthand.objects.session import Plane
from firsthand.train.objects.meshes import Mesh
from firsthand.train.objects.renderer import Sight, Thing, Trick

Doubles = NDArray[np.float64]

_TRIES: Final = 40
_LEVEL: Final = 0.97
"""The cosine of how much a plane may lean for a thing to stand on it: 14 degrees."""

_SIZES: Final = 0.07
_SLAB_M: Final = 0.01
_OVER_M: Final = 1e-4
_INSIDE: Final = 0.6


def placed(
    rng: np.random.Generator,
    meshes: Sequence[Mesh],
    planes: Sequence[Plane],
    sight: Sight,
    count: int,
    without: frozenset[Trick] = frozenset(),
) -> tuple[Thing, ...]:
    """Return up to `count` things of `meshes` in view; fewer where no room for one was found.

    Each stands on a level plane with its whole foot within the outline, cuts no other plane and no
    other thing, and 60% of its corners lie in the picture. Sizes vary by 7%.
    """
    found: list[Thing] = []
    floors = [plane for plane in planes if plane.pose[1, 1] >= _LEVEL]
    if not floors and "planes" not in without:
        return ()
    for _ in range(count):
        for _ in range(_TRIES):
            mesh = meshes[int(rng.integers(len(meshes)))]
            if "planes" in without:
                thing = _anywhere(rng, mesh, sight)
                fits = _in_view(thing, sight)
            else:
                floor = floors[int(rng.integers(len(floors)))]
                thing = _standing(rng, mesh, floor)
                fits = _stands(thing, floor) and _in_view(thing, sight)
                fits = fits and not any(_cuts(thing, other) for other in planes if other != floor)
            if fits and not any(shared_volume(thing.box, other.box) > 0 for other in found):
                found.append(thing)
                break
    return tuple(found)


def _standing(rng: np.random.Generator, mesh: Mesh, floor: Plane) -> Thing:
    """Put a thing on a plane, most often near the plane's origin, turned about its normal."""
    scale = float(np.exp(rng.normal(0, _SIZES)))
    low, high = floor.outline.min(0), floor.outline.max(0)
    near = 0.8 * float(mesh.size.max())
    spot = rng.normal(0, near, 2) if rng.random() < 0.7 else rng.uniform(low, high)
    angle = rng.uniform(0, 2 * np.pi)
    own = np.eye(4)
    own[:3, :3] = [
        [np.cos(angle), 0, np.sin(angle)],
        [0, 1, 0],
        [-np.sin(angle), 0, np.cos(angle)],
    ]
    own[:3, 3] = spot[0], mesh.size[1] * scale / 2, spot[1]
    return Thing(mesh, floor.pose @ own, scale)


def _anywhere(rng: np.random.Generator, mesh: Mesh, sight: Sight) -> Thing:
    """Put a thing anywhere before the camera, of any turn and of half to twice its size."""
    turn = Rotation.random(rng=rng).as_matrix()
    scale = float(np.exp(rng.uniform(np.log(0.5), np.log(2.0))))
    pixel = rng.uniform(0, (sight.width, sight.height))
    away = rng.uniform(1.2, 3.0) * float(mesh.size.max())
    seen = np.append(sight.camera.rays(pixel), 1.0) * away
    pose = np.eye(4)
    pose[:3, :3] = turn
    pose[:3, 3] = sight.pose[:3, :3] @ seen + sight.pose[:3, 3]
    return Thing(mesh, pose, scale)


def _stands(thing: Thing, floor: Plane) -> bool:
    """Whether its whole foot is within the plane's outline."""
    box = thing.box
    feet = (box.corners - floor.pose[:3, 3]) @ floor.pose[:3, :3]
    return all(_within(foot, floor.outline) for foot in feet[:, [0, 2]])


def _within(point: Doubles, outline: Doubles) -> bool:
    """Whether a point is inside a polygon: a ray from it crosses the edges an odd number of times.

    (Shimrat 1962, "Algorithm 112: position of point relative to polygon".)
    """
    after = np.roll(outline, -1, axis=0)
    between = (outline[:, 1] > point[1]) != (after[:, 1] > point[1])
    with np.errstate(divide="ignore", invalid="ignore"):
        share = (point[1] - outline[:, 1]) / (after[:, 1] - outline[:, 1])
    crossing = outline[:, 0] + share * (after[:, 0] - outline[:, 0])
    return bool((between & (point[0] < crossing)).sum() % 2)


def _cuts(thing: Thing, plane: Plane) -> bool:
    """Whether a thing goes through a plane's outline, or what the outline's rectangle holds."""
    low, high = plane.outline.min(0), plane.outline.max(0)
    x, z = (low + high) / 2
    middle = plane.pose[:3, :3] @ np.array([x, -_SLAB_M / 2 - _OVER_M, z]) + plane.pose[:3, 3]
    size = np.array([high[0] - low[0], _SLAB_M, high[1] - low[1]])
    return shared_volume(thing.box, Box(middle, plane.pose[:3, :3], size)) > 0


def _in_view(thing: Thing, sight: Sight) -> bool:
    corners = np.vstack([thing.box.middle, thing.box.corners])
    seen = (corners - sight.pose[:3, 3]) @ sight.pose[:3, :3]
    if seen[:, 2].min() <= 0.05:
        return False
    pixels = sight.camera.project(seen)
    size = np.array([sight.width, sight.height])
    inside = np.all((pixels >= 0) & (pixels <= size), axis=1).astype(np.float64)
    return bool(inside.flat[0] and inside.mean() >= _INSIDE)
