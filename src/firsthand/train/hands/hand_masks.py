"""Telling the pixels of a hand from those of a plain background, its joints being known.

GrabCut (Rother, Kolmogorov and Blake, SIGGRAPH 2004) tells them apart by colour, told by the
skeleton what is surely hand, and by the distance from it what is surely not. It works on an
enlarged photograph, so that averaging back gives an edge that is soft over a pixel.
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from firsthand.hands.skeleton import BONES
from firsthand.media.frame import RgbImage
from firsthand.train.hands.palm_boxes import palm_size

Mask = NDArray[np.uint8]
Points = NDArray[np.float64]

_WORK_PX: Final = 200
_ROUNDS: Final = 3
_PALM: Final = (0, 1, 5, 9, 13, 17)
# widths in palm sizes: of what is surely hand, likely hand, and at most hand
_SURE, _LIKELY, _MOST = 0.1, 0.34, 0.84
_FOREARM_LONG, _FOREARM_WIDER = 1.6, 0.45
# a pixel this much nearer to the background's colours than to the hand's (squared Mahalanobis)
_LIKE_BACKGROUND, _RATHER = 6.0, 4.0
_FEW: Final = 16

LEAST_COVERED: Final = 20
"""Of the 21 joints so many must lie in the mask, or outside the photograph."""
AREA_RANGE: Final = (0.7, 4.5)
"""Area of the hand and what is seen of its forearm, in squared palm sizes."""
LEAST_CONTRAST: Final = 1.5
"""How far the hand's colours lie from the background's, in standard deviations of these."""
MOST_LEAK: Final = 0.06
"""The share of the mask's edge that may lie where the hand was said to end at the latest."""


@dataclass(frozen=True, slots=True, eq=False)
class HandMask:
    """`mask` holds 0 and 1 for an image enlarged by `scale`; `fault` says why it is no good."""

    mask: Mask
    scale: float
    fault: str | None


def hand_mask(image: RgbImage, keypoints: NDArray[np.floating]) -> HandMask:
    """Find the hand whose `keypoints` (21, 2 or more) are given in pixels of an RGB image."""
    height, width = image.shape[:2]
    scale = _WORK_PX / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    points = keypoints[:, :2].astype(np.float64) * scale
    palm = palm_size(points)
    if not palm > 1:  # written so that NaN is no hand
        return HandMask(np.zeros(size[::-1], np.uint8), scale, "hand without extent")
    large = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_CUBIC), np.uint8)
    most = _skeleton(size, points, palm, _MOST, forearm=True)
    labels = np.full(size[::-1], cv2.GC_BGD, np.uint8)
    labels[most > 0] = cv2.GC_PR_BGD
    labels[_skeleton(size, points, palm, _LIKELY, forearm=True) > 0] = cv2.GC_PR_FGD
    sure = _skeleton(size, points, palm, _SURE, forearm=False)
    labels[sure > 0] = cv2.GC_FGD
    if not (labels != cv2.GC_BGD).any() or not sure.any() or (labels != cv2.GC_BGD).all():
        return HandMask(np.zeros(size[::-1], np.uint8), scale, "hand outside, or all there is")
    models = np.zeros((2, 1, 65))
    cv2.setRNGSeed(0)
    cv2.grabCut(large, labels, (0, 0, 1, 1), models[0], models[1], _ROUNDS, cv2.GC_INIT_WITH_MASK)
    mask = ((labels == cv2.GC_FGD) | (labels == cv2.GC_PR_FGD)).astype(np.uint8)
    far = _distances(large, 1 - mask, sure)
    if far is None:
        return HandMask(mask, scale, "hand or background too small")
    contrast = float(np.sqrt(far[0][mask > 0].mean()))
    # slits between fingers are so thin that GrabCut's smoothness closes them
    slits = (far[0] < _LIKE_BACKGROUND) & (far[0] < far[1] - _RATHER) & (sure == 0)
    mask[slits] = 0
    mask = _cleaned(mask, points, palm)
    fault = _fault(mask, most, points, palm)
    if contrast < LEAST_CONTRAST:
        fault = "hand and background look alike"
    return HandMask(mask, scale, fault)


def _skeleton(
    size: tuple[int, int], points: Points, palm: float, thickness: float, *, forearm: bool
) -> Mask:
    """Draw the palm filled and bones so thick, in palm sizes, and the forearm if asked for."""
    drawn = np.zeros(size[::-1], np.uint8)
    whole = np.rint(points).astype(np.int32)
    width = max(1, round(thickness * palm))
    cv2.fillConvexPoly(drawn, cv2.convexHull(whole[list(_PALM)]), 1)
    for a, b in BONES:
        cv2.line(drawn, whole[a].tolist(), whole[b].tolist(), 1, width)
    if forearm:
        down = points[0] - points[9]
        end = points[0] + down / max(np.hypot(*down), 1e-6) * palm * _FOREARM_LONG
        thick = max(1, round((thickness + _FOREARM_WIDER) * palm))
        cv2.line(drawn, whole[0].tolist(), np.rint(end).astype(int).tolist(), 1, thick)
    return drawn


def _distances(image: RgbImage, background: Mask, hand: Mask) -> NDArray[np.float32] | None:
    """Return squared Mahalanobis distances (2, height, width) from background's and hand's colours.

    None where one of them is too small to have any.
    """
    colours = cv2.cvtColor(image, cv2.COLOR_RGB2LAB).astype(np.float32)
    far = []
    for chosen in (background > 0, hand > 0):
        own = colours[chosen]
        if len(own) < _FEW:
            return None
        mean, inverse = own.mean(axis=0), np.linalg.inv(np.cov(own.T) + 9 * np.eye(3))
        away = colours - mean
        far.append(np.einsum("hwi,ij,hwj->hw", away, inverse.astype(np.float32), away))
    return np.stack(far)


def _cleaned(mask: Mask, points: Points, palm: float) -> Mask:
    """Return the part that holds the palm, without hairs and pinholes."""
    radius = max(1, round(0.03 * palm))
    disk = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    smooth = np.asarray(cv2.morphologyEx(mask, cv2.MORPH_OPEN, disk), np.uint8)
    _, parts, stats, _ = cv2.connectedComponentsWithStats(1 - smooth)
    small = stats[:, cv2.CC_STAT_AREA] < (0.05 * palm) ** 2
    small[0] = False
    smooth[small[parts]] = 1
    _, parts = cv2.connectedComponents(smooth)
    last = np.array(mask.shape[::-1]) - 1
    x, y = np.clip(np.rint(points[list(_PALM)].mean(axis=0)), 0, last)
    at = parts[int(y), int(x)]
    return (parts == at).astype(np.uint8) if at else np.zeros_like(mask)


def _fault(mask: Mask, most: Mask, points: Points, palm: float) -> str | None:
    height, width = mask.shape
    places = np.floor(points).astype(int)
    outside = ((places < 0) | (places >= (width, height))).any(axis=1)
    x, y = np.clip(places.T, 0, [[width - 1], [height - 1]])
    square = np.ones((3, 3), np.uint8)
    near = cv2.dilate(mask, square, iterations=max(1, round(0.04 * palm)))
    if (outside | (near[y, x] > 0)).sum() < LEAST_COVERED:
        return "mask misses joints"
    area = float(mask.sum()) / palm**2
    if not AREA_RANGE[0] <= area <= AREA_RANGE[1]:
        return "area of the mask is no hand's"
    edge = (mask > 0) & (cv2.erode(mask, square) == 0)
    limit = (most > 0) & (cv2.erode(most, square, iterations=2) == 0)
    if (edge & limit).sum() > MOST_LEAK * edge.sum():
        return "mask runs into the background"
    return None
