"""Pruning single weights while training goes on: Zhu and Gupta 2017, arXiv:1710.01878.

The smallest weights of each layer are zero, more of them as training goes on, and the others learn
to do without. A .tflite file stores zeros as it stores anything else: what they save shows once it
is packed (`firsthand.runtime.packed`). It computes no faster.
"""

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.utils import parametrize

from firsthand.errors import ConfigError
from firsthand.train.compress.classifying import ClassifyingTask, Word
from firsthand.train.compress.pictures import Batches
from firsthand.train.loop import fit
from firsthand.train.run import Progress
from firsthand.train.schedule import Schedule

# Depthwise filters and the first convolution, of three colours, sum fewer, and all of them matter.
FEWEST_SUMMED: Final = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Pruning:
    """When how many weights are zero: none until step `first`, the share `share` from `last` on.

    Steps count from 0. Between them the share grows every `every` steps, fast at first, when many
    weights are of little use, and slowly at the end (the paper's equation 1).

    Raises `ConfigError` for values out of range.
    """

    share: float
    last: int
    first: int = 0
    every: int = 10

    def __post_init__(self) -> None:
        if not (0 < self.share < 1 and 0 <= self.first < self.last and self.every >= 1):
            raise ConfigError(
                f"pruning needs 0 < share < 1, 0 <= first < last and every >= 1; got {self}"
            )

    def share_at(self, step: int) -> float:
        """Return the share of zeros that step `step` asks for."""
        done = (min(max(step, self.first), self.last) - self.first) / (self.last - self.first)
        return self.share * (1 - (1 - done) ** 3)

    def moves_at(self, step: int) -> bool:
        """Tell whether weights are chosen anew in step `step`."""
        return step == self.last or (
            self.first <= step < self.last and (step - self.first) % self.every == 0
        )


class Masked(nn.Module):
    """A layer's weights with some of them zero; a parametrization of the layer.

    Buffers: `cut` (bool, of the weights' shape), which are zero, at first those that are so
    already, and `seen`, the number of passes in training, of which there is one a step. With
    `pruning` the smallest are zero. A weight that is zero learns nothing, but keeps its value, and
    comes back where the others have become smaller than that.
    """

    cut: Tensor
    seen: Tensor

    def __init__(self, weight: Tensor, pruning: Pruning | None) -> None:
        super().__init__()
        self._pruning = pruning
        self.register_buffer("cut", weight.detach() == 0)
        self.register_buffer("seen", torch.tensor(0))

    def forward(self, weight: Tensor) -> Tensor:
        """Return `weight` with zeros."""
        if self._pruning and self.training:
            step = int(self.seen)
            if self._pruning.moves_at(step):
                self._choose(weight.detach(), self._pruning.share_at(step))
            self.seen += 1
        return weight.masked_fill(self.cut, 0)

    def _choose(self, weight: Tensor, share: float) -> None:
        order = weight.abs().flatten().argsort(stable=True)
        cut = torch.zeros(len(order), dtype=torch.bool)
        cut[order[: round(share * len(order))]] = True
        self.cut.copy_(cut.reshape(weight.shape))


def begin_pruning(model: nn.Module, pruning: Pruning | None) -> None:
    """Have convolutions and linear layers pruned while they are trained, in place.

    Without `pruning` they only keep the zeros that they have. Layers whose outputs each sum fewer
    than `FEWEST_SUMMED` weights are left alone. All that is needed to go on is in the network's
    state. Of a network to be quantised, give what `quantise.prepare` returns.

    Raises `ConfigError` where there is nothing to prune.
    """
    layers = [
        unit
        for unit in model.modules()
        if isinstance(unit, nn.Conv2d | nn.Linear) and unit.weight[0].numel() >= FEWEST_SUMMED
    ]
    if not layers:
        raise ConfigError(
            f"{type(model).__name__} has no convolution or linear layer whose outputs sum "
            f"{FEWEST_SUMMED} weights or more: there is nothing to prune"
        )
    for layer in layers:
        masked = Masked(layer.weight, pruning)
        parametrize.register_parametrization(layer, "weight", masked, unsafe=True)


def end_pruning(model: nn.Module) -> None:
    """Make the zeros of a network that was pruned its weights, in place, as exporting needs it."""
    model.eval()
    for unit in list(model.modules()):
        if parametrize.is_parametrized(unit, "weight"):
            parametrize.remove_parametrizations(unit, "weight")


def pruned_student(
    student: nn.Module,
    batches: Batches,
    schedule: Schedule,
    folder: Path,
    words: str,
    *,
    pruning: Pruning,
    teacher: Word | None = None,
    seed: int = 0,
    tell: Callable[[Progress], None] = lambda _: None,
) -> nn.Module:
    """Train a student on while it is pruned; return it, in float, with its zeros.

    `folder` gets the run, which is taken up again where it was left.

    Raises `ConfigError` for pruning that ends after the schedule.
    """
    if pruning.last >= schedule.steps:
        raise ConfigError(
            f"pruning ends in step {pruning.last}, and the schedule has {schedule.steps}: "
            "name an earlier `last`, half of the steps for instance"
        )
    pruned = copy.deepcopy(student)
    begin_pruning(pruned, pruning)
    task = ClassifyingTask(pruned, batches, f"{words}, {pruning}", teacher=teacher)
    fit(task, schedule, folder, seed=seed, resume=True, tell=tell)
    end_pruning(pruned)
    return pruned


def file_weights(data: bytes) -> Mapping[str, NDArray[Any]]:
    """Return the filters of a .tflite file: its constants of two axes or more, by their names.

    Of int8, float16 or float32; those of other dtypes, such as int4, are left out.
    """
    from ai_edge_litert import schema_py_generated as schema

    kinds = {
        schema.TensorType.INT8: np.int8,
        schema.TensorType.FLOAT16: np.float16,
        schema.TensorType.FLOAT32: np.float32,
    }
    model = schema.Model.GetRootAs(data, 0)
    graph = model.Subgraphs(0)
    found = {}
    for tensor in map(graph.Tensors, range(graph.TensorsLength())):
        buffer, kind = model.Buffers(tensor.Buffer()), kinds.get(tensor.Type())
        if kind is None or tensor.ShapeLength() < 2:
            continue
        # Data may lie behind the flatbuffer, at an offset of the file; 0 and 1 stand for none.
        first = buffer.Offset()
        held = data[first : first + buffer.Size()] if first > 1 else b""
        if buffer.DataLength():
            held = buffer.DataAsNumpy().tobytes()
        if held:
            values = np.frombuffer(held, kind)
            found[tensor.Name().decode()] = values.reshape(tensor.ShapeAsNumpy())
    return found
