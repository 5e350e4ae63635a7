"""LiteRT (TensorFlow Lite) with XNNPACK on the CPU.

The interpreter's own NumPy views forbid `invoke` while anyone holds one, because a model whose
shapes are found while running may move its memory. Most models never do (`litert_memory` tells):
those get views made once over the same addresses; all others get copies.
"""

import ctypes
from typing import Any

import numpy as np
from ai_edge_litert.interpreter import Interpreter

from firsthand.errors import ModelError, ShapeError
from firsthand.runtime.backends.litert_memory import memory_stays
from firsthand.runtime.backends.views import FixedRunner, StagedRunner, brief
from firsthand.runtime.runner import Array, Runner, TensorSpec, check_arrays

# What the native code raises, on refusing a model and on failing in one.
_REFUSALS = (ValueError, RuntimeError, MemoryError, SystemError)


def open_litert(data: bytes, *, threads: int, where: str) -> Runner:
    """Load a .tflite model from verified bytes; `where` names it in errors."""
    if len(data) < 16 or data[4:8] != b"TFL3":
        raise ModelError(
            f"{where}: not a .tflite file: bytes 4-8 are {data[4:8]!r} instead of b'TFL3'"
        )
    try:
        interpreter = Interpreter(model_content=data, num_threads=threads)
        interpreter.allocate_tensors()
        inputs = tuple(_spec(detail, where) for detail in interpreter.get_input_details())
        outputs = tuple(_spec(detail, where) for detail in interpreter.get_output_details())
    except _REFUSALS as error:
        raise ModelError(f"{where}: LiteRT cannot load this model: {brief(error)}") from error
    dynamic = any(-1 in spec.shape for spec in (*inputs, *outputs))
    if dynamic or not memory_stays(data):
        return StagedLiteRtRunner(interpreter, inputs, outputs, where)
    return FixedLiteRtRunner(interpreter, inputs, outputs, where)


class FixedLiteRtRunner(FixedRunner):
    """A model whose tensors never move: the views are the interpreter's own memory."""

    def __init__(
        self,
        interpreter: Interpreter,
        inputs: tuple[TensorSpec, ...],
        outputs: tuple[TensorSpec, ...],
        where: str,
    ) -> None:
        given = tuple(_memory(interpreter, each) for each in interpreter.get_input_details())
        made = tuple(_memory(interpreter, each) for each in interpreter.get_output_details())
        super().__init__(inputs, outputs, (given, made))
        self._where = where
        self._run = interpreter.invoke

    def invoke(self) -> None:
        """Run on what the input views hold."""
        try:
            self._run()
        except _REFUSALS as error:
            raise ModelError(f"{self._where}: LiteRT failed: {brief(error)}") from error


class StagedLiteRtRunner(StagedRunner):
    """A model whose tensors may move or change size: inputs and outputs are copies."""

    def __init__(
        self,
        interpreter: Interpreter,
        inputs: tuple[TensorSpec, ...],
        outputs: tuple[TensorSpec, ...],
        where: str,
    ) -> None:
        details = interpreter.get_input_details()
        super().__init__(inputs, outputs, [np.zeros(d["shape"], d["dtype"]) for d in details])
        self._where = where
        self._interpreter = interpreter
        self._in_at = [int(detail["index"]) for detail in details]
        self._out_at = [int(detail["index"]) for detail in interpreter.get_output_details()]

    def __call__(self, *arrays: Array) -> tuple[Array, ...]:
        """Resize to `arrays` if their shapes are new, run, and return the outputs."""
        check_arrays(self.inputs, arrays)
        if any(old.shape != new.shape for old, new in zip(self._in, arrays, strict=True)):
            self._resize([array.shape for array in arrays])
        for staged, array in zip(self._in, arrays, strict=True):
            staged[...] = array
        self.invoke()
        assert self._out is not None
        return tuple(self._out)

    def invoke(self) -> None:
        """Copy the input arrays in, run, and copy the outputs out."""
        try:
            for at, array in zip(self._in_at, self._in, strict=True):
                self._interpreter.set_tensor(at, array)
            self._interpreter.invoke()
            self._out = [self._interpreter.get_tensor(at) for at in self._out_at]
        except _REFUSALS as error:
            raise ModelError(f"{self._where}: LiteRT failed: {brief(error)}") from error

    def _resize(self, shapes: list[tuple[int, ...]]) -> None:
        try:
            for at, shape in zip(self._in_at, shapes, strict=True):
                self._interpreter.resize_tensor_input(at, shape)
            self._interpreter.allocate_tensors()
        except _REFUSALS as error:
            raise ShapeError(
                f"{self._where}: LiteRT cannot take inputs of shapes {shapes}: {brief(error)}"
            ) from error
        self._in = [
            np.zeros(shape, spec.dtype) for shape, spec in zip(shapes, self.inputs, strict=True)
        ]


def _memory(interpreter: Interpreter, detail: dict[str, Any]) -> Array:
    """Return an array over a tensor's memory that keeps the interpreter alive but not busy."""
    lent = interpreter.tensor(detail["index"])()
    address, shape, dtype, size = lent.ctypes.data, lent.shape, lent.dtype, lent.nbytes
    del lent
    buffer = (ctypes.c_char * size).from_address(address)
    buffer.owner = interpreter  # the array holds the buffer, so both live on
    return np.frombuffer(buffer, dtype=dtype).reshape(shape)


def _spec(detail: dict[str, Any], where: str) -> TensorSpec:
    dtype = np.dtype(detail["dtype"])
    if dtype.kind not in "fiub":
        raise ModelError(
            f"{where}: tensor {detail['name']!r} has dtype {dtype}; only numbers and booleans run"
        )
    signature = detail["shape_signature"]
    shape = signature if len(signature) == len(detail["shape"]) else detail["shape"]
    scales = detail["quantization_parameters"]["scales"]
    zeros = detail["quantization_parameters"]["zero_points"]
    single = len(scales) == 1 and len(zeros) == 1
    return TensorSpec(
        str(detail["name"]),
        tuple(int(n) for n in shape),
        dtype,
        float(scales[0]) if single else None,
        int(zeros[0]) if single else None,
    )
