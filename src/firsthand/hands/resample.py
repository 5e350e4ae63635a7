"""Resampling a rotated square of an image with MediaPipe's arithmetic, bit for bit.

MediaPipe crops with `warpPerspective` of OpenCV 3.4: positions are rounded to 1/32 pixel, weights
and sums are whole numbers. OpenCV 5 interpolates in floating point, so that one value in thirty
comes out one level off, which tracking, feeding its results back, can multiply to several pixels.
`cv2.remap` still has the old kernel for positions given as whole numbers, so these are computed
here.
"""

from dataclasses import dataclass
from math import floor
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
# Positions are worked on in strips of so many rows, which the second-level cache holds.
_STRIP: Final = 56
_SMALL: Final = 8
_FAR_PX: Final = 32_000.0  # positions become int16


@dataclass(frozen=True, slots=True, eq=False)
class Sampler:
    """Scratch memory for squares of `size_px`, n; used by one thread at a time.

    `left` (3, blocks + 1, n) holds the three numerators at the left ends of the blocks of each
    row, then a 1; `right` (3, blocks + 1, n) tells each column's block, then its step from there.
    Their product adds the two: the other summands are zeros. `window` is for `_window`.
    """

    size_px: int
    steps: NDArray[np.float64]
    steps_in_block: NDArray[np.float64]
    left: NDArray[np.float64]
    right: NDArray[np.float64]
    positions: NDArray[np.float64]
    rounded: NDArray[np.float32]
    whole: NDArray[np.int16]
    part: NDArray[np.uint16]
    window: NDArray[np.uint8]
    pixels: NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class _Window:
    """What a crop reads of an image: its pixel 0, 0 is the image's `x0`, `y0`.

    Positions from `low` to `high_x`, `high_y` give all values there are.
    """

    pixels: RgbImage
    x0: int
    y0: int
    low: int
    high_x: int
    high_y: int


def sampler(size_px: int) -> Sampler:
    """Return a sampler for crops of `size_px` x `size_px` pixels."""
    n = size_px
    steps = np.arange(n, dtype=np.float64)
    blocks = -(-n // _BLOCK)
    right = np.zeros((3, blocks + 1, n))
    right[:, :blocks] = steps // _BLOCK == np.arange(blocks)[:, np.newaxis]
    pixels = np.empty((n, n, 3), np.uint8)
    return Sampler(
        n,
        steps=steps,
        steps_in_block=steps % _BLOCK,
        left=np.ones((3, blocks + 1, n)),
        right=right,
        positions=np.empty((3, min(n, _STRIP), n)),
        rounded=np.empty((2, min(n, _STRIP), n), np.float32),
        whole=np.empty((n, n, 2), np.int16),
        part=np.empty((n, n), np.uint16),
        window=np.empty(_SMALL * pixels.size, np.uint8),
        pixels=pixels,
    )


def sample(crop: Sampler, image: RgbImage, matrix: Matrix, border: int) -> NDArray[np.uint8]:
    """Return the crop, uint8 (n, n, 3), in memory that the next call overwrites.

    `matrix` (3, 3) maps pixels of the crop to pixels of `image`, both counted from the middle of
    the upper left one. `border` is what lies around the image: `BLACK`, or `EDGE` for its
    outermost pixels. Beyond 32,000 pixels OpenCV's own way is taken, bits or not.
    """
    n = crop.size_px
    across, down, _ = matrix.tolist()
    reach = max(abs(a) * n + abs(b) * n + abs(c) for a, b, c in (across, down))
    if not max(*image.shape[:2], reach) < _FAR_PX:
        cv2.warpPerspective(
            *(image, matrix, (n, n)),
            dst=crop.pixels,
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=border,
        )
        return crop.pixels
    window = _window(crop, image, across, down, border)
    _find_positions(crop, matrix, window)
    cv2.remap(
        *(window.pixels, crop.whole, crop.part, cv2.INTER_LINEAR),
        dst=crop.pixels,
        borderMode=border,
    )
    return crop.pixels


def _window(
    crop: Sampler, image: RgbImage, across: list[float], down: list[float], border: int
) -> _Window:
    """Copy what the crop reads and put a border around it.

    Outside the image all is as on the border, so positions there can be moved to it, and `remap`
    treats no pixel apart, which takes it several times as long. Also, a rotated crop reads memory
    in an order that no processor foresees; a copy is in its cache. Of a part much larger than the
    crop, which leaves most pixels out, there is no copy.
    """
    height, width = image.shape[:2]
    left, right = _span(across, crop.size_px, width)
    top, bottom = _span(down, crop.size_px, height)
    inner = image[top:bottom, left:right]
    w, h = right - left, bottom - top
    size = (h + 3) * (w + 3) * 3
    if size > crop.window.size:
        return _Window(inner, left, top, -2, w + 1, h + 1)
    padded = crop.window[:size].reshape(h + 3, w + 3, 3)
    cv2.copyMakeBorder(inner, 1, 2, 1, 2, border, dst=padded)
    return _Window(padded, left - 1, top - 1, 0, w + 1, h + 1)


def _span(row: list[float], n: int, size: int) -> tuple[int, int]:
    """Return the range of pixels, at least one of `size`, that a x + b y + c reads, x, y < n."""
    a, b, c = row
    low = c + (min(a, 0.0) + min(b, 0.0)) * n
    high = c + (max(a, 0.0) + max(b, 0.0)) * n
    begin = min(max(floor(low) - 1, 0), size - 1)
    return begin, max(min(floor(high) + 3, size), begin + 1)


def _find_positions(crop: Sampler, matrix: Matrix, window: _Window) -> None:
    a, b, c = matrix.T[:, :, np.newaxis, np.newaxis]
    steps, n = crop.steps, crop.size_px
    np.add(a * steps[::_BLOCK, np.newaxis] + b * steps, c, out=crop.left[:, :-1])
    np.multiply(a[:, 0], crop.steps_in_block, out=crop.right[:, -1])
    left = crop.left.swapaxes(1, 2)
    origin = np.array([[[_ROUNDER + window.x0]], [[_ROUNDER + window.y0]]])
    low, high = np.float32(window.low), np.array([[[window.high_x]], [[window.high_y]]], np.float32)
    for top in range(0, n, _STRIP):
        rows = slice(top, min(top + _STRIP, n))
        height = rows.stop - top
        positions, rounded = crop.positions[:, :height], crop.rounded[:, :height]
        np.matmul(left[:, rows], crop.right, out=positions)
        xy, scale = positions[:2], positions[2]
        np.divide(1.0, scale, out=scale)
        np.multiply(xy, scale, out=xy)
        np.add(xy, _ROUNDER, out=xy)
        np.subtract(xy, origin, out=rounded, casting="same_kind")
        rounded.clip(low, high, out=rounded)
        x, y = rounded
        cv2.convertMaps(x, y, cv2.CV_16SC2, crop.whole[rows], crop.part[rows])
