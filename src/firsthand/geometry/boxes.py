"""An oriented box: where it is, how it is turned, how large it is."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from firsthand.errors import InputError, ShapeError

Doubles = NDArray[np.float64]

SIGNS: Final = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], np.float64)
"""Of the eight corners, on which side of the middle along the box's x, y and z each is.

It is the order in which the Objectron data set has them, after the middle.
"""

PLACES: Final = np.vstack([np.zeros(3), SIGNS])
"""The middle, and then the corners: what is looked for of a box in a picture, (9, 3)."""

_TURNED: Final = 1e-3


@dataclass(frozen=True, slots=True, eq=False)
class Box:
    """A box whose `middle` (3,) is in some frame, with edges of `size` (3,).

    `rotation` (3, 3) turns the box's own axes, its columns, into that frame's.
    """

    middle: Doubles
    rotation: Doubles
    size: Doubles

    @property
    def corners(self) -> Doubles:
        """Its eight corners (8, 3), in the order of `SIGNS`."""
        found: Doubles = self.middle + (SIGNS * self.size / 2) @ self.rotation.T
        return found

    @property
    def volume(self) -> float:
        """The product of its edges."""
        return float(np.prod(self.size))


def box(middle: NDArray[Any], rotation: NDArray[Any], size: NDArray[Any]) -> Box:
    """Return a box of arrays from outside, checked.

    Raises `ShapeError` for other shapes, `InputError` for what is no number, a size below 0, or a
    matrix that does not turn: one that is not orthonormal, or mirrors.
    """
    arrays = [np.asarray(each, np.float64) for each in (middle, rotation, size)]
    if [each.shape for each in arrays] != [(3,), (3, 3), (3,)]:
        raise ShapeError(
            "a box is of a middle (3,), a rotation (3, 3) and a size (3,), not "
            + ", ".join(str(each.shape) for each in arrays)
        )
    if not all(np.isfinite(each).all() for each in arrays):
        raise InputError("a box is of finite numbers; this one holds NaN or infinity")
    turned = arrays[1]
    apart = float(np.abs(turned.T @ turned - np.eye(3)).max())
    if apart > _TURNED or np.linalg.det(turned) < 0:
        raise InputError(
            f"a rotation's columns are orthonormal and do not mirror; these are {apart:.3g} off, "
            f"with a determinant of {np.linalg.det(turned):.3g}"
        )
    if (arrays[2] < 0).any():
        raise InputError(f"a box's edges are 0 or longer, not {arrays[2].tolist()}")
    return Box(*arrays)


def corners_of(middle: NDArray[Any], half_edges: NDArray[Any]) -> Doubles:
    """Return eight corners (..., 8, 3) from a middle (..., 3) and half of each edge (..., 3, 3).

    The rows of `half_edges` lead from the middle along the box's x, y and z; they need not be at
    right angles.
    """
    found: Doubles = np.asarray(middle)[..., None, :] + SIGNS @ np.asarray(half_edges)
    return found
