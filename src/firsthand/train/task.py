"""What a recipe implements to be trained by `loop.fit`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from torch import Tensor, nn

Batch = Mapping[str, Tensor]
"""Tensors by name, the first axis counting examples; pictures are (N, C, H, W)."""


class Task(Protocol):
    """What a recipe implements."""

    @property
    def recipe(self) -> str:
        """What is trained, on what, how: two runs of the same words and seed give one network."""
        ...

    @property
    def model(self) -> nn.Module:
        """The network, trained in place; how its weights begin is the recipe's to seed."""
        ...

    def batch(self, step: int) -> Batch:
        """Return the data of step `step`, counted from 0: the same whenever it is asked for.

        Runs in a thread beside the network: draw from `np.random.default_rng([seed, step])`,
        never from torch's global generator.
        """
        ...

    def loss(self, batch: Batch) -> Mapping[str, Tensor]:
        """Return scalars: "total", whose gradient is followed, and named parts to look at.

        The network is in training mode; torch's generator is seeded for this very step.
        """
        ...

    def preview(self, folder: Path, step: int) -> None:
        """Draw what the network can do after `step` steps; it has its averaged weights."""
        ...
