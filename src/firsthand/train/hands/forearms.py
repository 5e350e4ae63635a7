"""A cut-out hand given more of a forearm than its photograph shows, bare or in a sleeve.

A forearm that ends in a straight cut a little below the wrist would be a mark that real hands do
not bear, so it goes on along its direction, as wide as it was cut.
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from firsthand.media.frame import RgbImage
from firsthand.train.hands.cutouts import Cutout

Floats = NDArray[np.float32]

_LEAST_OUTWARD: Final = 0.35
_OPAQUE: Final = 128


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """Something to paste: `colour` float32 (height, width, 3) in 0..255, premultiplied by alpha.

    `alpha` float32 (height, width) in 0..1; `hand` is that of the hand in its own photograph,
    without what was added. `origin` (2,) is where the photograph's pixel 0, 0 lies in it.
    """

    colour: Floats
    alpha: Floats
    hand: Floats
    origin: Floats


def with_forearm(cutout: Cutout, length_px: int) -> Layer:
    """Return a cut-out whose forearm goes on for `length_px` beyond the photograph's edge.

    Where no edge cuts the forearm, nothing is added.
    """
    height, width = cutout.alpha.shape
    normal = _cut_edge(cutout)
    before = np.maximum(-normal * length_px, 0).astype(int)
    after = np.maximum(normal * length_px, 0).astype(int)
    size = (width + before[0] + after[0], height + before[1] + after[1])
    x, y = np.meshgrid(np.arange(size[0]) - before[0], np.arange(size[1]) - before[1])
    source_x, source_y = x.astype(np.float32), y.astype(np.float32)
    if normal.any():
        direction = _outward(cutout.arm, normal)
        last = np.array([width - 1, height - 1])
        axis = 0 if normal[0] else 1
        beyond = (x, y)[axis] - (last[axis] if normal[axis] > 0 else 0)
        steps = np.maximum(beyond * normal[axis], 0) / abs(direction[axis])
        source_x = (x - steps * direction[0]).astype(np.float32)
        source_y = (y - steps * direction[1]).astype(np.float32)
    alpha = _looked_up(cutout.alpha, source_x, source_y) / np.float32(255)
    colour = _looked_up(cutout.image, source_x, source_y) * alpha[..., None]
    hand = np.zeros_like(alpha)
    own = (slice(before[1], before[1] + height), slice(before[0], before[0] + width))
    hand[own] = alpha[own]
    return Layer(colour, alpha, hand, before.astype(np.float32))


def sleeved(layer: Layer, cutout: Cutout, cloth: RgbImage, start: float, loose: float) -> Layer:
    """Return a layer with a sleeve from `start` palm sizes below the wrist on.

    It is `loose` times as wide as the arm where it begins; `cloth`, an image of the layer's size,
    is what it is made of. Where the arm does not show that far down, nothing changes.
    """
    arm, across = cutout.arm, np.array([-cutout.arm[1], cutout.arm[0]], np.float32)
    points = cutout.truth.keypoints
    palm = float(np.hypot(*(points[9, :2] - points[0, :2])))
    wrist = points[0, :2] + layer.origin
    height, width = layer.alpha.shape
    x, y = np.meshgrid(np.arange(width) + 0.5 - wrist[0], np.arange(height) + 0.5 - wrist[1])
    down, aside = x * arm[0] + y * arm[1], x * across[0] + y * across[1]
    rows = (layer.alpha > 0.5) & (abs(down - start * palm) < max(1.0, 0.06 * palm))
    if rows.sum() < 3:
        return layer
    middle, half = aside[rows].mean(), (aside[rows].max() - aside[rows].min()) / 2
    half = half * loose
    edge = np.clip(
        half + 0.08 * np.maximum(down - start * palm, 0) - abs(aside - middle) + 0.5, 0, 1
    )
    begun = np.clip(
        down - start * palm + 0.04 * half * (((aside - middle) / half) ** 2) + 0.5, 0, 1
    )
    # no further than the arm itself, which ends where the layer or the photograph does
    reach = down[layer.alpha > 0.5].max()
    cover = (edge * begun * (down < reach)).astype(np.float32)
    round_ = np.sqrt(np.clip(1 - ((aside - middle) / (half * 1.15)) ** 2, 0.05, 1))
    shaded = cloth.astype(np.float32) * round_[..., None].astype(np.float32)
    left = 1 - cover
    return Layer(
        layer.colour * left[..., None] + shaded * cover[..., None],
        layer.alpha * left + cover,
        layer.hand * left,
        layer.origin,
    )


def _cut_edge(cutout: Cutout) -> NDArray[np.int64]:
    """Return the outward normal of the photograph's edge that cuts the forearm, or 0, 0."""
    alpha = cutout.alpha >= _OPAQUE
    edges = {
        (0, 1): alpha[-1].sum(),
        (0, -1): alpha[0].sum(),
        (1, 0): alpha[:, -1].sum(),
        (-1, 0): alpha[:, 0].sum(),
    }
    best = max(edges, key=lambda normal: edges[normal] * max(0.0, _along(cutout.arm, normal)))
    if edges[best] == 0 or _along(cutout.arm, best) < _LEAST_OUTWARD:
        return np.zeros(2, np.int64)
    return np.array(best)


def _along(arm: Floats, normal: tuple[int, int]) -> float:
    return float(arm[0] * normal[0] + arm[1] * normal[1])


def _outward(arm: Floats, normal: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the arm's direction, turned outwards where it nearly runs along the edge."""
    mixed = arm + normal * 0.3
    return np.asarray(mixed / np.hypot(*mixed), np.float64)


def _looked_up(image: NDArray[np.uint8], x: Floats, y: Floats) -> Floats:
    border = cv2.BORDER_CONSTANT if image.ndim == 2 else cv2.BORDER_REPLICATE
    return np.asarray(
        cv2.remap(image.astype(np.float32), x, y, cv2.INTER_LINEAR, borderMode=border), np.float32
    )
