"""From a network of a family to .tflite files, float and int8."""

import copy

import numpy as np
from numpy.typing import NDArray
from torch import nn

from firsthand.train.export import to_tflite
from firsthand.train.families.architecture import Architecture
from firsthand.train.quantise import fold_batch_norms
from firsthand.train.static_int8 import to_static_int8_tflite


def float_file(module: nn.Module, architecture: Architecture) -> bytes:
    """Return the float .tflite file: float32 (1, h, w, 3) in 0..1 to (1, classes) logits."""
    folded = copy.deepcopy(module).eval()
    fold_batch_norms(folded)  # the converter would fold them too, in more time
    return to_tflite(folded, architecture.size_px)


def int8_file(
    module: nn.Module,
    architecture: Architecture,
    images: NDArray[np.float32] | None = None,
    *,
    seed: int = 0,
) -> bytes:
    """Return the int8 .tflite file, with inputs and outputs as those of `float_file`.

    `images` (n, h, w, 3) in 0..1 are what ranges are observed on; without any, random ones are
    drawn from `seed`: enough for a model that is only to be timed.
    """
    return to_static_int8_tflite(module, architecture.size_px, images, seed=seed)
