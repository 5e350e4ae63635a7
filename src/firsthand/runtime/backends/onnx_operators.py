"""The operators of an .onnx file, with the shapes that ONNX's own inference finds."""

import math
from typing import Any, Final

from firsthand.errors import MissingDependencyError, ModelError
from firsthand.runtime.operators import (
    Count,
    Operator,
    Tensor,
    by_weights,
    matrix_product,
    operator,
)

try:
    import onnx
    from onnx import shape_inference
except ImportError as error:
    raise MissingDependencyError(
        "reading the operators of .onnx models needs ONNX: pip install 'firsthand[onnx]'"
    ) from error


def _gemm(inputs: list[Tensor | None], output: Tensor) -> int:
    first, second = inputs[0], inputs[1]
    if first is None or second is None:
        return 0
    rows, columns = (output.shape[0], output.shape[1]) if len(output.shape) == 2 else (1, 1)
    both = max(1, rows) * max(1, columns)
    return math.isqrt(first.items * second.items * both)  # (m k) (k n) (m n) = (m k n)^2


def _transposed(inputs: list[Tensor | None], _: Tensor) -> int:
    given, weights = inputs[0], inputs[1]  # (batch, inputs, ...), (inputs, outputs, ...)
    if given is None or weights is None:
        return 0
    return given.items * (weights.items // max(1, weights.shape[0]))


_COUNTS: Final[dict[str, Count]] = {
    "Conv": by_weights(1),
    "ConvInteger": by_weights(1),
    "QLinearConv": by_weights(3),
    "ConvTranspose": _transposed,
    "Gemm": _gemm,
    "MatMul": matrix_product,
    "MatMulInteger": matrix_product,
    "QLinearMatMul": matrix_product,
}


def onnx_operators(data: bytes, *, where: str) -> tuple[Operator, ...]:
    """Return the operators of the graph; `ModelError` for a file that cannot be read."""
    try:
        model = shape_inference.infer_shapes(onnx.load_model_from_string(data))
    except Exception as error:  # of protobuf's, which are of no common kind
        raise ModelError(
            f"{where}: is no .onnx file: {' '.join(str(error).split())[:200]}"
        ) from error
    try:
        return _operators(model)
    except (IndexError, TypeError, ValueError) as error:
        raise ModelError(f"{where}: is damaged: {type(error).__name__}: {error}") from error


def _operators(model: Any) -> tuple[Operator, ...]:
    tensors = {
        value.name: _tensor(value.type.tensor_type)
        for value in (*model.graph.input, *model.graph.output, *model.graph.value_info)
    }
    for weights in model.graph.initializer:
        bits = _bits(weights.data_type)
        tensors[weights.name] = Tensor(tuple(int(n) for n in weights.dims), bits, constant=True)
    for node in model.graph.node:
        if node.op_type == "Constant":
            for each in node.attribute:
                if each.name == "value":
                    shape = tuple(int(n) for n in each.t.dims)
                    tensors[node.output[0]] = Tensor(shape, _bits(each.t.data_type), constant=True)
    return tuple(
        operator(
            node.name or node.output[0],
            node.op_type,
            [tensors.get(name) for name in node.input],
            [tensors[name] for name in node.output if name in tensors],
            _COUNTS,
        )
        for node in model.graph.node
        if node.op_type != "Constant"
    )


def _tensor(kind: Any) -> Tensor:
    shape = tuple(int(side.dim_value) or 1 for side in kind.shape.dim)
    return Tensor(shape, _bits(kind.elem_type), constant=False)


def _bits(kind: int) -> int:
    try:
        return int(onnx.helper.tensor_dtype_to_np_dtype(kind).itemsize * 8)
    except (KeyError, TypeError):
        return 8
