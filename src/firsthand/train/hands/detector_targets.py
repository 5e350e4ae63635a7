"""What the palm detector is to say at each of its anchors, given the palms in an image.

Cells near the middle of a palm answer for it, on the levels whose range of sizes it falls in: as
FCOS samples centres (Tian et al. 2019, arXiv:1904.01355), with ranges that overlap so that no size
lies on an edge. Around them, and near hands that nobody can judge, an anchor may say what it
likes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from firsthand.hands.anchors import FIRSTHAND, anchor_centers
from firsthand.train.hands.detector_net import VALUES

Floats = NDArray[np.float32]

RANGES_PX: Final = ((6.0, 20.0), (14.0, 46.0), (32.0, 108.0), (75.0, 320.0))
"""The smallest and largest palm that each level answers for."""

POSITIVE: Final = 1
NEGATIVE: Final = 0
IGNORED: Final = -1

_NEAR_SIDES: Final = 0.25
_NEAR_CELLS: Final = 0.75  # more than half a cell's diagonal: some cell is near any palm
_AROUND: Final = 2.0  # cells up to this many times farther are ignored
_NEARLY: Final = 1.4  # as are near ones on levels whose range a palm misses by this factor
_HAZE_SIDES: Final = 0.75  # half the side of the square that is ignored around unclear hands


@dataclass(frozen=True, slots=True, eq=False)
class TruePalms:
    """m palms in a square input, in its pixels.

    `centers` float32 (m, 2) and `sides` (m,) of their upright squares, `keypoints` (m, 7, 2).
    `clear` bool (m,): false for one that is too hidden, small or large, or partly unlabelled, to
    be asked for and too much of a hand to be denied; its keypoints are not used.
    """

    centers: Floats
    sides: Floats
    keypoints: Floats
    clear: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.sides)


@dataclass(frozen=True, slots=True, eq=False)
class Targets:
    """What the n anchors of one image are to say.

    `labels` int8 (n,): 1 palm, 0 none, -1 either; of the positive ones `values` float32 (n, 18)
    as the network gives them, in pixels, and `sides` (n,) of the palm, elsewhere 0 and 1.
    """

    labels: NDArray[np.int8]
    values: Floats
    sides: Floats


def no_palms() -> TruePalms:
    """Return the truth of an image without hands."""
    return together(())


def together(parts: Sequence[TruePalms]) -> TruePalms:
    """Return the palms of several parts of one input as one."""
    return TruePalms(
        np.concatenate([np.zeros((0, 2), np.float32), *(part.centers for part in parts)]),
        np.concatenate([np.zeros(0, np.float32), *(part.sides for part in parts)]),
        np.concatenate([np.zeros((0, 7, 2), np.float32), *(part.keypoints for part in parts)]),
        np.concatenate([np.zeros(0, np.bool_), *(part.clear for part in parts)]),
    )


def targets(palms: TruePalms, size_px: int) -> Targets:
    """Return what each anchor of an input of `size_px` is to say.

    Where two palms claim a cell it goes to the one whose middle is nearer, in sides of the palm.
    """
    grids = _grids(size_px)
    total = sum(len(grid.centers) for grid in grids)
    found = Targets(
        np.zeros(total, np.int8), np.zeros((total, VALUES), np.float32), np.ones(total, np.float32)
    )
    first = 0
    for grid in grids:
        end = first + len(grid.centers)
        _mark(
            Targets(found.labels[first:end], found.values[first:end], found.sides[first:end]),
            palms,
            grid,
        )
        first = end
    return found


@dataclass(frozen=True, slots=True, eq=False)
class _Grid:
    """A level: its anchors' centres (n, 2) and stride in pixels, and the palms it answers for."""

    centers: Floats
    stride: float
    low: float
    high: float


@cache
def _grids(size_px: int) -> tuple[_Grid, ...]:
    centers = anchor_centers(size_px, FIRSTHAND) * np.float32(size_px)
    edges = np.cumsum([cells * cells * anchors for cells, anchors in FIRSTHAND.grids(size_px)])
    levels = zip(np.split(centers, edges[:-1]), FIRSTHAND.strides, RANGES_PX, strict=True)
    return tuple(_Grid(points, float(stride), low, high) for points, stride, (low, high) in levels)


def _mark(target: Targets, palms: TruePalms, grid: _Grid) -> None:
    """Fill in what one level is to say."""
    sides, clear = palms.sides, palms.clear
    nearly = clear & (grid.low / _NEARLY <= sides) & (sides <= grid.high * _NEARLY)
    concerned = np.flatnonzero(nearly | ~clear)
    if concerned.size == 0:
        return
    sides, clear, centers = sides[concerned], clear[concerned], palms.centers[concerned]
    x, y = (np.abs(grid.centers[:, axis, np.newaxis] - centers[:, axis]) for axis in (0, 1))
    far = np.hypot(x, y)
    reach = np.maximum(_NEAR_SIDES * sides, np.float32(_NEAR_CELLS * grid.stride))
    right_size = clear & (grid.low <= sides) & (sides <= grid.high)
    either = far <= np.where(right_size, _AROUND * reach, reach)
    either[:, ~clear] = np.maximum(x, y)[:, ~clear] <= _HAZE_SIDES * sides[~clear]
    target.labels[either.any(axis=1)] = IGNORED
    claims = np.where(right_size & (far <= reach), far / sides, np.float32(np.inf))
    owner = claims.argmin(axis=1)
    chosen = np.flatnonzero(np.isfinite(claims[np.arange(len(owner)), owner]))
    own = concerned[owner[chosen]]
    middle = grid.centers[chosen]
    target.labels[chosen] = POSITIVE
    target.sides[chosen] = palms.sides[own]
    target.values[chosen, :2] = palms.centers[own] - middle
    target.values[chosen, 2:4] = palms.sides[own, np.newaxis]
    target.values[chosen, 4:] = (palms.keypoints[own] - middle[:, np.newaxis]).reshape(-1, 14)
