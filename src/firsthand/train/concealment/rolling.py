"""The networks go on by themselves, in many lost stretches at once, so that they can learn it."""

from dataclasses import dataclass
from functools import cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from firsthand.concealment.course import (
    BLOCK,
    BLOCKS,
    ORDER,
    PAST,
    QUICKER,
    RATE_HZ,
    level_of,
    wave_of,
)  # fmt: skip
from firsthand.concealment.generative import SPECTROGRAM
from firsthand.concealment.likeness import period
from firsthand.concealment.shaping import BANDS, FRAME, bands, powers, spectrum, window
from firsthand.dsp.cepstrum import cosines
from firsthand.dsp.logmel import mel_bands
from firsthand.train.concealment.guesses import guesses
from firsthand.train.concealment.networks import Concealing

Floats = NDArray[np.float32]

LONGEST = RATE_HZ // 60 + 1
"""Samples of the longest period."""

_LINE = int((BLOCKS + 1) * BLOCK * (1 + QUICKER)) + 4


@dataclass(frozen=True, slots=True, eq=False)
class Carriers:
    """What is settled for each of b stretches, see `course.Course`, for torch.

    `line` (b, n) begins BLOCK + 1 samples before the end of the past; `wave` (b, LONGEST) is filled
    up with what is not read.
    """

    line: Tensor
    wave: Tensor
    lag: Tensor
    alike: Tensor
    breath: Tensor
    breath_powers: Tensor
    level: Tensor


def carriers_of(pasts: Floats) -> dict[str, Floats]:
    """Settle how sounds (b, >= PAST) go on; arrays by the names of `Carriers`."""
    pasts = pasts[:, -PAST:]
    levels = np.array([[level_of(past)] for past in pasts], np.float32)
    known = pasts / levels
    periods = [period(past, RATE_HZ) for past in pasts]
    waves = np.zeros((len(pasts), LONGEST), np.float32)
    for wave, past, (lag, _) in zip(waves, known, periods, strict=True):
        wave[:lag] = wave_of(past, lag)
    loud = powers(spectrum(known[:, -2 * FRAME :].reshape(-1, 2, FRAME))).mean(axis=1)
    lines = [known[:, -BLOCK - 1 :], guesses(known, ORDER, _LINE)]
    return {
        "line": np.concatenate(lines, axis=1),
        "wave": waves,
        "lag": np.array([[lag] for lag, _ in periods], np.float32),
        "alike": np.array([[alike] for _, alike in periods], np.float32),
        "breath": np.sqrt(loud @ bands()),
        "breath_powers": loud,
        "level": levels,
    }


def roll(nets: Concealing, pasts: Tensor, carriers: Carriers, noise: Tensor) -> Tensor:
    """Map pasts (b, m), at least a frame long, and noise (b, BLOCKS, FRAME) to what follows.

    Returns (b, BLOCKS * BLOCK), what `Generative.go_on` gives block by block.
    """
    state = pasts.new_zeros(len(pasts), nets.context.width)
    for mel in spectrogram(pasts).unbind(1):
        condition, state = nets.context(mel, state)
    steps, hann = torch.arange(BLOCK, dtype=pasts.dtype)[None], _fixed("window")
    place = pasts.new_zeros(len(pasts), 1)
    before = place - BLOCK + torch.arange(FRAME)[None]
    _, _, pace = _shaped(nets, carriers, condition, before, 0)
    now = later = 1 + pace
    tail = carriers.line[:, BLOCK + 1 : 2 * BLOCK + 1] * hann[BLOCK:]
    line, made = pasts[:, -SPECTROGRAM.window :], []
    for block in range(BLOCKS):
        places = torch.cat([place + now * steps, place + now * BLOCK + later * steps], 1)
        frames, gains, pace = _shaped(nets, carriers, condition, places, block)
        gains = gains.reshape(-1, 3, BANDS) @ _fixed("bands")
        breath = noise[:, block] * carriers.breath
        frame = (frames * gains[:, :2]).sum(1) + breath * gains[:, 2]
        sound = (frame @ _fixed("cosines").T) * hann
        made.append((tail + sound[:, :BLOCK]) * carriers.level)
        tail, place = sound[:, BLOCK:], place + now * BLOCK
        now, later = later, 1 + pace
        line = torch.cat([line[:, BLOCK:], made[-1]], 1)
        if block < BLOCKS - 1:
            condition, state = nets.context(spectrogram(line)[:, 0], state)
    return torch.cat(made, 1)


def spectrogram(samples: Tensor) -> Tensor:
    """Map (b, n) to (b, frames, 40), as SPECTROGRAM maps each."""
    frames = samples.unfold(1, SPECTROGRAM.window, SPECTROGRAM.hop) * _fixed("hann")
    spectra = torch.fft.rfft(frames, SPECTROGRAM.fft)
    magnitude = (spectra.real**2 + spectra.imag**2 + 1e-12).sqrt()  # which has a gradient at 0
    found: Tensor = (magnitude @ _fixed("mel") + SPECTROGRAM.offset).log()
    return found


def _shaped(
    nets: Concealing, c: Carriers, condition: Tensor, places: Tensor, made: int
) -> tuple[Tensor, Tensor, Tensor]:
    """Return two carriers' coefficients in a frame, the gains of all three, the pace less 1."""
    lines = _read(c.line, places + BLOCK + 1)
    waves = _read(c.wave, places, c.lag.long())
    frames = torch.stack([lines, waves], 1) @ _fixed("cosines")
    loud = frames.square() @ _fixed("means")
    spectra = torch.cat([loud, c.breath_powers[:, None]], 1)
    spectra = (spectra + 1e-6).log() / 4
    numbers = [c.alike, c.lag / 256, torch.full_like(c.lag, made / BLOCKS), c.level.log() / 4 + 1]
    shaped = nets.shape(torch.cat([spectra.flatten(1), *numbers], 1), condition)
    return frames, shaped[:, : 3 * BANDS], shaped[:, 3 * BANDS :]


def _read(samples: Tensor, places: Tensor, around: Tensor | None = None) -> Tensor:
    """Read sounds (b, n) at places (b, m), as `shaping.read` does."""
    whole = places.detach().floor()
    part, at = places - whole, whole.long()

    def tap(offset: int) -> Tensor:
        index = at + offset
        return samples.gather(1, index if around is None else torch.remainder(index, around))

    a, b, c, d = tap(-1), tap(0), tap(1), tap(2)
    return b + 0.5 * part * (
        c - a + part * (2 * a - 5 * b + 4 * c - d + part * (3 * (b - c) + d - a))
    )


@cache
def _fixed(name: str) -> Tensor:
    """Return the numbers that the concealer calculates with."""
    spread = bands() / bands().sum(axis=1, keepdims=True)
    known = {
        "window": window(),
        "hann": torch.hann_window(SPECTROGRAM.window).numpy(),
        "bands": bands(),
        "cosines": cosines(FRAME, FRAME),
        "means": spread.T,
        "mel": mel_bands(SPECTROGRAM),
    }
    return torch.tensor(known[name])
