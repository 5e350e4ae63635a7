"""What each frame of a session shows of a box that stands still in its world."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from firsthand.errors import InputError
from firsthand.geometry import Box
from firsthand.geometry.boxes import PLACES
from firsthand.objects.session import Frame
from firsthand.objects.types import Doubles

Visibility = Literal["whole", "part", "outside", "behind", "no pose"]
VISIBILITIES: Final[tuple[Visibility, ...]] = get_args(Visibility)
"""How much of a box is in a picture, what stands before it left aside.

Its middle and all corners; some of it; nothing, though some is before the camera; nothing, as all
of it is behind; and what cannot be told, as nobody knows where the camera was.
"""

FARTHEST: Final = 1e7
LEAST_FOCAL: Final = 1e-3
"""In pixels: a picture of 640 would be all but 180 degrees wide."""
_NEAR: Final = 1e-9
"""What is less far before a camera is not before it; in metres."""
_ON: Final = 1e-9
"""A corner of the picture this near to a plane, at a distance of 1, is on it."""
_PARALLEL: Final = 1e-7
"""Lines that are turned from each other by less, in radians, have no plane along both."""


@dataclass(frozen=True, slots=True, eq=False)
class Cameras:
    """Where n frames were taken from: `turns` (n, 3, 3) and `places` (n, 3) of their cameras.

    `focal`, `middle` and `size` (n, 2) are in pixels; `known` (n,) is false where there is no pose,
    which then is that of the world.
    """

    turns: Doubles
    places: Doubles
    focal: Doubles
    middle: Doubles
    size: Doubles
    known: NDArray[np.bool_]

    @classmethod
    def of(cls, frames: Sequence[Frame]) -> "Cameras":
        """Return the cameras of frames.

        Raises `InputError` for what no camera is: farther than `FARTHEST` from the world's origin,
        with a focal length or middle above it, or a focal length below `LEAST_FOCAL`.
        """
        poses = np.array(
            [np.eye(4) if each.pose is None else each.pose for each in frames], np.float64
        ).reshape(-1, 4, 4)
        cameras = [each.camera for each in frames]
        for frame, pose in zip(frames, poses, strict=True):
            camera = frame.camera
            lens = camera.focal_x, camera.focal_y, camera.middle_x, camera.middle_y
            if max(np.abs(pose).max(), *map(abs, lens)) > FARTHEST:
                raise InputError(
                    f"{frame.image!r}: its camera is at {pose[:3, 3].tolist()} with a lens of "
                    f"{lens}; neither goes beyond {FARTHEST:g} (m, pixels)"
                )
            if min(lens[:2]) < LEAST_FOCAL:
                raise InputError(
                    f"{frame.image!r}: its focal lengths are {lens[:2]}; {LEAST_FOCAL:g} pixels "
                    "is the least"
                )
        return cls(
            poses[:, :3, :3],
            poses[:, :3, 3],
            _pairs([(each.focal_x, each.focal_y) for each in cameras]),
            _pairs([(each.middle_x, each.middle_y) for each in cameras]),
            _pairs([(each.width, each.height) for each in frames]),
            np.array([each.pose is not None for each in frames], np.bool_),
        )


@dataclass(frozen=True, slots=True, eq=False)
class Sights:
    """What n frames show of a box.

    `points` (n, 9, 3) are its middle and corners, in the order of `geometry.boxes.PLACES`, in the
    cameras' axes and metres, the third being the depth; `pixels` (n, 9, 2) where they are seen, NaN
    where they are not before the camera. All are NaN without a pose. `visibility` (n,) counts in
    `VISIBILITIES`.
    """

    points: Doubles
    pixels: Doubles
    visibility: NDArray[np.uint8]


def sights(cameras: Cameras, box: Box) -> Sights:
    """Return what frames show of a box in the session's world."""
    own = box.middle + (PLACES * box.size / 2) @ box.rotation.T
    points = (own - cameras.places[:, None]) @ cameras.turns
    points[~cameras.known] = np.nan
    depth = points[..., 2:]
    pixels = points[..., :2] / np.where(depth > _NEAR, depth, np.nan)
    pixels = pixels * cameras.focal[:, None] + cameras.middle[:, None]
    within = ((pixels >= 0) & (pixels <= cameras.size[:, None])).all(axis=(1, 2))
    is_behind = (depth <= _NEAR).all(axis=(1, 2))
    visibility = np.select(
        [~cameras.known, within, is_behind, _is_apart(cameras, box, points[:, 1:])],
        [VISIBILITIES.index(each) for each in ("no pose", "whole", "behind", "outside")],
        VISIBILITIES.index("part"),
    )
    return Sights(points, pixels, visibility.astype(np.uint8))


def _is_apart(cameras: Cameras, box: Box, corners: Doubles) -> NDArray[np.bool_]:
    """Whether no part of a box is within the pyramid of what a camera sees: (n,).

    Of two convex bodies that do not meet, some plane along a face of either, or along an edge of
    each, has them on its two sides (Gottschalk, Lin & Manocha 1996, "OBBTree").
    """
    turned = (cameras.turns.transpose(0, 2, 1) @ box.rotation).transpose(0, 2, 1)
    ends = np.stack([np.zeros_like(cameras.size), cameras.size], axis=1)
    rays = (ends - cameras.middle[:, None]) / cameras.focal[:, None]
    (left, top), (right, bottom) = rays[:, 0].T, rays[:, 1].T
    ones = np.ones_like(left)
    edges = np.stack(
        [np.stack([x, y, ones], axis=1) for x in (left, right) for y in (top, bottom)], axis=1
    )
    edges /= np.linalg.norm(edges, axis=2, keepdims=True)
    nothing = np.zeros_like(left)
    sides = np.stack(
        [np.stack([ones, nothing, -x], axis=1) for x in (left, right)]
        + [np.stack([nothing, ones, -y], axis=1) for y in (top, bottom)],
        axis=1,
    )
    crossed = np.cross(turned[:, :, None], edges[:, None]).reshape(-1, 12, 3)
    crossed[np.linalg.norm(crossed, axis=2) < _PARALLEL] = 0  # their direction is but rounding
    across = np.concatenate([turned, sides, crossed], axis=1)
    seen = across @ edges.transpose(0, 2, 1)
    held = across @ corners.transpose(0, 2, 1)
    # The pyramid begins at 0 and never ends.
    above = (seen >= -_ON).all(axis=2) & (held < 0).all(axis=2)
    below = (seen <= _ON).all(axis=2) & (held > 0).all(axis=2)
    found: NDArray[np.bool_] = (above | below).any(axis=1)
    return found


def _pairs(rows: Sequence[tuple[float, float]]) -> Doubles:
    return np.array(rows, np.float64).reshape(-1, 2)
