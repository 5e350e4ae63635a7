"""The landmark model: from a region of an image to 21 keypoints, or to "no hand here".

Input, outputs and scaling as in MediaPipe's `hand_landmark_cpu.pbtxt`.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from firsthand.errors import ModelError
from firsthand.hands.model_input import SquareInput, fill, square_input
from firsthand.hands.placement import Placement, place
from firsthand.hands.regions import UnitRegion, turn
from firsthand.hands.resample import EDGE
from firsthand.hands.single import Single, cos_sin
from firsthand.hands.skeleton import JOINTS
from firsthand.hands.types import Floats
from firsthand.media.frame import RgbImage
from firsthand.runtime import Runner

DEPTH_DIVISOR: Final = Single(0.4)  # normalize_z
_N: Final = len(JOINTS)
_HALF: Final = Single(0.5)


@dataclass(frozen=True, slots=True, eq=False)
class LandmarkModel:
    """A loaded landmark model and views of its memory; used by one thread at a time.

    `points` (21, 3) in pixels of the input, `presence` (1,) and `left` (1,) probabilities,
    `world` (21, 3) in metres; all float32. `left` holds for a mirrored image.
    """

    runner: Runner
    input: SquareInput
    points: Floats
    presence: Floats
    left: Floats
    world: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Landmarks:
    """What the model found in one region.

    `keypoints` float32 (21, 3) in units of the image: x and z of its width, y of its height.
    `world` and `presence` as in `Hand`; `left_if_mirrored` is 0..1.
    """

    keypoints: Floats
    world: Floats
    presence: float
    left_if_mirrored: float


def landmark_model(runner: Runner, name: str = "landmark model") -> LandmarkModel:
    """Wrap a runner; `ModelError` unless it has the four outputs of a landmark model."""
    square = square_input(runner, name)
    shapes = [spec.shape for spec in runner.outputs]
    wanted = [(1, 3 * _N), (1, 1), (1, 1), (1, 3 * _N)]
    if shapes != wanted:
        raise ModelError(f"{name}: a landmark model gives {wanted}, this model {shapes}")
    points, presence, left, world = (runner.output_view(i)[0] for i in range(4))
    return LandmarkModel(
        runner, square, points.reshape(_N, 3), presence, left, world.reshape(_N, 3)
    )


def find_landmarks(
    model: LandmarkModel, image: RgbImage, region: UnitRegion, threshold: float
) -> Landmarks | None:
    """Return the hand in `region`, or None unless its presence exceeds `threshold`."""
    height, width = image.shape[:2]
    placement = place(region, width, height, model.input.size_px)
    fill(model.input, image, placement.matrix, EDGE)
    model.runner.invoke()
    presence = float(model.presence[0])
    if not presence > threshold:  # written so that NaN is no hand
        return None
    keypoints = project(model.points, placement, region, model.input.size_px)
    if not np.isfinite(keypoints).all():
        return None
    return Landmarks(
        keypoints, turned(model.world, region.rotation), presence, float(model.left[0])
    )


def project(points: Floats, placement: Placement, region: UnitRegion, size_px: int) -> Floats:
    """Take points (21, 3) in pixels of the input to units of the image.

    Depth, which the model gives on a larger scale than x and y, comes to units of the width.
    """
    across, down = placement.shares
    padding, shares, scale, center = np.array(
        [
            [placement.left, placement.top, 0],
            [across, down, across],
            [region.width, region.height, region.width],
            [region.x, region.y, 0],
        ],
        np.float32,
    )
    placed = points / Single(size_px)
    placed[:, 2] /= DEPTH_DIVISOR
    placed -= padding
    placed /= shares
    xy = placed[:, :2]
    xy -= _HALF
    turn(xy, *cos_sin(region.rotation), out=xy)
    placed *= scale
    xy += center[:2]
    return placed


def turned(world: Floats, rotation: Single) -> Floats:
    """Turn metric points (21, 3) of an upright crop to the axes of the image."""
    found = world.copy()
    turn(world[:, :2], *cos_sin(rotation), out=found[:, :2])
    return found
