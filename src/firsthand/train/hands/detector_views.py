"""From labelled images to what the palm detector sees: crops, letterboxes, several side by side.

A view is a square of one or more tiles. Many are a whole sample, as the detector is to see
pictures; the others are cut out of one, turned, mirrored and scaled so that palms of all sizes come
about as often. Truth goes through the same affine map as the pixels.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import exp, log
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from firsthand.media.frame import RgbImage
from firsthand.train.hands.detector_targets import RANGES_PX, TruePalms, no_palms, together
from firsthand.train.hands.palm_boxes import PALM_JOINTS, palm_box
from firsthand.train.hands.samples import HandTruth, Sample

Floats = NDArray[np.float32]
Matrix = NDArray[np.float64]

SMALLEST_PX: Final = 8.0
LARGEST_PX: Final = 240.0
"""The palms that are trained for, in pixels of the input."""

LEAST_SEEN: Final = 0.5
"""Hands of which a smaller share is to be seen are neither asked for nor denied."""

_MOST_ENLARGED: Final = 1.6
_GRIDS: Final = (1, 2, 3)
_GRID_SHARES: Final = (0.82, 0.15, 0.03)
_WHOLE: Final = 0.4
_LETTERBOXED: Final = 0.3
_ASPECTS: Final = (4 / 3, 16 / 9, 3 / 2, 1.2)
_UPRIGHT: Final = 0.85
_STANDARD_TURN: Final = 0.2
_INSIDE: Final = 0.85
_COVERED: Final = 0.8
_PALM: Final = list(PALM_JOINTS)


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """A square RGB uint8 image and the palms in it."""

    image: RgbImage
    palms: TruePalms


def draw_view(draw: Callable[[], Sample], rng: np.random.Generator, size_px: int) -> View:
    """Compose a view of samples that `draw` gives, one for each tile."""
    canvas = np.zeros((size_px, size_px, 3), np.uint8)
    parts = []
    for left, top, width, height in _tiles(rng, size_px):
        sample = draw()
        matrix = _aim(sample, rng, width, height)
        border = cv2.BORDER_REPLICATE if rng.random() < 0.5 else cv2.BORDER_CONSTANT
        colour = rng.integers(0, 256, 3).tolist()
        tile = warp(sample.image, matrix, width, height, border, colour)
        canvas[top : top + height, left : left + width] = tile
        seen = palms_seen(sample.hands, matrix, width, height)
        shift = np.array([left, top], np.float32)
        parts.append(
            TruePalms(seen.centers + shift, seen.sides, seen.keypoints + shift, seen.clear)
        )
    return View(canvas, together(parts))


def letterboxed(sample: Sample, size_px: int) -> View:
    """Return all of a sample in a square as the detector gets it, black beside it."""
    height, width = sample.image.shape[:2]
    scale = size_px / max(height, width)
    left, top = (size_px - scale * width) / 2, (size_px - scale * height) / 2
    matrix = np.array([[scale, 0, left], [0, scale, top]])
    image = warp(sample.image, matrix, size_px, size_px)
    return View(image, palms_seen(sample.hands, matrix, size_px, size_px))


def palms_seen(
    hands: Sequence[HandTruth], matrix: Matrix, width: float, height: float
) -> TruePalms:
    """Return the palms of hands that `matrix` (2, 3) lays into a tile of width x height pixels.

    Hands of which nothing lies in the tile are left out.
    """
    found = [_palm(hand, matrix, width, height) for hand in hands]
    kept = [palm for palm in found if palm is not None]
    return together(kept) if kept else no_palms()


def turned(matrix: Matrix, points: NDArray[np.floating]) -> Matrix:
    """Return points (n, 2) of an image where `matrix` lays them."""
    moved: Matrix = points.astype(np.float64) @ matrix[:, :2].T + matrix[:, 2]
    return moved


def warp(
    image: RgbImage,
    matrix: Matrix,
    width: int,
    height: int,
    border: int = cv2.BORDER_CONSTANT,
    colour: Sequence[int] = (0, 0, 0),
) -> RgbImage:
    """Resample by an affine map (2, 3) of pixels, the first from 0 to 1, averaging to shrink."""
    scale = float(np.sqrt(abs(np.linalg.det(matrix[:, :2]))))
    factor = 2 ** max(0, round(log(1 / scale) / log(2) - 0.1))
    factor = min(factor, *image.shape[:2])
    if factor > 1:
        high, wide = (side // factor for side in image.shape[:2])
        whole = image[: high * factor, : wide * factor]
        image = np.asarray(cv2.resize(whole, (wide, high), interpolation=cv2.INTER_AREA))
        matrix = np.concatenate([matrix[:, :2] * factor, matrix[:, 2:]], axis=1)
    between = matrix.copy()  # OpenCV's pixels have their middle at whole numbers
    between[:, 2] += matrix[:, :2] @ (0.5, 0.5) - 0.5
    warped = cv2.warpAffine(
        image,
        between,
        (width, height),
        flags=cv2.INTER_LINEAR,
        borderMode=border,
        borderValue=tuple(colour),
    )
    return np.asarray(warped, np.uint8)


def _tiles(rng: np.random.Generator, size_px: int) -> list[tuple[int, int, int, int]]:
    """Return left, top, width and height of tiles that do not overlap."""
    grid = int(rng.choice(_GRIDS, p=_GRID_SHARES))
    if grid > 1:
        edges = [round(size_px * i / grid) for i in range(grid + 1)]
        spans = list(pairwise(edges))
        return [(x, y, x1 - x, y1 - y) for y, y1 in spans for x, x1 in spans]
    if rng.random() >= _LETTERBOXED:
        return [(0, 0, size_px, size_px)]
    short = round(size_px / float(rng.choice(_ASPECTS)))
    before = (size_px - short) // 2
    if rng.random() < 0.5:
        return [(0, before, size_px, short)]
    return [(before, 0, short, size_px)]


def _aim(sample: Sample, rng: np.random.Generator, width: int, height: int) -> Matrix:
    """Choose how a sample lies in a tile: about a hand of it, where it has one."""
    rows, columns = sample.image.shape[:2]
    whole = rng.random() < _WHOLE
    upright = whole or rng.random() < _UPRIGHT
    angle = rng.normal(0, _STANDARD_TURN) if upright else rng.uniform(-np.pi, np.pi)
    mirror = -1.0 if rng.random() < 0.5 else 1.0
    hands = [hand for hand in sample.hands if hand.seen >= LEAST_SEEN and _whole(hand)]
    covering = _COVERED * max(width / columns, height / rows)
    reach = np.zeros(2)
    if whole:
        about = np.array([columns / 2, rows / 2])
        low, high = min(width / columns, height / rows), max(width / columns, height / rows)
    elif hands:
        chosen = hands[int(rng.integers(len(hands)))].keypoints
        left, top, side = palm_box(chosen)
        about = np.array([left + side / 2, top + side / 2])
        side = max(side, 1e-3)
        if rng.random() < _INSIDE:
            reach += np.abs(chosen[:, :2] - about).max()
        low, high = SMALLEST_PX / side, min(LARGEST_PX, 1.2 * min(width, height)) / side
    else:
        about = rng.uniform(0, 1, 2) * (columns, rows)
        low, high = covering, 2.5 * covering
    high = min(high, max(_MOST_ENLARGED, covering))
    low = min(max(low, covering), high)
    scale = exp(rng.uniform(log(low), log(high)))
    c, s = np.cos(angle) * scale, np.sin(angle) * scale
    linear = np.array([[c, -s], [s, c]]) * (mirror, 1)
    size = np.array([width, height])
    margin = np.minimum(reach * scale, size / 2)
    place = size / 2 if whole else rng.uniform(margin, size - margin)
    middle = linear @ (np.array([columns, rows]) / 2 - about) + place
    room = np.maximum(0, (np.abs(linear) @ (columns, rows) - (width, height)) / 2)
    ideal = np.array([width, height]) / 2
    middle = np.clip(middle, ideal - room, ideal + room)
    shift = middle - linear @ (np.array([columns, rows]) / 2)
    return np.concatenate([linear, shift[:, np.newaxis]], axis=1)


def _palm(hand: HandTruth, matrix: Matrix, width: float, height: float) -> TruePalms | None:
    points = turned(matrix, hand.keypoints[:, :2])
    inside = ((points >= 0) & (points < (width, height))).all(axis=1) & hand.known
    if not inside.any():
        return None
    if not _whole(hand):
        low, high = points[hand.known].min(axis=0), points[hand.known].max(axis=0)
        side = float((high - low).max())
        return _one((low + high) / 2, max(side, 1.0), np.zeros((7, 2)), False)
    left, top, side = palm_box(points)
    center = np.array([left + side / 2, top + side / 2])
    seen = hand.seen * float(inside.sum()) / int(hand.known.sum())
    clear = (
        seen >= LEAST_SEEN
        and RANGES_PX[0][0] <= side <= RANGES_PX[-1][1]
        and bool(((center >= 0) & (center < (width, height))).all())
    )
    return _one(center, max(side, 1.0), points[_PALM], clear)


def _whole(hand: HandTruth) -> bool:
    return bool(hand.known[_PALM].all())


def _one(center: Matrix, side: float, keypoints: Matrix, clear: bool) -> TruePalms:
    return TruePalms(
        center[np.newaxis].astype(np.float32),
        np.array([side], np.float32),
        keypoints[np.newaxis].astype(np.float32),
        np.array([clear]),
    )
