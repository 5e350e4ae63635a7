"""A torch network as a `Runner`, so that what is measured while training is what will run."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from firsthand.runtime import TensorSpec
from firsthand.runtime.runner import check_arrays, check_index

_FLOAT = np.dtype(np.float32)


class ModuleRunner:
    """Runs `network`, which takes (1, 3, n, n) and gives tensors, on a picture (1, n, n, 3)."""

    def __init__(self, network: Callable[[Tensor], tuple[Tensor, ...]], size_px: int) -> None:
        self._network = network
        self._picture = np.zeros((1, size_px, size_px, 3), np.float32)
        self._results = tuple(np.zeros(tuple(each.shape), np.float32) for each in self._run())
        self._inputs = (TensorSpec("image", self._picture.shape, _FLOAT),)
        self._outputs = tuple(
            TensorSpec(f"output {index}", each.shape, _FLOAT)
            for index, each in enumerate(self._results)
        )

    @property
    def inputs(self) -> tuple[TensorSpec, ...]:
        """One picture."""
        return self._inputs

    @property
    def outputs(self) -> tuple[TensorSpec, ...]:
        """What the network returns, as it returns it."""
        return self._outputs

    def __call__(self, *arrays: NDArray[Any]) -> tuple[NDArray[Any], ...]:
        """Run once on a copy."""
        check_arrays(self._inputs, arrays)
        np.copyto(self._picture, arrays[0])
        self.invoke()
        return tuple(each.copy() for each in self._results)

    def input_view(self, index: int) -> NDArray[Any]:
        """Return the picture."""
        check_index(index, self._inputs, "input")
        return self._picture

    def invoke(self) -> None:
        """Run on the picture."""
        for result, found in zip(self._results, self._run(), strict=True):
            np.copyto(result, found.numpy())

    def output_view(self, index: int) -> NDArray[Any]:
        """Return a result."""
        return self._results[check_index(index, self._outputs, "output")]

    def _run(self) -> tuple[Tensor, ...]:
        with torch.no_grad():
            return self._network(torch.from_numpy(self._picture).permute(0, 3, 1, 2))


def module_runner(network: nn.Module, size_px: int) -> ModuleRunner:
    """Wrap a network that is in evaluation mode; it is run where it stands, as it then is."""
    assert not network.training
    return ModuleRunner(network, size_px)
