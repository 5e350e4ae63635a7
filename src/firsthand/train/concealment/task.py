"""What the concealer's networks are trained to: spectra of what they make, like those of the truth.

They go on by themselves for 130 ms, as in a call, and are told how far their spectra are from what
was really said, at five resolutions (Yamamoto et al. 2020, arXiv:1910.11480). Of waveforms
the first 20 ms count, a little: asked for more of them, networks fall silent where they are not
sure.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
import torch
from torch import Tensor, nn

from firsthand.concealment.course import BLOCK, BLOCKS, RATE_HZ
from firsthand.concealment.shaping import FRAME
from firsthand.train.concealment.networks import Concealing
from firsthand.train.concealment.rolling import Carriers, carriers_of, roll
from firsthand.train.concealment.stretches import BEFORE, Stretches
from firsthand.train.task import Batch

BATCH: Final = 96

_WINDOWS: Final = (64, 128, 320, 640, 1024)
_KNOWN: Final = 640
_SURE: Final = 6 * BLOCK
_END: Final = 0.5
_FLOOR: Final = 1e-4
"""Of a spectrum's power, in that of the loudness: what is 40 dB below it hardly counts."""

_LOW_HZ: Final = 1_500
_ROOTS: Final = 3.0
_LOGARITHMS: Final = 0.5
_WAVES: Final = 0.1


class ConcealTask:
    """Learns to go on with stretches of sound."""

    def __init__(self, nets: Concealing, stretches: Stretches, words: str, seed: int) -> None:
        self.model: nn.Module = nets
        self.recipe, self._stretches, self._seed = words, stretches, seed

    def batch(self, step: int) -> Batch:
        """Draw stretches, and settle how each goes on."""
        rng = np.random.default_rng([self._seed, step])
        sounds = np.stack([self._stretches.draw(rng) for _ in range(BATCH)])
        found = {"sounds": sounds, **carriers_of(sounds[:, :BEFORE])}
        found["noise"] = rng.standard_normal((BATCH, BLOCKS, FRAME), np.float32)
        return {name: torch.from_numpy(value) for name, value in found.items()}

    def loss(self, batch: Batch) -> Mapping[str, Tensor]:
        """Return how far what they make is from what was said."""
        batch = dict(batch)
        sounds, noise = batch.pop("sounds"), batch.pop("noise")
        assert isinstance(self.model, Concealing)
        made = roll(self.model, sounds[:, :BEFORE], Carriers(**batch), noise)
        known, wanted = sounds[:, BEFORE - _KNOWN : BEFORE], sounds[:, BEFORE:]
        loud = torch.cat([known, wanted], 1).square().mean(1, keepdim=True).sqrt() + 1e-4
        made, wanted = torch.cat([known, made], 1) / loud, torch.cat([known, wanted], 1) / loud
        spectra = spectral(made, wanted)
        first = slice(_KNOWN, _KNOWN + 2 * BLOCK)
        waves = (made[:, first] - wanted[:, first]).abs().mean()
        return {"total": spectra + _WAVES * waves, "spectra": spectra, "waves": waves}

    def preview(self, folder: Path, step: int) -> None:
        """Draw nothing: concealers are measured by how calls sound."""


def spectral(made: Tensor, wanted: Tensor) -> Tensor:
    """Return how far magnitudes (b, n) are apart, in roots and logarithms, the low counting more.

    What is after 60 ms counts less, as it depends on what nobody knows yet.
    """
    total = made.new_zeros(())
    for size in _WINDOWS:
        a, b = _magnitudes(made, size), _magnitudes(wanted, size)
        weights = _weights(size, made.shape[1])
        roots = ((a.sqrt() - b.sqrt()).abs() * weights).mean()
        logarithms = ((a.log() - b.log()).abs() * weights).mean()
        total = total + _ROOTS * roots + _LOGARITHMS * logarithms
    return total / len(_WINDOWS)


def _magnitudes(sounds: Tensor, size: int) -> Tensor:
    found = torch.stft(
        sounds, size, size // 4, window=_hann(size), return_complex=True, center=False
    )
    power = (found.real**2 + found.imag**2) / size
    return (power + _FLOOR).sqrt()


@cache
def _hann(size: int) -> Tensor:
    return torch.hann_window(size)


@cache
def _weights(size: int, length: int) -> Tensor:
    """Return weights (size // 2 + 1, frames), 1 on average."""
    middles = torch.arange((length - size) // (size // 4) + 1) * (size // 4) + size // 2 - _KNOWN
    late = ((middles - _SURE) / (BLOCKS * BLOCK - _SURE)).clamp(0, 1)
    in_time = 1 - (1 - _END) * late
    in_frequency = 1 / (1 + torch.arange(size // 2 + 1) * (RATE_HZ / size) / _LOW_HZ)
    weights = in_frequency[:, None] * in_time
    return weights / weights.mean()
