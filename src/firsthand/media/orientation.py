"""The eight ways a camera can have been held, by their EXIF numbers.

1 upright, 2 mirrored, 3 upside down, 4 mirrored upside down, 5 transposed, 6 to be turned right
by a quarter, 7 transposed over the other diagonal, 8 to be turned left by a quarter
(CIPA DC-008 "Exif", tag 0x0112 Orientation). Video says the same by a display matrix
(ISO/IEC 14496-12, track header box).
"""

import struct
from typing import Final

import cv2
import numpy as np

from firsthand.media.frame import RgbImage

UPRIGHT: Final = 1
_ORIENTATION_TAG: Final = 0x0112
_SHORT: Final = 3

# Keyed by the signs of a, b, c, d in x' = a x + c y, y' = b x + d y.
_BY_MATRIX: Final = {
    (1, 0, 0, 1): 1,
    (-1, 0, 0, 1): 2,
    (-1, 0, 0, -1): 3,
    (1, 0, 0, -1): 4,
    (0, 1, 1, 0): 5,
    (0, 1, -1, 0): 6,
    (0, -1, -1, 0): 7,
    (0, -1, 1, 0): 8,
}


def orient(image: RgbImage, orientation: int) -> RgbImage:
    """Return `image` as it should be seen, given its EXIF orientation (1..8)."""
    match orientation:
        case 2:
            return _rgb(cv2.flip(image, 1))
        case 3:
            return _rgb(cv2.rotate(image, cv2.ROTATE_180))
        case 4:
            return _rgb(cv2.flip(image, 0))
        case 5:
            return _rgb(cv2.transpose(image))
        case 6:
            return _rgb(cv2.rotate(image, cv2.ROTATE_90_CLOCKWISE))
        case 7:
            return _rgb(cv2.rotate(cv2.transpose(image), cv2.ROTATE_180))
        case 8:
            return _rgb(cv2.rotate(image, cv2.ROTATE_90_COUNTERCLOCKWISE))
        case _:
            return image


def orientation_from_exif(exif: bytes) -> int:
    """Return the orientation an EXIF block (a TIFF header and its first directory) asks for.

    Anything missing or malformed means `UPRIGHT`, as every viewer has it.
    """
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(exif[:4])
    if order is None:
        return UPRIGHT
    try:
        (directory,) = struct.unpack_from(order + "I", exif, 4)
        (entries,) = struct.unpack_from(order + "H", exif, directory)
        for entry in range(entries):
            tag, kind, count, value = struct.unpack_from(
                order + "HHIH", exif, directory + 2 + 12 * entry
            )
            if (tag, kind, count) == (_ORIENTATION_TAG, _SHORT, 1):
                return value if 1 <= value <= 8 else UPRIGHT
    except struct.error:  # a directory that points out of the block
        return UPRIGHT
    return UPRIGHT


def orientation_from_display_matrix(matrix: bytes) -> int:
    """Return the EXIF number of a video's display matrix: nine native int32 a b u c d v x y w.

    A turn that is no multiple of 90 degrees is left alone: `UPRIGHT`.
    """
    if len(matrix) != 36:
        return UPRIGHT
    a, b, _, c, d = struct.unpack_from("=5i", matrix)
    largest = max(abs(a), abs(b), abs(c), abs(d))
    if largest == 0:
        return UPRIGHT
    signs = (round(a / largest), round(b / largest), round(c / largest), round(d / largest))
    return _BY_MATRIX.get(signs, UPRIGHT)


def _rgb(image: "cv2.typing.MatLike") -> RgbImage:
    return np.ascontiguousarray(image, dtype=np.uint8)
