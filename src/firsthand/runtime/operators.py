"""What a model is made of: its operators, their multiply-accumulates and the bytes they touch."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from firsthand.runtime.artifact import Model


@dataclass(frozen=True, slots=True)
class Operator:
    """One operator of a model, in the order of its file.

    `macs` are multiply-accumulates of one run at batch 1: of convolutions and matrix products;
    additions, activations and pooling count as none, as is usual. `weight_bytes` are the constants
    that it reads, `moved_bytes` what else it reads and what it writes.
    """

    name: str
    kind: str
    macs: int
    weight_bytes: int
    moved_bytes: int


@dataclass(frozen=True, slots=True)
class Tensor:
    """A tensor as far as counting needs it; an open size counts as 1."""

    shape: tuple[int, ...]
    item_bits: int
    constant: bool

    @property
    def items(self) -> int:
        """How many numbers it has."""
        return math.prod(max(1, side) for side in self.shape)

    @property
    def octets(self) -> int:
        """How many bytes they take."""
        return -(-self.items * self.item_bits // 8)


Inputs = list[Tensor | None]
Count = Callable[[Inputs, Tensor], int]
"""Takes an operator's inputs and its first output, gives its multiply-accumulates."""


def operators(model: Model) -> tuple[Operator, ...]:
    """Return the operators of a model's main graph.

    Raises `ModelError` where the file is none, `MissingDependencyError` where reading its format
    needs a package that is not installed.
    """
    data = model.read()
    if model.card.format == "tflite":
        from firsthand.runtime.backends.litert_operators import litert_operators

        return litert_operators(data, where=str(model.path))
    from firsthand.runtime.backends.onnx_operators import onnx_operators

    return onnx_operators(data, where=str(model.path))


def operator(
    name: str, kind: str, inputs: Inputs, outputs: list[Tensor], counts: Mapping[str, Count]
) -> Operator:
    """Return what one operator costs, its kind's multiply-accumulates by `counts`."""
    given = [tensor for tensor in inputs if tensor is not None]
    count = counts.get(kind, _none)
    return Operator(
        name=name,
        kind=kind,
        macs=count(inputs, outputs[0]) if outputs else 0,
        weight_bytes=sum(tensor.octets for tensor in given if tensor.constant),
        moved_bytes=sum(t.octets for t in (*given, *outputs) if not t.constant),
    )


def by_weights(at: int, *, skip: int = 1) -> Count:
    """Return the count of operators each of whose results takes a product with some weights.

    Input `at` holds the weights of shape (outputs, ...); `skip` leading sides are not summed over.
    """

    def count(inputs: Inputs, output: Tensor) -> int:
        weights = inputs[at] if at < len(inputs) else None
        return 0 if weights is None else output.items * math.prod(weights.shape[skip:])

    return count


def scattered(at: int, weights_at: int) -> Count:
    """Return the count of transposed convolutions: every number of input `at` meets all weights.

    The weights have the input's channels as one of their sides.
    """

    def count(inputs: Inputs, _: Tensor) -> int:
        given, weights = inputs[at], inputs[weights_at]
        if given is None or weights is None or not given.shape:
            return 0
        channels = max(1, given.shape[-1])
        return given.items // channels * weights.items

    return count


def matrix_product(inputs: Inputs, output: Tensor) -> int:
    """Return the count of a product of two stacks of matrices, the first (..., m, k)."""
    first = inputs[0]
    return 0 if first is None or not first.shape else output.items * max(1, first.shape[-1])


def _none(_inputs: Inputs, _output: Tensor) -> int:
    return 0


NOTHING: Final[Mapping[str, Count]] = {}
