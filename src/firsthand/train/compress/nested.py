"""Students of several sizes that share their weights, trained together.

A smaller student's weights are some channels of the largest one's, and its blocks the first of
each stage (Yu et al. 2019, "Slimmable neural networks", arXiv:1812.08928; Cai et al. 2020,
"Once-for-all", arXiv:1908.09791). Batch norms are each student's own: the statistics of a sum over
fewer channels are others.
"""

import copy
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn import functional

from firsthand.errors import ConfigError
from firsthand.train.compress.channels import Channels, narrowed, sorted_channels
from firsthand.train.compress.classifying import Word, right, taught
from firsthand.train.compress.pictures import Batches
from firsthand.train.families.architecture import Plan, Stage
from firsthand.train.families.mobilenets import mobilenet_v2
from firsthand.train.task import Batch


def scaled(plan: Plan, width: float, depth: float = 1.0, head: float | None = None) -> Plan:
    """Return a plan with its channels, blocks and last convolution multiplied.

    Channels are multiples of 8; `head` is `width` by default.
    """

    def channels(count: int, factor: float) -> int:
        return max(8, round(count * factor / 8) * 8)

    return Plan(
        channels(plan.stem, width),
        tuple(
            Stage(
                channels(stage.channels, width),
                max(1, round(stage.blocks * depth)),
                stage.stride,
                stage.expansion,
            )
            for stage in plan.stages
        ),
        channels(plan.head, width if head is None else head),
        plan.stem_stride,
    )


Source = tuple[str, tuple[slice | Tensor, ...]]
"""The name of the largest student's weights, and which of them, axis by axis, another takes."""


class Nested(nn.Module):
    """Students of which the largest lends its weights to the others.

    `smaller` are the others, each with the sources of its weights by name; those that have none
    are its own. See `nested_plans` and `nested_widths`.
    """

    def __init__(
        self, largest: nn.Module, smaller: Sequence[tuple[nn.Module, Mapping[str, Source]]]
    ) -> None:
        super().__init__()
        self.students = nn.ModuleList([largest, *(student for student, _ in smaller)])
        self._sources = ({}, *(dict(sources) for _, sources in smaller))
        for student, sources in smaller:
            for name in sources:
                weights = student.get_parameter(name)
                weights.requires_grad_(False)
                weights.data.zero_()

    def forward(self, pictures: Tensor) -> list[Tensor]:
        """Return all students' logits (b, classes), the largest's first."""
        return [self.logits(at, pictures) for at in range(len(self.students))]

    def logits(self, at: int, pictures: Tensor) -> Tensor:
        """Return one student's logits."""
        student = self.students[at]
        return cast(Tensor, functional_call(student, self._shared(at), (pictures,)))

    def student(self, at: int) -> nn.Module:
        """Return a student by itself, with weights of its own."""
        alone = copy.deepcopy(self.students[at])
        with torch.no_grad():
            for name, weights in self._shared(at).items():
                own = alone.get_parameter(name)
                own.copy_(weights)
                own.requires_grad_(True)
        return alone

    def _shared(self, at: int) -> dict[str, Tensor]:
        """Return the weights that a student takes from the largest."""
        largest = self.students[0]
        found = {}
        for name, (source, places) in self._sources[at].items():
            weights: Tensor = largest.get_parameter(source)
            for axis, place in enumerate(places):
                if isinstance(place, Tensor):
                    weights = weights.index_select(axis, place)
                else:
                    weights = weights[(slice(None),) * axis + (place,)]
            found[name] = weights
        return found


def nested_widths(
    model: nn.Module,
    channels: Channels,
    importance: NDArray[np.float64],
    widths: Sequence[float],
) -> Nested:
    """Return students that are a trained network with fewer channels, the widest first.

    Each keeps the most important ones, and begins with the network's weights of them.
    """
    if list(widths) != sorted(set(widths), reverse=True):
        raise ConfigError(f"widths {list(widths)} must become smaller, one by one")
    model, channels = sorted_channels(model, channels, importance)
    stays = [channels.kept(width, importance) for width in widths]
    largest = narrowed(model, channels, stays[0])
    smaller = []
    for kept in stays[1:]:
        student = narrowed(model, channels, kept)
        places: dict[str, dict[int, slice | Tensor]] = {}
        for slot in channels.slots:
            among = slot.labels[stays[0][slot.labels]]
            places.setdefault(slot.tensor, {})[slot.axis] = _places(kept[among])
        sources: dict[str, Source] = {
            name: (
                name,
                tuple(places.get(name, {}).get(axis, slice(None)) for axis in range(weights.ndim)),
            )
            for name, weights in student.named_parameters()
            if not _of_a_norm(student, name)
        }
        smaller.append((student, sources))
    return Nested(largest, smaller)


def nested_plans(plans: Sequence[Plan], classes: int) -> Nested:
    """Return MobileNetV2s after plans, untrained, the largest first.

    Raises `ConfigError` where one is larger anywhere than the first.
    """
    largest, smaller = mobilenet_v2(plans[0], classes), []
    for plan in plans[1:]:
        _check_within(plan, plans[0])
        student, blocks = mobilenet_v2(plan, classes), _blocks(plan, plans[0])
        sources: dict[str, Source] = {
            name: (_renamed(name, blocks), tuple(slice(side) for side in weights.shape))
            for name, weights in student.named_parameters()
            if not _of_a_norm(student, name)
        }
        smaller.append((student, sources))
    return Nested(largest, smaller)


class JointTask:
    """A recipe's task for `loop.fit`: all students at once, perhaps with their teacher.

    Each step trains the largest, the smallest and all between: the sandwich rule of Yu and Huang
    2019 (arXiv:1903.05134). `share` of what they learn from are the labels; the rest is the
    teacher's word, and without a teacher, for all but the largest, the largest's (in-place
    distillation). A teacher given by its `Word` stands still; a network learns too, from labels.

    `half` computes in bfloat16, which plain convolutions take half the time for.
    """

    def __init__(
        self,
        nested: Nested,
        batches: Batches,
        words: str,
        *,
        teacher: Word | nn.Module | None = None,
        share: float = 0.3,
        softening: float = 0.0,
        half: bool = False,
    ) -> None:
        self.model: nn.Module = nested
        self.recipe = words
        if isinstance(teacher, nn.Module):
            self.model = nn.ModuleDict({"students": nested, "teacher": teacher})
        self._nested, self._batches, self._teacher = nested, batches, teacher
        self._share, self._softening, self._half = share, softening, half

    def batch(self, step: int) -> Batch:
        """Return the pictures and labels of a step."""
        return self._batches(step)

    def loss(self, batch: Batch) -> Mapping[str, Tensor]:
        """Return the sum over students, and each one's share of right answers."""
        pictures, labels = batch["pictures"], batch["labels"]
        total, parts, word = torch.zeros(()), {}, None
        if isinstance(self._teacher, Word):
            word = self._teacher.of(batch)
        elif self._teacher is not None:
            logits = self._said(self._teacher, pictures)
            total = functional.cross_entropy(logits, labels, label_smoothing=self._softening)
            parts["right_teacher"] = right(logits, labels)
            word = logits.detach()
        for at in range(len(self._nested.students)):
            logits = self._said(partial(self._nested.logits, at), pictures)
            plain = functional.cross_entropy(logits, labels, label_smoothing=self._softening)
            if word is None:
                total = total + plain
                word = logits.detach()
            else:
                total = total + self._share * plain + (1 - self._share) * taught(logits, word)
            parts[f"right_{at}"] = right(logits, labels)
        return {"total": total, **parts}

    def preview(self, folder: Path, step: int) -> None:
        """Draw nothing: what they can do is measured."""

    def _said(self, network: nn.Module | Callable[[Tensor], Tensor], pictures: Tensor) -> Tensor:
        with torch.autocast("cpu", torch.bfloat16, enabled=self._half):
            logits = network(pictures)
        return logits.float()


def _places(kept: NDArray[np.bool_]) -> slice | Tensor:
    """Return the places that are kept, as a slice where they are the first."""
    places = np.flatnonzero(kept)
    if len(places) and places[-1] == len(places) - 1:
        return slice(len(places))
    return torch.from_numpy(places)


def _of_a_norm(student: nn.Module, name: str) -> bool:
    unit = student.get_submodule(name.rpartition(".")[0])
    return isinstance(unit, nn.BatchNorm2d | nn.BatchNorm1d)


def _renamed(name: str, blocks: Sequence[int]) -> str:
    """Return the largest student's name of what another calls `name`."""
    parts = name.split(".")
    if parts[0] == "blocks":
        parts[1] = str(blocks[int(parts[1])])
    return ".".join(parts)


def _check_within(plan: Plan, largest: Plan) -> None:
    pairs = list(zip(plan.stages, largest.stages, strict=False))
    fits = (
        len(plan.stages) == len(largest.stages)
        and plan.stem <= largest.stem
        and plan.head <= largest.head
        and plan.stem_stride == largest.stem_stride
        and all(
            (a.stride, a.expansion) == (b.stride, b.expansion)
            and a.channels <= b.channels
            and a.blocks <= b.blocks
            for a, b in pairs
        )
    )
    if not fits:
        raise ConfigError(f"{plan} is not within {largest}, whose weights it would share")


def _blocks(plan: Plan, largest: Plan) -> list[int]:
    """Return, for each of a plan's blocks in order, its place among the largest's."""
    found: list[int] = []
    first = 0
    for mine, theirs in zip(plan.stages, largest.stages, strict=True):
        found += range(first, first + mine.blocks)
        first += theirs.blocks
    return found
