"""Boxes drawn into an image: twelve edges each, those of hidden objects in dashes."""

from collections.abc import Iterator
from typing import Final

import numpy as np

from firsthand.geometry.boxes import SIGNS
from firsthand.media.draw import WHITE, Color, draw_disc, draw_line, draw_text
from firsthand.media.frame import RgbImage
from firsthand.objects.types import Doubles, FoundObject, ObjectsResult

COLORS: Final[tuple[Color, ...]] = (
    (64, 200, 120),
    (255, 150, 60),
    (90, 160, 255),
    (240, 110, 190),
    (250, 215, 80),
)
"""One for each object, over again from the sixth on."""

EDGES: Final = tuple(
    (one, other)
    for one in range(8)
    for other in range(one + 1, 8)
    if np.abs(SIGNS[one] - SIGNS[other]).sum() == 2
)
"""The twelve pairs of corners, in the order of `geometry.boxes.SIGNS`, that an edge joins."""

_DARK: Final[Color] = (20, 20, 20)
_DASHES: Final = 12


def draw_objects(image: RgbImage, result: ObjectsResult) -> RgbImage:
    """Return a copy of `image` with the boxes of its objects, each named and in its own colour.

    Edges farther away are drawn first and thinner. What the model did not see in this image is
    drawn in dashes where it should be.
    """
    drawn = image.copy()
    width_px = max(2.0, max(result.width, result.height) / 300)
    for each in result.objects:
        _draw(drawn, each, COLORS[each.track_id % len(COLORS)], width_px, result)
    return drawn


def _draw(
    image: RgbImage, each: FoundObject, color: Color, width_px: float, result: ObjectsResult
) -> None:
    seen = result.camera.project(each.box.corners)
    away = each.box.corners[:, 2]
    middle = float(each.box.middle[2])
    edges = sorted(EDGES, key=lambda edge: -float(away[list(edge)].sum()))
    for one, other in edges:
        is_near = float(away[[one, other]].mean()) < middle
        width = width_px if is_near else width_px * 0.6
        for start, end in _strokes(seen[one], seen[other], each.is_seen):
            draw_line(image, start, end, _DARK, width + 2)
            draw_line(image, start, end, color, width)
    x, y = (float(value) for value in result.camera.project(each.box.middle))
    draw_disc(image, (x, y), width_px * 1.6, WHITE)
    finite = seen[np.isfinite(seen).all(axis=1)]
    if len(finite):
        left, top = finite.min(axis=0)
        size_px = max(12.0, result.height / 40)
        at = (max(float(left), 0.0), max(float(top) - 2 * size_px, 0.0))
        draw_text(image, _words(each), at, size_px=size_px)


def _words(each: FoundObject) -> str:
    words = f"{each.category} {each.track_id}"
    if each.is_metric:
        words += " " + " x ".join(f"{edge * 100:.0f}" for edge in each.box.size) + " cm"
    return words if each.is_seen else f"{words} (hidden)"


def _strokes(
    one: Doubles, other: Doubles, is_whole: bool
) -> Iterator[tuple[tuple[float, float], tuple[float, float]]]:
    """Yield the parts of a line: all of it, or its dashes."""
    parts = 1 if is_whole else _DASHES
    for number in range(parts):
        start = one + (other - one) * (number / parts)
        end = one + (other - one) * ((number + (1 if is_whole else 0.45)) / parts)
        yield (float(start[0]), float(start[1])), (float(end[0]), float(end[1]))
