"""Clothes and hair for MakeHuman's bodies: layers over the skin, some way off it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from firsthand.train.hands.synthetic.looks import random_stuff
from firsthand.train.hands.synthetic.makehuman_sleeve import Sleeve
from firsthand.train.hands.synthetic.makehuman_trunk import Mask, Trunk
from firsthand.train.hands.synthetic.mesh import Floats, Ints
from firsthand.train.hands.synthetic.renderer import Look

_HAIRS: Final = np.array(
    [[0.01, 0.008, 0.007], [0.05, 0.025, 0.012], [0.13, 0.06, 0.025], [0.45, 0.28, 0.1],
     [0.3, 0.3, 0.3], [0.65, 0.62, 0.58], [0.25, 0.06, 0.02]]
)  # fmt: skip
_IRISES: Final = np.array([[0.03, 0.015, 0.01], [0.06, 0.1, 0.14], [0.06, 0.08, 0.03]])
_NECKLINE: Final = (0.15, 0.75)


@dataclass(frozen=True, slots=True)
class Outfit:
    """What a person wears, and their hair.

    Heights are of MakeHuman's base body, metres above its hips: `hem` of the top, `legs` where
    trousers end. `neckline`: the share of the neck's bones at which the top ends. `ease_m`: how
    far cloth is off the skin. `hairline`: see `Trunk.crown`; above 1 there is none.
    """

    top: Look
    bottom: Look
    shoes: Look
    hair: Look
    iris: Look
    sleeve: Sleeve | None
    hem: float
    legs: float
    neckline: float
    ease_m: float
    hairline: float
    hair_m: float
    long_hair: bool


@dataclass(frozen=True, slots=True, eq=False)
class Garment:
    """Quads int32 (f, 4) of the trunk's vertices, moved out by `off_m` float32 (v,).

    `hides` bool: which of the trunk's skin faces nobody sees any more.
    """

    quads: Ints
    off_m: Floats
    look: Look
    hides: Mask


def draw_outfit(rng: np.random.Generator) -> Outfit:
    """Draw clothes and hair; everybody wears a top and trousers."""
    ease = float(rng.uniform(0.004, 0.012))
    kind = rng.random()
    hem = rng.uniform(0.05, 0.9) if kind < 0.45 else rng.uniform(1.2, 1.55)
    sleeve = Sleeve(
        hem=float(hem),
        ease_m=ease,
        flare_m=float(rng.uniform(0, 0.01)) if kind > 0.45 else 0.0,
        folds_m=float(rng.uniform(0, 0.003)),
        folds=float(rng.uniform(4, 14)),
        turn=float(rng.uniform(0, 2 * np.pi)),
    )
    shade = _HAIRS[int(rng.integers(len(_HAIRS)))] * rng.uniform(0.7, 1.3)
    return Outfit(
        top=random_stuff(rng, cloth=True),
        bottom=random_stuff(rng, cloth=True),
        shoes=random_stuff(rng, cloth=False),
        hair=_coloured(rng, shade, stripes=True),
        iris=_coloured(rng, _IRISES[int(rng.integers(len(_IRISES)))], stripes=False),
        sleeve=sleeve if kind < 0.88 else None,
        hem=float(rng.uniform(-0.02, 0.1)),
        legs=float(rng.uniform(-0.76, -0.7) if rng.random() < 0.75 else rng.uniform(-0.4, -0.2)),
        neckline=float(rng.uniform(*_NECKLINE)),
        ease_m=ease,
        hairline=float(rng.uniform(-0.12, 0.15) if rng.random() < 0.9 else 2.0),
        hair_m=float(rng.uniform(0.004, 0.03)),
        long_hair=bool(rng.random() < 0.35),
    )


def worn(body: Trunk, outfit: Outfit) -> Iterator[Garment]:
    """Lay an outfit over a body, hair and eyes among it."""
    y = body.rest[:, 1]
    below_neck = body.neck < outfit.neckline
    arms = body.arms < (2.0 if outfit.sleeve else 0.5)
    top = below_neck & arms & (y > outfit.hem)
    yield _layer(body, top, outfit.ease_m, outfit.top)
    waist = max(outfit.hem + 0.07, 0.08)
    bottom = (body.neck < 0.01) & (y < waist) & (y > outfit.legs) & (body.arms < 0.01)
    yield _layer(body, bottom, 0.6 * outfit.ease_m + 0.001, outfit.bottom)
    yield _layer(body, y < -0.745, 0.006, outfit.shoes)
    scalp = body.crown > outfit.hairline
    if outfit.hairline <= 1:
        off = outfit.hair_m * np.clip((body.crown - outfit.hairline) / 0.25, 0.1, 1)
        yield replace(_layer(body, scalp, outfit.hair_m, outfit.hair), off_m=off)
    nowhere: Mask = np.zeros(len(body.skin), np.bool_)
    flat = np.zeros(len(y), np.float32)
    if outfit.long_hair and outfit.hairline <= 1:
        yield Garment(body.long_hair, flat, outfit.hair, nowhere)
    brows = _brows(body)
    yield Garment(body.skin[brows], flat + np.float32(0.0012), outfit.hair, nowhere)
    coloured = body.iris[body.eyes].all(axis=1)
    white = replace(outfit.iris, colour=(0.75, 0.72, 0.7), second=(0.75, 0.72, 0.7))
    yield Garment(body.eyes[~coloured], flat, white, nowhere)
    yield Garment(body.eyes[coloured], flat, outfit.iris, nowhere)


def _layer(body: Trunk, where: Mask, off_m: float, look: Look) -> Garment:
    """Cover the faces wholly inside a region; hide those that do not touch its border."""
    inside = where[body.skin].all(axis=1)
    near_border = np.zeros(len(where), np.bool_)
    near_border[body.skin[~inside]] = True
    deep: Mask = inside & np.logical_not(near_border[body.skin].any(axis=1))
    off = np.full(len(where), off_m, np.float32)
    return Garment(body.skin[inside], off, look, deep)


def _brows(body: Trunk) -> Mask:
    """Find the faces of the skin where eyebrows are."""
    eye = body.rest[np.unique(body.eyes)]
    middle = body.rest[body.skin].mean(axis=1)
    high, low = float(eye[:, 1].max()), float(eye[:, 1].min())
    rise = (high - low) * 0.35
    across = np.abs(middle[:, 0])
    inner, outer = float(np.abs(eye[:, 0]).min()), float(np.abs(eye[:, 0]).max())
    return np.asarray(
        (middle[:, 1] > high + rise * 0.6)
        & (middle[:, 1] < high + rise * 1.6)
        & (across > inner * 0.7)
        & (across < outer * 1.15)
        & (middle[:, 2] > float(eye[:, 2].min())),
        np.bool_,
    )


def _coloured(rng: np.random.Generator, colour: NDArray[np.float64], *, stripes: bool) -> Look:
    red, green, blue = colour.tolist()
    look = random_stuff(rng, cloth=True)
    return replace(
        look,
        colour=(red, green, blue),
        second=(0.6 * red, 0.6 * green, 0.6 * blue),
        pattern=(1.0 if stripes else 0.0, 160.0, 0.3, 0.5),
    )
