"""The palm detector: from an image to palms.

Palms are rigid and nearly square, so square anchors and few of them do (Zhang et al. 2020,
"MediaPipe Hands", arXiv:2006.10214, section 2.1). Input, decoding and thresholds as in
MediaPipe's `palm_detection_cpu.pbtxt`; which anchors a model has is told by how many.
"""

from dataclasses import dataclass
from math import log
from typing import Final

import numpy as np

from firsthand.errors import ModelError
from firsthand.hands.anchors import Layout, anchor_centers, layout_of
from firsthand.hands.model_input import SquareInput, fill, square_input
from firsthand.hands.placement import WHOLE, place, unplace
from firsthand.hands.resample import BLACK
from firsthand.hands.single import Single, sigmoid
from firsthand.hands.suppression import Palms, suppress
from firsthand.hands.types import Floats
from firsthand.media.frame import RgbImage
from firsthand.runtime import Runner

MEDIAPIPE_PX: Final = 192
KEYPOINTS: Final = 7
_VALUES: Final = 4 + 2 * KEYPOINTS
_MAX_LOGIT: Final = 100.0


@dataclass(frozen=True, slots=True, eq=False)
class PalmModel:
    """A loaded palm detector and what it last said; used by one thread at a time.

    `centers` (n, 2) are those of its anchors. Its outputs are looked up after each run, as those
    of some models move.
    """

    runner: Runner
    input: SquareInput
    layout: Layout
    centers: Floats

    @property
    def offsets(self) -> Floats:
        """Centre x, y, width, height, then 7 keypoints x, y: float32 (n, 18).

        In pixels of the input, positions from the anchor's centre.
        """
        return np.asarray(self.runner.output_view(0)[0])

    @property
    def logits(self) -> Floats:
        """Scores before the sigmoid, float32 (n,)."""
        return np.asarray(self.runner.output_view(1)[0, :, 0])


def palm_model(runner: Runner, name: str = "palm detector") -> PalmModel:
    """Wrap a runner; `ModelError` unless its outputs fit the anchors of one of `LAYOUTS`."""
    square = square_input(runner, name, MEDIAPIPE_PX)
    shapes = [spec.shape for spec in runner.outputs]
    count = shapes[0][1] if shapes and len(shapes[0]) == 3 else 0
    if shapes != [(1, count, _VALUES), (1, count, 1)]:
        raise ModelError(
            f"{name}: a palm detector gives {_VALUES} values and a logit for each of n anchors, "
            f"(1, n, {_VALUES}) and (1, n, 1); this model gives {shapes}"
        )
    layout = layout_of(count, square.size_px, name)
    return PalmModel(runner, square, layout, anchor_centers(square.size_px, layout))


def detect_palms(model: PalmModel, image: RgbImage, threshold: float) -> Palms:
    """Return the palms in an image with a score of at least `threshold`, the best first."""
    height, width = image.shape[:2]
    size_px = model.input.size_px
    placement = place(WHOLE, width, height, size_px)
    fill(model.input, image, placement.matrix, BLACK)
    model.runner.invoke()
    found = suppress(decode(model.offsets, model.logits, model.centers, threshold, size_px))
    corners = unplace(found.boxes[:, :2], placement)
    sides = found.boxes[:, 2:] / np.array(placement.shares, np.float32)
    return Palms(
        np.concatenate([corners, sides], axis=1),
        unplace(found.keypoints, placement),
        found.scores,
    )


def decode(
    offsets: Floats, logits: Floats, centers: Floats, threshold: float, size_px: int
) -> Palms:
    """Turn the detector's outputs into palms in units of its input, in the order of the anchors.

    Logits are clipped to +-100. Anchors below `threshold` (0 < threshold < 1), or whose box is
    negative or not finite, are left out.
    """
    chosen = np.flatnonzero(logits >= log(threshold / (1 - threshold)))
    values = offsets[chosen] / Single(size_px)
    good = np.isfinite(values).all(axis=1) & (values[:, 2:4] >= 0).all(axis=1)
    if not good.all():
        chosen, values = chosen[good], values[good]
    points = values.reshape(-1, _VALUES // 2, 2)
    middle = centers[chosen]
    half = points[:, 1] / Single(2)
    box_middle = points[:, 0] + middle
    low, high = box_middle - half, box_middle + half
    clipped = np.clip(logits[chosen], -_MAX_LOGIT, _MAX_LOGIT).tolist()
    return Palms(
        np.concatenate([low, high - low], axis=1),
        points[:, 2:] + middle[:, np.newaxis],
        np.array([sigmoid(logit) for logit in clipped], np.float32),
    )
