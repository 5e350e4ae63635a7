"""A camera's pictures as the page sends them: a number, a time, and a JPEG."""

import struct
from dataclasses import dataclass
from typing import Final

from firsthand.errors import InputError, MediaError
from firsthand.media.frame import RgbImage
from firsthand.media.image import read_image
from firsthand.media.imagesize import read_header

MAX_FRAME_PIXELS: Final = 2_100_000
"""Full HD. The page sends less; a picture that claims more is refused undecoded."""

_HEADER: Final = struct.Struct(">IQ")
_LARGEST_US: Final = 2**53  # what a page's numbers hold exactly


@dataclass(frozen=True, slots=True)
class CameraFrame:
    """An encoded picture.

    - `number`: 0..2**32 - 1; the page's own, to know the answer by.
    - `timestamp_us`: 0..2**53 on the page's clock.
    """

    number: int
    timestamp_us: int
    jpeg: bytes


def read_frame(message: bytes) -> CameraFrame:
    """Return the frame in a message: number (4 bytes), microseconds (8 bytes), JPEG.

    Numbers are unsigned, the most significant byte first. Raises `InputError` for a message that
    is too short or a time out of range; the JPEG is not looked at.
    """
    if len(message) <= _HEADER.size:
        raise InputError(f"a frame of {len(message)} bytes, which has no picture in it")
    number, timestamp_us = _HEADER.unpack_from(message)
    if timestamp_us > _LARGEST_US:
        raise InputError(f"a frame at {timestamp_us} us, above the limit of {_LARGEST_US}")
    return CameraFrame(number, timestamp_us, message[_HEADER.size :])


def decode_frame(frame: CameraFrame) -> RgbImage:
    """Return the picture; `MediaError` if it is no JPEG, damaged, or above the limit."""
    header = read_header(frame.jpeg)
    if header.format != "JPEG":
        raise MediaError(f"a frame is a JPEG, not {header.format}")
    return read_image(frame.jpeg, max_pixels=MAX_FRAME_PIXELS)
