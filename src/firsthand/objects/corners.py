"""The second stage: from a square of a picture to where a box's middle and corners are seen.

Hou et al. 2020 ("MobilePose", arXiv:2003.03522) and Ahmadyan et al. 2020 ("Instant 3D Object
Tracking with Applications in Augmented Reality", arXiv:2006.13194); input, outputs and thresholds
as in the graph of MediaPipe's Objectron.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from firsthand.errors import ModelError
from firsthand.media.frame import RgbImage
from firsthand.objects.sampling import sample
from firsthand.objects.types import Doubles, Floats
from firsthand.runtime import Runner

SIZE_PX: Final = 224
AROUND: Final = 1.5
"""A crop is so many times as large as the longer side of the rectangle around an object."""

_UNIT: Final = np.float32(1 / 255)
_SHAPES: Final = [(-1, SIZE_PX, SIZE_PX, 3), (-1, 18), (-1, 1)]
_LEAST_SIDE_PX: Final = 1.0
_MOST_SIDE_PX: Final = 1e6


@dataclass(frozen=True, slots=True)
class Corners:
    """`points` float64 (9, 2) in pixels of the picture; `presence` is 0..1."""

    points: Doubles
    presence: float


@dataclass(frozen=True, slots=True)
class Square:
    """An upright square of a picture, in pixels, which may go beyond it."""

    left: float
    top: float
    side: float


def check_corner_model(runner: Runner, name: str) -> Runner:
    """Return `runner`; `ModelError` unless its inputs and outputs are those of a second stage."""
    specs = (*runner.inputs, *runner.outputs)
    found = [(-1, *spec.shape[1:]) for spec in specs]
    if found != _SHAPES or any(spec.dtype != np.float32 for spec in specs):
        raise ModelError(
            f"{name}: a model of a box's corners takes and gives float32 of {_SHAPES}, this model "
            f"{[spec.shape for spec in specs]}"
        )
    return runner


def square_around(box: Floats | Doubles) -> Square | None:
    """Return the crop for a rectangle (4,), left, top, width, height; None where it has no size."""
    left, top, width, height = (float(value) for value in box)
    side = AROUND * max(width, height)
    x, y = left + width / 2, top + height / 2
    if not (_LEAST_SIDE_PX <= side <= _MOST_SIDE_PX and abs(x) + abs(y) <= _MOST_SIDE_PX):
        return None
    return Square(x - side / 2, y - side / 2, side)


def find_corners(runner: Runner, image: RgbImage, square: Square) -> Corners:
    """Run the second stage on a square of a picture."""
    crop = sample(image, square.left, square.top, square.side, square.side, SIZE_PX)
    np.multiply(crop, _UNIT, out=runner.input_view(0)[0])
    runner.invoke()
    inside = np.asarray(runner.output_view(0)[0], np.float64).reshape(9, 2)
    points = inside * (square.side / SIZE_PX) + (square.left, square.top)
    return Corners(points, float(runner.output_view(1)[0, 0]))
