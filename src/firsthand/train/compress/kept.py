"""A network's weights kept in a small file: rounded to int8, channel by channel."""

import io
from pathlib import Path
from typing import Final

import numpy as np
import torch
from torch import nn

from firsthand.core import damage
from firsthand.errors import InputError
from firsthand.runtime.place import replace_bytes
from firsthand.train.quantise import HIGHEST

_SCALES: Final = ".scales"


def write_kept(path: Path, model: nn.Module) -> None:
    """Write a network's weights and buffers; those of more than one axis lose all but 8 bits.

    Each output channel of a weight is rounded to multiples of its absolute maximum / 127.
    """
    arrays = {}
    for name, value in model.state_dict().items():
        array = value.detach().cpu().numpy()
        if array.ndim > 1:
            absmax = np.abs(array).reshape(len(array), -1).max(axis=1)
            scales = np.where(absmax > 0, absmax, 1).astype(np.float32) / HIGHEST
            rounded = np.rint(array / scales.reshape(-1, *[1] * (array.ndim - 1)))
            arrays[name], arrays[name + _SCALES] = rounded.astype(np.int8), scales
        else:
            arrays[name] = array
    packed = io.BytesIO()
    np.savez_compressed(packed, **arrays)
    replace_bytes(path, packed.getvalue())


def read_kept(path: Path, model: nn.Module) -> None:
    """Load what `write_kept` wrote into a network of the same structure.

    Raises `InputError` for a file that is none, or of another network.
    """
    try:
        with path.open("rb") as file, np.load(file) as held:
            arrays = {name: held[name] for name in held.files}
    except damage.ARRAYS as error:
        raise InputError(f"{path}: holds no weights: {error}") from error
    state = {}
    try:
        for name, array in arrays.items():
            if name.endswith(_SCALES):
                continue
            scales = arrays.get(name + _SCALES)
            if scales is not None:
                array = array.astype(np.float32) * scales.reshape(-1, *[1] * (array.ndim - 1))
            state[name] = torch.from_numpy(np.array(array))
        model.load_state_dict(state)
    except (RuntimeError, TypeError, ValueError) as error:
        raise InputError(f"{path}: does not fit {type(model).__name__}: {error}") from error
