"""Whether a .tflite model's tensors keep their places in memory while it runs."""

import numpy as np
from ai_edge_litert import schema_py_generated as schema

# Operations whose output has the same shape on every run as long as what they take for a shape,
# an axis or a size is constant. What is missing here costs a copy, never a wrong result.
_STEADY_NAMES = """
ABS ADD ADD_N ARG_MAX ARG_MIN AVERAGE_POOL_2D BATCH_MATMUL BATCH_TO_SPACE_ND BROADCAST_TO CAST
CEIL COMPLEX_ABS CONCATENATION CONV_2D COS CUMSUM DEPTHWISE_CONV_2D DEPTH_TO_SPACE DEQUANTIZE
DIV ELU EMBEDDING_LOOKUP EQUAL EXP EXPAND_DIMS FAKE_QUANT FLOOR FLOOR_DIV FLOOR_MOD
FULLY_CONNECTED GATHER GATHER_ND GELU GREATER GREATER_EQUAL HARD_SWISH IMAG L2_NORMALIZATION
L2_POOL_2D LEAKY_RELU LESS LESS_EQUAL LOG LOGICAL_AND LOGICAL_NOT LOGICAL_OR LOGISTIC
LOG_SOFTMAX LSTM MAXIMUM MAX_POOL_2D MEAN MINIMUM MIRROR_PAD MUL NEG NOT_EQUAL PACK PAD PADV2
POW PRELU QUANTIZE REAL REDUCE_ALL REDUCE_ANY REDUCE_MAX REDUCE_MIN REDUCE_PROD RELU RELU6
RELU_0_TO_1 RELU_N1_TO_1 RESHAPE RESIZE_BILINEAR RESIZE_NEAREST_NEIGHBOR REVERSE_V2 RFFT2D
ROUND RSQRT SELECT SELECT_V2 SIGN SIN SLICE SOFTMAX SPACE_TO_BATCH_ND SPACE_TO_DEPTH SPLIT
SPLIT_V SQRT SQUARE SQUARED_DIFFERENCE SQUEEZE STRIDED_SLICE SUB SUM SVDF TANH TILE TOPK_V2
TRANSPOSE TRANSPOSE_CONV UNIDIRECTIONAL_SEQUENCE_LSTM UNIDIRECTIONAL_SEQUENCE_RNN UNPACK
ZEROS_LIKE
"""
_STEADY = frozenset(getattr(schema.BuiltinOperator, name) for name in _STEADY_NAMES.split())
# These take whole numbers as indices or values only, which change no shape.
_INDEXED = frozenset(
    getattr(schema.BuiltinOperator, name) for name in ("CAST", "EMBEDDING_LOOKUP", "GATHER")
)
_SHAPE_TYPES = (schema.TensorType.INT32, schema.TensorType.INT64)


def memory_stays(data: bytes) -> bool:
    """Tell whether no tensor of the model can be resized by the data it runs on.

    `data` has passed LiteRT's own verification. True if there is one subgraph of known steady
    operations, none of which reads an int32 or int64 tensor that is not a constant of the file.
    """
    model = schema.Model.GetRootAs(data, 0)
    if model.SubgraphsLength() != 1:
        return False
    # Files older than schema 3a have the operation in the deprecated field only.
    codes = [
        max(code.BuiltinCode(), code.DeprecatedBuiltinCode())
        for code in map(model.OperatorCodes, range(model.OperatorCodesLength()))
    ]
    if not _STEADY.issuperset(codes):
        return False
    graph = model.Subgraphs(0)
    read: set[int] = set()
    for operator in map(graph.Operators, range(graph.OperatorsLength())):
        if codes[operator.OpcodeIndex()] not in _INDEXED and operator.InputsLength():
            read.update(np.asarray(operator.InputsAsNumpy()).tolist())
    return not any(_varies(model, graph.Tensors(index)) for index in read if index >= 0)


def _varies(model: schema.Model, tensor: schema.Tensor) -> bool:
    if tensor.Type() not in _SHAPE_TYPES:
        return False
    buffer = model.Buffers(tensor.Buffer())
    # Data may lie behind the flatbuffer, at an offset of the file (0 and 1 stand for "does not").
    return bool(buffer.DataLength() == 0 and buffer.Offset() <= 1)
