"""A linear classifier as a .tflite file, written without a converter."""

from typing import Any

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema
from numpy.typing import NDArray

from firsthand.errors import ShapeError


def linear_classifier(weights: NDArray[Any], offsets: NDArray[Any]) -> bytes:
    """Return a file that maps (1, size) to the likelihoods (1, classes) of softmax(x @ w.T + b).

    `weights` are (classes, size), `offsets` (classes,); both finite, float32 in the file.
    """
    if weights.ndim != 2 or offsets.shape != weights.shape[:1] or not weights.size:
        raise ShapeError(f"weights (classes, size) and offsets (classes,), not {weights.shape}")
    if not (np.isfinite(weights).all() and np.isfinite(offsets).all()):
        raise ShapeError("weights and offsets of a classifier are finite")
    classes, size = weights.shape
    model = schema.ModelT()
    model.version, model.description = 3, "firsthand"
    model.buffers = [_buffer(b"")]  # the first is empty, as the format has it
    graph = schema.SubGraphT()
    graph.name = "main"
    graph.tensors = [
        _tensor(model, "vector", (1, size)),
        _tensor(model, "weights", (classes, size), weights),
        _tensor(model, "offsets", (classes,), offsets),
        _tensor(model, "scores", (1, classes)),
        _tensor(model, "likelihoods", (1, classes)),
    ]
    graph.inputs, graph.outputs = [0], [4]
    dense = schema.FullyConnectedOptionsT()
    softmax = schema.SoftmaxOptionsT()
    softmax.beta = 1.0
    operators = schema.BuiltinOperator
    kinds = schema.BuiltinOptions
    graph.operators = [
        _operator(
            model, operators.FULLY_CONNECTED, [0, 1, 2], 3, kinds.FullyConnectedOptions, dense
        ),
        _operator(model, operators.SOFTMAX, [3], 4, kinds.SoftmaxOptions, softmax),
    ]
    model.subgraphs = [graph]
    builder = flatbuffers.Builder(weights.size * 4 + 4096)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def _buffer(data: bytes) -> Any:
    found = schema.BufferT()
    found.data = np.frombuffer(data, np.uint8) if data else None
    return found


def _tensor(
    model: Any, name: str, shape: tuple[int, ...], values: NDArray[Any] | None = None
) -> Any:
    found = schema.TensorT()
    found.name, found.shape, found.type = name, list(shape), schema.TensorType.FLOAT32
    found.buffer = 0
    if values is not None:
        found.buffer = len(model.buffers)
        model.buffers.append(_buffer(np.ascontiguousarray(values, np.float32).tobytes()))
    return found


def _operator(
    model: Any, code: int, inputs: list[int], output: int, kind: int, options: Any
) -> Any:
    entry = schema.OperatorCodeT()
    entry.builtinCode = entry.deprecatedBuiltinCode = code
    entry.version = 1
    model.operatorCodes = [*(model.operatorCodes or []), entry]
    found = schema.OperatorT()
    found.opcodeIndex = len(model.operatorCodes) - 1
    found.inputs, found.outputs = inputs, [output]
    found.builtinOptionsType, found.builtinOptions = kind, options
    return found
