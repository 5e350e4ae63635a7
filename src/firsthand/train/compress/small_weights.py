"""Weights of 16 or 4 bits: smaller files. What they cost: `benchmarks/compress_weights.py`.

LiteRT turns float16 weights to float32 when it loads them, so they take no longer. In fully
connected layers weights of 4 bits are half of an int8 file's and as fast or faster. In convolutions
they take longer than float32, and depthwise convolutions cannot have them.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal, cast, get_args

import numpy as np
from numpy.typing import NDArray
from torch import nn

from firsthand.errors import ConfigError, InputError, TrainingError
from firsthand.train.compress.sparse import file_weights
from firsthand.train.export import quiet, to_tflite

Layer = Literal["FULLY_CONNECTED", "CONV_2D"]
LAYERS: Final[tuple[Layer, ...]] = get_args(Layer)
_FLOAT16_MOST: Final = 65504.0


def to_float16_tflite(module: nn.Module, size_px: tuple[int, int]) -> bytes:
    """Convert a network as `export.to_tflite` does, its filters in float16.

    The file computes in float32, as do its inputs and outputs; only filters are rounded.

    Raises `TrainingError` for filters beyond 65,504, where float16 ends.
    """
    return with_float16_weights(to_tflite(module, size_px))


def with_float16_weights(data: bytes) -> bytes:
    """Return a float model's file with its filters in float16; see `to_float16_tflite`."""
    from ai_edge_quantizer import qtyping, recipe_manager
    from ai_edge_quantizer.algorithm_manager import AlgorithmName

    for name, values in file_weights(data).items():
        largest = float(np.abs(values).max())
        if not largest <= _FLOAT16_MOST:
            raise TrainingError(
                f"the filters of {name} reach {largest:g}, and float16 ends at 65504: keep this "
                "network in float32, or train it with more weight_decay"
            )
    recipe = recipe_manager.RecipeManager()
    recipe.add_weight_only_config(
        ".*",
        qtyping.TFLOperationName.ALL_SUPPORTED,
        16,
        algorithm_key=AlgorithmName.FLOAT_CASTING,
    )
    return _quantised(data, recipe, None)


def to_int4_tflite(
    module: nn.Module,
    size_px: tuple[int, int],
    images: NDArray[np.float32],
    *,
    layers: Sequence[Layer] = ("FULLY_CONNECTED",),
) -> bytes:
    """Convert a network to a file that computes in int8, with 4-bit filters in some layers.

    These are rounded per output channel to -7..7 times absmax / 7. All other filters have 8 bits,
    and so have all values, whose ranges are observed on `images` (n, height, width, 3) in 0..1.
    The network takes (b, 3, height, width) in 0..1; inputs and outputs of the file are float32 as
    those of `export.to_tflite`.

    Raises `InputError` for images of another shape, `ConfigError` for layers that cannot have 4
    bits.
    """
    from ai_edge_quantizer import qtyping, recipe_manager
    from ai_edge_quantizer.algorithm_manager import AlgorithmName

    wrong = sorted(set(layers) - set(LAYERS))
    if wrong or not layers:
        raise ConfigError(f"layers {list(layers)}: only {list(LAYERS)} can have 4-bit weights")
    if images.ndim != 4 or images.shape[1:] != (*size_px, 3) or not len(images):
        raise InputError(f"images of shape (n, {size_px[0]}, {size_px[1]}, 3), not {images.shape}")
    names = qtyping.TFLOperationName
    recipe = recipe_manager.RecipeManager()
    recipe.add_static_config(".*", names.ALL_SUPPORTED, 8, 8)
    for layer in layers:
        recipe.add_static_config(".*", names[layer], 8, 4)
    for end in (names.INPUT, names.OUTPUT):
        recipe.add_quantization_config(".*", end, algorithm_key=AlgorithmName.NO_QUANTIZE)
    return _quantised(to_tflite(module, size_px), recipe, images)


def _quantised(data: bytes, recipe: Any, images: NDArray[np.float32] | None) -> bytes:
    from ai_edge_quantizer import quantizer

    with quiet():
        work = quantizer.Quantizer(bytearray(data), recipe.get_quantization_recipe())
        ranges = None if images is None else work.calibrate(_samples(data, images), num_threads=1)
        result = work.quantize(ranges)
    return bytes(cast(bytes, result.quantized_model))


def _samples(
    data: bytes, images: NDArray[np.float32]
) -> Mapping[str, list[Mapping[str, NDArray[np.float32]]]]:
    """Return images as the calibration wants them: by signature, and there by input."""
    from ai_edge_litert.interpreter import Interpreter

    ((key, signature),) = Interpreter(model_content=data).get_signature_list().items()
    (name,) = signature["inputs"]
    return {key: [{name: image[None]} for image in np.asarray(images, np.float32)]}
