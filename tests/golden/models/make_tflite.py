"""Writes the small .tflite models beside this file, with the schema that ai-edge-litert ships.

    python tests/golden/models/make_tflite.py

sum_product.tflite   x, y float32 [2, 3]  ->  x + y, x * y
any_rows.tflite      the same with -1 rows
int8.tflite          q int8 [2, 3], scale 0.5, zero point -3  ->  its values as [3, 2]
data_shape.tflite    x float32 [6], shape int32 [2]  ->  x in that shape: memory moves while running
"""

from pathlib import Path

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema

HERE = Path(__file__).parent


def tensor(name, shape, kind, *, signature=None, quantised=None):
    made = schema.TensorT()
    made.name = name
    made.shape = list(shape)
    made.shapeSignature = None if signature is None else list(signature)
    made.type = kind
    made.buffer = 0
    made.hasRank = True
    if quantised is not None:
        made.quantization = schema.QuantizationParametersT()
        made.quantization.scale = np.array([quantised[0]], np.float32)
        made.quantization.zeroPoint = np.array([quantised[1]], np.int64)
    return made


def operator(code, inputs, outputs, options_kind, options):
    made = schema.OperatorT()
    made.opcodeIndex = code
    made.inputs = list(inputs)
    made.outputs = list(outputs)
    made.builtinOptionsType = options_kind
    made.builtinOptions = options
    return made


def write(file_name, tensors, codes, operators, inputs, outputs):
    graph = schema.SubGraphT()
    graph.name = "main"
    graph.tensors, graph.operators = tensors, operators
    graph.inputs, graph.outputs = list(inputs), list(outputs)
    model = schema.ModelT()
    model.version = 3
    model.description = "made by make_tflite.py"
    model.subgraphs = [graph]
    model.buffers = [schema.BufferT()]
    model.operatorCodes = []
    for code in codes:
        entry = schema.OperatorCodeT()
        entry.builtinCode = entry.deprecatedBuiltinCode = code
        entry.version = 1
        model.operatorCodes.append(entry)
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), file_identifier=b"TFL3")
    (HERE / file_name).write_bytes(builder.Output())


def sum_product(file_name, signature):
    floats = schema.TensorType.FLOAT32
    shape = [1 if n == -1 else n for n in signature]
    options = schema.BuiltinOptions
    write(
        file_name,
        [tensor(n, shape, floats, signature=signature) for n in ("x", "y", "sum", "product")],
        [schema.BuiltinOperator.ADD, schema.BuiltinOperator.MUL],
        [
            operator(0, (0, 1), (2,), options.AddOptions, schema.AddOptionsT()),
            operator(1, (0, 1), (3,), options.MulOptions, schema.MulOptionsT()),
        ],
        (0, 1),
        (2, 3),
    )


def int8():
    options = schema.ReshapeOptionsT()
    options.newShape = [3, 2]
    kind, quantised = schema.TensorType.INT8, (0.5, -3)
    write(
        "int8.tflite",
        [
            tensor("q", (2, 3), kind, quantised=quantised),
            tensor("turned", (3, 2), kind, quantised=quantised),
        ],
        [schema.BuiltinOperator.RESHAPE],
        [operator(0, (0,), (1,), schema.BuiltinOptions.ReshapeOptions, options)],
        (0,),
        (1,),
    )


def data_shape():
    floats = schema.TensorType.FLOAT32
    write(
        "data_shape.tflite",
        [
            tensor("x", (6,), floats),
            tensor("shape", (2,), schema.TensorType.INT32),
            tensor("shaped", (2, 3), floats),
        ],
        [schema.BuiltinOperator.RESHAPE],
        [operator(0, (0, 1), (2,), schema.BuiltinOptions.NONE, None)],
        (0, 1),
        (2,),
    )


if __name__ == "__main__":
    sum_product("sum_product.tflite", (2, 3))
    sum_product("any_rows.tflite", (-1, 3))
    int8()
    data_shape()
