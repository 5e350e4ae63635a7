"""Pictures of what a landmark network finds, for people to look at while it learns."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from firsthand.hands.skeleton import BONES
from firsthand.media.frame import RgbImage
from firsthand.media.image import write_image
from firsthand.train.hands.crops import cut, followed_region
from firsthand.train.hands.landmark_net import INPUT_PX, outputs_of
from firsthand.train.hands.samples import Sample

_ENLARGED: Final = 2
_COLUMNS: Final = 6
_TRUTH, _FOUND = (0, 200, 0), (255, 80, 0)


def draw_found(net: nn.Module, samples: Sequence[Sample], path: Path) -> None:
    """Draw the first hand of each sample with its truth (green) and what `net` finds (orange)."""
    crops = []
    for sample in samples:
        height, width = sample.image.shape[:2]
        region = followed_region(sample.hands[0], width, height) if sample.hands else None
        if region is not None:
            crops.append(cut(sample.image, sample.hands[0], region, INPUT_PX, False))
    if not crops:
        return
    images = np.stack([crop.image for crop in crops])
    with torch.no_grad():
        out = outputs_of(net(torch.from_numpy(images).permute(0, 3, 1, 2).float() / 255))
    tiles = []
    for crop, points in zip(crops, out.points.numpy(), strict=True):
        tile = np.asarray(cv2.resize(crop.image, None, fx=_ENLARGED, fy=_ENLARGED), np.uint8)
        _draw(tile, crop.points, _TRUTH)
        _draw(tile, points, _FOUND)
        tiles.append(tile)
    write_image(path, _sheet(tiles))


def _draw(tile: NDArray[np.uint8], points: NDArray[np.float32], colour: tuple[int, ...]) -> None:
    placed = np.rint(points[:, :2] * _ENLARGED).clip(-2000, 2000).astype(int)
    for one, other in BONES:
        cv2.line(tile, tuple(placed[one]), tuple(placed[other]), colour, 1, cv2.LINE_AA)


def _sheet(tiles: list[RgbImage]) -> RgbImage:
    blank = np.zeros_like(tiles[0])
    tiles = tiles + [blank] * (-len(tiles) % _COLUMNS)
    rows = [np.hstack(tiles[i : i + _COLUMNS]) for i in range(0, len(tiles), _COLUMNS)]
    return np.vstack(rows)
