"""Models made here, as small as a challenge's model can be, and some that misbehave."""

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema

FLOAT, INT32, INT64, UINT8, BOOL = (
    schema.TensorType.FLOAT32,
    schema.TensorType.INT32,
    schema.TensorType.INT64,
    schema.TensorType.UINT8,
    schema.TensorType.BOOL,
)
OP, OPTIONS = schema.BuiltinOperator, schema.BuiltinOptions
SIDE = 8


class Maker:
    """Collects a model's tensors, constants and operators."""

    def __init__(self) -> None:
        self.model = schema.ModelT()
        self.model.version, self.model.description = 3, "made by a test"
        self.model.subgraphs, self.model.operatorCodes = [], []
        self.model.buffers = [schema.BufferT()]

    def graph(self) -> "Graph":
        return Graph(self)

    def code(self, builtin) -> int:
        entry = schema.OperatorCodeT()
        entry.builtinCode = builtin
        entry.deprecatedBuiltinCode = min(builtin, 127)
        entry.version = 1
        self.model.operatorCodes.append(entry)
        return len(self.model.operatorCodes) - 1

    def bytes(self) -> bytes:
        builder = flatbuffers.Builder(1024)
        builder.Finish(self.model.Pack(builder), file_identifier=b"TFL3")
        return bytes(builder.Output())


class Graph:
    def __init__(self, maker: Maker) -> None:
        self.maker, self.made = maker, schema.SubGraphT()
        self.made.tensors, self.made.operators = [], []
        self.made.inputs, self.made.outputs, self.made.name = [], [], "main"
        maker.model.subgraphs.append(self.made)

    def tensor(self, shape, kind=FLOAT, constant=None, signature=None) -> int:
        made = schema.TensorT()
        made.name = f"t{len(self.made.tensors)}"
        made.shape, made.type, made.hasRank, made.buffer = list(shape), kind, True, 0
        made.shapeSignature = None if signature is None else list(signature)
        if constant is not None:
            buffer = schema.BufferT()
            buffer.data = np.frombuffer(np.ascontiguousarray(constant).tobytes(), np.uint8)
            self.maker.model.buffers.append(buffer)
            made.buffer = len(self.maker.model.buffers) - 1
        self.made.tensors.append(made)
        return len(self.made.tensors) - 1

    def operator(self, builtin, inputs, outputs, options_kind=OPTIONS.NONE, options=None) -> None:
        made = schema.OperatorT()
        made.opcodeIndex = self.maker.code(builtin)
        made.inputs, made.outputs = list(inputs), list(outputs)
        made.builtinOptionsType, made.builtinOptions = options_kind, options
        self.made.operators.append(made)

    def ends(self, inputs, outputs) -> None:
        self.made.inputs, self.made.outputs = list(inputs), list(outputs)


def classifier(classes: int = 3, *, side: int = SIDE, seed: int = 0, bias: float = 0.0) -> bytes:
    """Tells which of the first `classes` colour channels is the brightest: mean, then a matrix."""
    maker = Maker()
    graph = maker.graph()
    x = graph.tensor((1, side, side, 3))
    axes = graph.tensor((2,), INT32, np.array([1, 2], np.int32))
    means, out = graph.tensor((1, 3)), graph.tensor((1, classes))
    weights = np.zeros((classes, 3), np.float32)
    weights[:3, :3] = np.eye(3)[:classes]
    weights += np.random.default_rng(seed).normal(0, 1e-3, weights.shape).astype(np.float32)
    matrix = graph.tensor((classes, 3), constant=weights)
    added = graph.tensor((classes,), constant=np.full(classes, bias, np.float32))
    graph.operator(OP.MEAN, (x, axes), (means,), OPTIONS.ReducerOptions, schema.ReducerOptionsT())
    graph.operator(
        OP.FULLY_CONNECTED,
        (means, matrix, added),
        (out,),
        OPTIONS.FullyConnectedOptions,
        schema.FullyConnectedOptionsT(),
    )
    graph.ends((x,), (out,))
    return maker.bytes()


def not_numbers(classes: int = 3) -> bytes:
    """Answers NaN whatever it sees."""
    return classifier(classes, bias=float("nan"))


def of_input(shape=(1, SIDE, SIDE, 3), kind=FLOAT, *, count=1, signature=None) -> bytes:
    """Takes `count` inputs, and gives the first ones back summed up over the image."""
    maker = Maker()
    graph = maker.graph()
    inputs = [graph.tensor(shape, kind, signature=signature) for _ in range(count)]
    axes = graph.tensor((2,), INT32, np.array([1, 2], np.int32))
    total = inputs[0]
    for each in inputs[1:]:
        both = graph.tensor(shape, kind)
        graph.operator(OP.ADD, (total, each), (both,), OPTIONS.AddOptions, schema.AddOptionsT())
        total = both
    out = graph.tensor((1, 3), kind)
    graph.operator(OP.MEAN, (total, axes), (out,), OPTIONS.ReducerOptions, schema.ReducerOptionsT())
    graph.ends(inputs, (out,))
    return maker.bytes()


def hungry(gigabytes: int = 64) -> bytes:
    """Wants this much memory for what lies between its input and its output."""
    maker = Maker()
    graph = maker.graph()
    x = graph.tensor((1, SIDE, SIDE, 3))
    side = int((gigabytes * 2**30 / 4 / 3) ** 0.5)
    size = graph.tensor((2,), INT32, np.array([side, side], np.int32))
    large = graph.tensor((1, side, side, 3))
    axes = graph.tensor((2,), INT32, np.array([1, 2], np.int32))
    out = graph.tensor((1, 3))
    graph.operator(
        OP.RESIZE_NEAREST_NEIGHBOR,
        (x, size),
        (large,),
        OPTIONS.ResizeNearestNeighborOptions,
        schema.ResizeNearestNeighborOptionsT(),
    )
    graph.operator(OP.MEAN, (large, axes), (out,), OPTIONS.ReducerOptions, schema.ReducerOptionsT())
    graph.ends((x,), (out,))
    return maker.bytes()


def endless() -> bytes:
    """Never answers: a loop that ends once a number that stays 0 is 1."""
    maker = Maker()
    graph = maker.graph()
    x, zero = graph.tensor((1, SIDE, SIDE, 3)), graph.tensor((1,), INT32, np.zeros(1, np.int32))
    counted, image = graph.tensor((1,), INT32), graph.tensor((1, SIDE, SIDE, 3))
    axes = graph.tensor((2,), INT32, np.array([1, 2], np.int32))
    out = graph.tensor((1, 3))
    options = schema.WhileOptionsT()
    options.condSubgraphIndex, options.bodySubgraphIndex = 1, 2
    graph.operator(OP.WHILE, (zero, x), (counted, image), OPTIONS.WhileOptions, options)
    graph.operator(OP.MEAN, (image, axes), (out,), OPTIONS.ReducerOptions, schema.ReducerOptionsT())
    graph.ends((x,), (out,))

    going = maker.graph()
    at, seen = going.tensor((1,), INT32), going.tensor((1, SIDE, SIDE, 3))
    one, less = going.tensor((1,), INT32, np.ones(1, np.int32)), going.tensor((1,), BOOL)
    going.operator(OP.LESS, (at, one), (less,), OPTIONS.LessOptions, schema.LessOptionsT())
    going.ends((at, seen), (less,))

    body = maker.graph()
    at, seen = body.tensor((1,), INT32), body.tensor((1, SIDE, SIDE, 3))
    none, same = body.tensor((1,), INT32, np.zeros(1, np.int32)), body.tensor((1,), INT32)
    body.operator(OP.ADD, (at, none), (same,), OPTIONS.AddOptions, schema.AddOptionsT())
    body.ends((at, seen), (same, seen))
    return maker.bytes()
