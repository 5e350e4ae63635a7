"""Forearms, sleeves, watches and rings: what a hand is seldom seen without."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from firsthand.train.hands.synthetic.looks import random_stuff
from firsthand.train.hands.synthetic.mesh import Floats
from firsthand.train.hands.synthetic.poses import Floats as PoseFloats
from firsthand.train.hands.synthetic.renderer import Look, Part
from firsthand.train.hands.synthetic.solids import Solid, Wide, cylinder, tube
from firsthand.train.hands.synthetic.surface import plain_surface

_SIDES = 26
_WATCHED_M = 0.08


@dataclass(frozen=True, slots=True, eq=False)
class Wrist:
    """A hand standing upright (see `HandModel`), the bend of its wrist, and if it has an arm."""

    keypoints: Floats
    flesh: Part
    bend: PoseFloats
    right: bool
    armed: bool


def dressed_arm(wrist: Wrist, rng: np.random.Generator) -> Iterator[Part]:
    """Draw arm and sleeve unless the mesh has its own; now and then a watch, a bangle, a ring."""
    spine, widths = _spine(wrist, rng)
    if not wrist.armed:
        yield _arm(spine, widths, wrist)
    sleeve = rng.random()
    if sleeve < 0.55 and not wrist.armed:
        start = rng.uniform(0.0, 0.05) if sleeve < 0.38 else rng.uniform(0.05, 0.2)
        yield _sleeve(spine, widths, start, rng)
    bare = _bare_forearm(wrist).any() if wrist.armed else sleeve > 0.55
    if rng.random() < 0.14 and bare:
        yield from _watch(spine, widths, rng)
    if rng.random() < 0.14:
        yield _ring(wrist, rng)


def bare_limb(skin: Look, rng: np.random.Generator) -> Part:
    """Draw a limb without a hand, along y and about 0.4 m long: something to be told from one."""
    bend = rng.normal(0, 0.3)
    steps = np.linspace(0, 1, 16)
    length, thick = rng.uniform(0.25, 0.5), rng.uniform(0.025, 0.06)
    spine = np.stack([bend * steps**2 * length, (steps - 0.5) * length, 0 * steps], 1)
    widths = thick * (1 + 0.25 * np.sin(steps * np.pi * rng.uniform(0.5, 2)))
    solid = _along(spine, np.stack([widths, widths * rng.uniform(0.75, 1)], 1), closed=True)
    return Part(solid.vertices, solid.normals, solid.triangles, plain_surface(solid.rest), skin)


def _spine(wrist: Wrist, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Middle line (n, 3) of the arm from the hand outwards, and half widths (n, 2) along it."""
    vertices = wrist.flesh.vertices
    start = wrist.keypoints[0]
    if wrist.armed:
        arm = vertices[_bare_forearm(wrist)]
        far = arm.mean(0) * 2 - start if len(arm) else start - np.array([0, 0.1, 0])
        steps = np.linspace(0, 1, 20)[:, None]
        spine = start + (far - start) * steps
        span = far - start
        along = np.clip((arm - start) @ span / (span @ span), 0, 1)
        radius = np.linalg.norm(arm - start - along[:, None] * span, axis=1)
        cells = np.minimum((along * 20).astype(int), 19)
        widest = [
            radius[cells == cell].max() if (cells == cell).any() else 0.03 for cell in range(20)
        ]
        return spine, np.repeat(np.array(widest)[:, None], 2, 1)
    end = float(vertices[:, 1].min())
    rim = vertices[vertices[:, 1] < end + 0.014]
    low, high = rim.min(0), rim.max(0)
    middle = (low + high) / 2
    first = np.array([middle[0], end + 0.010, middle[2]])
    length = rng.uniform(0.3, 0.45)
    steps = np.linspace(0, 1, 22) ** 1.4
    turned = np.clip(steps * length / 0.05, 0, 1) * 0.8
    flexed, deviated = (float(each) for each in wrist.bend)
    side = 1.0 if wrist.right else -1.0
    ways = np.stack(
        [
            np.sin(-deviated * turned) * side,
            -np.cos(flexed * turned) * np.cos(deviated * turned),
            np.sin(flexed * turned),
        ],
        1,
    )
    gaps = np.diff(steps, prepend=0)[:, None] * length
    spine = first + np.cumsum(ways * gaps, 0)
    swell = np.interp(steps * length, [0, 0.02, 0.12, 0.22, 0.45], [1, 1.0, 1.2, 1.42, 1.3])
    half = (high - low)[[0, 2]] / 2
    thick = np.interp(steps * length, [0, 0.12, 0.25], [1, 1.25, 1.3])
    return spine, np.stack([half[0] * swell, half[1] * swell * thick], 1)


def _bare_forearm(wrist: Wrist) -> NDArray[np.bool_]:
    """Which vertices are of the skin just behind the wrist; none if a sleeve comes that far."""
    columns = wrist.flesh.surface.columns
    near = np.linalg.norm(wrist.flesh.vertices - wrist.keypoints[0], axis=1) < _WATCHED_M
    behind = near & (columns[:, 14] < 0.5)
    if (columns[behind, 5] > 0.5).any():
        return np.zeros_like(behind)
    return np.asarray(behind, np.bool_)


def _arm(spine: Floats, widths: Floats, wrist: Wrist) -> Part:
    solid = _along(spine, widths, closed=True)
    inner = np.clip(0.5 + 0.7 * solid.normals[:, 2], 0, 1) * 0.35
    return Part(
        solid.vertices,
        solid.normals,
        solid.triangles,
        plain_surface(solid.vertices, inner),
        wrist.flesh.look,
    )


def _sleeve(spine: Floats, widths: Floats, start_m: float, rng: np.random.Generator) -> Part:
    far = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(spine, axis=0), axis=1))])
    start_m = min(start_m, float(far[-1]) * 0.7)
    at = np.linspace(start_m, far[-1] + 0.04, 24)
    line = np.stack([np.interp(at, far, spine[:, axis]) for axis in range(3)], 1)
    line[-3:] += (spine[-1] - spine[-2]) * np.array([[0.3], [0.6], [1.0]])
    ease = rng.uniform(1.06, 1.3)
    folds = 1 + rng.uniform(0.0, 0.05) * np.sin(at * rng.uniform(80, 200) + rng.uniform(0, 6))
    broad = np.stack([np.interp(at, far, widths[:, axis]) for axis in (0, 1)], 1)
    broad = np.maximum(broad, broad.max() * 0.6) * ease * folds[:, None] + 0.002
    broad[0] *= 0.96
    solid = _along(line, broad, closed=True)
    return Part(
        solid.vertices,
        solid.normals,
        solid.triangles,
        plain_surface(solid.rest),
        random_stuff(rng, cloth=True),
    )


def _watch(spine: Floats, widths: Floats, rng: np.random.Generator) -> Iterator[Part]:
    look = random_stuff(rng, cloth=False)
    place = int(rng.integers(3, 8))
    way = spine[place + 1] - spine[place]
    way = way / np.linalg.norm(way)
    broad = rng.uniform(0.003, 0.02)
    line = spine[place] + way * np.linspace(-broad, broad, 5)[:, None] / 2
    band = widths[place] * 1.05 + 0.0015 + np.array([-0.002, 0, 0, 0, -0.002])[:, None]
    solid = _along(line, band, closed=False)
    yield Part(solid.vertices, solid.normals, solid.triangles, plain_surface(solid.rest), look)
    if broad > 0.009:
        face = cylinder(rng.uniform(0.014, 0.021), 0.008)
        # lie on the arm's back: the cylinder's axis along -z
        vertices = face.vertices[:, [0, 2, 1]] * (1, 1, -1) + spine[place]
        vertices = vertices - np.array([0, 0, widths[place][1] + 0.004])
        normals = face.normals[:, [0, 2, 1]] * (1, 1, -1)
        yield Part(
            vertices.astype(np.float32),
            normals.astype(np.float32),
            face.triangles,
            plain_surface(face.rest),
            random_stuff(rng, cloth=False),
        )


def _ring(wrist: Wrist, rng: np.random.Generator) -> Part:
    finger = int(rng.choice([1, 2, 3, 3, 3, 4]))
    root, middle = wrist.keypoints[1 + 4 * finger], wrist.keypoints[2 + 4 * finger]
    place = root + (middle - root) * rng.uniform(0.5, 0.62)
    way = (middle - root) / np.linalg.norm(middle - root)
    from_place = wrist.flesh.vertices - place
    reach = from_place @ way
    radius = np.linalg.norm(from_place - reach[:, None] * way, axis=1)
    near = (np.abs(reach) < 0.006) & (radius < 0.014)
    size = float(radius[near].max()) if near.any() else 0.009
    broad = rng.uniform(0.002, 0.006)
    line = place + way * np.linspace(-broad, broad, 4)[:, None] / 2
    solid = _along(line, np.full((4, 2), size * 1.02 + 0.0006), closed=False)
    return Part(
        solid.vertices,
        solid.normals,
        solid.triangles,
        plain_surface(solid.rest),
        random_stuff(rng, cloth=False),
    )


def _along(spine: Floats | Wide, widths: Floats | Wide, *, closed: bool) -> Solid:
    """Make a tube about a line (n, 3) whose sections are ellipses of half widths (n, 2)."""
    ways = np.gradient(spine, axis=0)
    ways = ways / np.maximum(np.linalg.norm(ways, axis=1, keepdims=True), 1e-9)
    hint = np.array([1.0, 0, 0]) if abs(ways[0][0]) < 0.8 else np.array([0, 0, 1.0])
    across = hint - ways * (ways @ hint)[:, None]
    across = across / np.linalg.norm(across, axis=1, keepdims=True)
    deep = np.cross(ways, across)
    angles = np.linspace(0, 2 * np.pi, _SIDES, endpoint=False)
    rings = (
        spine[:, None]
        + across[:, None] * (np.cos(angles)[None, :, None] * widths[:, None, :1])
        + deep[:, None] * (np.sin(angles)[None, :, None] * widths[:, None, 1:])
    )
    far = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(spine, axis=0), axis=1))])
    round_m = angles * float(widths.mean())
    rest = np.stack(np.broadcast_arrays(round_m, far[:, None], 0 * far[:, None]), 2)
    return tube(rings, rest.reshape(-1, 3), closed=closed)
