"""A pinhole camera whose axes are x right, y down, z away."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from firsthand.errors import ConfigError

Doubles = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Camera:
    """Focal lengths and principal point, all in pixels of a picture; 0 is its upper left corner.

    Raises `ConfigError` for focal lengths that are not above 0, and for what is no number.
    """

    focal_x: float
    focal_y: float
    middle_x: float
    middle_y: float

    def __post_init__(self) -> None:
        values = (self.focal_x, self.focal_y, self.middle_x, self.middle_y)
        if not all(map(math.isfinite, values)) or self.focal_x <= 0 or self.focal_y <= 0:
            raise ConfigError(f"a camera's focal lengths are above 0 and all finite, not {values}")

    @classmethod
    def looking(cls, width: int, height: int, *, across_deg: float = 60.0) -> "Camera":
        """Return a camera that looks straight at a picture's middle.

        `across_deg` is the angle, 0 to 180, that the longer side is seen at: 60 degrees, as phones
        have about, where the focal length is not known.
        """
        if not 0 < across_deg < 180:
            raise ConfigError(f"a side is seen at 0 to 180 degrees, not at {across_deg}")
        focal = max(width, height) / 2 / math.tan(math.radians(across_deg) / 2)
        return cls(focal, focal, width / 2, height / 2)

    def project(self, points: NDArray[Any]) -> Doubles:
        """Map points (..., 3) to pixels (..., 2); those that are not before the camera to NaN."""
        points = np.asarray(points, np.float64)
        away = np.where(points[..., 2:] > 0, points[..., 2:], np.nan)
        return points[..., :2] / away * (self.focal_x, self.focal_y) + (
            self.middle_x,
            self.middle_y,
        )

    def rays(self, pixels: NDArray[Any]) -> Doubles:
        """Map pixels (..., 2) to where their rays are at a depth of 1: (..., 2)."""
        pixels = np.asarray(pixels, np.float64)
        found: Doubles = (pixels - (self.middle_x, self.middle_y)) / (self.focal_x, self.focal_y)
        return found
