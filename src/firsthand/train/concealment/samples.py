"""The networks that make sample after sample (`concealment.samplewise`), and how they learn.

They are told the truth so far, at each sample, and asked how likely the next one was. What is
settled when sound stops, linear prediction's weights and the period, is settled as in a call, 40 ms
in, so that the network learns how far to believe it later on.
"""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from firsthand.concealment.course import BLOCK, RATE_HZ, level_of
from firsthand.concealment.likeness import period
from firsthand.concealment.samplewise import (
    AROUND,
    LATEST,
    ORDER,
    TOLD,
    WARM_UP,
    weights_of,
)  # fmt: skip
from firsthand.train.concealment.networks import CONDITION, ContextNet
from firsthand.train.concealment.rolling import spectrogram
from firsthand.train.concealment.stretches import BEFORE, Stretches
from firsthand.train.task import Batch

BATCH: Final = 24
AFTER: Final = 4 * BLOCK
"""Samples that follow the warm-up."""

Floats = NDArray[np.float32]

_LEAST: Final = -7.0
_MOST: Final = 1.0


class SampleNet(nn.Module):
    """A recurrent step for each sample, whose answer is a normal distribution."""

    def __init__(self, width: int = 192) -> None:
        super().__init__()
        self.width = width
        self.recurrent = nn.GRU(TOLD + CONDITION, width, batch_first=True)
        self.answer = Answer(width)

    def forward(self, told: Tensor, condition: Tensor) -> Tensor:
        """Map (b, n, TOLD) and (b, n, CONDITION) to means and deviations (b, n, 2)."""
        found, _ = self.recurrent(torch.cat([told, condition], 2))
        answer: Tensor = self.answer(found)
        return answer

    def single(self) -> "SampleStep":
        """Return what takes one step, with the same weights."""
        step = SampleStep(self.width)
        weights = self.recurrent.state_dict()
        step.cell.load_state_dict({name.removesuffix("_l0"): w for name, w in weights.items()})
        step.answer.load_state_dict(self.answer.state_dict())
        return step.eval()


class Answer(nn.Module):
    """From a state to what is added to linear prediction, and the deviation's logarithm."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.inner, self.outer = nn.Linear(width, 96), nn.Linear(96, 2)

    def forward(self, state: Tensor) -> Tensor:
        """Map (..., width) to (..., 2)."""
        apart, deviation = self.outer(torch.tanh(self.inner(state))).split(1, -1)
        middle, half = (_MOST + _LEAST) / 2, (_MOST - _LEAST) / 2
        return torch.cat([apart, middle + half * torch.tanh(deviation)], -1)


class SampleStep(nn.Module):
    """One step of `SampleNet`, its state going in and coming out."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.cell, self.answer = nn.GRUCell(TOLD + CONDITION, width), Answer(width)

    def forward(self, told: Tensor, condition: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        """Map (b, TOLD), (b, CONDITION) and (b, width) to (b, 2) and the next state."""
        state = self.cell(torch.cat([told, condition], 1), state)
        return self.answer(state), state


class Sampling(nn.Module):
    """Both networks, as they are trained together."""

    def __init__(self) -> None:
        super().__init__()
        self.context, self.sample = ContextNet(128), SampleNet()


class SampleTask:
    """Learns how likely each next sample of a stretch is."""

    def __init__(self, nets: Sampling, stretches: Stretches, words: str, seed: int) -> None:
        self.model: nn.Module = nets
        self.recipe, self._stretches, self._seed = words, stretches, seed

    def batch(self, step: int) -> Batch:
        """Draw stretches, and settle what is settled when their sound stops."""
        rng = np.random.default_rng([self._seed, step])
        sounds = np.stack([self._stretches.draw(rng) for _ in range(BATCH)])
        found = {"sounds": sounds[:, : BEFORE + AFTER], **settled(sounds[:, :BEFORE])}
        return {name: torch.from_numpy(value) for name, value in found.items()}

    def loss(self, batch: Batch) -> Mapping[str, Tensor]:
        """Return the mean of the logarithms of how unlikely samples were."""
        nets = self.model
        assert isinstance(nets, Sampling)
        line = batch["sounds"] / batch["level"]
        told = told_of(line, batch["weights"], batch["lag"])
        conditions = _conditions(nets.context, batch["sounds"])
        answers = nets.sample(told, conditions.repeat_interleave(BLOCK, 1))
        wanted = line[:, BEFORE - WARM_UP :] - told[:, :, 0]
        apart = (wanted - answers[:, :, 0]) * torch.exp(-answers[:, :, 1])
        unlikely = 0.5 * apart.square() + answers[:, :, 1] + 0.5 * math.log(2 * math.pi)
        total = unlikely[:, BLOCK:].clamp(max=50.0).mean()
        return {"total": total, "late": unlikely[:, WARM_UP:].mean()}

    def preview(self, folder: Path, step: int) -> None:
        """Draw nothing: concealers are measured by how calls sound."""


def settled(pasts: Floats) -> dict[str, Floats]:
    """Return the level (b, 1), weights (b, ORDER) and period (b, 1) where sounds (b, n) stop."""
    levels = np.array([[level_of(past)] for past in pasts], np.float32)
    weights = [weights_of(past / level) for past, level in zip(pasts, levels, strict=True)]
    lags = [[period(past, RATE_HZ)[0]] for past in pasts]
    return {
        "level": levels,
        "weights": np.array(weights, np.float32),
        "lag": np.array(lags, np.float32),
    }


def told_of(line: Tensor, weights: Tensor, lag: Tensor) -> Tensor:
    """Return what the network is told at each sample from the warm-up on: (b, n, TOLD)."""
    start = BEFORE - WARM_UP
    before = line[:, start - ORDER : -1].unfold(1, ORDER, 1)
    expected = torch.einsum("bno,bo->bn", before, weights)
    places = torch.arange(start, line.shape[1])[None, :, None] - lag.long()[:, :, None]
    around = places + (torch.arange(AROUND) - AROUND // 2)
    heard = line.gather(1, around.flatten(1)).reshape(around.shape)
    return torch.cat([expected[:, :, None], before[:, :, -LATEST:], heard], 2)


def _conditions(context: ContextNet, sounds: Tensor) -> Tensor:
    """Return what is said of each block from the warm-up on, from what was before it."""
    state = sounds.new_zeros(len(sounds), context.width)
    found = []
    for mel in spectrogram(sounds[:, :-BLOCK]).unbind(1):
        condition, state = context(mel, state)
        found.append(condition)
    return torch.stack(found[-(WARM_UP + AFTER) // BLOCK :], 1)
