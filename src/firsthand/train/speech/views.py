"""What a network in training hears: windows of recordings, as rooms and microphones leave them."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.signal import resample_poly
from torch import Tensor

from firsthand.dsp.logmel import mel_bands
from firsthand.speech.own_network import PATCH, SPECTROGRAM
from firsthand.train.audio.acoustics import coloured, in_room, tilted
from firsthand.train.audio.clips import RATE_HZ
from firsthand.train.audio.recordings import Recording

Floats = NDArray[np.float32]

WINDOW: Final = (PATCH - 1) * SPECTROGRAM.hop + SPECTROGRAM.window
"""Samples of a patch: 15,600."""

SPEEDS: Final = ((1, 1), (5, 6), (6, 5))
"""How recordings are played, as fractions: a voice that is played faster is another one."""

_SHORTEST_S: Final = 0.25


def played(samples: Floats, speed: tuple[int, int]) -> Floats:
    """Return a recording played faster or slower, higher or lower with it."""
    faster, slower = speed
    if faster == slower:
        return samples
    return np.asarray(resample_poly(samples, slower, faster), np.float32)


def window_at(samples: Floats, start: int) -> Floats:
    """Return WINDOW samples from `start` on, with silence after a recording's end."""
    found = samples[start : start + WINDOW]
    return np.pad(found, (0, WINDOW - len(found))) if len(found) < WINDOW else found


def patches_of(windows: Tensor) -> Tensor:
    """Map windows (n, WINDOW) to patches (n, PATCH, 64), as `SPECTROGRAM` maps each."""
    shape = torch.hann_window(SPECTROGRAM.window)
    frames = windows.unfold(1, SPECTROGRAM.window, SPECTROGRAM.hop) * shape
    spectrum = torch.fft.rfft(frames, SPECTROGRAM.fft).abs()
    found: Tensor = spectrum @ torch.tensor(mel_bands(SPECTROGRAM)) + SPECTROGRAM.offset
    return found.log()


def as_heard(window: Floats, others: Sequence[Recording], rng: np.random.Generator) -> Floats:
    """Return a window in a room, through a microphone or a telephone, among noise, at any level.

    One in four is cut short, with silence after it, as short clips are heard.
    """
    found = window
    if rng.random() < 0.4:
        found = in_room(found, rng)
    if rng.random() < 0.4:
        found = tilted(found, rng)
    if rng.random() < 0.2:
        found = band_limited(found, rng.uniform(2_500, 6_000))
    loud = np.sqrt(np.mean(found**2) + 1e-12)
    if rng.random() < 0.15:
        other = others[int(rng.integers(len(others)))].samples
        start = int(rng.integers(max(1, len(other) - WINDOW)))
        beside = window_at(other, start)
        beside_db = rng.uniform(-25, -6) - 10 * np.log10(np.mean(beside**2) + 1e-12)
        found = found + beside * np.float32(loud * 10 ** (beside_db / 20))
    if rng.random() < 0.6:
        noise_db = rng.uniform(-45, -8)
        found = found + coloured(rng, WINDOW) * np.float32(loud * 10 ** (noise_db / 20))
    level_db = rng.uniform(-45, -12)
    found = np.asarray(found * (10 ** (level_db / 20) / loud), np.float32)
    if rng.random() < 0.25:
        kept = int(rng.uniform(_SHORTEST_S, 0.9) * RATE_HZ)
        found[kept:] = 0.0
    return np.clip(found, -1, 1)


def band_limited(samples: Floats, highest_hz: float) -> Floats:
    """Return a sound (n,) without what is above a frequency."""
    spectrum = np.fft.rfft(samples)
    spectrum[np.fft.rfftfreq(len(samples), 1 / RATE_HZ) > highest_hz] = 0
    return np.fft.irfft(spectrum, len(samples)).astype(np.float32)
