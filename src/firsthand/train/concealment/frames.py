"""The predictor of frames (`concealment.framewise`): its network, and what it is trained to.

It goes on by itself for 130 ms, as in a call, and is told how far compressed spectra are from the
truth's, with their phases and without (Braun & Tashev 2021, arXiv:2009.12286), as tPLCnet is.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
import torch
from torch import Tensor, nn

from firsthand.concealment.course import BLOCK, BLOCKS, NUMBERS
from firsthand.concealment.framewise import RECENT
from firsthand.concealment.shaping import FRAME, window
from firsthand.train.concealment.networks import Gated
from firsthand.train.concealment.rolling import Carriers, carriers_of
from firsthand.train.concealment.stretches import BEFORE, Stretches
from firsthand.train.task import Batch

BATCH: Final = 96

_LAGS: Final = 256.0
_KNOWN: Final = 640
_SPECTRUM: Final = 512
_HOP: Final = 128
_COMPRESSED: Final = 0.3
_PHASES: Final = 0.3
_FLOOR: Final = 1e-4
_WAVES: Final = 0.2


class FrameNet(nn.Module):
    """Dense layers, from the last 70 ms to what is added to two carriers, and how loud these are.

    At first linear prediction alone.
    """

    def __init__(self, width: int = 384) -> None:
        super().__init__()
        self.first = Gated(RECENT + 2 * FRAME + NUMBERS, width)
        self.second = Gated(width, width)
        self.third = Gated(width, width)
        self.after = nn.Linear(2 * width, FRAME + 2)
        with torch.no_grad():
            self.after.weight *= 0.1
            self.after.bias.zero_()
            self.after.bias[FRAME:] = torch.tensor([3.0, -3.0])

    def forward(self, recent: Tensor, carriers: Tensor, numbers: Tensor) -> Tensor:
        """Map (b, RECENT), (b, 2 * FRAME) and (b, NUMBERS) to a frame (b, FRAME)."""
        first = self.first(torch.cat([recent, carriers, numbers], 1))
        second = first + self.second(first)
        both = self.after(torch.cat([second, self.third(second)], 1))
        loud = torch.sigmoid(both[:, FRAME:])
        lines, waves = carriers[:, :FRAME], carriers[:, FRAME:]
        frame: Tensor = lines * loud[:, :1] + waves * loud[:, 1:] + both[:, :FRAME]
        return frame


def roll_frames(net: FrameNet, pasts: Tensor, carriers: Carriers) -> Tensor:
    """Map pasts (b, m) to what follows (b, BLOCKS * BLOCK), as `Framewise` makes it."""
    hann, c = _window(), carriers
    line = pasts[:, -RECENT:] / c.level
    tail = c.line[:, BLOCK + 1 : 2 * BLOCK + 1] * hann[BLOCK:]
    made: list[Tensor] = []
    for block in range(BLOCKS):
        places = torch.arange(block * BLOCK, block * BLOCK + FRAME)
        waves = c.wave.gather(1, torch.remainder(places[None], c.lag.long()))
        told = torch.cat([c.line[:, BLOCK + 1 + places], waves], 1)
        far = torch.full_like(c.lag, block / BLOCKS)
        numbers = torch.cat([c.alike, c.lag / _LAGS, far, c.level.log() / 4 + 1], 1)
        frame = net(line, told, numbers) * hann
        made.append(tail + frame[:, :BLOCK])
        tail = frame[:, BLOCK:]
        line = torch.cat([line[:, BLOCK:], made[-1]], 1)
    return torch.cat(made, 1) * c.level


class FrameTask:
    """Learns to go on with stretches of sound, frame by frame."""

    def __init__(self, net: FrameNet, stretches: Stretches, words: str, seed: int) -> None:
        self.model: nn.Module = net
        self.recipe, self._stretches, self._seed = words, stretches, seed

    def batch(self, step: int) -> Batch:
        """Draw stretches, and settle how each goes on."""
        rng = np.random.default_rng([self._seed, step])
        sounds = np.stack([self._stretches.draw(rng) for _ in range(BATCH)])
        found = {"sounds": sounds, **carriers_of(sounds[:, :BEFORE])}
        return {name: torch.from_numpy(value) for name, value in found.items()}

    def loss(self, batch: Batch) -> Mapping[str, Tensor]:
        """Return how far what it makes is from what was said."""
        batch = dict(batch)
        sounds = batch.pop("sounds")
        assert isinstance(self.model, FrameNet)
        made = roll_frames(self.model, sounds[:, :BEFORE], Carriers(**batch))
        known, wanted = sounds[:, BEFORE - _KNOWN : BEFORE], sounds[:, BEFORE:]
        loud = torch.cat([known, wanted], 1).square().mean(1, keepdim=True).sqrt() + 1e-4
        made, wanted = torch.cat([known, made], 1) / loud, torch.cat([known, wanted], 1) / loud
        spectra = compressed(made, wanted)
        first = slice(_KNOWN, _KNOWN + 2 * BLOCK)
        waves = (made[:, first] - wanted[:, first]).abs().mean()
        return {"total": spectra + _WAVES * waves, "spectra": spectra, "waves": waves}

    def preview(self, folder: Path, step: int) -> None:
        """Draw nothing: concealers are measured by how calls sound."""


def compressed(made: Tensor, wanted: Tensor) -> Tensor:
    """Return how far spectra of (b, n) are apart, magnitudes to the power of 0.3."""
    (a, a_size), (b, b_size) = _compressed(made), _compressed(wanted)
    apart = (a - b).square().sum(0).mean()
    sizes = (a_size - b_size).square().mean()
    return _PHASES * apart + (1 - _PHASES) * sizes


def _compressed(sounds: Tensor) -> tuple[Tensor, Tensor]:
    found = torch.stft(sounds, _SPECTRUM, _HOP, window=_hann(), return_complex=True, center=False)
    power = (found.real**2 + found.imag**2) / _SPECTRUM + _FLOOR
    size = power ** (_COMPRESSED / 2)
    turned = torch.stack([found.real, found.imag]) * (size / power.sqrt() / _SPECTRUM**0.5)
    return turned, size


@cache
def _hann() -> Tensor:
    return torch.hann_window(_SPECTRUM)


@cache
def _window() -> Tensor:
    return torch.tensor(window())
