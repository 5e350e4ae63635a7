"""The input of a hand model: a square of an image, written straight into the model's memory."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from firsthand.errors import ModelError, ShapeError
from firsthand.hands.placement import Matrix
from firsthand.hands.resample import Sampler, sample, sampler
from firsthand.hands.shrinking import shrunk
from firsthand.hands.types import Floats
from firsthand.media.frame import RgbImage
from firsthand.runtime import Runner

_UNIT: Final = np.float32(1 / 255)


@dataclass(frozen=True, slots=True, eq=False)
class SquareInput:
    """`values` float32 (n, n, 3) is the memory of the model's input.

    `averaged`: where it shows an image smaller, its pixels are averages of the image's (see
    `shrinking`), as our models were trained. MediaPipe's were not.
    """

    values: Floats
    crop: Sampler
    averaged: bool

    @property
    def size_px(self) -> int:
        """Pixels along one side, n."""
        return self.crop.size_px


def square_input(runner: Runner, name: str, mediapipe_px: int) -> SquareInput:
    """Return the input of a model that takes one RGB square, float32 (1, n, n, 3) in 0..1.

    `mediapipe_px` is the size of MediaPipe's models of this kind, which tells them from ours.

    Raises `ModelError`, naming the model by `name`, for any other.
    """
    specs = runner.inputs
    shape = specs[0].shape if len(specs) == 1 else ()
    square = len(shape) == 4 and shape[0] == 1 and shape[1] == shape[2] > 0 and shape[3] == 3
    if not square or specs[0].dtype != np.float32:
        found = ", ".join(f"{spec.dtype} {spec.shape}" for spec in specs)
        raise ModelError(
            f"{name}: a hand model takes one float32 array of shape (1, n, n, 3), this one {found}"
        )
    return SquareInput(runner.input_view(0)[0], sampler(shape[1]), shape[1] != mediapipe_px)


def fill(target: SquareInput, image: RgbImage, matrix: Matrix, border: int) -> None:
    """Resample `image` by `matrix` (see `placement.Placement`) and scale it to 0..1."""
    if target.averaged:
        image, matrix = shrunk(image, matrix, target.size_px)
    pixels = sample(target.crop, image, matrix, border)
    np.multiply(pixels, _UNIT, out=target.values)


def check_image(image: RgbImage) -> None:
    """Raise `ShapeError` unless `image` is uint8 (height, width, 3) with at least one pixel."""
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or image.size == 0:
        raise ShapeError(
            f"an image is uint8 (height, width, 3), not {image.dtype} of shape {image.shape}; "
            "firsthand.media.as_rgb() makes one"
        )
