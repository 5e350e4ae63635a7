"""Images, their headers, and which way up they are."""

from contextlib import suppress

import cv2
import fuzz_files as files

from firsthand.errors import InputError, MediaError
from firsthand.media.image import read_image
from firsthand.media.imagesize import read_header
from firsthand.media.orientation import orientation_from_display_matrix, orientation_from_exif
from firsthand.web.live.camera_frames import decode_frame, read_frame

cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)

MAX_PIXELS = 1_000_000  # larger ones are as right, and slow the search down


def image(data: bytes) -> None:
    with suppress(MediaError):
        found = read_image(data, max_pixels=MAX_PIXELS)
        assert found.ndim == 3
        assert found.dtype == "uint8"


def image_file(data: bytes) -> None:
    with suppress(MediaError):
        read_image(files.file("picture", data), max_pixels=MAX_PIXELS)


def header(data: bytes) -> None:
    with suppress(MediaError):
        found = read_header(data)
        assert found.width > 0
        assert found.height > 0


def exif(data: bytes) -> None:
    assert 1 <= orientation_from_exif(data) <= 8


def display_matrix(data: bytes) -> None:
    assert 1 <= orientation_from_display_matrix(data) <= 8


def camera_frame(data: bytes) -> None:
    with suppress(InputError):
        decode_frame(read_frame(data))


PARSERS = {
    "i": image,
    "f": image_file,
    "h": header,
    "e": exif,
    "m": display_matrix,
    "c": camera_frame,
}
