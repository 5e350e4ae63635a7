"""Pictures of the boxes that a network finds, for people to look at while it learns."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray
from torch import nn

from firsthand.media.frame import RgbImage
from firsthand.media.image import write_image
from firsthand.objects.drawing import EDGES
from firsthand.objects.single_stage import Fitting, decoded, single_stage
from firsthand.train.module_runner import module_runner
from firsthand.train.objects.lessons import Lesson

_COLUMNS: Final = 4
_TRUTH, _FOUND = (0, 220, 0), (255, 80, 0)


def draw_found(
    network: nn.Module, lessons: Sequence[Lesson], path: Path, side: int, threshold: float = 0.4
) -> None:
    """Draw each lesson with its true boxes (green) and the places found (orange)."""
    if not lessons:
        return
    model = single_stage(module_runner(network, side))
    tiles = []
    for lesson in lessons:
        own = lesson.image.shape[0]
        fitting = Fitting.of(own, own, side)
        square = fitting.picture(lesson.image)
        tile = square.copy()
        for nine in lesson.places:
            draw_box(tile, fitting.forth(nine.astype(np.float64)), _TRUTH)
        logits, places, turns, _ = model.runner(square[None].astype(np.float32) / 255)
        for nine, _ in decoded(logits[0, :, :, 0], places[0], turns[0], threshold):
            draw_box(tile, nine, _FOUND)
        tiles.append(tile)
    tiles += [np.zeros_like(tiles[0])] * (-len(tiles) % _COLUMNS)
    rows = [np.hstack(tiles[i : i + _COLUMNS]) for i in range(0, len(tiles), _COLUMNS)]
    write_image(path, np.vstack(rows))


def draw_box(tile: RgbImage, nine: NDArray[Any], colour: tuple[int, int, int]) -> None:
    """Draw the edges between a box's places (9, 2) into a picture."""
    corners = np.clip(np.rint(nine[1:] * 8), -(2**20), 2**20).astype(int)
    for one, other in EDGES:
        first, last = corners[one].tolist(), corners[other].tolist()
        cv2.line(tile, tuple(first), tuple(last), colour, 1, cv2.LINE_AA, 3)
