"""Contact sheets: many samples in one picture, the truth drawn on some of them."""

from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np

from firsthand.hands.skeleton import BONES
from firsthand.media.frame import RgbImage
from firsthand.train.hands.samples import HandTruth, Sample

_TILE_PX: Final = 192
_RIGHT: Final = (90, 255, 120)
_LEFT: Final = (255, 190, 60)


def contact_sheet(samples: Sequence[Sample], columns: int = 10, marked_every: int = 2) -> RgbImage:
    """Lay samples out in rows; on every `marked_every`th draw hands, right ones green, left orange.

    Joints nearer than the wrist are drawn larger.
    """
    tiles = []
    for number, sample in enumerate(samples):
        scale = _TILE_PX / max(sample.image.shape[:2])
        scaled = cv2.resize(sample.image, (_TILE_PX, _TILE_PX), interpolation=cv2.INTER_AREA)
        tile = np.asarray(scaled, np.uint8)
        if number % marked_every == 0:
            for hand in sample.hands:
                _draw(tile, hand, scale)
        tiles.append(tile)
    while len(tiles) % columns:
        tiles.append(np.zeros_like(tiles[0]))
    rows = [np.hstack(tiles[start : start + columns]) for start in range(0, len(tiles), columns)]
    return np.asarray(np.vstack(rows), np.uint8)


def _draw(tile: RgbImage, hand: HandTruth, scale: float) -> None:
    colour = _RIGHT if hand.right else _LEFT
    places = [(int(x * scale), int(y * scale)) for x, y in hand.keypoints[:, :2]]
    for first, second in BONES:
        if hand.known[first] and hand.known[second]:
            cv2.line(tile, places[first], places[second], colour, 1, cv2.LINE_AA)
    for place, depth, known in zip(places, hand.keypoints[:, 2], hand.known, strict=True):
        if known:
            cv2.circle(tile, place, 2 if depth < 0 else 1, (255, 60, 60), -1, cv2.LINE_AA)
