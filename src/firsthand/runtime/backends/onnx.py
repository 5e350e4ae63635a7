"""ONNX Runtime on the CPU, through bound buffers where the shapes are fixed."""

import math
import os
import re
from typing import Any

import numpy as np

from firsthand.errors import MissingDependencyError, ModelError
from firsthand.runtime.backends.views import FixedRunner, StagedRunner, brief
from firsthand.runtime.runner import Array, Runner, TensorSpec, check_arrays

try:
    import onnxruntime as ort
    from onnxruntime.capi import onnxruntime_pybind11_state as native
except ImportError as error:
    raise MissingDependencyError(
        "running .onnx models needs ONNX Runtime: pip install 'firsthand[onnx]'"
    ) from error

_REFUSALS: tuple[type[BaseException], ...] = (
    ValueError,
    RuntimeError,
    MemoryError,
    native.Fail,
    native.EPFail,
    native.InvalidArgument,
    native.InvalidGraph,
    native.InvalidProtobuf,
    native.ModelLoaded,
    native.NoModel,
    native.NoSuchFile,
    native.NotImplemented,
    native.RuntimeException,
)

_DTYPES = {
    "float": "float32",
    "double": "float64",
    "float16": "float16",
    "bool": "bool",
    **{f"{sign}int{bits}": f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)},
}


def open_onnx(data: bytes, *, threads: int, where: str) -> Runner:
    """Load a self-contained .onnx model from verified bytes; `where` names it in errors."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 4
    # Spinning workers starve their neighbours on a busy device (3.9 -> 25 ms, two busy cores).
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    # Weights in files of their own, taken from the working folder, no checksum would cover.
    options.add_session_config_entry(
        "session.model_external_initializers_file_folder_path", os.devnull
    )
    try:
        session = ort.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    except _REFUSALS as error:
        raise ModelError(f"{where}: ONNX Runtime cannot load it: {brief(error)}") from error
    inputs = tuple(_spec(node, where) for node in session.get_inputs())
    outputs = tuple(_spec(node, where) for node in session.get_outputs())
    if any(-1 in spec.shape or not math.prod(spec.shape) for spec in (*inputs, *outputs)):
        return StagedOnnxRunner(session, inputs, outputs, where)
    return FixedOnnxRunner(session, inputs, outputs, where)


class FixedOnnxRunner(FixedRunner):
    """A model of fixed shapes: the session reads and writes the views' memory."""

    def __init__(
        self,
        session: Any,
        inputs: tuple[TensorSpec, ...],
        outputs: tuple[TensorSpec, ...],
        where: str,
    ) -> None:
        given, made = (
            tuple(np.zeros(spec.shape, spec.dtype) for spec in specs) for specs in (inputs, outputs)
        )
        super().__init__(inputs, outputs, (given, made))
        self._where = where
        self._session = session
        self._binding = session.io_binding()
        for spec, array in zip(inputs, given, strict=True):
            self._binding.bind_input(
                spec.name, "cpu", 0, spec.dtype.type, spec.shape, array.ctypes.data
            )
        for spec, array in zip(outputs, made, strict=True):
            self._binding.bind_output(
                spec.name, "cpu", 0, spec.dtype.type, spec.shape, array.ctypes.data
            )

    def invoke(self) -> None:
        """Run on what the input views hold."""
        try:
            self._session.run_with_iobinding(self._binding)
        except _REFUSALS as error:
            raise ModelError(f"{self._where}: ONNX Runtime failed: {brief(error)}") from error


class StagedOnnxRunner(StagedRunner):
    """A model with sizes chosen by each call: the session allocates its outputs."""

    def __init__(
        self,
        session: Any,
        inputs: tuple[TensorSpec, ...],
        outputs: tuple[TensorSpec, ...],
        where: str,
    ) -> None:
        shapes = [[1 if n == -1 else n for n in spec.shape] for spec in inputs]
        staged = [np.zeros(of, spec.dtype) for of, spec in zip(shapes, inputs, strict=True)]
        super().__init__(inputs, outputs, staged)
        self._where = where
        self._session = session

    def __call__(self, *arrays: Array) -> tuple[Array, ...]:
        """Run on `arrays` and return the outputs."""
        check_arrays(self.inputs, arrays)
        self._in = [array.copy() for array in arrays]
        self.invoke()
        assert self._out is not None
        return tuple(array.copy() for array in self._out)

    def invoke(self) -> None:
        """Run on what the input views hold."""
        feed = {spec.name: array for spec, array in zip(self.inputs, self._in, strict=True)}
        try:
            self._out = self._session.run(None, feed)
        except _REFUSALS as error:
            raise ModelError(f"{self._where}: ONNX Runtime failed: {brief(error)}") from error


def _spec(node: Any, where: str) -> TensorSpec:
    found = re.fullmatch(r"tensor\((\w+)\)", node.type)
    if found is None or found[1] not in _DTYPES:
        raise ModelError(f"{where}: {node.name!r} is a {node.type}; only tensors of numbers run")
    shape = node.shape or []
    return TensorSpec(
        node.name,
        tuple(n if isinstance(n, int) and n >= 0 else -1 for n in shape),
        np.dtype(_DTYPES[found[1]]),
    )
