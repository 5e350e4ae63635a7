"""Students of several sizes that share their weights, trained together.

A smaller student's weights are the leading channels of a larger one's, and its blocks the first of
each stage (Yu et al. 2019, "Slimmable neural networks", arXiv:1812.08928; Cai et al. 2020,
"Once-for-all", arXiv:1908.09791). Batch norms are each student's own: the statistics of a sum over
fewer channels are others.
"""

import copy
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import cast

import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn import functional

from firsthand.errors import ConfigError
from firsthand.train.compress.classifying import logits_of, right, taught
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


class Nested(nn.Module):
    """Students after plans, the largest first, whose convolutions share their weights.

    Raises `ConfigError` where one is larger anywhere than the first.
    """

    def __init__(self, plans: Sequence[Plan], classes: int) -> None:
        super().__init__()
        self.plans = tuple(plans)
        for plan in self.plans[1:]:
            _check_within(plan, self.plans[0])
        self.students = nn.ModuleList([mobilenet_v2(plan, classes) for plan in self.plans])
        self._sources = [_sources(plan, self.plans[0]) for plan in self.plans]
        for at, student in enumerate(self.students):
            for name, weights in student.named_parameters():
                if at and self._source(at, name) is not None:
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
        if not at:
            return {}
        largest = dict(self.students[0].named_parameters())
        found = {}
        for name, weights in self.students[at].named_parameters():
            source = self._source(at, name)
            if source is not None:
                found[name] = largest[source][tuple(slice(side) for side in weights.shape)]
        return found

    def _source(self, at: int, name: str) -> str | None:
        """Return the largest student's name of what another calls `name`; None for its own."""
        module, _, kind = name.rpartition(".")
        if isinstance(self.students[at].get_submodule(module), nn.BatchNorm2d):
            return None
        parts = module.split(".")
        if parts[0] == "blocks":
            parts[1] = str(self._sources[at][int(parts[1])])
        return ".".join([*parts, kind])


class JointTask:
    """A recipe's task for `loop.fit`: all students at once, taught by a teacher that stands still.

    Each step trains the largest, the smallest and all between: the sandwich rule of Yu and Huang
    2019 (arXiv:1903.05134). `share` of what they learn from are the labels; the rest is the
    teacher's word, and without a teacher, for all but the largest, the largest's (in-place
    distillation).
    """

    def __init__(
        self,
        nested: Nested,
        batches: Batches,
        words: str,
        *,
        teacher: nn.Module | None = None,
        share: float = 0.3,
        softening: float = 0.0,
    ) -> None:
        self.model: nn.Module = nested
        self.recipe = words
        self._nested, self._batches = nested, batches
        self._teacher = None if teacher is None else teacher.eval()
        self._share, self._softening = share, softening

    def batch(self, step: int) -> Batch:
        """Return the pictures and labels of a step."""
        return self._batches(step)

    def loss(self, batch: Batch) -> Mapping[str, Tensor]:
        """Return the sum over students, and each one's share of right answers."""
        pictures, labels = batch["pictures"], batch["labels"]
        word = None if self._teacher is None else logits_of(self._teacher, pictures)
        total, parts = torch.zeros(()), {}
        for at in range(len(self._nested.students)):
            logits = self._nested.logits(at, pictures)
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


def _sources(plan: Plan, largest: Plan) -> list[int]:
    """Return, for each of a plan's blocks in order, its place among the largest's."""
    found: list[int] = []
    first = 0
    for mine, theirs in zip(plan.stages, largest.stages, strict=True):
        found += range(first, first + mine.blocks)
        first += theirs.blocks
    return found
