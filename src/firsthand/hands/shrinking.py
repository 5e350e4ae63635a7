"""Averaging an image before a crop of it that is much smaller.

MediaPipe reads one spot of the image for each pixel of a model's input, however far these lie
apart: in a photograph of 4000 pixels most of them are never looked at. Our models were trained on
images that were averaged, and with pixels that cover areas, not points.
"""

from math import floor, hypot, log2
from typing import Final

import cv2
import numpy as np

from firsthand.hands.placement import Matrix
from firsthand.media.frame import RgbImage

_MOST_HALVINGS: Final = 6
_MARGIN: Final = 2


def shrunk(image: RgbImage, matrix: Matrix, size_px: int) -> tuple[RgbImage, Matrix]:
    """Return an image and the matrix by which `resample.sample` cuts the crop out of it.

    `matrix` (3, 3), affine, maps the crop, `size_px` square, to `image`, both in coordinates that
    are 0 at the upper left corner of the upper left pixel. The matrix returned counts from that
    pixel's middle. The image is `image`, or what the crop shows of it, averaged over squares of
    2, 4, ... pixels so that the crop shrinks the rest by less than 2: no pixel goes unseen.
    """
    (a, b, c), (d, e, f) = matrix[:2].tolist()
    step = min(hypot(a, d), hypot(b, e))
    halvings = min(floor(log2(max(step, 1.0))), _MOST_HALVINGS)
    if halvings == 0:
        return image, _from_corners(matrix, 0.0, 0.0, 1.0)
    factor = 1 << halvings
    height, width = image.shape[:2]
    left, right = _span(a, b, c, size_px, width, factor)
    top, bottom = _span(d, e, f, size_px, height, factor)
    small = image[top:bottom, left:right]
    if right > width or bottom > height:
        beyond = (0, max(bottom - height, 0), 0, max(right - width, 0))
        small = np.asarray(cv2.copyMakeBorder(small, *beyond, cv2.BORDER_REPLICATE), np.uint8)
    for _ in range(halvings):  # several times as fast as once by the whole factor
        half = (small.shape[1] // 2, small.shape[0] // 2)
        small = np.asarray(cv2.resize(small, half, interpolation=cv2.INTER_AREA), np.uint8)
    return small, _from_corners(matrix, left, top, 1 / factor)


def _span(a: float, b: float, c: float, n: int, size: int, factor: int) -> tuple[int, int]:
    """Return the range of pixels that the crop sees, and a margin: a multiple of `factor`.

    At least `factor` pixels; they go beyond `size` only where the image has too few.
    """
    low = c + (min(a, 0.0) + min(b, 0.0)) * n
    high = c + (max(a, 0.0) + max(b, 0.0)) * n
    margin = _MARGIN * factor
    begin = min(max(floor(low) - margin, 0), size - 1)
    end = max(min(floor(high) + margin + 1, size), begin + 1)
    length = -(-(end - begin) // factor) * factor
    begin = max(min(begin, size - length), 0)
    return begin, begin + length


def _from_corners(matrix: Matrix, left: float, top: float, scale: float) -> Matrix:
    to_part = np.array([[scale, 0, -left * scale], [0, scale, -top * scale], [0, 0, 1]])
    middles = np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1]])
    from_middles = np.array([[1, 0, -0.5], [0, 1, -0.5], [0, 0, 1]])
    return np.asarray(from_middles @ to_part @ matrix @ middles, np.float64)
