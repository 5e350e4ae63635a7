"""How a part of a picture moved since the one before: optical flow of good features, made one.

Corners (Shi & Tomasi 1994, "Good features to track") are followed through pyramids of both
pictures (Lucas & Kanade; Bouguet 2000) and back; those that do not return to where they came from
are left out (Kalal et al. 2010, "Forward-backward error"), and what most of the others agree on, by
RANSAC, is how the part moved, turned and grew.
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from firsthand.media.frame import RgbImage
from firsthand.objects.types import Doubles, Floats

Mask = NDArray[np.uint8]

LONGEST_PX: Final = 320
"""Flow is measured in a picture of this longer side, as MediaPipe's box tracker does."""

_MOST: Final = 60
"""So many features of a part are followed at most."""

_LEAST: Final = 8
"""Of fewer than so many that agree nobody can tell how the part moved."""

_QUALITY: Final = 0.01
_APART_PX: Final = 4
_WINDOW: Final = (15, 15)
_LEVELS: Final = 3
_BACK_PX: Final = 0.5
_AGREE_PX: Final = 1.0
_GROWN: Final = 1.5
"""From a frame to the next no more, and no less than one over it: else it is no motion."""

_ENOUGH: Final = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 15, 0.02)


@dataclass(frozen=True, slots=True, eq=False)
class Gray:
    """A small gray picture, uint8 (h, w); `scale` times the pixels of the original are its own."""

    pixels: NDArray[np.uint8]
    scale: float


def small_gray(image: RgbImage) -> Gray:
    """Return an image in gray, at most `LONGEST_PX` long."""
    gray = np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), np.uint8)
    height, width = gray.shape
    scale = min(1.0, LONGEST_PX / max(width, height))
    if scale < 1:
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        gray = np.asarray(cv2.resize(gray, size, interpolation=cv2.INTER_AREA), np.uint8)
    return Gray(gray, scale)


def features(picture: Gray, mask: Mask) -> Floats:
    """Return at most `_MOST` good features (n, 2) where `mask` is not 0."""
    found = cv2.goodFeaturesToTrack(picture.pixels, _MOST, _QUALITY, _APART_PX, mask=mask)
    return np.asarray([] if found is None else found, np.float32).reshape(-1, 2)


def within(picture: Gray, box: Floats | Doubles) -> Mask:
    """Return the mask of a rectangle (4,), left, top, width, height, in the original's pixels."""
    mask = np.zeros_like(picture.pixels)
    left, top, width, height = (np.asarray(box, np.float64) * picture.scale).tolist()
    tall, wide = mask.shape
    first_x, last_x = (round(min(max(x, 0), wide)) for x in (left, left + width))
    first_y, last_y = (round(min(max(y, 0), tall)) for y in (top, top + height))
    mask[first_y:last_y, first_x:last_x] = 255
    return mask


def followed(before: Gray, after: Gray, points: Floats) -> tuple[Floats, Floats]:
    """Return those of `points` (n, 2) that come back from where they went, and where that is."""
    if len(points) == 0:
        return points, points
    there, is_there = _flow(before, after, points)
    back, is_back = _flow(after, before, there)
    kept = is_there & is_back & (np.abs(back - points).max(axis=1) < _BACK_PX)
    return points[kept], there[kept]


def motion(before: Gray, after: Gray, points: Floats) -> Doubles | None:
    """Return how features (n, 2) of `before` moved: (2, 3), in the original's pixels.

    None where too few agree.
    """
    start, end = followed(before, after, points)
    if len(start) < _LEAST:
        return None
    matrix, agreed = cv2.estimateAffinePartial2D(
        start, end, method=cv2.RANSAC, ransacReprojThreshold=_AGREE_PX
    )
    if matrix is None or int(agreed.sum()) < max(_LEAST, len(start) // 3):
        return None
    grown = float(np.hypot(matrix[0, 0], matrix[1, 0]))
    if not 1 / _GROWN < grown < _GROWN:
        return None
    found = np.asarray(matrix, np.float64)
    found[:, 2] /= before.scale
    return found


def is_enough(points: Floats) -> bool:
    """Whether there are so many features that one could have told how they moved."""
    return len(points) >= _LEAST


def moved(points: Doubles, by: Doubles) -> Doubles:
    """Return points (n, 2) moved by a matrix (2, 3)."""
    found: Doubles = points @ by[:, :2].T + by[:, 2]
    return found


def _flow(before: Gray, after: Gray, points: Floats) -> tuple[Floats, NDArray[np.bool_]]:
    """Return where points (n, 2) went, and of which that is known, (n,)."""
    there, known, _ = cv2.calcOpticalFlowPyrLK(
        before.pixels,
        after.pixels,
        points,
        np.empty_like(points),
        winSize=_WINDOW,
        maxLevel=_LEVELS,
        criteria=_ENOUGH,
    )
    return np.asarray(there, np.float32), np.asarray(known).ravel() == 1
