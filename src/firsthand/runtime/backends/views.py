"""What runners have in common: arrays that lend a model's memory, or stand in for it."""

from abc import ABC, abstractmethod

from firsthand.errors import InputError
from firsthand.runtime.runner import Array, TensorSpec, check_arrays, check_index


class FixedRunner(ABC):
    """A model whose tensors never move: the views are the memory that it reads and writes."""

    def __init__(
        self,
        inputs: tuple[TensorSpec, ...],
        outputs: tuple[TensorSpec, ...],
        views: tuple[tuple[Array, ...], tuple[Array, ...]],
    ) -> None:
        self.inputs = inputs
        self.outputs = outputs
        self._in, self._out = views
        for view in self._in:
            view[...] = 0
        for view in self._out:
            view.flags.writeable = False

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

    @abstractmethod
    def invoke(self) -> None:
        """Run on what the input views hold."""

    def output_view(self, index: int) -> Array:
        """Return the memory of output `index`, read only: the same array every time."""
        return self._out[check_index(index, self.outputs, "output")]


class StagedRunner(ABC):
    """A model whose tensors may move or change size: inputs and outputs are arrays of our own."""

    def __init__(
        self,
        inputs: tuple[TensorSpec, ...],
        outputs: tuple[TensorSpec, ...],
        staged: list[Array],
    ) -> None:
        self.inputs = inputs
        self.outputs = outputs
        self._in = staged
        self._out: list[Array] | None = None

    @abstractmethod
    def __call__(self, *arrays: Array) -> tuple[Array, ...]:
        """Run on `arrays`, of other shapes than before too, and return the outputs."""

    def input_view(self, index: int) -> Array:
        """Return the array that the next `invoke` reads as input `index`."""
        return self._in[check_index(index, self.inputs, "input")]

    @abstractmethod
    def invoke(self) -> None:
        """Run on what the input views hold, and keep the outputs."""

    def output_view(self, index: int) -> Array:
        """Return output `index` of the last `invoke`, read only."""
        check_index(index, self.outputs, "output")
        if self._out is None:
            raise InputError(f"output {self.outputs[index].name!r}: call invoke() first")
        view = self._out[index].view()
        view.flags.writeable = False
        return view


def brief(error: BaseException) -> str:
    """Return what native code says, in a line of bounded length."""
    return " ".join(str(error).split())[:400] or type(error).__name__
