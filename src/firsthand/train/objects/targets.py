"""What the single-stage network is to say of a picture."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from firsthand.geometry.boxes import SIGNS
from firsthand.objects.single_stage import PLACES, STRIDE, TURNS
from firsthand.train.objects.lessons import Lesson

Floats = NDArray[np.float32]

_SPREAD: Final = 0.08
"""A Gaussian's standard deviation, as a share of the sides of what is seen of the box."""

_LEAST: Final = 0.7
"""The smallest standard deviation, in cells."""

_NEAR: Final = 0.3
"""Cells where the Gaussian is at least so high are asked for a box's places."""


@dataclass(frozen=True, slots=True, eq=False)
class Targets:
    """Maps of h x w cells.

    `heat` (h, w): 1 at each middle, falling off as a Gaussian; -1 where nothing is asked. `places`
    (h, w, 18), in pixels from the cell's middle, count as much as `weights` (h, w) says, in units
    of the box's `sizes` (h, w), the diagonal of what is seen of it. `mask` (h, w), 0..1. `turns`
    int64 (h, w), 0..7: which way in the picture the box's z points, from x towards y.
    """

    heat: Floats
    places: Floats
    weights: Floats
    sizes: Floats
    mask: Floats
    turns: NDArray[np.int64]


def targets(lesson: Lesson) -> Targets:
    """Return the targets of a lesson; where two boxes' Gaussians meet the higher one counts."""
    cells = lesson.image.shape[0] // STRIDE
    heat = np.zeros((cells, cells), np.float32)
    places = np.zeros((cells, cells, PLACES), np.float32)
    sizes = np.ones((cells, cells), np.float32)
    turns = np.zeros((cells, cells), np.int64)
    unasked = np.zeros((cells, cells), np.bool_)
    middles = (np.stack(np.meshgrid(np.arange(cells), np.arange(cells)), axis=-1) + 0.5) * STRIDE
    for nine, clear in zip(lesson.places, lesson.clear, strict=True):
        extent = nine[1:].max(0) - nine[1:].min(0)
        spread = np.maximum(_SPREAD * extent / STRIDE, _LEAST)
        at = np.floor(nine[0] / STRIDE).astype(int)
        if not ((at >= 0) & (at < cells)).all():
            continue  # its middle is in no cell
        down, right = np.mgrid[:cells, :cells]
        off = ((right - at[0]) / spread[0]) ** 2 + ((down - at[1]) / spread[1]) ** 2
        hill = np.exp(-off / 2).astype(np.float32)
        if not clear:
            unasked |= hill > _NEAR
            continue
        higher = hill > heat
        heat = np.where(higher, hill, heat)
        own = (nine[None, None] - middles[:, :, None]).reshape(cells, cells, PLACES)
        places = np.where(higher[:, :, None], own, places).astype(np.float32)
        turns[higher] = _turn(nine)
        sizes = np.where(higher, np.float32(max(np.hypot(*extent), 1.0)), sizes)
    weights = np.where(heat >= _NEAR, heat, 0).astype(np.float32)
    shrunk = cv2.resize(lesson.mask, (cells, cells), interpolation=cv2.INTER_AREA)
    asked = np.where(unasked & (heat < _NEAR), -1, heat).astype(np.float32)
    mask = np.float32(1 / 255) * np.asarray(shrunk, np.float32)
    return Targets(asked, places, weights, sizes, mask, turns)


def _turn(nine: Floats) -> int:
    ahead = SIGNS[:, 2] > 0
    x, y = nine[1:][ahead].mean(0) - nine[1:][~ahead].mean(0)
    return int(np.arctan2(y, x) / (2 * np.pi) % 1 * TURNS) % TURNS
