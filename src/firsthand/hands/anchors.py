"""Anchors: the grid of points that the palm detector's outputs are offsets from.

Single-shot detector (Liu et al. 2016, arXiv:1512.02325) with square anchors of unit size, so an
anchor is only a centre.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np

from firsthand.errors import ModelError
from firsthand.hands.types import Floats


@dataclass(frozen=True, slots=True)
class Layout:
    """Where a detector's anchors are, and in which order.

    `strides` are the pixels of the input between cells of each output layer, of which each has
    `per_cell` anchors a cell. Layers of one stride share their cells: all anchors of a cell follow
    each other, cells run along rows, fine layers come first.
    """

    name: str
    strides: tuple[int, ...]
    per_cell: int

    def grids(self, size_px: int) -> Iterator[tuple[int, int]]:
        """Yield the cells along one side of each grid, and the anchors in each of its cells."""
        for stride in sorted(set(self.strides)):
            yield -(-size_px // stride), self.per_cell * self.strides.count(stride)

    def count(self, size_px: int) -> int:
        """Return the number of anchors of a detector that sees `size_px` x `size_px` pixels."""
        return sum(cells * cells * anchors for cells, anchors in self.grids(size_px))


MEDIAPIPE: Final = Layout("MediaPipe's", (8, 16, 16, 16), 2)
"""As in `palm_detection_cpu.pbtxt`: 2016 anchors for 192 pixels."""

FIRSTHAND: Final = Layout("Firsthand's", (4, 8, 16, 32), 1)
"""Each stride for a range of palm sizes, the finest for the smallest: 5440 for 256 pixels."""

LAYOUTS: Final = (MEDIAPIPE, FIRSTHAND)


@cache
def anchor_centers(size_px: int, layout: Layout = MEDIAPIPE) -> Floats:
    """Return the centres, float32 (n, 2) x and y in 0..1 of a `size_px` square, read only."""
    grids = []
    for cells, anchors in layout.grids(size_px):
        middle = (np.arange(cells, dtype=np.float32) + np.float32(0.5)) / np.float32(cells)
        y, x = np.meshgrid(middle, middle, indexing="ij")
        grids.append(np.repeat(np.stack([x.ravel(), y.ravel()], axis=1), anchors, axis=0))
    centers = np.concatenate(grids)
    centers.flags.writeable = False
    return centers


def layout_of(count: int, size_px: int, name: str = "palm detector") -> Layout:
    """Return the layout that has `count` anchors at `size_px` pixels of input.

    Raises `ModelError`, naming the model by `name`, if none of `LAYOUTS` has.
    """
    for layout in LAYOUTS:
        if layout.count(size_px) == count:
            return layout
    known = " and ".join(f"{layout.count(size_px)} ({layout.name})" for layout in LAYOUTS)
    raise ModelError(
        f"{name}: a palm detector that sees {size_px} x {size_px} pixels has {known} anchors, "
        f"this model {count}"
    )
