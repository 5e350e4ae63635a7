"""A pinhole camera whose axes are x right, y down, z away; metres and pixels."""

from dataclasses import dataclass

import numpy as np

from firsthand.train.hands.synthetic.mesh import Floats
from firsthand.train.synthetic.projection import clip_matrix


@dataclass(frozen=True, slots=True)
class Camera:
    """Focal length and principal point in pixels of a picture `width` x `height`.

    The principal point may lie outside: the picture is then cut out of a larger one.
    """

    focal_px: float
    x_px: float
    y_px: float
    width: int
    height: int

    def project(self, points: Floats) -> Floats:
        """Take points (..., 3) before the camera to pixels (..., 2), 0 at the upper left corner."""
        centre = np.array([self.x_px, self.y_px], np.float32)
        flat = points[..., :2] / points[..., 2:] * np.float32(self.focal_px) + centre
        return np.asarray(flat, np.float32)

    def matrix(self) -> Floats:
        """OpenGL's clip matrix (4, 4); see `projection.clip_matrix`."""
        return clip_matrix(
            (self.focal_px, self.focal_px), (self.x_px, self.y_px), (self.width, self.height)
        )

    def cut(self, left: float, top: float, side: float, pixels: int) -> "Camera":
        """Look only at a square of the picture, drawn `pixels` wide."""
        scale = pixels / side
        return Camera(
            self.focal_px * scale,
            (self.x_px - left) * scale,
            (self.y_px - top) * scale,
            pixels,
            pixels,
        )
