"""Pictures of the palms that a detector finds, for people to look at while it learns."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from torch import nn

from firsthand.hands.palms import PalmModel, detect_palms, palm_model
from firsthand.hands.suppression import Palms
from firsthand.media.frame import RgbImage
from firsthand.media.image import write_image
from firsthand.train.hands.detector_net import SIZE_PX
from firsthand.train.hands.detector_targets import TruePalms
from firsthand.train.hands.detector_views import letterboxed
from firsthand.train.hands.samples import Sample
from firsthand.train.module_runner import module_runner

_COLUMNS: Final = 6
_TRUTH, _UNCLEAR, _FOUND = (0, 220, 0), (150, 150, 150), (255, 80, 0)


def draw_found(
    detector: nn.Module | PalmModel,
    samples: Sequence[Sample],
    path: Path,
    threshold: float = 0.5,
) -> None:
    """Draw each sample with its true palms (green, gray if unclear) and those found (orange)."""
    if not samples:
        return
    model = detector
    if isinstance(model, nn.Module):
        model = palm_model(module_runner(model, SIZE_PX))
    tiles = []
    for sample in samples:
        view = letterboxed(sample, SIZE_PX)
        tile = view.image.copy()
        _draw_truth(tile, view.palms)
        _draw_found(tile, detect_palms(model, view.image, threshold))
        tiles.append(tile)
    blank = np.zeros_like(tiles[0])
    tiles += [blank] * (-len(tiles) % _COLUMNS)
    rows = [np.hstack(tiles[i : i + _COLUMNS]) for i in range(0, len(tiles), _COLUMNS)]
    write_image(path, np.vstack(rows))


def _draw_truth(tile: RgbImage, palms: TruePalms) -> None:
    for center, side, clear in zip(palms.centers, palms.sides, palms.clear, strict=True):
        low, high = np.rint(center - side / 2).astype(int), np.rint(center + side / 2).astype(int)
        cv2.rectangle(tile, tuple(low), tuple(high), _TRUTH if clear else _UNCLEAR, 1)


def _draw_found(tile: RgbImage, palms: Palms) -> None:
    for box, keypoints, score in zip(palms.boxes, palms.keypoints, palms.scores, strict=True):
        left, top, width, height = (float(value) * SIZE_PX for value in box)
        low = (round(left), round(top))
        cv2.rectangle(tile, low, (round(left + width), round(top + height)), _FOUND, 1)
        for x, y in keypoints * SIZE_PX:
            cv2.circle(tile, (round(float(x)), round(float(y))), 1, _FOUND, -1)
        at = (low[0], max(low[1] - 2, 8))
        cv2.putText(tile, f"{score:.2f}", at, cv2.FONT_HERSHEY_PLAIN, 0.7, _FOUND)
