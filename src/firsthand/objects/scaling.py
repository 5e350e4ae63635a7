"""How large a box is in metres: one picture does not tell, but a length or the ground does."""

from dataclasses import dataclass
from math import isfinite
from typing import Final

import numpy as np
from numpy.typing import NDArray

from firsthand.errors import ConfigError, InputError
from firsthand.geometry import Box
from firsthand.objects.types import Doubles

_MOST_M: Final = 1e6


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """A plane that things stand on, in a camera's frame (x right, y down, z away).

    Of its points the product with `normal` (3,), of length 1 and pointing away from the camera's
    side, is `distance_m`: for a camera held level, (0, 1, 0) and its height. Raises `ConfigError`
    for another shape or length, a distance not above 0, or what is no number.
    """

    normal: Doubles
    distance_m: float

    def __post_init__(self) -> None:
        normal = np.asarray(self.normal, np.float64)
        if normal.shape != (3,) or not abs(float(normal @ normal) - 1) < 1e-3:
            raise ConfigError(f"a plane's normal is (3,) and of length 1, not {self.normal}")
        if not (isfinite(self.distance_m) and self.distance_m > 0):
            raise ConfigError(f"a plane is above 0 m away and finite, not {self.distance_m}")
        object.__setattr__(self, "normal", normal)


def check_longest(longest_m: float | None) -> None:
    """Raise `ConfigError` unless the length, if there is one, is above 0 and below 1,000 km."""
    if longest_m is not None and not 0 < longest_m < _MOST_M:
        raise ConfigError(f"an object's longest edge is above 0 m, below 1e6, not {longest_m}")


def of_length(box: Box, longest_m: float) -> Box:
    """Return a box moved along its rays until its longest edge has a length, in metres."""
    check_longest(longest_m)
    return _scaled(box, longest_m / float(box.size.max()))


def standing_on(box: Box, ground: Ground) -> Box:
    """Return a box moved along its rays until the four corners that are lowest stand on the ground.

    A box that was seen is never quite level: the scale is the mean of those at which each of the
    four lies on the plane, as in the code published with the Objectron data set. Raises
    `InputError` for a box of which one of them is not seen below the plane's horizon.
    """
    lowest = np.sort(box.corners @ ground.normal)[-4:]
    if not lowest[0] > 0:
        raise InputError(
            "the box is seen above the ground's horizon, so it does not stand on it; is the "
            f"plane's normal {ground.normal.tolist()} in the camera's frame, x right, y down?"
        )
    return _scaled(box, float(np.mean(ground.distance_m / lowest)))


def _scaled(box: Box, scale: float) -> Box:
    middle: NDArray[np.float64] = box.middle * scale
    return Box(middle, box.rotation, box.size * scale)
