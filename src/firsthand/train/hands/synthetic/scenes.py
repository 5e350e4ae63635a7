"""Whole pictures with exact truth, each made from a seed and its number alone."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np

from firsthand.media.frame import RgbImage
from firsthand.train.hands.samples import HandTruth, Sample
from firsthand.train.hands.synthetic.camera import Camera
from firsthand.train.hands.synthetic.hand_model import HandModel, moved, owned
from firsthand.train.hands.synthetic.layouts import Pair, alone, clutter, in_front, pair
from firsthand.train.hands.synthetic.lighting import random_light
from firsthand.train.hands.synthetic.limbs import bare_limb
from firsthand.train.hands.synthetic.looks import random_skin
from firsthand.train.hands.synthetic.makehuman import arm_mesh
from firsthand.train.hands.synthetic.makehuman_people import people_before
from firsthand.train.hands.synthetic.mesh import Floats
from firsthand.train.hands.synthetic.people import MeshMaker, People, people
from firsthand.train.hands.synthetic.photograph import photographed
from firsthand.train.hands.synthetic.renderer import Part, Renderer, shared_renderer
from firsthand.train.hands.synthetic.shapes import varied_webxr_hand
from firsthand.train.hands.synthetic.viewpoints import any_rotation, random_view
from firsthand.train.made_up_backgrounds import made_up

Background = Callable[[np.random.Generator, int, int], RgbImage]
"""Draws an RGB image of a width and height."""

Kind = Literal["crop", "scene", "handshake", "overlap", "clasp", "people"]
"""`crop`: 256x256, one main hand over 35-75% of it, first in `Sample.hands` and seen to at least a
quarter (but for one picture in thousands). `scene`: 320x320 and
0 to 4 hands of 12 to 240 px; `people`: such with one or two whole people, upright, their hands 14
to 130 px. The others: crops of two hands that touch or cover each other."""

CROP_PX: Final = 256
SCENE_PX: Final = 320
HAND_SIZES_PX: Final = (12.0, 240.0)
PEOPLES_HANDS_PX: Final = (14.0, 130.0)
MAKERS: Final[tuple[MeshMaker, ...]] = (varied_webxr_hand,)
ALL_MAKERS: Final[tuple[MeshMaker, ...]] = (arm_mesh, arm_mesh, varied_webxr_hand)
"""What recipes draw from, evenly: two whole arms to a hand that ends at its wrist."""

_HARDLY_SEEN: Final = 0.02
_WITH_PEOPLE: Final = 0.35
_SEEN_IN_CROPS: Final = 0.25
_ATTEMPTS: Final = 4
_KINDS: Final[tuple[Kind, ...]] = ("crop", "scene", "handshake", "overlap", "clasp", "people")
_PAIRS: Final[tuple[Pair, ...]] = ("overlap", "overlap", "handshake", "clasp")
_NAMED_PAIRS: Final[dict[Kind, Pair]] = {
    "handshake": "handshake",
    "overlap": "overlap",
    "clasp": "clasp",
}


@dataclass(frozen=True, slots=True, eq=False)
class Staged:
    """Hands and other things before a camera; hands are numbered from 1 in their order."""

    hands: tuple[HandModel, ...]
    others: tuple[Part, ...]
    camera: Camera

    def parts(self) -> list[Part]:
        """Everything there is to draw."""
        return [*(part for hand in self.hands for part in hand.parts), *self.others]


def render_samples(
    seed: int,
    count: int,
    kind: Kind = "crop",
    *,
    first: int = 0,
    background: Background = made_up,
    makers: Sequence[MeshMaker] = MAKERS,
) -> Iterator[Sample]:
    """Render samples `first` to `first + count` of a seed's endless row.

    A sample depends on `seed`, its number and `kind` alone, so a row can be split over processes.
    Raises `MissingDependencyError` where OpenGL cannot be opened.
    """
    renderer = shared_renderer()
    for index in range(first, first + count):
        rng = np.random.default_rng([seed, index, _KINDS.index(kind)])
        who = people(seed, index, makers)
        name = f"synthetic/{kind}/{seed}/{index}"
        if kind in ("scene", "people"):
            staged = _scene(rng, who) if kind == "scene" else _people(rng)
            yield _rendered(renderer, staged, background, rng, name)
            continue
        for _ in range(_ATTEMPTS):
            sample = _rendered(renderer, _crop(rng, who, kind), background, rng, name)
            if _main_is_seen(sample):
                break
        yield sample


def truth(staged: Staged, number: int, seen: float) -> HandTruth:
    """Say where a staged hand's joints are; `number` counts from 0."""
    hand, camera = staged.hands[number], staged.camera
    points = hand.keypoints
    scale = camera.focal_px / float(points[:, 2].mean())
    deep = (points[:, 2] - points[0, 2]) * scale
    return HandTruth(
        np.concatenate([camera.project(points), deep[:, None]], 1).astype(np.float32),
        points.astype(np.float32),
        np.ones(len(points), np.bool_),
        seen,
        hand.right,
        "synthetic",
    )


def _rendered(
    renderer: Renderer,
    staged: Staged,
    background: Background,
    rng: np.random.Generator,
    name: str,
) -> Sample:
    smooth = staged.camera.width == SCENE_PX  # small hands need it most, and cost least
    picture = background(rng, staged.camera.width, staged.camera.height)
    light = random_light(rng, picture)
    drawn, shares = renderer.draw(
        staged.parts(), staged.camera, light, len(staged.hands), smooth=smooth
    )
    truths = tuple(
        truth(staged, number, share) for number, share in enumerate(shares) if share >= _HARDLY_SEEN
    )
    sizes = [float(np.ptp(each.keypoints[:, :2], axis=0).max()) for each in truths]
    hand_px = float(np.median(sizes)) if sizes else 100.0
    return Sample(photographed(drawn, picture, rng, hand_px, smooth=smooth), truths, name)


def _main_is_seen(sample: Sample) -> bool:
    return bool(sample.hands) and sample.hands[0].seen >= _SEEN_IN_CROPS


def _crop(rng: np.random.Generator, who: People, kind: Kind) -> Staged:
    named = _NAMED_PAIRS.get(kind)
    if named is None and rng.random() < 0.16:
        named = _PAIRS[int(rng.integers(len(_PAIRS)))]
    group = pair(named, rng, who) if named else alone(rng, who)
    if len(group) > 1 and rng.random() < 0.5:
        group = (owned(group[1], 1), owned(group[0], 2))
    distance = float(np.exp(rng.uniform(np.log(0.25), np.log(2.2))))
    way = np.clip(rng.normal(0, 0.16, 2), -0.45, 0.45)
    place = np.array([*way, 1], np.float32) * distance
    group = _at(group, random_view(rng), place)
    flat = group[0].keypoints[:, :2] / group[0].keypoints[:, 2:]
    low, high = flat.min(0), flat.max(0)
    focal = float(rng.uniform(0.35, 0.75) * CROP_PX / (high - low).max())
    off = rng.normal(0, 10, 2) if rng.random() < 0.88 else rng.normal(0, 45, 2)
    x, y = (CROP_PX / 2 + off - (low + high) / 2 * focal).tolist()
    camera = Camera(focal, x, y, CROP_PX, CROP_PX)
    others: list[Part] = []
    if rng.random() < 0.13 and len(group) == 1:
        spot = rng.uniform(-0.1, 1.1, 2) * CROP_PX
        away = distance * float(rng.uniform(0.8, 1.4))
        ray = np.array([(spot[0] - x) / focal, (spot[1] - y) / focal, 1], np.float32)
        second = _at(alone(rng, who), random_view(rng), ray * np.float32(away))
        group = (*group, *(owned(each, 2) for each in second))
    if rng.random() < 0.13:
        others.append(in_front(rng, group[0]))
    if rng.random() < 0.15:
        others.append(_behind(rng, camera, distance))
    return Staged(group, tuple(others), camera)


def _scene(rng: np.random.Generator, who: People) -> Staged:
    camera = _any_camera(rng)
    wanted = int(rng.choice(5, p=(0.13, 0.37, 0.32, 0.10, 0.08)))
    least, most = (float(np.log(size)) for size in HAND_SIZES_PX)
    size_px = float(np.exp(rng.uniform(least, most)))
    if rng.random() < _WITH_PEOPLE:
        return Staged(*people_before(rng, camera, size_px), camera)
    hands: list[HandModel] = []
    while len(hands) < wanted:
        if wanted - len(hands) >= 2 and rng.random() < 0.22:
            group = pair(_PAIRS[int(rng.integers(len(_PAIRS)))], rng, who)
        else:
            group = alone(rng, who)
        group = _sized(group, camera, size_px, rng)
        hands += [owned(each, len(hands) + 1 + number) for number, each in enumerate(group)]
        near = rng.random() < 0.7
        log_px = np.log(size_px) + rng.normal(0, 0.3) if near else rng.uniform(least, most)
        size_px = float(np.clip(np.exp(log_px), *HAND_SIZES_PX))
    others: list[Part] = []
    if hands and rng.random() < 0.12:
        others.append(in_front(rng, hands[0]))
    things = int(rng.integers(0, 4)) if not hands or rng.random() < 0.3 else 0
    others += [_behind(rng, camera, camera.focal_px * 0.17 / size_px) for _ in range(things)]
    return Staged(tuple(hands), tuple(others), camera)


def _people(rng: np.random.Generator) -> Staged:
    camera = _any_camera(rng)
    least, most = (float(np.log(size)) for size in PEOPLES_HANDS_PX)
    return Staged(*people_before(rng, camera, float(np.exp(rng.uniform(least, most)))), camera)


def _any_camera(rng: np.random.Generator) -> Camera:
    focal = SCENE_PX * float(np.exp(rng.uniform(np.log(0.65), np.log(1.6))))
    return Camera(focal, SCENE_PX / 2, SCENE_PX / 2, SCENE_PX, SCENE_PX)


def _sized(
    group: tuple[HandModel, ...], camera: Camera, size_px: float, rng: np.random.Generator
) -> tuple[HandModel, ...]:
    """Place a group somewhere in the picture, its first hand `size_px` large."""
    view = random_view(rng, upright=0.6)
    spot = rng.uniform(0.04, 0.96, 2) * (camera.width, camera.height)
    ray = np.array(
        [(spot[0] - camera.x_px) / camera.focal_px, (spot[1] - camera.y_px) / camera.focal_px, 1]
    )
    distance = camera.focal_px * 0.17 / size_px
    for _ in range(2):
        placed = _at(group, view, (ray * distance).astype(np.float32))
        flat = camera.project(placed[0].keypoints)
        distance = max(0.2, distance * float(np.ptp(flat, axis=0).max()) / size_px)
    return _at(group, view, (ray * distance).astype(np.float32))


def _behind(rng: np.random.Generator, camera: Camera, distance: float) -> Part:
    """Put a limb or a thing somewhere in the picture, mostly behind the hands."""
    part = bare_limb(random_skin(rng), rng) if rng.random() < 0.45 else clutter(rng)
    away = max(0.35, distance * float(rng.uniform(1.05, 1.8)))
    spot = rng.uniform(0, 1, 2) * (camera.width, camera.height)
    ray = np.array(
        [(spot[0] - camera.x_px) / camera.focal_px, (spot[1] - camera.y_px) / camera.focal_px, 1]
    )
    turned = any_rotation(rng)
    return replace(
        part,
        vertices=np.asarray(part.vertices @ turned.T + ray * away, np.float32),
        normals=np.asarray(part.normals @ turned.T, np.float32),
    )


def _at(group: tuple[HandModel, ...], view: Floats, place: Floats) -> tuple[HandModel, ...]:
    return tuple(moved(each, view, place) for each in group)
