"""An image's format and size from its header alone, so that a bomb is refused undecoded.

Only what stands in the first bytes is read; OpenCV does the decoding. Formats whose size is not
known beforehand are not accepted.
"""

import struct
from typing import NamedTuple

from firsthand.errors import MediaError

FORMATS = ("JPEG", "PNG", "WebP", "GIF", "BMP", "TIFF")

# Start-of-frame markers; 0xC4, 0xC8 and 0xCC in the same range mean other things.
_JPEG_FRAME = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_JPEG_BARE = frozenset({0x00, 0x01, 0xD8, *range(0xD0, 0xD8)})  # markers without a segment
_TIFF_WIDTH, _TIFF_HEIGHT = 256, 257
_TIFF_TYPES = {3: "H", 4: "I"}


class ImageHeader(NamedTuple):
    """What a file says it holds: `format` is one of `FORMATS`, the size is before rotation."""

    format: str
    width: int
    height: int


def read_header(data: bytes) -> ImageHeader:
    """Return the format and pixel size that `data`'s header states.

    Raises `MediaError` when the format is unknown, or the header is cut off or makes no sense.
    """
    try:
        header = _read(data)
    except struct.error as error:
        raise MediaError("the image's header is cut off") from error
    if header is None:
        raise MediaError(
            f"not an image of a known format (it starts with {data[:8]!r}); "
            f"known are {', '.join(FORMATS)}"
        )
    if header.width <= 0 or header.height <= 0:
        raise MediaError(f"{header.format} header with size {header.width} x {header.height}")
    return header


def check_chunks(data: bytes) -> None:
    """Raise `MediaError` where a chunk of a PNG claims more bytes than the file has.

    A decoder makes room for what is claimed before it looks for it.
    """
    at = 8
    while at + 8 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        left = len(data) - at - 12
        if length > left:
            raise MediaError(
                f"truncated or damaged PNG: a chunk claims {length} bytes, where {max(0, left)} are"
            )
        if kind == b"IEND":
            return
        at += 12 + length


def _read(data: bytes) -> ImageHeader | None:
    if data.startswith(b"\xff\xd8"):
        return _jpeg(data)
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return ImageHeader("PNG", *struct.unpack_from(">II", data, 16))
    if data.startswith((b"GIF87a", b"GIF89a")):
        return ImageHeader("GIF", *struct.unpack_from("<HH", data, 6))
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return _webp(data)
    if data.startswith((b"II*\0", b"MM\0*")):
        return _tiff(data)
    if data.startswith(b"BM"):
        return _bmp(data)
    return None


def _jpeg(data: bytes) -> ImageHeader:
    position = 2
    while True:
        position = data.find(b"\xff", position)
        if position < 0:
            raise MediaError("JPEG without a frame header")
        while data[position : position + 1] == b"\xff":  # any number of fill bytes may precede
            position += 1
        marker, position = data[position] if position < len(data) else 0xD9, position + 1
        if marker in _JPEG_BARE:
            continue
        if marker in (0xD9, 0xDA):
            raise MediaError("JPEG whose image data start before its frame header")
        if marker in _JPEG_FRAME:
            height, width = struct.unpack_from(">HH", data, position + 3)
            return ImageHeader("JPEG", width, height)
        (length,) = struct.unpack_from(">H", data, position)
        position += max(length, 2)


def _webp(data: bytes) -> ImageHeader:
    chunk = data[12:16]
    if chunk == b"VP8X":
        width, height = (
            1 + int.from_bytes(struct.unpack_from("3s", data, at)[0], "little") for at in (24, 27)
        )
    elif chunk == b"VP8L":
        (bits,) = struct.unpack_from("<I", data, 21)
        width, height = 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    elif chunk == b"VP8 ":
        width, height = (side & 0x3FFF for side in struct.unpack_from("<HH", data, 26))
    else:
        raise MediaError(f"WebP with an unknown first chunk {chunk!r}")
    return ImageHeader("WebP", width, height)


def _bmp(data: bytes) -> ImageHeader:
    (header_bytes,) = struct.unpack_from("<I", data, 14)
    width, height = struct.unpack_from("<HH" if header_bytes == 12 else "<ii", data, 18)
    return ImageHeader("BMP", width, abs(height))  # a negative height means top row first


def _tiff(data: bytes) -> ImageHeader:
    order = "<" if data.startswith(b"II") else ">"
    (directory,) = struct.unpack_from(order + "I", data, 4)
    (entries,) = struct.unpack_from(order + "H", data, directory)
    sides: dict[int, int] = {}
    for entry in range(entries):
        at = directory + 2 + 12 * entry
        tag, kind, count = struct.unpack_from(order + "HHI", data, at)
        if tag in (_TIFF_WIDTH, _TIFF_HEIGHT) and kind in _TIFF_TYPES and count == 1:
            (sides[tag],) = struct.unpack_from(order + _TIFF_TYPES[kind], data, at + 8)
    return ImageHeader("TIFF", sides.get(_TIFF_WIDTH, 0), sides.get(_TIFF_HEIGHT, 0))
