"""Real hands pasted over other pictures, for both models.

"Cut, paste and learn" (Dwibedi, Misra and Hebert, ICCV 2017, arXiv:1708.01642): what is pasted
need not look real in the whole, only where it meets the picture; so edges are soft, and sharpness,
light and colour are brought near the picture's. Skin without a hand is pasted in the same way, so
that neither skin nor the traces of pasting tell a hand.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal, get_args

import cv2
import numpy as np
from numpy.typing import NDArray

from firsthand.errors import ConfigError
from firsthand.media.frame import RgbImage
from firsthand.train.hands.cutouts import Cutout
from firsthand.train.hands.forearms import Layer, sleeved, with_forearm
from firsthand.train.hands.palm_boxes import palm_size
from firsthand.train.hands.samples import HandTruth, Sample
from firsthand.train.made_up_backgrounds import skin_tone

Floats = NDArray[np.float32]
Draw = Callable[[np.random.Generator, int, int], RgbImage]
"""Draws a picture of so many pixels across and down that shows no hand."""

Kind = Literal["landmarks", "scenes"]
"""`landmarks`: one hand, large, seldom a second across it. `scenes`: none to four of all sizes."""

_LANDMARKS_PX: Final = 224
_SCENE_PX: Final = 320
_PALM_RANGE_PX: Final = {"landmarks": (42.0, 88.0), "scenes": (7.0, 140.0)}
_HANDS: Final = (0.1, 0.4, 0.3, 0.13, 0.07)
_DECOYS: Final = (0.35, 0.3, 0.2, 0.15)
_LEAST_SEEN: Final = 0.02
_TONED: Final = 0.75
_LUMA: Final = np.array([0.299, 0.587, 0.114], np.float32)


@dataclass(slots=True, eq=False)
class _Picture:
    """What has been pasted so far; `own` of each hand is its alpha where nothing hides it."""

    pixels: Floats
    own: list[Floats]
    whole: list[float]
    truths: list[HandTruth]


def pasted_samples(
    seed: int,
    count: int,
    kind: Kind,
    cutouts: Sequence[Cutout],
    backgrounds: Draw,
    *,
    first: int = 0,
) -> Iterator[Sample]:
    """Yield samples `first` to `first + count`; each depends on the seed and its number only.

    `landmarks` are 224 x 224 pixels, `scenes` 320 x 320. `ConfigError` for an unknown kind, or
    without a cut-out.
    """
    if kind not in get_args(Kind):
        raise ConfigError(f"kind is one of {get_args(Kind)}, not {kind!r}")
    if not cutouts:
        raise ConfigError("there is no cut-out hand to paste")
    for number in range(first, first + count):
        rng = np.random.default_rng([seed, number])
        make = _portrait if kind == "landmarks" else _scene
        yield make(rng, cutouts, backgrounds, f"pasted {kind} {seed} {number}")


def _portrait(
    rng: np.random.Generator, cutouts: Sequence[Cutout], backgrounds: Draw, name: str
) -> Sample:
    side = _LANDMARKS_PX
    chosen = _one(cutouts, rng)
    palm_px = _palm_size(rng, "landmarks")
    picture = _begun(backgrounds(rng, side, side), rng, palm_px / palm_size(chosen.truth.keypoints))
    middle = side / 2 + rng.normal(0, 0.06 * side, 2)
    second = rng.random() < 0.12
    if second and rng.random() < 0.5:
        _paste_near(picture, rng, cutouts, backgrounds, middle, palm_px)
    _paste(picture, rng, chosen, backgrounds, middle, palm_px)
    if second and len(picture.truths) == 1:
        _paste_near(picture, rng, cutouts, backgrounds, middle, palm_px)
    return _finished(picture, name)


def _scene(
    rng: np.random.Generator, cutouts: Sequence[Cutout], backgrounds: Draw, name: str
) -> Sample:
    side = _SCENE_PX
    count = int(rng.choice(len(_HANDS), p=_HANDS))
    hands = [_one(cutouts, rng) for _ in range(count)]
    # far ones first, so that near ones hide them
    sizes = sorted(_palm_size(rng, "scenes") for _ in range(count))
    scale = max(
        (palm / palm_size(hand.truth.keypoints) for palm, hand in zip(sizes, hands, strict=True)),
        default=0,
    )
    picture = _begun(backgrounds(rng, side, side), rng, scale)
    for _ in range(int(rng.choice(len(_DECOYS), p=_DECOYS))):
        spot, palm = rng.uniform(0, side, 2), _palm_size(rng, "scenes")
        if rng.random() < 0.5:
            _paste_skin(picture, rng, _one(cutouts, rng), spot, palm)
        else:
            _paste_arm(picture, rng, _one(cutouts, rng), backgrounds, spot, palm)
    middle = rng.uniform(0, side, 2)
    for palm, hand in zip(sizes, hands, strict=True):
        if picture.truths and rng.random() < 0.25:
            middle = middle + rng.normal(0, 1.2 * palm, 2)
        else:
            middle = rng.uniform(-0.03, 1.03, 2) * side
        _paste(picture, rng, hand, backgrounds, middle, palm)
    return _finished(picture, name)


def _paste_near(
    picture: _Picture,
    rng: np.random.Generator,
    cutouts: Sequence[Cutout],
    backgrounds: Draw,
    middle: NDArray[np.float64],
    palm_px: float,
) -> None:
    other = _one(cutouts, rng)
    angle = rng.uniform(0, 2 * np.pi)
    away = np.array([np.cos(angle), np.sin(angle)]) * palm_px * rng.uniform(1.0, 2.0)
    size = palm_px * float(np.exp(rng.normal(0, 0.15)))
    _paste(picture, rng, other, backgrounds, middle + away, size)


def _paste(
    picture: _Picture,
    rng: np.random.Generator,
    cutout: Cutout,
    backgrounds: Draw,
    middle: NDArray[np.float64],
    palm_px: float,
) -> None:
    """Paste a hand with its palm at `middle`, so large, turned and perhaps mirrored."""
    points = cutout.truth.keypoints[:, :2].astype(np.float64)
    own_palm_px = palm_size(points)
    layer = _with_arm(cutout, rng, backgrounds, shortest=1.0, clothed=0.5)
    scale, angle, mirror = palm_px / own_palm_px, _angle(rng), bool(rng.random() < 0.5)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    axes = turn @ np.diag([-1.0 if mirror else 1.0, 1.0])
    shift = middle - axes @ points[[0, 5, 17]].mean(axis=0) * scale
    truth = cutout.truth
    depth = truth.keypoints[:, 2:] * scale
    keypoints = np.concatenate([points @ axes.T * scale + shift, depth], axis=1)
    metres = np.concatenate([truth.metres[:, :2] @ axes.T, truth.metres[:, 2:]], axis=1)
    matrix = np.concatenate([axes * scale, (shift - axes @ layer.origin * scale)[:, None]], axis=1)
    height, width = picture.pixels.shape[:2]
    placed = _warped(layer, matrix, width, height)
    if rng.random() < 0.35:
        _body(picture, rng, backgrounds, _arm_end(layer, cutout, matrix), palm_px)
    at = _touched(placed.alpha)
    colour = _relit(placed.colour[at], placed.alpha[at], picture.pixels[at], rng)
    if rng.random() < 0.4:
        _shade(picture, placed.alpha, palm_px, rng)
    _cover(picture, at, colour, placed.alpha)
    picture.own.append(placed.hand)
    picture.whole.append(float(layer.hand.sum()) * scale**2)
    picture.truths.append(
        HandTruth(
            keypoints.astype(np.float32),
            metres.astype(np.float32),
            truth.known,
            1.0,
            truth.right != mirror,
            truth.origin,
        )
    )


def _paste_skin(
    picture: _Picture,
    rng: np.random.Generator,
    cutout: Cutout,
    middle: NDArray[np.float64],
    palm_px: float,
) -> None:
    """Paste an oval of a palm's skin, as large as palms and faces are, some with dark spots."""
    points = cutout.truth.keypoints[:, :2]
    inside = points[[0, 5, 17]].mean(axis=0)
    reach = 0.3 * palm_size(points)
    left, top = np.maximum(inside - reach, 0).astype(int)
    right, bottom = (inside + reach + 1).astype(int)
    patch = cutout.image[top:bottom, left:right].astype(np.float32)
    height, width = picture.pixels.shape[:2]
    if min(patch.shape[:2]) < 2:
        return
    broad, high = (palm_px * np.exp(rng.normal(0.2, 0.35, 2))).tolist()
    mask = np.zeros((height, width), np.uint8)
    angle = float(rng.uniform(0, 180))
    box = ((float(middle[0]), float(middle[1])), (broad, high), angle)
    cv2.ellipse(mask, box, 255, -1, cv2.LINE_AA)
    for _ in range(int(rng.integers(0, 5))):
        spot = middle + rng.normal(0, 0.2, 2) * (broad, high)
        size = (palm_px * rng.uniform(0.05, 0.3), palm_px * rng.uniform(0.03, 0.12))
        cv2.ellipse(mask, ((float(spot[0]), float(spot[1])), size, angle), 150, -1, cv2.LINE_AA)
    soft = cv2.GaussianBlur(mask, (0, 0), max(0.5, 0.02 * palm_px))
    share = np.asarray(soft.astype(np.float32) / np.float32(255), np.float32)
    at = _touched(share)
    tall, wide = share[at].shape
    if not tall or not wide:
        return
    skin = np.asarray(cv2.resize(patch, (wide, tall), interpolation=cv2.INTER_LINEAR), np.float32)
    _cover(
        picture, at, _relit(skin * share[at][..., None], share[at], picture.pixels[at], rng), share
    )


def _with_arm(
    cutout: Cutout, rng: np.random.Generator, backgrounds: Draw, *, shortest: float, clothed: float
) -> Layer:
    """Return a hand with a forearm of `shortest` to 4.5 palms, so often in a sleeve."""
    palm_px = palm_size(cutout.truth.keypoints)
    layer = with_forearm(cutout, round(palm_px * float(rng.uniform(shortest, 4.5))))
    if rng.random() >= clothed:
        return layer
    height, width = layer.alpha.shape
    cloth = backgrounds(rng, width, height)
    reach, breadth = float(rng.uniform(0.25, 1.2)), float(rng.uniform(1.0, 1.5))
    return sleeved(layer, cutout, cloth, reach, breadth)


def _paste_arm(
    picture: _Picture,
    rng: np.random.Generator,
    cutout: Cutout,
    backgrounds: Draw,
    middle: NDArray[np.float64],
    palm_px: float,
) -> None:
    """Paste a forearm whose hand is not to be seen."""
    own_palm_px = palm_size(cutout.truth.keypoints)
    layer = _with_arm(cutout, rng, backgrounds, shortest=1.5, clothed=0.4)
    without = np.clip(1 - cv2.dilate(layer.hand, np.ones((3, 3))), 0, 1).astype(np.float32)
    layer = Layer(
        layer.colour * without[..., None], layer.alpha * without, layer.hand * 0, layer.origin
    )
    scale, angle = palm_px / own_palm_px, float(rng.uniform(-np.pi, np.pi))
    axes = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]) * scale
    size = np.array(layer.alpha.shape[::-1])
    matrix = np.concatenate([axes, (middle - axes @ size / 2)[:, None]], axis=1)
    height, width = picture.pixels.shape[:2]
    placed = _warped(layer, matrix, width, height)
    at = _touched(placed.alpha)
    colour = _relit(placed.colour[at], placed.alpha[at], picture.pixels[at], rng)
    _cover(picture, at, colour, placed.alpha)


def _cover(picture: _Picture, at: tuple[slice, slice], colour: Floats, alpha: Floats) -> None:
    """Lay premultiplied colours over a part of the picture and over the hands in it."""
    left = 1 - alpha
    picture.pixels *= left[..., None]
    picture.pixels[at] += colour
    for other in picture.own:
        other *= left


def _begun(background: RgbImage, rng: np.random.Generator, scale: float) -> _Picture:
    """Return a picture without hands, as blurred as hands enlarged by `scale` will be."""
    pixels = background.astype(np.float32)
    if scale > 1 and rng.random() < 0.8:
        sigma = 0.4 * scale * float(rng.uniform(0.6, 1.2))
        pixels = np.asarray(cv2.GaussianBlur(pixels, (0, 0), sigma), np.float32)
    return _Picture(pixels, [], [], [])


def _finished(picture: _Picture, name: str) -> Sample:
    image = np.clip(picture.pixels + 0.5, 0, 255).astype(np.uint8)
    hands = []
    for truth, own, whole in zip(picture.truths, picture.own, picture.whole, strict=True):
        seen = min(1.0, float(own.sum()) / max(whole, 1e-6))
        if seen < _LEAST_SEEN:
            continue
        hands.append(
            HandTruth(truth.keypoints, truth.metres, truth.known, seen, truth.right, truth.origin)
        )
    return Sample(image, tuple(hands), name)


def _warped(layer: Layer, matrix: NDArray[np.float64], width: int, height: int) -> Layer:
    """Return a layer laid into a picture by an affine map (2, 3), averaged where it shrinks."""
    stacked = np.dstack([layer.colour, layer.alpha, layer.hand])
    scale = float(np.sqrt(abs(np.linalg.det(matrix[:, :2]))))
    while scale < 0.6 and min(stacked.shape[:2]) > 3:
        even = stacked[: stacked.shape[0] // 2 * 2, : stacked.shape[1] // 2 * 2]
        half = cv2.resize(even, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
        stacked = np.asarray(half, np.float32)
        matrix = np.concatenate([matrix[:, :2] * 2, matrix[:, 2:]], axis=1)
        scale *= 2
    # cv2 places pixel centres at whole numbers, our coordinates at halves
    shifted = matrix.copy()
    shifted[:, 2] += matrix[:, :2] @ [0.5, 0.5] - 0.5
    parts = [
        cv2.warpAffine(np.ascontiguousarray(part), shifted, (width, height), flags=cv2.INTER_LINEAR)
        for part in (stacked[..., :3], stacked[..., 3], stacked[..., 4])
    ]
    colour, alpha, hand = (np.asarray(part, np.float32) for part in parts)
    return Layer(colour, alpha, hand, layer.origin)


def _relit(colour: Floats, alpha: Floats, around: Floats, rng: np.random.Generator) -> Floats:
    """Return premultiplied colours of skin of some tone, under a light near the picture's."""
    weight = float(alpha.sum())
    if weight < 1:
        return colour
    straight = colour / np.maximum(alpha, 1e-3)[..., None] / 255
    own = colour.sum(axis=(0, 1)) / weight / 255
    theirs = (around * alpha[..., None]).sum(axis=(0, 1)) / weight / 255
    if rng.random() < _TONED:
        # a power brings the mean to the tone and keeps black and white where they are
        tone = skin_tone(rng) / 255
        powers = np.clip(np.log(tone) / np.log(np.clip(own, 0.05, 0.95)), 0.35, 2.5)
        straight = np.clip(straight, 0, 1) ** powers.astype(np.float32)
        own = tone
    bright = float((theirs @ _LUMA + 0.25) / (own @ _LUMA + 0.25)) ** float(rng.uniform(0, 0.5))
    tint = (theirs + 0.3) / (theirs @ _LUMA + 0.3)
    gain = np.clip(bright, 0.55, 1.5) * np.clip(tint, 0.7, 1.4) ** rng.uniform(0, 0.4)
    straight = straight * (gain * np.exp(rng.normal(0, 0.05, 3))).astype(np.float32)
    height, width = alpha.shape
    angle, depth = rng.uniform(0, 2 * np.pi), rng.uniform(0, 0.5)
    y, x = np.mgrid[0:height, 0:width].astype(np.float32) / max(height, width) - 0.5
    straight *= (1 + depth * (np.cos(angle) * x + np.sin(angle) * y)).astype(np.float32)[..., None]
    return np.asarray(np.clip(straight * 255, 0, 255) * alpha[..., None], np.float32)


def _touched(alpha: Floats) -> tuple[slice, slice]:
    """Return the rows and columns that hold all of what is not transparent."""
    rows, columns = np.flatnonzero(alpha.any(axis=1)), np.flatnonzero(alpha.any(axis=0))
    if not len(rows):
        return slice(0), slice(0)
    return slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)


def _shade(picture: _Picture, alpha: Floats, palm_px: float, rng: np.random.Generator) -> None:
    """Let a hand's soft shadow fall on what is behind it."""
    dx, dy = rng.normal(0, 0.25 * palm_px, 2)
    moved = cv2.warpAffine(alpha, np.array([[1, 0, dx], [0, 1, dy]]), alpha.shape[::-1])
    sigma = max(0.5, float(rng.uniform(0.05, 0.3)) * palm_px)
    soft = np.asarray(cv2.GaussianBlur(moved, (0, 0), sigma), np.float32)
    picture.pixels *= (1 - np.float32(rng.uniform(0.15, 0.5)) * soft)[..., None]


def _body(
    picture: _Picture,
    rng: np.random.Generator,
    backgrounds: Draw,
    end: NDArray[np.float64],
    palm_px: float,
) -> None:
    """Put something at the end of an arm: a blurred oval of cloth, behind the hand to come."""
    height, width = picture.pixels.shape[:2]
    broad, high = palm_px * rng.uniform(1.0, 3.0), palm_px * rng.uniform(1.0, 4.0)
    mask = np.zeros((height, width), np.uint8)
    box = ((float(end[0]), float(end[1])), (2 * broad, 2 * high), float(rng.uniform(-40, 40)))
    cv2.ellipse(mask, box, 255, -1, cv2.LINE_AA)
    share = mask[..., None].astype(np.float32) / 255
    cloth = backgrounds(rng, width, height).astype(np.float32)
    picture.pixels += (cloth - picture.pixels) * share
    for other in picture.own:
        other *= 1 - share[..., 0]


def _arm_end(layer: Layer, cutout: Cutout, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return where in the picture the arm of a layer ends."""
    y, x = np.nonzero(layer.alpha > 0.5)
    if not len(x):
        return matrix[:, 2]
    last = int(np.argmax(x * cutout.arm[0] + y * cutout.arm[1]))
    return np.asarray(matrix[:, :2] @ [x[last], y[last]] + matrix[:, 2])


def _one(cutouts: Sequence[Cutout], rng: np.random.Generator) -> Cutout:
    return cutouts[int(rng.integers(len(cutouts)))]


def _palm_size(rng: np.random.Generator, kind: Kind) -> float:
    low, high = _PALM_RANGE_PX[kind]
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def _angle(rng: np.random.Generator) -> float:
    """Return a turn in radians: half of the hands about upright, half anyhow."""
    return float(rng.normal(0, 0.5) if rng.random() < 0.5 else rng.uniform(-np.pi, np.pi))
