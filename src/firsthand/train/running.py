"""A training run between two steps: how it begins or is taken up again, advances, and is kept."""

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import torch
from torch import Tensor, nn

from firsthand.errors import InputError, TrainingError
from firsthand.train.checkpoints import (
    Checkpoint,
    newest_checkpoint,
    newest_name,
    write_checkpoint,
)
from firsthand.train.schedule import Schedule
from firsthand.train.task import Batch, Task

_MOMENTUM: Final = 0.9
_MOMENTS: Final = {"adamw": {"exp_avg", "exp_avg_sq"}, "sgd": {"momentum_buffer"}}
"""What an optimiser remembers of each weight."""


@dataclass(slots=True)
class Running:
    """A run between two steps; `average` is empty where weights are not averaged.

    `note` says what its resumption has to tell.
    """

    task: Task
    schedule: Schedule
    folder: Path
    seed: int
    optimiser: torch.optim.Optimizer
    average: dict[str, Tensor]
    identity: Mapping[str, str]
    step: int = 0
    note: str = ""

    def advance(self, batch: Batch) -> dict[str, float]:
        """Take a step; return its losses. `TrainingError` if they or the gradient are NaN."""
        model, schedule = self.task.model, self.schedule
        # Seeded anew each step, so that neither a resumption nor a preview shifts what follows.
        mixed = np.random.SeedSequence([self.seed, self.step]).generate_state(1, np.uint64)
        torch.manual_seed(int(mixed[0] >> np.uint64(1)))
        losses = self.task.loss(batch)
        values = {name: float(value.detach()) for name, value in losses.items()}
        if "total" not in values:
            raise InputError(f"the task's loss has no part 'total'; it has {sorted(values)}")
        if not all(math.isfinite(value) for value in values.values()):
            raise TrainingError(self._not_finite("the loss", values))
        self.optimiser.zero_grad(set_to_none=True)
        torch.autograd.backward(losses["total"])
        norm = torch.nn.utils.clip_grad_norm_(model.parameters(), schedule.clip_norm)
        if not math.isfinite(float(norm)):
            raise TrainingError(self._not_finite("the gradient", values))
        for group in self.optimiser.param_groups:
            group["lr"] = schedule.rate(self.step)
        self.optimiser.step()
        if self.average:
            _follow(self.average, model, schedule.decay(self.step))
        self.step += 1
        return values

    def preview(self) -> None:
        """Let the task draw with the averaged weights."""
        model = self.task.model
        current = {name: value.clone() for name, value in model.state_dict().items()}
        if self.average:
            model.load_state_dict(self.average)
        model.eval()
        with torch.no_grad():
            self.task.preview(self.folder, self.step)
        model.load_state_dict(current)
        model.train()

    def save(self) -> Path:
        """Write a checkpoint."""
        state = self.task.model.state_dict()
        return write_checkpoint(
            self.folder,
            Checkpoint(self.step, self.identity, state, self.average, self.optimiser.state_dict()),
        )

    def _not_finite(self, what: str, losses: Mapping[str, float]) -> str:
        parts = ", ".join(f"{name}={value:g}" for name, value in losses.items())
        return (
            f"step {self.step + 1} of {self.schedule.steps}: {what} is no finite number ({parts}; "
            f"learning rate {self.schedule.rate(self.step):g}). The last good checkpoint is "
            f"{newest_name(self.folder)}; train anew with a lower peak_rate or clip_norm"
        )


def begin(task: Task, schedule: Schedule, folder: Path, seed: int) -> Running:
    """Return a run at its start, or as the newest whole checkpoint in `folder` has it.

    Raises `InputError` for a checkpoint of another run, and where none of several is whole.
    """
    found = newest_checkpoint(folder)
    if found.damaged and found.checkpoint is None:
        raise InputError(f"{'; '.join(found.damaged)}; no whole checkpoint is left: train anew")
    model = task.model.train()
    for weights in (*model.parameters(), *model.buffers()):
        if weights.ndim == 4:
            weights.data = weights.data.contiguous(memory_format=torch.channels_last)
    identity = {
        "recipe": task.recipe,
        "seed": str(seed),
        "schedule": schedule.identity(),
        "network": _structure(model),
    }
    run = Running(task, schedule, folder, seed, _optimiser(model, schedule), {}, identity)
    if schedule.average:
        run.average = {name: value.clone() for name, value in model.state_dict().items()}
    if found.checkpoint is not None and found.path is not None:
        _restore(run, found.checkpoint, found.path)
        if found.damaged:
            run.note = f"{'; '.join(found.damaged)}; going on from step {run.step}"
    return run


def _restore(run: Running, checkpoint: Checkpoint, path: Path) -> None:
    other = [
        f"{key} {checkpoint.identity.get(key, 'unknown')!r}, but this run's is {value!r}"
        for key, value in run.identity.items()
        if checkpoint.identity.get(key) != value
    ]
    if other:
        raise InputError(
            f"{path} is of another run: its {'; its '.join(other)}. Resume with what it was begun "
            "with, or name another folder"
        )
    model = run.task.model
    try:
        model.load_state_dict(dict(checkpoint.weights))
        if run.average:
            _check_like(run.average, checkpoint.average)
            for name, value in run.average.items():
                value.copy_(checkpoint.average[name])
        run.optimiser.load_state_dict(dict(checkpoint.optimiser))
        for parameter, state in run.optimiser.state.items():
            moments = _MOMENTS[run.schedule.optimiser]
            if set(state) - {"step"} != moments or any(
                state[key].shape != parameter.shape for key in moments
            ):
                raise ValueError("moments of other shapes than the weights")  # noqa: TRY301
    except (AttributeError, KeyError, RuntimeError, TypeError, ValueError) as error:
        raise InputError(f"{path} does not fit the network: {error}") from error
    run.step = checkpoint.step
    if run.step > run.schedule.steps:
        raise InputError(f"{path}: step {run.step} of {run.schedule.steps} cannot be")


def _check_like(ours: Mapping[str, Tensor], theirs: Mapping[str, Tensor]) -> None:
    if {k: v.shape for k, v in ours.items()} != {k: v.shape for k, v in theirs.items()}:
        raise ValueError("averaged weights of other names or shapes")


def _optimiser(model: nn.Module, schedule: Schedule) -> torch.optim.Optimizer:
    trained = [value for value in model.parameters() if value.requires_grad]
    if not trained:
        raise InputError("the task's model has no parameters to train")
    groups = [
        {"params": [p for p in trained if p.ndim > 1], "weight_decay": schedule.weight_decay},
        {"params": [p for p in trained if p.ndim <= 1], "weight_decay": 0.0},
    ]
    some = [group for group in groups if group["params"]]
    if schedule.optimiser == "sgd":
        return torch.optim.SGD(
            some, lr=schedule.peak_rate, momentum=_MOMENTUM, nesterov=True, fused=True
        )
    return torch.optim.AdamW(some, lr=schedule.peak_rate, fused=True)


def _structure(model: nn.Module) -> str:
    shapes = [(name, tuple(value.shape)) for name, value in model.state_dict().items()]
    return hashlib.sha256(repr(shapes).encode()).hexdigest()[:16]


@torch.no_grad()
def _follow(average: Mapping[str, Tensor], model: nn.Module, decay: float) -> None:
    for name, value in model.state_dict().items():
        if value.is_floating_point():
            average[name].lerp_(value, 1 - decay)
        else:
            average[name].copy_(value)
