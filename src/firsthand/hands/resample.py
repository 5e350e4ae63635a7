"""Resampling a rotated square of an image with MediaPipe's arithmetic, bit for bit.

MediaPipe crops with `warpPerspective` of OpenCV 3.4: positions are rounded to 1/32 pixel, weights
and sums are whole numbers. OpenCV 5 interpolates in floating point, so that one value in thirty
comes out one level off, which tracking, feeding its results back, can multiply to several pixels.
`cv2.remap` still has the old kernel for positions given as whole numbers, so these are computed
here.
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from firsthand.hands.placement import Matrix
from firsthand.media.frame import RgbImage

BLACK: Final = cv2.BORDER_CONSTANT
EDGE: Final = cv2.BORDER_REPLICATE

# OpenCV adds steps to the position at the left end of blocks so many pixels wide. It shows in the
# last bit, and the last bit shows where a position lies exactly between two steps.
_BLOCK: Final = 64
# Adding this to a small double rounds it to a multiple of 1/32, half to even.
_ROUNDER: Final = 1.5 * 2**47
_SMALL: Final = 8
_FAR_PX: Final = 32_000.0  # positions become int16


@dataclass(frozen=True, slots=True, eq=False)
class Sampler:
    """Scratch memory for squares of `size_px`, n; used by one thread at a time.

    `left` (3, n, blocks + 1) holds the three numerators at the left ends of the blocks of each
    row, then a 1; `right` (3, blocks + 1, n) tells each column's block, then its step from there.
    Their product adds the two: the other summands are zeros.
    """

    size_px: int
    steps: NDArray[np.float64]
    left: NDArray[np.float64]
    right: NDArray[np.float64]
    positions: NDArray[np.float64]
    rounded: NDArray[np.float32]
    whole: NDArray[np.int16]
    part: NDArray[np.uint16]
    pixels: NDArray[np.uint8]


def sampler(size_px: int) -> Sampler:
    """Return a sampler for crops of `size_px` x `size_px` pixels."""
    n = size_px
    steps = np.arange(n, dtype=np.float64)
    blocks = -(-n // _BLOCK)
    right = np.zeros((3, blocks + 1, n))
    right[:, :blocks] = steps // _BLOCK == np.arange(blocks)[:, np.newaxis]
    return Sampler(
        n,
        steps=steps,
        left=np.ones((3, n, blocks + 1)),
        right=right,
        positions=np.empty((3, n, n)),
        rounded=np.empty((2, n, n), np.float32),
        whole=np.empty((n, n, 2), np.int16),
        part=np.empty((n, n), np.uint16),
        pixels=np.empty((n, n, 3), np.uint8),
    )


def sample(crop: Sampler, image: RgbImage, matrix: Matrix, border: int) -> NDArray[np.uint8]:
    """Return the crop, uint8 (n, n, 3), in memory that the next call overwrites.

    `matrix` (3, 3) maps pixels of the crop to pixels of `image`, both counted from the middle of
    the upper left one. `border` is what lies around the image: `BLACK`, or `EDGE` for its
    outermost pixels. Beyond 32,000 pixels OpenCV's own way is taken, bits or not.
    """
    if _reaches_far(crop, image, matrix):
        cv2.warpPerspective(
            *(image, matrix, (crop.size_px, crop.size_px)),
            dst=crop.pixels,
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=border,
        )
        return crop.pixels
    _find_positions(crop, matrix)
    if image.size <= _SMALL * crop.pixels.size:
        # A rotated crop reads memory in an order that no processor foresees. Once read through,
        # the image is in its cache: 0.04 ms at 640x480, which save 0.4.
        cv2.sumElems(image)
    x, y = crop.rounded
    cv2.convertMaps(x, y, cv2.CV_16SC2, crop.whole, crop.part)
    cv2.remap(*(image, crop.whole, crop.part, cv2.INTER_LINEAR), dst=crop.pixels, borderMode=border)
    return crop.pixels


def _reaches_far(crop: Sampler, image: RgbImage, matrix: Matrix) -> bool:
    n = crop.size_px
    across, down, _ = matrix.tolist()
    reach = max(abs(a) * n + abs(b) * n + abs(c) for a, b, c in (across, down))
    return bool(max(*image.shape[:2], reach) >= _FAR_PX)


def _find_positions(crop: Sampler, matrix: Matrix) -> None:
    a, b, c = matrix.T[:, :, np.newaxis, np.newaxis]
    steps = crop.steps
    np.add(a * steps[::_BLOCK] + b * steps[:, np.newaxis], c, out=crop.left[:, :, :-1])
    np.multiply(a[:, 0], steps % _BLOCK, out=crop.right[:, -1])
    np.matmul(crop.left, crop.right, out=crop.positions)
    xy, scale = crop.positions[:2], crop.positions[2]
    np.divide(1.0, scale, out=scale)
    np.multiply(xy, scale, out=xy)
    np.add(xy, _ROUNDER, out=xy)
    np.subtract(xy, _ROUNDER, out=crop.rounded, casting="same_kind")
