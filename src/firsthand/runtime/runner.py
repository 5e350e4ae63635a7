"""Running a model: arrays in, arrays out, copies only where asked for."""

import os
from dataclasses import dataclass
from typing import Any, Literal, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from firsthand.errors import ConfigError, InputError, ShapeError
from firsthand.runtime.artifact import Model

Array = NDArray[Any]
Backend = Literal["litert", "onnx"]


@dataclass(frozen=True)
class TensorSpec:
    """One input or output of a runner; -1 in `shape` is a size chosen by each call.

    Quantised tensors hold q with real value `scale * (q - zero_point)`; `scale` is None
    otherwise, and for tensors quantised channel by channel.
    """

    name: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    scale: float | None = None
    zero_point: int | None = None


@runtime_checkable
class Runner(Protocol):
    """A loaded model. One thread at a time; load one runner for each thread.

    `runner(*arrays)` copies in, runs, and returns arrays of the caller's own. Without copies:
    fill `input_view(i)`, call `invoke()`, read `output_view(i)`. The views of a model of fixed
    shapes stay valid and the same for the runner's life and show the latest results; where a
    shape is -1 a view is good until the next call, and its shape is that of the last call.
    """

    @property
    def inputs(self) -> tuple[TensorSpec, ...]:
        """The inputs, in the order of the arguments."""
        ...

    @property
    def outputs(self) -> tuple[TensorSpec, ...]:
        """The outputs, in the order of the results."""
        ...

    def __call__(self, *arrays: Array) -> tuple[Array, ...]:
        """Run once; `ShapeError` unless every array has its input's exact shape and dtype."""
        ...

    def input_view(self, index: int) -> Array:
        """Return a writable array over the memory of input `index`."""
        ...

    def invoke(self) -> None:
        """Run on what the input views hold; `ModelError` if the runtime fails."""
        ...

    def output_view(self, index: int) -> Array:
        """Return an array over the memory of output `index`; read only, results of `invoke`."""
        ...


def load_runner(
    model: Model | str | os.PathLike[str], *, threads: int = 1, backend: Backend | None = None
) -> Runner:
    """Load a model for running on `threads` threads of this process's CPUs.

    A path is opened as `Model.open` does. `backend` is "litert" for .tflite (default) or "onnx"
    for .onnx (default). The bytes are verified against the card before any runtime sees them.

    Raises `ChecksumError`, `ModelError` for a file the runtime refuses, `MissingDependencyError`
    when the back end is not installed. A damaged file is found out; a file made to attack the
    runtime may still crash it in native code: `rehearse` tries one in a process of its own.
    """
    if type(threads) is not int or not 1 <= threads <= 256:
        raise ConfigError(f"threads={threads!r} must be an integer from 1 to 256")
    if not isinstance(model, Model):
        model = Model.open(model)
    wanted: dict[str, Backend] = {"tflite": "litert", "onnx": "onnx"}
    natural = wanted[model.card.format]
    if backend not in (None, natural):
        raise ConfigError(
            f"{model.path}: a .{model.card.format} model runs on {natural!r}, not on {backend!r}"
        )
    data = model.read()
    if natural == "litert":
        from firsthand.runtime.backends.litert import open_litert

        return open_litert(data, threads=threads, where=str(model.path))
    from firsthand.runtime.backends.onnx import open_onnx

    return open_onnx(data, threads=threads, where=str(model.path))


def check_arrays(specs: tuple[TensorSpec, ...], arrays: tuple[Array, ...]) -> None:
    """Raise `ShapeError` unless `arrays` are exactly what `specs` ask for."""
    if len(arrays) != len(specs):
        names = ", ".join(spec.name for spec in specs)
        raise ShapeError(f"expected {len(specs)} arrays ({names}), was given {len(arrays)}")
    for spec, array in zip(specs, arrays, strict=True):
        if (
            isinstance(array, np.ndarray)
            and array.shape == spec.shape
            and array.dtype == spec.dtype
        ):
            continue
        if not isinstance(array, np.ndarray):
            raise ShapeError(
                f"input {spec.name!r}: expected a NumPy array of shape {spec.shape} and dtype "
                f"{spec.dtype}, was given a {type(array).__name__}"
            )
        fits = len(array.shape) == len(spec.shape) and all(
            have == want or (want == -1 and have > 0)
            for have, want in zip(array.shape, spec.shape, strict=True)
        )
        if not fits or array.dtype != spec.dtype:
            raise ShapeError(
                f"input {spec.name!r}: expected shape {spec.shape} and dtype {spec.dtype}, "
                f"was given shape {array.shape} and dtype {array.dtype}"
            )


def check_index(index: int, specs: tuple[TensorSpec, ...], what: str) -> int:
    """Return `index` if it names one of `specs`."""
    if not 0 <= index < len(specs):
        names = ", ".join(f"{i}: {spec.name}" for i, spec in enumerate(specs))
        raise InputError(f"{what} {index} does not exist; there are {names}")
    return index
