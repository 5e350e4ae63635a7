"""Cutting upright rectangles out of a picture, as the published models were fed.

One spot of the picture for each pixel of a model's input, between its four neighbours, as
MediaPipe's `ImageToTensorCalculator` reads it.
"""

from math import ceil, floor
from typing import Final

import cv2
import numpy as np

from firsthand.media.frame import RgbImage

_MOST_PX: Final = 1 << 15  # OpenCV counts pixels in 16 bits


def sample(
    image: RgbImage, left: float, top: float, width: float, height: float, size_px: int
) -> RgbImage:
    """Return a rectangle, given in pixels of `image`, as uint8 (size_px, size_px, 3).

    Beyond the picture its outermost pixels go on.
    """
    first_x, last_x = _span(left, width, image.shape[1])
    first_y, last_y = _span(top, height, image.shape[0])
    part = image[first_y:last_y, first_x:last_x]
    by_x, by_y = (-(-side // _MOST_PX) for side in part.shape[1::-1])
    matrix = np.array(
        [
            [width / size_px / by_x, 0, (left - first_x) / by_x],
            [0, height / size_px / by_y, (top - first_y) / by_y],
        ]
    )
    found = cv2.warpAffine(
        np.ascontiguousarray(part[::by_y, ::by_x]),
        matrix,
        (size_px, size_px),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return np.asarray(found, np.uint8)


def _span(low: float, length: float, size: int) -> tuple[int, int]:
    """Return the range of pixels, at least one of `size`, that a rectangle needs."""
    begin = min(max(floor(low) - 1, 0), size - 1)
    return begin, min(max(ceil(low + length) + 2, begin + 1), size)
