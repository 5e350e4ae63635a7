"""From a labelled image to the crop that the landmark model sees, as hard as life makes it.

A crop is what tracking would cut out (`firsthand.hands.regions`), misplaced the way a detector or
a moving hand misplaces it. Truth goes through the same affine map as the pixels.
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from firsthand.hands.regions import in_pixels, region_from_landmarks, region_from_palm
from firsthand.hands.types import Region
from firsthand.media.frame import RgbImage
from firsthand.train.hands.palm_boxes import PALM_JOINTS, palm_box
from firsthand.train.hands.samples import HandTruth

Floats = NDArray[np.float32]

DEPTH_SCALE: Final = 0.4
"""A model's depth is so much of the depth in pixels (MediaPipe's `normalize_z` divides by it)."""

_WRIST, _MIDDLE_KNUCKLE = 0, 9
_FAR: Final = 0.7


@dataclass(frozen=True, slots=True)
class Jitter:
    """How far crops stray: standard deviations, in sides of the crop, logarithms and radians.

    `astray` is the share of crops that stray three times as far.
    """

    shift: float = 0.05
    scale: float = 0.12
    turn: float = 0.2
    astray: float = 0.1


@dataclass(frozen=True, slots=True, eq=False)
class Crop:
    """A square RGB uint8 image and the hand in it, if any.

    `points` float32 (21, 3) in pixels of the crop, depth times `DEPTH_SCALE`, as models give it;
    `world` float32 (21, 3) metres from the middle finger's knuckle, within half a centimetre where
    MediaPipe's models have their origin, turned as the crop is, NaN where nobody knows; `known`
    (21,). `right`: the hand looks like a right one. `palm_px`: from wrist to the middle finger's
    knuckle, depth included.
    """

    image: RgbImage
    points: Floats
    world: Floats
    known: NDArray[np.bool_]
    right: bool
    palm_px: float


def followed_region(truth: HandTruth, width: int, height: int) -> Region | None:
    """Return where tracking would look for a hand in an image; None for a hand without extent."""
    size = np.array([width, height], np.float32)
    found = region_from_landmarks(truth.keypoints[:, :2] / size, width, height)
    return None if found is None else in_pixels(found, width, height)


def detected_region(truth: HandTruth, width: int, height: int) -> Region | None:
    """Return where tracking would look after a perfect palm detector; None as above."""
    size = np.array([width, height], np.float32)
    left, top, side = palm_box(truth.keypoints)
    box = np.array([left / width, top / height, side / width, side / height], np.float32)
    palm = truth.keypoints[list(PALM_JOINTS), :2] / size
    found = region_from_palm(box, palm, width, height)
    return None if found is None else in_pixels(found, width, height)


def strayed(region: Region, rng: np.random.Generator, jitter: Jitter) -> Region:
    """Return a region misplaced at random."""
    far = 3.0 if rng.random() < jitter.astray else 1.0
    dx, dy = rng.normal(0, jitter.shift * far, 2) * region.width
    side = region.width * float(np.exp(rng.normal(0, jitter.scale * min(far, 2.0))))
    turn = float(rng.normal(0, jitter.turn * far))
    return Region(region.x + dx, region.y + dy, side, side, region.rotation + turn)


def cut(image: RgbImage, truth: HandTruth, region: Region, size_px: int, mirror: bool) -> Crop:
    """Cut `region` out of an image into a square of `size_px`; mirrored if asked for."""
    matrix = to_crop(region, size_px, mirror)
    picture = warp(image, matrix, size_px)
    scale = size_px / region.width
    points = np.empty_like(truth.keypoints)
    points[:, :2] = truth.keypoints[:, :2] @ matrix[:, :2].T + matrix[:, 2]
    depth_px = depth_from_metres(truth)
    points[:, 2] = depth_px * scale * DEPTH_SCALE
    axes = matrix[:, :2] / scale
    world = truth.metres - truth.metres[_MIDDLE_KNUCKLE]
    world = np.concatenate([world[:, :2] @ axes.T, world[:, 2:]], axis=1).astype(np.float32)
    across = truth.keypoints[_MIDDLE_KNUCKLE, :2] - truth.keypoints[_WRIST, :2]
    palm_px = float(np.hypot(np.hypot(*across), depth_px[_MIDDLE_KNUCKLE])) * scale
    return Crop(picture, points, world, truth.known, truth.right != mirror, palm_px)


def depth_from_metres(truth: HandTruth) -> Floats:
    """Return the depth of the joints beyond the wrist's, (21,) on the scale of x and y.

    A teacher's own depth in pixels is compressed (MediaPipe's is, beside what its metres say), so
    it is taken from the metres where these are known.
    """
    if truth.origin == "synthetic" or not np.isfinite(truth.metres).all():
        return truth.keypoints[:, 2]
    flat = truth.keypoints[:, :2] - truth.keypoints[:, :2].mean(axis=0)
    metres = truth.metres - truth.metres.mean(axis=0)
    px_per_m = (flat * metres[:, :2]).sum() / max(float((metres[:, :2] ** 2).sum()), 1e-9)
    return np.asarray((metres[:, 2] - metres[_WRIST, 2]) * px_per_m, np.float32)


def apart(region: Region, x: float, y: float, side: float) -> bool:
    """Whether a square about x, y shows nothing, or hardly anything, of the hand in `region`."""
    reach = _FAR * max(region.width, side) if side > 0.4 * region.width else 0.6 * region.width
    return max(abs(region.x - x), abs(region.y - y)) > reach


def to_crop(region: Region, size_px: int, mirror: bool) -> Floats:
    """Return the affine map (2, 3) from pixels of an image to pixels of a crop of `region`."""
    scale = size_px / region.width
    c, s = np.cos(region.rotation) * scale, np.sin(region.rotation) * scale
    turn = np.array([[c, s], [-s, c]], np.float64)
    if mirror:
        turn[0] *= -1
    middle = turn @ np.array([region.x, region.y])
    return np.concatenate([turn, (size_px / 2 - middle)[:, None]], axis=1).astype(np.float32)


def warp(image: RgbImage, matrix: Floats, size_px: int) -> RgbImage:
    """Resample an image by an affine map, averaging where it shrinks much."""
    scale = float(np.sqrt(abs(np.linalg.det(matrix[:, :2].astype(np.float64)))))
    halvings = max(0, int(np.floor(np.log2(0.75 / max(scale, 1e-6)))))
    for _ in range(min(halvings, 6)):
        if min(image.shape[:2]) < 4:
            break
        image = np.asarray(cv2.resize(image, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA))
        matrix = np.concatenate([matrix[:, :2] * 2, matrix[:, 2:]], axis=1)
    # cv2 places pixel centres at whole numbers, our coordinates at halves
    shifted = matrix.copy()
    shifted[:, 2] += matrix[:, :2] @ np.array([0.5, 0.5], np.float32) - 0.5
    return np.asarray(
        cv2.warpAffine(
            image,
            shifted,
            (size_px, size_px),
            flags=cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REPLICATE,
        ),
        np.uint8,
    )
