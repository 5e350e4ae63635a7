"""ONNX Runtime on the CPU, through bound buffers where the shapes are fixed."""

import math
import os
import re
from typing import Any

import numpy as np

from firsthand.errors import InputError, MissingDependencyError, ModelError
from firsthand.runtime.runner import Array, Runner, TensorSpec, check_arrays, check_index

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
        raise ModelError(f"{where}: ONNX Runtime cannot load it: {_brief(error)}") from error
    inputs = tuple(_spec(node, where) for node in session.get_inputs())
    outputs = tuple(_spec(node, where) for node in session.get_outputs())
    if any(-1 in spec.shape or not math.prod(spec.shape) for spec in (*inputs, *outputs)):
        return StagedOnnxRunner(session, inputs, outputs, where)
    return FixedOnnxRunner(session, inputs, outputs, where)


class FixedOnnxRunner:
    """A model of fixed shapes: the session reads and writes the views' memory."""

    def __init__(
        self,
        session: Any,
        inputs: tuple[TensorSpec, ...],
        outputs: tuple[TensorSpec, ...],
        where: str,
    ) -> None:
        self.inputs = inputs
        self.outputs = outputs
        self._where = where
        self._session = session
        self._binding = session.io_binding()
        self._in: tuple[Array, ...] = tuple(np.zeros(s.shape, s.dtype) for s in inputs)
        self._out: tuple[Array, ...] = tuple(np.zeros(s.shape, s.dtype) for s in outputs)
        for spec, array in zip(inputs, self._in, strict=True):
            self._binding.bind_input(
                spec.name, "cpu", 0, spec.dtype.type, spec.shape, array.ctypes.data
            )
        for spec, array in zip(outputs, self._out, strict=True):
            self._binding.bind_output(
                spec.name, "cpu", 0, spec.dtype.type, spec.shape, array.ctypes.data
            )
            array.flags.writeable = False

    def __call__(self, *arrays: Array) -> tuple[Array, ...]:
        """Copy `arrays` in, run, and return copies of the outputs."""
        check_arrays(self.inputs, arrays)
        for view, array in zip(self._in, arrays, strict=True):
            view[...] = array
        self.invoke()
        return tuple([view.copy() for view in self._out])

    def input_view(self, index: int) -> Array:
        """Return the writable memory of input `index`: the same array every time."""
        return self._in[check_index(index, self.inputs, "input")]

    def invoke(self) -> None:
        """Run on what the input views hold."""
        try:
            self._session.run_with_iobinding(self._binding)
        except _REFUSALS as error:
            raise ModelError(f"{self._where}: ONNX Runtime failed: {_brief(error)}") from error

    def output_view(self, index: int) -> Array:
        """Return the memory of output `index`, read only: the same array every time."""
        return self._out[check_index(index, self.outputs, "output")]


class StagedOnnxRunner:
    """A model with sizes chosen by each call: the session allocates its outputs."""

    def __init__(
        self,
        session: Any,
        inputs: tuple[TensorSpec, ...],
        outputs: tuple[TensorSpec, ...],
        where: str,
    ) -> None:
        self.inputs = inputs
        self.outputs = outputs
        self._where = where
        self._session = session
        self._in: list[Array] = [
            np.zeros([1 if n == -1 else n for n in spec.shape], spec.dtype) for spec in inputs
        ]
        self._out: list[Array] | None = None

    def __call__(self, *arrays: Array) -> tuple[Array, ...]:
        """Run on `arrays` and return the outputs."""
        check_arrays(self.inputs, arrays)
        self._in = [array.copy() for array in arrays]
        self.invoke()
        assert self._out is not None
        return tuple(array.copy() for array in self._out)

    def input_view(self, index: int) -> Array:
        """Return the array that the next `invoke` reads as input `index`."""
        return self._in[check_index(index, self.inputs, "input")]

    def invoke(self) -> None:
        """Run on what the input views hold."""
        feed = {spec.name: array for spec, array in zip(self.inputs, self._in, strict=True)}
        try:
            self._out = self._session.run(None, feed)
        except _REFUSALS as error:
            raise ModelError(f"{self._where}: ONNX Runtime failed: {_brief(error)}") from error

    def output_view(self, index: int) -> Array:
        """Return output `index` of the last `invoke`, read only."""
        check_index(index, self.outputs, "output")
        if self._out is None:
            raise InputError(f"output {self.outputs[index].name!r}: call invoke() first")
        view = self._out[index].view()
        view.flags.writeable = False
        return view


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


def _brief(error: BaseException) -> str:
    return " ".join(str(error).split())[:400] or type(error).__name__
