"""Noise for the pauses in which a sender is silent, as it describes it or as it was last heard."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from firsthand.concealment.concealer import Floats
from firsthand.errors import InputError

Magnitudes = NDArray[np.float64]

_MOST_ORDER: Final = 12
_MOST_REFLECTION: Final = 0.99
_SMOOTHED: Final = 9
"""Bins over which the spectrum of a packet is averaged."""


@dataclass(frozen=True, slots=True, eq=False)
class Noise:
    """A second of noise or two (n,) that are played over and over, from `place` on."""

    samples: Floats
    place: int = 0


def step(noise: Noise, count: int) -> tuple[Noise, Floats]:
    """Return what is left, and the next samples (count,)."""
    end = noise.place + count
    if end <= len(noise.samples):
        return Noise(noise.samples, end), noise.samples[noise.place : end]
    end -= len(noise.samples)
    return Noise(noise.samples, end), np.concatenate(
        [noise.samples[noise.place :], noise.samples[:end]]
    )


def described(payload: bytes, rate_hz: int, seed: int) -> Noise:
    """Return the noise that an RFC 3389 payload describes: its level, then its spectrum.

    The level is in dB below the overload point. The spectrum is that of an all-pole filter, whose
    reflection coefficients follow, one a byte; those after the twelfth are left out.

    Raises:
        InputError: the payload is empty.
    """
    if not payload:
        raise InputError("comfort noise (RFC 3389) begins with a byte for its level, and has none")
    filter_ = np.ones(1)
    for byte in payload[1 : 1 + _MOST_ORDER]:
        reflection = float(
            np.clip(258 * (byte - 127) / 32_768, -_MOST_REFLECTION, _MOST_REFLECTION)
        )
        longer = np.append(filter_, 0.0)
        filter_ = longer + reflection * longer[::-1]
    length = _length(rate_hz)
    magnitudes = 1 / np.abs(np.fft.rfft(filter_, length))
    return _shaped(magnitudes, 10 ** (-(payload[0] & 0x7F) / 20), length, seed)


def alike(samples: Floats, rate_hz: int, seed: int) -> Noise:
    """Return noise of the level and the spectrum of samples (n,)."""
    level = float(np.sqrt(samples @ samples / len(samples)))
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples) + 2)[1:-1])) ** 2
    smooth = np.convolve(spectrum, np.full(_SMOOTHED, 1 / _SMOOTHED), "same")
    length = _length(rate_hz)
    bins = np.linspace(0, len(smooth) - 1, length // 2 + 1)
    return _shaped(np.sqrt(np.interp(bins, np.arange(len(smooth)), smooth)), level, length, seed)


def _length(rate_hz: int) -> int:
    """Return a length whose Fourier transform is quick: a power of two, a second at least."""
    return 1 << (rate_hz - 1).bit_length()


def _shaped(magnitudes: Magnitudes, level: float, length: int, seed: int) -> Noise:
    """Return noise of a spectrum (length // 2 + 1,), and of `level` as root mean square."""
    samples = np.fft.irfft(_white(length, seed) * magnitudes, length)
    power = float(samples @ samples) / length
    gain = level / np.sqrt(power) if power > 0 else 0.0
    return Noise(np.clip(samples * gain, -1, 1).astype(np.float32))


@lru_cache(maxsize=4)
def _white(length: int, seed: int) -> NDArray[np.complex128]:
    """Return the spectrum of white noise (length,), without a constant part."""
    spectrum = np.fft.rfft(np.random.default_rng(seed).standard_normal(length))
    spectrum[0] = 0
    return spectrum
