"""Anchors: the grid of points that the palm detector's outputs are offsets from.

Single-shot detector (Liu et al. 2016, arXiv:1512.02325) with square anchors of unit size, so an
anchor is only a centre. Values as in MediaPipe's `palm_detection_cpu.pbtxt`.
"""

from functools import cache
from typing import Final

import numpy as np

from firsthand.hands.types import Floats

STRIDES: Final = (8, 16, 16, 16)
"""Pixels of the input between cells of each output layer; one layer is two anchors a cell."""

ANCHORS_PER_CELL: Final = 2


@cache
def anchor_centers(size_px: int, strides: tuple[int, ...] = STRIDES) -> Floats:
    """Return the centres, float32 (n, 2) x and y in 0..1 of a `size_px` square, read only.

    Layers of one stride share their cells: all anchors of a cell follow each other, cells run
    along rows. n is 2016 for 192 pixels.
    """
    layers = []
    for stride in sorted(set(strides)):
        cells = -(-size_px // stride)
        middle = (np.arange(cells, dtype=np.float32) + np.float32(0.5)) / np.float32(cells)
        y, x = np.meshgrid(middle, middle, indexing="ij")
        grid = np.stack([x.ravel(), y.ravel()], axis=1)
        layers.append(np.repeat(grid, ANCHORS_PER_CELL * strides.count(stride), axis=0))
    centers = np.concatenate(layers)
    centers.flags.writeable = False
    return centers
