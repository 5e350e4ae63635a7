"""How a region of an image is laid into a model's square input, and back.

MediaPipe's `image_to_tensor_utils.cc` and `image_to_tensor_converter_opencv.cc`, bit for bit.
"""

from dataclasses import dataclass
from math import cos, pi, sin
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from firsthand.hands.regions import UnitRegion
from firsthand.hands.single import Single
from firsthand.hands.types import Floats

Matrix = NDArray[np.float64]

WHOLE: Final = UnitRegion(Single(0.5), Single(0.5), Single(1), Single(1), Single(0))


@dataclass(frozen=True, slots=True, eq=False)
class Placement:
    """`matrix` (3, 3) maps pixels of the input to the image's; the region lies in its middle.

    `left` and `top` are the shares of the input's width and height that pad it on either side,
    as a letterbox.
    """

    matrix: Matrix
    left: Single
    top: Single

    @property
    def shares(self) -> tuple[Single, Single]:
        """The shares of the input's width and height that the region takes up."""
        return Single(1) - (self.left + self.left), Single(1) - (self.top + self.top)


def place(region: UnitRegion, width: int, height: int, size_px: int) -> Placement:
    """Lay a region of a `width` x `height` image into a square of `size_px`, keeping its shape."""
    w, h = region.width * Single(width), region.height * Single(height)
    shape = h / w
    left = top = Single(0)
    if shape < 1:
        top = (Single(1) - shape) / Single(2)
        h = w
    else:
        left = (Single(1) - Single(1) / shape) / Single(2)
        w = h
    center = (region.x * Single(width), region.y * Single(height))
    return Placement(_matrix(_corners(center, w, h, region.rotation), size_px), left, top)


def unplace(points: Floats, placement: Placement) -> Floats:
    """Take points (..., 2) in units of the input to units of the region."""
    shares: Floats = np.array(placement.shares, np.float32)
    found: Floats = (points - np.array([placement.left, placement.top], np.float32)) / shares
    return found


def _corners(center: tuple[Single, Single], w: Single, h: Single, rotation: Single) -> Floats:
    """Return (4, 2): lower left, upper left, upper right, lower right, as `cv::RotatedRect`."""
    degrees = Single(float(rotation * Single(180)) / pi)
    angle = float(degrees) * pi / 180
    half = Single(0.5)
    b, a = Single(cos(angle)) * half, Single(sin(angle)) * half
    x, y = center
    x0, y0 = x - a * h - b * w, y + b * h - a * w
    x1, y1 = x + a * h - b * w, y - b * h - a * w
    two = Single(2)
    return np.array(
        [[x0, y0], [x1, y1], [two * x - x0, two * y - y0], [two * x - x1, two * y - y1]],
        np.float32,
    )


def _matrix(corners: Floats, size_px: int) -> Matrix:
    n = float(size_px)
    square = np.array([[0, n], [0, 0], [n, 0], [n, n]], np.float32)
    inverse = cv2.invert(cv2.getPerspectiveTransform(corners, square))[1]
    return np.asarray(inverse, np.float64)
