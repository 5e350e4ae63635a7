"""From a box's corners in a picture to the box in space, of which no size is known.

Corners are sums of four unknown points, the middle and three half edges; each corner's ray gives
two linear equations in these twelve numbers, which have a solution up to its scale (EPnP: Lepetit,
Moreno-Noguer & Fua 2009, "EPnP: an accurate O(n) solution to the PnP problem", with the
barycentric coordinates that all boxes have in common, as Objectron does it: Hou et al. 2020,
arXiv:2003.03522).
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from firsthand.errors import InputError, ShapeError
from firsthand.geometry.boxes import PLACES, Box, Doubles, corners_of
from firsthand.geometry.cameras import Camera

_WEIGHTS: Final = np.concatenate([np.ones((9, 1)), PLACES], axis=1)
"""Of the middle and the eight corners: how much of the four unknown points each has, (9, 4)."""

_UNSURE: Final = 1e-7
_FLAT: Final = 1e-6
"""Of a box's longest edge, or its distance: a shorter edge has no direction."""


@dataclass(frozen=True, slots=True, eq=False)
class Lifted:
    """A box as equations have it, its middle at a depth of 1, its edges not quite at right angles.

    `middle` (3,) and `half_edges` (3, 3), a row for each of the box's axes, are in the camera's
    frame; `off_px` is the mean distance of what it would look like from what was seen.
    """

    middle: Doubles
    half_edges: Doubles
    off_px: float

    @property
    def corners(self) -> Doubles:
        """Its eight corners (8, 3)."""
        return corners_of(self.middle, self.half_edges)

    def squared(self, scale: float = 1.0) -> Box:
        """Return the nearest box with right angles, `scale` times as far away and as large.

        The rotation is the nearest to the edges' directions (Umeyama 1991); where an edge has no
        length, it is at right angles to the others.
        """
        lengths = np.linalg.norm(self.half_edges, axis=1)
        there = (lengths > _FLAT * lengths.max()).astype(float)
        directions = self.half_edges * (there / np.maximum(lengths, np.finfo(float).tiny))[:, None]
        left, _, right = np.linalg.svd(directions.T)
        turned = left @ np.diag([1.0, 1.0, float(np.linalg.det(left @ right))]) @ right
        return Box(scale * self.middle, turned, scale * 2 * lengths)


def lifted(pixels: NDArray[Any], camera: Camera) -> Lifted:
    """Return the box whose middle and corners are seen at `pixels` (9, 2).

    Corners are in the order of `boxes.SIGNS`. How large the box is nobody can tell from one
    picture: see `Lifted.squared`.

    Raises:
        ShapeError: other shapes.
        InputError: points that are no numbers, lie on one line or in one spot, or are those of no
            box before the camera.
    """
    pixels = np.asarray(pixels, np.float64)
    if pixels.shape != (9, 2):
        raise ShapeError(f"a box is seen as its middle and 8 corners, (9, 2), not {pixels.shape}")
    if not np.isfinite(pixels).all():
        raise InputError("a box is seen at finite places; these hold NaN or infinity")
    rays = camera.rays(pixels)
    # The unknowns are all x, all y, all z of the four points.
    nothing = np.zeros_like(_WEIGHTS)
    rows = np.concatenate(
        [
            np.concatenate([_WEIGHTS, nothing, -rays[:, :1] * _WEIGHTS], axis=1),
            np.concatenate([nothing, _WEIGHTS, -rays[:, 1:] * _WEIGHTS], axis=1),
        ]
    )
    _, strengths, directions = np.linalg.svd(rows)
    if strengths[-2] < _UNSURE * strengths[0]:
        raise InputError("these points lie on a line or in a spot: many boxes look like that")
    points = directions[-1].reshape(3, 4).T
    middle, half_edges = points[0], points[1:]
    if abs(middle[2]) < _UNSURE:
        raise InputError("these points are of no box before the camera")
    middle, half_edges = middle / middle[2], half_edges / middle[2]
    lengths = np.sort(np.linalg.norm(half_edges, axis=1))
    if lengths[1] <= _FLAT * max(1.0, lengths[2]):
        raise InputError("these points lie on a line or in a spot: many boxes look like that")
    found = camera.project(np.vstack([middle, corners_of(middle, half_edges)]))
    if not np.isfinite(found).all():
        raise InputError("these points are of no box before the camera")
    off_px = float(np.linalg.norm(found - pixels, axis=1).mean())
    return Lifted(middle, half_edges, off_px)
