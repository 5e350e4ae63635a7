"""What a frame is, and how any array that holds an image becomes one."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from firsthand.errors import InputError, ShapeError

RgbImage = npt.NDArray[np.uint8]
"""uint8, height x width x 3, RGB, C-contiguous, neither side 0."""


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One image at one time.

    `image` is an `RgbImage`, `timestamp_us` microseconds on the clock of whatever made the frame
    (a video's own presentation times, a camera's clock). Two frames are equal only when they are
    the same object. Raises `ShapeError` for any other kind of image; `as_rgb` makes one.
    """

    image: RgbImage
    timestamp_us: int

    def __post_init__(self) -> None:
        image = self.image
        if (
            image.dtype != np.uint8
            or image.ndim != 3
            or image.shape[2] != 3
            or image.size == 0
            or not image.flags.c_contiguous
        ):
            layout = "contiguous" if image.flags.c_contiguous else "non-contiguous"
            raise ShapeError(
                f"a frame holds contiguous uint8 of shape (height, width, 3), not {layout} "
                f"{image.dtype} of shape {image.shape}; convert it with as_rgb()"
            )


def as_rgb(array: npt.NDArray[Any]) -> RgbImage:
    """Return `array` as an RGB image, without a copy where it already is one.

    Accepts height x width, or height x width x 1, 3 or 4 channels (gray, RGB, RGBA), of any
    memory layout, as uint8, uint16 (0..65535), bool, or float in 0..1. Alpha is straight, not
    premultiplied, and is composed over white. Values are rounded to the nearest of 256 levels.

    Raises `ShapeError` for another shape or dtype, `InputError` for floats that are not finite
    or leave 0..1.
    """
    if not isinstance(array, np.ndarray):
        raise ShapeError(
            f"an image is a NumPy array, not a {type(array).__name__}; read_image() reads a file"
        )
    if array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] not in (1, 3, 4)):
        raise ShapeError(
            f"an image has shape (height, width) or (height, width, 1, 3 or 4), not {array.shape}"
        )
    if array.size == 0:
        raise ShapeError(f"an image has at least one pixel; this one has shape {array.shape}")
    pixels = _as_uint8(array if array.ndim == 3 else array[:, :, np.newaxis])
    if pixels.shape[2] == 4:
        return _over_white(pixels)
    if pixels.shape[2] == 1:
        return np.repeat(pixels, 3, axis=2)
    return np.ascontiguousarray(pixels)


def _as_uint8(array: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
    if array.dtype == np.uint8:
        return array
    if array.dtype == np.bool_:
        return array.astype(np.uint8) * np.uint8(255)
    if array.dtype == np.uint16:
        return ((array.astype(np.uint32) * 255 + 32767) // 65535).astype(np.uint8)
    if np.issubdtype(array.dtype, np.floating):
        low, high = float(array.min()), float(array.max())
        if not (low >= 0.0 and high <= 1.0):  # written so that NaN fails too
            raise InputError(
                f"a float image has values in 0..1, this one in {low:g}..{high:g}; "
                "divide by its maximum, or convert it to uint8"
            )
        return np.rint(array.astype(np.float32) * 255).astype(np.uint8)
    raise ShapeError(f"an image is uint8, uint16, bool or float in 0..1, not {array.dtype}")


def _over_white(rgba: npt.NDArray[np.uint8]) -> RgbImage:
    alpha = rgba[:, :, 3:].astype(np.uint16)
    color = rgba[:, :, :3].astype(np.uint16)
    return ((color * alpha + 255 * (255 - alpha) + 127) // 255).astype(np.uint8)
