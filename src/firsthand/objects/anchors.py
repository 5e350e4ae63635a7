"""Anchors: the boxes that the detector's outputs are changes of.

Single-shot detector (Liu et al. 2016, arXiv:1512.02325) with the settings of MediaPipe's graph of
Objectron: six grids over a picture of 300 pixels, boxes from 0.2 to 0.95 of it.
"""

from functools import cache
from math import sqrt
from typing import Final

import numpy as np

from firsthand.objects.types import Floats

SIZE_PX: Final = 300
_STRIDES: Final = (16, 32, 64, 128, 256, 512)
_SMALLEST, _LARGEST = 0.2, 0.95
_SHAPES: Final = (1.0, 2.0, 0.5, 3.0, 0.3333)
_FEW: Final = ((0.1, 1.0), (_SMALLEST, 2.0), (_SMALLEST, 0.5))
"""Of the finest grid, which has fewer: their sizes, and widths over heights."""


@cache
def anchors() -> Floats:
    """Return float32 (1917, 4): middle x, y, width, height in units of the picture; read only."""
    grids = []
    for layer, stride in enumerate(_STRIDES):
        cells = -(-SIZE_PX // stride)
        middle = (np.arange(cells) + 0.5) / cells
        y, x = np.meshgrid(middle, middle, indexing="ij")
        sides = [(size * sqrt(shape), size / sqrt(shape)) for size, shape in _boxes(layer)]
        middles = np.repeat(np.stack([x.ravel(), y.ravel()], axis=1), len(sides), axis=0)
        grids.append(np.hstack([middles, np.tile(sides, (cells * cells, 1))]))
    found = np.concatenate(grids).astype(np.float32)
    found.flags.writeable = False
    return found


def _boxes(layer: int) -> list[tuple[float, float]]:
    """Return the size and the width over the height of each anchor in a cell of a grid."""
    if layer == 0:
        return list(_FEW)
    last = len(_STRIDES) - 1
    size = _size(layer)
    larger = _size(layer + 1) if layer < last else 1.0
    return [(size, shape) for shape in _SHAPES] + [(sqrt(size * larger), 1.0)]


def _size(layer: int) -> float:
    return _SMALLEST + (_LARGEST - _SMALLEST) * layer / (len(_STRIDES) - 1)
