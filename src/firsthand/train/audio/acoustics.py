"""What happens to sound on its way to a microphone, drawn from a generator."""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.signal import fftconvolve

from firsthand.train.audio.clips import RATE_HZ

Floats = NDArray[np.float32]

CHUNK: Final = RATE_HZ // 20

_EARLY: Final = RATE_HZ // 400


def loudness_db(samples: Floats) -> NDArray[np.float64]:
    """Return the root mean square of each whole chunk, in decibels of full scale."""
    whole = samples[: len(samples) // CHUNK * CHUNK].reshape(-1, CHUNK).astype(np.float64)
    power: NDArray[np.float64] = (whole**2).mean(axis=1)
    return 10 * np.log10(power + 1e-12)


def coloured(rng: np.random.Generator, length: int) -> Floats:
    """Return noise of root mean square 1 whose power falls, or rises, with the frequency."""
    spectrum = np.fft.rfft(rng.standard_normal(length))
    frequencies = np.maximum(np.arange(len(spectrum)), 20.0)
    noise = np.fft.irfft(spectrum * frequencies ** rng.uniform(-1.0, 0.3), length)
    found: Floats = (noise / np.sqrt(np.mean(noise**2))).astype(np.float32)
    return found


def tilted(samples: Floats, rng: np.random.Generator) -> Floats:
    """Return a sound as through another microphone: more or less of what is high."""
    slope = np.float32(rng.uniform(-0.6, 0.6))
    before = np.concatenate([samples[:1], samples[:-1]])
    found: Floats = ((samples - slope * before) / (1 + abs(slope))).astype(np.float32, copy=False)
    return found


def in_room(samples: Floats, rng: np.random.Generator) -> Floats:
    """Return a sound (n,) as from across a room, as long and, about, as loud.

    The room answers with noise that dies away (Moorer 1979) by 60 dB in 0.15 to 0.7 s.
    """
    die_s = rng.uniform(0.15, 0.7)
    times_s = np.arange(int(die_s * RATE_HZ)) / RATE_HZ
    answer = rng.standard_normal(len(times_s)) * 10 ** (-3 * times_s / die_s)
    answer[:_EARLY] = 0.0
    answer *= rng.uniform(0.3, 1.5) / np.sqrt((answer**2).sum())
    answer[0] = 1.0
    heard = fftconvolve(samples, answer)[: len(samples)]
    loud = np.sqrt((samples**2).mean() / max(float((heard**2).mean()), 1e-12))
    return np.asarray(heard * loud, np.float32)
