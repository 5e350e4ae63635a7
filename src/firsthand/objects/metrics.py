"""How far a found box is from the true one, and average precision over many, as Objectron has them.

After "Objectron: A Large Scale Dataset of Object-Centric Videos in the Wild with Pose Annotations"
(Ahmadyan et al. 2021, arXiv:2012.09988, section 5) and the code published with the data set: 3D
intersection over union, the distance of corners in the picture, and the direction from which a box
is seen. Boxes are in the camera's frame: x right, y down, z away.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from firsthand.errors import InputError, ShapeError
from firsthand.geometry import Box, Camera, overlap
from firsthand.objects.types import Doubles


@dataclass(frozen=True, slots=True)
class Distance:
    """How a found box differs from the true one.

    `overlap` is the 3D intersection over union, 0 to 1; `pixel_error` the mean distance of the
    eight corners in the picture, x as a share of its width and y of its height; `azimuth_deg` 0
    to 180 and `elevation_deg` 0 to 180 between the directions that they are seen from.
    """

    overlap: float
    pixel_error: float
    azimuth_deg: float
    elevation_deg: float


def distance(found: Box, true: Box, camera: Camera, size_px: tuple[int, int]) -> Distance:
    """Return how far a box is from the true one, in a picture of `size_px`, width and height."""
    azimuth, elevation = viewpoint(found)
    true_azimuth, true_elevation = viewpoint(true)
    around = abs(azimuth - true_azimuth)
    return Distance(
        overlap(found, true),
        pixel_error(seen(found, camera, size_px), seen(true, camera, size_px)),
        min(around, 360 - around),
        abs(elevation - true_elevation),
    )


def viewpoint(box: Box) -> tuple[float, float]:
    """Return azimuth, -180 to 180, and elevation, -90 to 90 degrees, of the camera about a box.

    The camera's place in the box's own frame, whose y points up: azimuth from x towards z.
    """
    x, y, z = -box.rotation.T @ box.middle
    return math.degrees(math.atan2(z, x)), math.degrees(math.atan2(y, math.hypot(x, z)))


def seen(box: Box, camera: Camera, size_px: tuple[int, int]) -> Doubles:
    """Return a box's corners (8, 2) as shares of the picture's sides; NaN behind the camera."""
    return camera.project(box.corners) / np.asarray(size_px, np.float64)


def pixel_error(corners: NDArray[Any], true: NDArray[Any]) -> float:
    """Return the mean distance of corners (8, 2) from true ones; infinite where one is NaN."""
    apart = np.linalg.norm(np.asarray(corners) - np.asarray(true), axis=1)
    return float(apart.mean()) if np.isfinite(apart).all() else math.inf


def nearest(corners: NDArray[Any], true: Sequence[NDArray[Any]]) -> int:
    """Return which of the true boxes' corners (8, 2) lie nearest to these, -1 for none of them.

    By the root of the summed squares, whatever the distance: Objectron always matches.
    """
    apart = [float(np.linalg.norm(np.asarray(corners) - each)) for each in true]
    finite = [value if math.isfinite(value) else math.inf for value in apart]
    return int(np.argmin(finite)) if finite and min(finite) < math.inf else -1


def average_precision(hits: NDArray[Any], misses: NDArray[Any], instances: int) -> float:
    """Return the average precision, 0 to 1, over groups in their order.

    `hits` and `misses` (n,) are counts of right and wrong detections: of single ones, the surest
    first, or of pictures as they come, as Objectron's code counts. Precision is made to fall with
    recall and integrated over it, as Pascal VOC 2012 does. Where several detections hit the same
    instance, as that code allows, recall goes above 1, and what is above does not count.

    Raises `ShapeError` for other shapes, `InputError` without an instance or for counts below 0.
    """
    right, wrong = np.asarray(hits, np.float64), np.asarray(misses, np.float64)
    if right.ndim != 1 or right.shape != wrong.shape:
        raise ShapeError(f"hits and misses are (n,) each, not {right.shape} and {wrong.shape}")
    if instances < 1 or (right < 0).any() or (wrong < 0).any():
        raise InputError(f"average precision is of counts and an instance at least, {instances=}")
    right, wrong = np.cumsum(right), np.cumsum(wrong)
    told = right + wrong
    precision = np.divide(right, told, out=np.zeros_like(right), where=told > 0)
    recall = np.concatenate([[0.0], np.minimum(right / instances, 1.0), [1.0]])
    falling = np.maximum.accumulate(np.concatenate([[0.0], precision, [0.0]])[::-1])[::-1]
    return float((np.diff(recall) * falling[1:]).sum())
