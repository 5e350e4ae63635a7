"""Rooms to set things into: a floor, walls and perhaps a table, papered with photographs."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from firsthand.media.frame import RgbImage
from firsthand.objects.session import Light, Plane
from firsthand.train.objects.meshes import Mesh, Piece
from firsthand.train.objects.renderer import Thing

Doubles = NDArray[np.float64]

_CORNERS: Final = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])
_X, _Y, _Z = np.eye(3)


@dataclass(frozen=True, slots=True, eq=False)
class Room:
    """What is drawn of a room, the planes that a tracker would find in it, and its light."""

    things: tuple[Thing, ...]
    planes: tuple[Plane, ...]
    light: Light


def random_room(rng: np.random.Generator, papers: Sequence[RgbImage], scale: float = 1.0) -> Room:
    """Draw a room around the world's origin, its floor at y = 0, papered with `papers`.

    It is `scale` times as large as one for chairs.
    """
    walls = rng.uniform(2.6, 5.0, 4) * scale  # to +x, -x, +z, -z
    height = rng.uniform(2.4, 3.4) * scale
    low = np.array([-walls[1], 0.0, -walls[3]])
    wide, deep = walls[0] + walls[1], walls[2] + walls[3]
    floor = _paper(rng, papers)
    repeat = rng.uniform(0.8, 3.0) * scale
    things = [_sheet(low, _Z * deep, _X * wide, floor, (deep / repeat, wide / repeat))]
    corner = low + _Y * height
    for start, along in (
        (corner, _X * wide),
        (corner + _X * wide, _Z * deep),
        (corner + _X * wide + _Z * deep, -_X * wide),
        (corner + _Z * deep, -_Z * deep),
    ):
        paper, times = _paper(rng, papers), rng.uniform(0.5, 1.5)
        things.append(_sheet(start, along, -_Y * height, paper, (times, times)))
    seen = rng.uniform(1.4, 2.4, 4) * scale
    outline = np.array(
        [[-seen[1], -seen[3]], [seen[0], -seen[3]], [seen[0], seen[2]], [-seen[1], seen[2]]]
    )
    planes = [Plane("floor", np.eye(4), outline)]
    if rng.random() < 0.5:
        for thing, plane in _table(rng, papers, scale):
            things.append(thing)
            planes.append(plane)
    return Room(tuple(things), tuple(planes), random_light(rng))


def random_light(rng: np.random.Generator) -> Light:
    """Draw a room's light: from grey to warm or cold, from soft to hard, mostly from above."""
    tint = np.exp(rng.normal(0, 0.06, 3))
    warm = np.array([1.0, 0.0, -1.0]) * rng.normal(0, 0.08)
    whole = rng.uniform(0.55, 1.25)
    hard = rng.uniform(0.0, 0.75)
    ambient = whole * (1 - hard) * tint
    sun = whole * hard * 1.4 * tint * np.exp(warm)
    elevation, around = np.radians(rng.uniform(25, 85)), rng.uniform(0, 2 * np.pi)
    towards = (
        np.cos(elevation) * np.cos(around),
        np.sin(elevation),
        np.cos(elevation) * np.sin(around),
    )
    return Light(
        tuple(map(float, ambient)), tuple(map(float, sun)), tuple(float(each) for each in towards)
    )


def _table(
    rng: np.random.Generator, papers: Sequence[RgbImage], scale: float
) -> list[tuple[Thing, Plane]]:
    """Return the top and the four sides of a block that stands somewhere off the middle."""
    size = np.array([rng.uniform(0.5, 1.3), rng.uniform(0.3, 0.75), rng.uniform(0.4, 0.8)]) * scale
    away, around, turn = rng.uniform(0.7, 1.4) * scale, *rng.uniform(0, 2 * np.pi, 2)
    foot = away * np.array([np.cos(around), 0, np.sin(around)])
    x = np.array([np.cos(turn), 0, np.sin(turn)])
    z = np.cross(x, _Y)
    top, sides = _paper(rng, papers), _paper(rng, papers)
    made = []
    for name, out, right, extent, paper in (
        ("table", _Y, x, (0, 2, 1), top),
        ("front", z, x, (0, 1, 2), sides),
        ("back", -z, -x, (0, 1, 2), sides),
        ("right", x, -z, (2, 1, 0), sides),
        ("left", -x, z, (2, 1, 0), sides),
    ):
        across, along, depth = (float(size[each]) for each in extent)
        ahead = np.cross(right, out)
        middle = foot + _Y * size[1] / 2 + out * depth / 2
        pose = np.eye(4)
        pose[:3, :3] = np.stack([right, out, ahead], axis=1)
        pose[:3, 3] = middle
        half = np.array([across, along]) / 2
        outline = (_CORNERS * 2 - 1) * half
        start = middle - right * half[0] - ahead * half[1]
        thing = _sheet(start, ahead * along, right * across, paper, (1.0, 1.0))
        made.append((thing, Plane(name, pose, outline)))
    return made


def _sheet(
    corner: Doubles, down: Doubles, right: Doubles, paper: RgbImage, times: tuple[float, float]
) -> Thing:
    """Return a rectangle papered `times` down and right, seen from where it is drawn so."""
    places = np.stack([corner + r * right + d * down for d, r in _CORNERS])
    normal = np.cross(down, right)
    normal = normal / np.linalg.norm(normal)
    uv = _CORNERS[:, ::-1] * np.array(times)[::-1]
    triangles = np.array([[0, 1, 2], [0, 2, 3]], np.int32)
    middle = (places.min(0) + places.max(0)) / 2
    pose = np.eye(4)
    pose[:3, 3] = middle
    mesh = Mesh(
        "sheet",
        (places - middle).astype(np.float32),
        np.tile(normal, (4, 1)).astype(np.float32),
        uv.astype(np.float32),
        (Piece(triangles, (1.0, 1.0, 1.0), paper),),
    )
    return Thing(mesh, pose)


def _paper(rng: np.random.Generator, papers: Sequence[RgbImage]) -> RgbImage:
    """Return a part of a photograph beside its mirror images, so that it can be repeated."""
    image = papers[int(rng.integers(len(papers)))]
    height, width = image.shape[:2]
    share = rng.uniform(0.35, 1.0)
    tall, wide = max(8, int(height * share)), max(8, int(width * share))
    top, left = int(rng.integers(height - tall + 1)), int(rng.integers(width - wide + 1))
    step = max(1, max(tall, wide) // 256)
    part = image[top : top + tall : step, left : left + wide : step]
    values = part.astype(np.float32) / 255
    middle = float(np.clip(values.mean(), 0.02, 0.98))
    wanted = rng.uniform(0.25, 0.7)
    values = values ** np.float32(np.clip(np.log(wanted) / np.log(middle), 0.4, 2.5))
    grey = values.mean(axis=2, keepdims=True)
    values = grey + (values - grey) * np.float32(rng.uniform(0.1, 1.0))
    values = values.mean() + (values - values.mean()) * np.float32(rng.uniform(0.15, 1.0))
    plain = np.clip(values * 255 + 0.5, 0, 255).astype(np.uint8)
    twice = np.concatenate([plain, plain[:, ::-1]], axis=1)
    return np.ascontiguousarray(np.concatenate([twice, twice[::-1]], axis=0))
