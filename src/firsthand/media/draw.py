"""Smooth drawing over RGB images, in place, at positions finer than a pixel.

Points are (x, y) in pixels, the centre of the top left pixel being (0, 0). A colour is (r, g, b)
in 0..255. Everything may lie partly or wholly outside the image; points that are NaN or infinite
are left out. Each function draws into the image it is given and returns it.
"""

import math
from collections.abc import Sequence
from functools import cache
from itertools import pairwise
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from firsthand.errors import ShapeError
from firsthand.media.frame import RgbImage

Color = tuple[int, int, int]
Point = tuple[float, float]

WHITE: Final[Color] = (255, 255, 255)
PLATE: Final[Color] = (24, 24, 24)

_SHIFT: Final = 4  # OpenCV counts in sixteenths of a pixel
_ONE: Final = 1 << _SHIFT
_WEIGHT: Final = 500  # of the type: 400 is regular, 700 bold
_LARGEST_TYPE_PX: Final = 500.0
_LARGEST_RADIUS_PX: Final = 16_384.0
_FAR_PX: Final = 1e9  # beyond this a line's direction no longer matters


def draw_line(
    image: RgbImage, start: Point, end: Point, color: Color, width_px: float = 2.0
) -> RgbImage:
    """Draw a line with round ends."""
    return draw_polyline(image, np.array([start, end], np.float64), color, width_px)


def draw_polyline(
    image: RgbImage,
    points: npt.NDArray[np.floating] | Sequence[Point],
    color: Color,
    width_px: float = 2.0,
    *,
    closed: bool = False,
) -> RgbImage:
    """Draw lines from each of `points` (n x 2) to the next, and to the first if `closed`.

    A point that is not finite breaks the line. `width_px` is rounded to whole pixels, at least 1.
    """
    _check(image)
    corners = np.asarray(points, np.float64).reshape(-1, 2)
    if len(corners) < 2:
        return image
    width = _whole_width(width_px)
    margin = width + 2
    height_px, width_image_px, _ = image.shape
    beyond = (width_image_px + margin, height_px + margin)
    if ((corners >= -margin) & (corners <= beyond)).all():
        fixed = np.rint(corners * _ONE).astype(np.int32)
        cv2.polylines(image, [fixed], closed, color, width, cv2.LINE_AA, _SHIFT)
        return image
    places = corners.tolist()
    if closed:
        places.append(places[0])
    for (x0, y0), (x1, y1) in pairwise(places):
        piece = _clipped(x0, y0, x1, y1, -margin, beyond)
        if piece is not None:
            cv2.line(
                image, _fixed(*piece[:2]), _fixed(*piece[2:]), color, width, cv2.LINE_AA, _SHIFT
            )
    return image


def draw_disc(
    image: RgbImage,
    center: Point,
    radius_px: float,
    color: Color,
    *,
    width_px: float | None = None,
) -> RgbImage:
    """Draw a filled disc, or with `width_px` the circle around it."""
    _check(image)
    x, y = center
    if not all(map(math.isfinite, (x, y, radius_px))) or radius_px <= 0:
        return image
    height, width, _ = image.shape
    radius = min(radius_px, _LARGEST_RADIUS_PX)
    thickness = -1 if width_px is None else _whole_width(width_px)
    reach = radius + max(thickness, 0) + 2
    if not (-reach <= x <= width + reach and -reach <= y <= height + reach):
        return image
    cv2.circle(image, _fixed(x, y), round(radius * _ONE), color, thickness, cv2.LINE_AA, _SHIFT)
    return image


def draw_box(
    image: RgbImage, top_left: Point, bottom_right: Point, color: Color, width_px: float = 2.0
) -> RgbImage:
    """Draw the outline of an upright box."""
    (left, top), (right, bottom) = top_left, bottom_right
    corners = [(left, top), (right, top), (right, bottom), (left, bottom)]
    return draw_polyline(image, corners, color, width_px, closed=True)


def draw_text(
    image: RgbImage,
    text: str,
    top_left: Point,
    *,
    size_px: float = 20.0,
    color: Color = WHITE,
    plate: Color | None = PLATE,
) -> RgbImage:
    """Write `text` with its plate's top left corner at `top_left`, to the nearest pixel.

    `size_px` is the type size (capitals are seven tenths of it), rounded to whole pixels;
    `plate` the colour behind the text, which keeps it legible on any picture (None: no plate).
    Newlines part lines. What OpenCV's built-in font lacks is shown as question marks.
    """
    _check(image)
    x, y = top_left
    height, width, _ = image.shape
    if not all(map(math.isfinite, (x, y, size_px))) or not 1 <= size_px <= _LARGEST_TYPE_PX:
        return image
    size = round(size_px)
    lines = [line.encode("utf-8", "replace").decode() for line in text.split("\n")]
    font = _font()
    boxes = [cv2.getTextSize((width, height), line, (0, 0), font, size, _WEIGHT) for line in lines]
    pad, pitch, capitals = round(size * 0.35), round(size * 1.25), round(size * 0.7)
    plate_width = 2 * pad + max(box[0] + box[2] for box in boxes)
    plate_height = 2 * pad + capitals + pitch * (len(lines) - 1)
    if not (-plate_width < x < width and -plate_height < y < height):
        return image
    left, top = round(x), round(y)
    if plate is not None:
        rows = slice(max(top, 0), max(top + plate_height, 0))
        image[rows, max(left, 0) : max(left + plate_width, 0)] = plate
    for number, line in enumerate(lines):
        at = (left + pad, top + pad + capitals + number * pitch)
        cv2.putText(image, line, at, color, font, size, _WEIGHT)
    return image


@cache
def _font() -> cv2.FontFace:
    return cv2.FontFace("sans")


def _check(image: RgbImage) -> None:
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3:
        raise ShapeError(
            f"drawing needs uint8 of shape (height, width, 3), not {image.dtype} of shape "
            f"{image.shape}; convert it with as_rgb()"
        )
    if not image.flags.c_contiguous or not image.flags.writeable:
        raise ShapeError("drawing needs a contiguous, writeable image; draw into image.copy()")


def _whole_width(width_px: float) -> int:
    if not math.isfinite(width_px):
        return 1
    return max(1, round(min(width_px, 255.0)))  # OpenCV allows 32767, slowly


def _fixed(x: float, y: float) -> tuple[int, int]:
    return round(x * _ONE), round(y * _ONE)


def _clipped(
    x0: float, y0: float, x1: float, y1: float, low: float, high: tuple[float, float]
) -> tuple[float, float, float, float] | None:
    """Cut a line to low..high in both axes (Liang and Barsky, 1984); None if nothing is left.

    OpenCV's own clipping overflows far outside.
    """
    if not all(map(math.isfinite, (x0, y0, x1, y1))):
        return None
    x0, y0, x1, y1 = (min(max(value, -_FAR_PX), _FAR_PX) for value in (x0, y0, x1, y1))
    enter, leave = 0.0, 1.0
    for start, end, top in ((x0, x1, high[0]), (y0, y1, high[1])):
        step = end - start
        if step == 0:
            if not low <= start <= top:
                return None
            continue
        near, far = sorted(((low - start) / step, (top - start) / step))
        enter, leave = max(enter, near), min(leave, far)
    if enter > leave:
        return None
    return (
        x0 + enter * (x1 - x0),
        y0 + enter * (y1 - y0),
        x0 + leave * (x1 - x0),
        y0 + leave * (y1 - y0),
    )
