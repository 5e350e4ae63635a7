"""Still images in and out."""

from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
import numpy.typing as npt

from firsthand.errors import InputError, MediaError
from firsthand.media.files import read_bytes, replacing
from firsthand.media.frame import RgbImage, as_rgb
from firsthand.media.imagesize import check_chunks, read_header
from firsthand.media.orientation import orient, orientation_from_exif

MAX_IMAGE_PIXELS: Final = 134_217_728
"""2**27 pixels: four times 8K (7680 x 4320), 0.4 GB as RGB. Larger images are refused unread."""

IMAGE_SUFFIXES: Final = frozenset(
    {".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff"}
)
_WRITABLE: Final = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff")


def read_image(source: str | Path | bytes, *, max_pixels: int = MAX_IMAGE_PIXELS) -> RgbImage:
    """Decode an image file, or the bytes of one, to RGB as a viewer would show it.

    JPEG (CMYK too), PNG, WebP, GIF and animations (their first picture), BMP and TIFF, told
    apart by content, whatever the name's ending. The orientation in EXIF or TIFF is applied, all
    eight of them; gray becomes three equal channels; 16 bits are rounded to 8; alpha is composed
    over white. Colour profiles are ignored: values are taken as sRGB.

    Raises `MediaError`, naming the file and the reason, for anything else: a missing, empty,
    truncated or damaged file, a directory, or more than `max_pixels` pixels.
    """
    if isinstance(source, bytes):
        name, data = f"image of {len(source)} bytes", source
    else:
        name, data = str(source), read_bytes(Path(source))
    if not data:
        raise MediaError(f"{name}: empty, so there is no image to read")
    try:
        return _decode(data, max_pixels)
    except (InputError, cv2.error) as error:
        reason = error.err if isinstance(error, cv2.error) else error
        raise MediaError(f"{name}: {reason}") from error


def _decode(data: bytes, max_pixels: int) -> RgbImage:
    header = read_header(data)
    pixels = header.width * header.height
    if pixels > max_pixels:
        raise MediaError(
            f"{header.format} of {header.width} x {header.height} = {pixels} pixels, above the "
            f"limit of {max_pixels}; scale it down, or raise max_pixels"
        )
    if header.format == "PNG":
        check_chunks(data)
    encoded = np.frombuffer(data, np.uint8)
    if header.format == "JPEG":  # never has alpha or 16 bits; OpenCV turns it by its EXIF
        color = cv2.imdecode(encoded, cv2.IMREAD_COLOR_RGB)
        return as_rgb(_decoded(color, header.format))
    # IMREAD_UNCHANGED keeps alpha and depth, and leaves EXIF unapplied (TIFF's own tag is applied)
    image, kinds, metadata = cv2.imdecodeWithMetadata(encoded, flags=cv2.IMREAD_UNCHANGED)
    image = _decoded(image, header.format)
    if image.ndim == 3:
        code = cv2.COLOR_BGRA2RGBA if image.shape[2] == 4 else cv2.COLOR_BGR2RGB
        image = cv2.cvtColor(image, code)
    rgb = as_rgb(image)
    for kind, block in zip(kinds, metadata, strict=True):
        if kind == cv2.IMAGE_METADATA_EXIF:
            return orient(rgb, orientation_from_exif(bytes(block)))
    return rgb


def _decoded(image: npt.NDArray[Any] | None, image_format: str) -> npt.NDArray[Any]:
    if image is None or image.size == 0:
        raise MediaError(f"truncated or damaged {image_format}")
    return image


def write_image(path: str | Path, rgb: npt.NDArray[Any], *, quality: int = 95) -> None:
    """Write an image in the format that `path` ends in: .png, .jpg, .webp, .bmp or .tif.

    `rgb` is whatever `as_rgb` accepts. `quality` (1..100) concerns JPEG and WebP, the others are
    lossless. The file appears whole or not at all.

    Raises `MediaError` when the ending is unknown, the image does not fit the format, or the
    file cannot be written.
    """
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix not in _WRITABLE:
        raise MediaError(f"{path}: cannot write {suffix!r}; choose one of {', '.join(_WRITABLE)}")
    if not 1 <= quality <= 100:
        raise MediaError(f"{path}: quality is 1 to 100, not {quality}")
    flag = cv2.IMWRITE_WEBP_QUALITY if suffix == ".webp" else cv2.IMWRITE_JPEG_QUALITY
    options = [flag, quality] if suffix in (".webp", ".jpg", ".jpeg") else []
    image = as_rgb(rgb)
    try:
        done, encoded = cv2.imencode(suffix, cv2.cvtColor(image, cv2.COLOR_RGB2BGR), options)
    except cv2.error as error:
        raise MediaError(f"{path}: {error.err}") from error
    if not done:
        height, width, _ = image.shape
        raise MediaError(f"{path}: {suffix[1:].upper()} cannot hold {width} x {height} pixels")
    with replacing(path) as temporary:
        temporary.write_bytes(encoded.tobytes())


def encode_jpeg(image: RgbImage, quality: int) -> bytes:
    """Return an RGB image as a JPEG of a quality of 1..100; `MediaError` if it is too large."""
    height, width, _ = image.shape
    bgr = cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
    try:
        done, encoded = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, quality])
    except cv2.error as error:
        raise MediaError(f"a JPEG of {width} x {height} pixels: {error.err}") from error
    if not done:
        raise MediaError(f"JPEG cannot hold {width} x {height} pixels")
    return encoded.tobytes()


def within(image: RgbImage, longest_px: int) -> RgbImage:
    """Return an image, made smaller if its longer side exceeds `longest_px`."""
    height, width, _ = image.shape
    scale = longest_px / max(height, width)
    if scale >= 1:
        return image
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.ascontiguousarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA))
