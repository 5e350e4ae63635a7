"""The operators of a .tflite file, read from its flatbuffer."""

import struct
from typing import Any, Final

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from firsthand.errors import ModelError
from firsthand.runtime.operators import (
    Count,
    Operator,
    Tensor,
    by_weights,
    matrix_product,
    operator,
    scattered,
)


def _depthwise(inputs: list[Tensor | None], output: Tensor) -> int:
    weights = inputs[1] if len(inputs) > 1 else None  # (1, height, width, channels)
    if weights is None or len(weights.shape) != 4:
        return 0
    return output.items * weights.shape[1] * weights.shape[2]


def _fully_connected(inputs: list[Tensor | None], output: Tensor) -> int:
    weights = inputs[1] if len(inputs) > 1 else None  # (outputs, inputs)
    return 0 if weights is None or not weights.shape else output.items * weights.shape[-1]


def _conv_3d(inputs: list[Tensor | None], output: Tensor) -> int:
    weights = inputs[1] if len(inputs) > 1 else None  # (depth, height, width, inputs, outputs)
    if weights is None or not weights.shape:
        return 0
    return output.items * (weights.items // max(1, weights.shape[-1]))


_COUNTS: Final[dict[str, Count]] = {
    "CONV_2D": by_weights(1),
    "DEPTHWISE_CONV_2D": _depthwise,
    "FULLY_CONNECTED": _fully_connected,
    "TRANSPOSE_CONV": scattered(2, 1),
    "CONV_3D": _conv_3d,
    "BATCH_MATMUL": matrix_product,
}
_KINDS: Final = {
    number: name for name, number in vars(schema.BuiltinOperator).items() if name.isupper()
}
_BITS: Final = {
    getattr(schema.TensorType, name): bits
    for name, bits in (
        *(("FLOAT64", 64), ("INT64", 64), ("UINT64", 64), ("COMPLEX64", 64), ("COMPLEX128", 128)),
        *(("FLOAT32", 32), ("INT32", 32), ("UINT32", 32), ("FLOAT16", 16), ("INT16", 16)),
        *(("UINT16", 16), ("INT8", 8), ("UINT8", 8), ("BOOL", 8), ("INT4", 4)),
    )
    if hasattr(schema.TensorType, name)
}
# What a damaged flatbuffer makes of its reader, which checks nothing.
DAMAGE: Final = (IndexError, ValueError, TypeError, struct.error, MemoryError, AttributeError)


def litert_operators(data: bytes, *, where: str) -> tuple[Operator, ...]:
    """Return the operators of the main graph; `ModelError` for a file that cannot be read."""
    if data[4:8] != b"TFL3":
        raise ModelError(f"{where}: is no .tflite file: it does not say TFL3")
    try:
        return _operators(schema.Model.GetRootAs(data, 0))
    except DAMAGE as error:
        raise ModelError(f"{where}: is damaged: {type(error).__name__}: {error}") from error


def _operators(model: Any) -> tuple[Operator, ...]:
    codes = [model.OperatorCodes(at) for at in range(model.OperatorCodesLength())]
    graph = model.Subgraphs(0)
    tensors = [_tensor(model, graph.Tensors(at)) for at in range(graph.TensorsLength())]

    def named(at: int) -> str:
        return bytes(graph.Tensors(at).Name() or b"").decode("utf-8", "replace")

    def listed(numbers: Any) -> list[int]:
        return [int(at) for at in np.atleast_1d(numbers)]

    found = []
    for each in map(graph.Operators, range(graph.OperatorsLength())):
        inputs = listed(each.InputsAsNumpy()) if each.InputsLength() else []
        outputs = listed(each.OutputsAsNumpy()) if each.OutputsLength() else []
        found.append(
            operator(
                named(outputs[0]) if outputs else "",
                _kind(codes[each.OpcodeIndex()]),
                [tensors[at] if at >= 0 else None for at in inputs],
                [tensors[at] for at in outputs],
                _COUNTS,
            )
        )
    return tuple(found)


def _kind(code: Any) -> str:
    # Files older than schema 3a have the operation in the deprecated field only.
    number = max(code.BuiltinCode(), code.DeprecatedBuiltinCode())
    custom = code.CustomCode()
    if custom is not None:
        return bytes(custom).decode("utf-8", "replace")
    return str(_KINDS.get(number, f"operation {number}"))


def _tensor(model: Any, tensor: Any) -> Tensor:
    shape = tuple(int(side) for side in np.atleast_1d(tensor.ShapeAsNumpy()))
    if not tensor.ShapeLength():
        shape = ()
    buffer = model.Buffers(tensor.Buffer())
    # Data may lie behind the flatbuffer, at an offset of the file (0 and 1 stand for "does not").
    constant = bool(buffer.DataLength() or buffer.Offset() > 1)
    return Tensor(shape, _BITS.get(tensor.Type(), 8), constant)
