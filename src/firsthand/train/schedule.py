"""How long and how fast to train: linear warm-up, then a cosine down to nothing."""

import math
from dataclasses import dataclass
from typing import Literal, get_args

from firsthand.errors import ConfigError

Optimiser = Literal["adamw", "sgd"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """The optimiser's plan.

    - `optimiser`: "adamw" (Loshchilov & Hutter 2019, arXiv:1711.05101), or "sgd", stochastic
      gradient descent with Nesterov's momentum of 0.9, whose rates are some hundred times higher.
    - `peak_rate`: learning rate after `warmup_steps`, from where a cosine leads to 0 at `steps`.
    - `weight_decay` acts on matrices and kernels, not on norms and biases.
    - `average`: decay of the exponential moving average of weights and buffers; 0 takes the last.
    - `clip_norm`: gradients longer than this are shortened to it.
    - `checkpoint_every`: steps; the last step always has a checkpoint.
    - `preview_at`: steps after which the task draws.
    - `threads` of the network's computation.

    Raises `ConfigError` for values out of range.
    """

    steps: int
    peak_rate: float
    optimiser: Optimiser = "adamw"
    warmup_steps: int = 0
    weight_decay: float = 0.0
    average: float = 0.0
    clip_norm: float = 1.0
    checkpoint_every: int = 500
    preview_at: tuple[int, ...] = ()
    threads: int = 2

    def __post_init__(self) -> None:
        good = (
            self.steps >= 1
            and self.optimiser in get_args(Optimiser)
            and 0 < self.peak_rate < math.inf
            and 0 <= self.warmup_steps <= self.steps
            and 0 <= self.weight_decay < math.inf
            and 0 <= self.average < 1
            and self.clip_norm > 0
            and self.checkpoint_every >= 1
            and self.threads >= 1
        )
        if not good:
            raise ConfigError(
                f"a schedule needs one of the optimisers {get_args(Optimiser)}, steps >= 1, "
                "peak_rate > 0, warmup_steps from 0 to steps, "
                "weight_decay >= 0, average from 0 to below 1, and clip_norm, checkpoint_every "
                f"and threads above 0; got {self}"
            )

    def rate(self, step: int) -> float:
        """Return the learning rate of step `step`, counted from 0."""
        if step < self.warmup_steps:
            return self.peak_rate * (step + 1) / self.warmup_steps
        share = (step - self.warmup_steps) / max(1, self.steps - self.warmup_steps)
        return self.peak_rate * 0.5 * (1 + math.cos(math.pi * share))

    def decay(self, step: int) -> float:
        """Return the average's decay at step `step`: shorter at first, when weights move fast."""
        return min(self.average, (1 + step) / (10 + step))

    def identity(self) -> str:
        """Return in words what of it decides the weights: not previews, checkpoints or threads."""
        other = "" if self.optimiser == "adamw" else f"optimiser={self.optimiser} "
        return (
            f"{other}steps={self.steps} peak_rate={self.peak_rate} "
            f"warmup_steps={self.warmup_steps} "
            f"weight_decay={self.weight_decay} average={self.average} clip_norm={self.clip_norm}"
        )
