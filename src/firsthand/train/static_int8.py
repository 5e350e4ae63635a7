"""Static quantisation: ranges observed on images, weights as they are (arXiv:1806.08342, 3.1)."""

import copy
from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from firsthand.errors import InputError
from firsthand.train.export import to_int8_tflite
from firsthand.train.quantise import FakeQuant, fold_batch_norms, prepare

_BATCH = 8


def to_static_int8_tflite(
    module: nn.Module,
    size_px: tuple[int, int],
    images: NDArray[np.float32] | None = None,
    *,
    keep_float: Sequence[str] = (),
    seed: int = 0,
) -> bytes:
    """Convert a network that takes (b, 3, height, width) in 0..1 to an int8 .tflite file.

    `images` (n, height, width, 3) in 0..1 are what ranges are observed on; without any, random
    ones drawn from `seed`: enough for a model that is only to be timed. The network must be
    traceable (see `quantise.prepare`, also for `keep_float`) and stays as it is.

    Raises `InputError` for images of another shape, and what `prepare` and `to_int8_tflite` raise.
    """
    height, width = size_px
    if images is None:
        images = np.random.default_rng(seed).random((_BATCH, height, width, 3), np.float32)
    if images.ndim != 4 or images.shape[1:] != (height, width, 3) or not len(images):
        raise InputError(f"images of shape (n, {height}, {width}, 3) wanted, got {images.shape}")
    folded = copy.deepcopy(module).eval()
    fold_batch_norms(folded)
    batches = [images[first : first + _BATCH] for first in range(0, len(images), _BATCH)]
    prepared = prepare(folded, settle_steps=len(batches), keep_float=keep_float).eval()
    for unit in prepared.modules():
        if isinstance(unit, FakeQuant):
            unit.train()
    with torch.no_grad():
        for batch in batches:
            prepared(torch.from_numpy(np.asarray(batch, np.float32)).permute(0, 3, 1, 2))
    return to_int8_tflite(prepared.eval(), size_px, seed=seed)
