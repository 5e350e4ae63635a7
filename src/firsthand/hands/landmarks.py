"""The landmark model: from a region of an image to 21 keypoints, or to "no hand here".

Input, outputs and scaling as in MediaPipe's `hand_landmark_cpu.pbtxt`; another size of the input
than its 224 pixels tells a model of ours, which sees averages of pixels (see `shrinking`).
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

MEDIAPIPE_PX: Final = 224
DEPTH_DIVISOR: Final = Single(0.4)  # normalize_z
_N: Final = len(JOINTS)
_HALF: Final = Single(0.5)


@dataclass(frozen=True, slots=True, eq=False)
class LandmarkModel:
    """A loaded landmark model and what it last said; used by one thread at a time.

    Its outputs are looked up after each run, as those of some models move.
    """

    runner: Runner
    input: SquareInput

    @property
    def points(self) -> Floats:
        """Joints, float32 (21, 3), in pixels of the input."""
        return np.asarray(self.runner.output_view(0)[0].reshape(_N, 3))

    @property
    def presence(self) -> Floats:
        """The probability, float32 (1,), of a hand."""
        return np.asarray(self.runner.output_view(1)[0])

    @property
    def left(self) -> Floats:
        """The probability, float32 (1,), of a left hand if the image is mirrored."""
        return np.asarray(self.runner.output_view(2)[0])

    @property
    def world(self) -> Floats:
        """Joints, float32 (21, 3), in metres."""
        return np.asarray(self.runner.output_view(3)[0].reshape(_N, 3))


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
    square = square_input(runner, name, MEDIAPIPE_PX)
    shapes = [spec.shape for spec in runner.outputs]
    wanted = [(1, 3 * _N), (1, 1), (1, 1), (1, 3 * _N)]
    if shapes != wanted:
        raise ModelError(f"{name}: a landmark model gives {wanted}, this model {shapes}")
    return LandmarkModel(runner, square)


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
