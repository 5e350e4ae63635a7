"""Spectra of short frames, in bands, and sound read at a changing pace: what networks shape."""

from functools import lru_cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from firsthand.concealment.concealer import Floats
from firsthand.dsp.cepstrum import cosines

FRAME: Final = 320
"""Samples of a frame: 20 ms at 16 kHz; one begins every 10 ms."""

BANDS: Final = 32

_LINEAR: Final = 8  # bands of 4 coefficients, 100 Hz, below the wider ones
_FLOOR: Final = 1e-6

_BESIDE: Final = np.array([[-1], [0], [1], [2]])
_CUBIC: Final = 0.5 * np.array([[0, -1, 2, -1], [2, 0, -5, 3], [0, 1, 4, -3], [0, 0, -1, 1]])


def spectrum(frame: NDArray[Any]) -> Floats:
    """Map frames (..., FRAME) to coefficients of the orthonormal cosine transform."""
    found: Floats = frame.astype(np.float32, copy=False) @ cosines(FRAME, FRAME)
    return found


def sound(coefficients: Floats) -> Floats:
    """Map coefficients (..., FRAME) back to a frame."""
    found: Floats = coefficients @ cosines(FRAME, FRAME).T
    return found


def powers(coefficients: Floats) -> Floats:
    """Map coefficients (..., FRAME) to the mean power in each band (..., BANDS)."""
    return np.asarray(coefficients**2 @ _means())


def logarithms(powers_: Floats) -> Floats:
    """Map powers to what networks are told: their logarithms over 4."""
    return np.asarray(np.log(powers_ + np.float32(_FLOOR)) / 4)


@lru_cache(maxsize=1)
def bands() -> Floats:
    """Return weights (BANDS, FRAME): triangles that sum to 1, by which a value a band is spread."""
    steps = np.arange(1, BANDS - _LINEAR) / (BANDS - 1 - _LINEAR)
    wide = 4 * _LINEAR * ((FRAME - 1) / (4 * _LINEAR)) ** steps
    middles = np.round(np.concatenate([4 * np.arange(_LINEAR + 1), wide]))
    return _fixed([np.interp(np.arange(FRAME), middles, row) for row in np.eye(BANDS)])


@lru_cache(maxsize=1)
def window() -> Floats:
    """Return Hann's window (FRAME,): frames half a frame apart sum to 1."""
    return _fixed(0.5 - 0.5 * np.cos(2 * np.pi * (np.arange(FRAME) + 0.5) / FRAME))


def pieces(places: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return of which samples a sound at fractional places (m,) is made, and how much of each.

    Both are (4, m): cubic pieces through the samples (Catmull & Rom 1974), the first of which is
    the one before the place's whole part.
    """
    whole = np.floor(places)
    part = places - whole
    squared = part * part
    powers_ = np.stack([np.ones_like(part), part, squared, squared * part])
    return whole.astype(np.int64) + _BESIDE, _CUBIC @ powers_


@lru_cache(maxsize=1)
def _means() -> Floats:
    return _fixed((bands() / bands().sum(axis=1, keepdims=True)).T)


def _fixed(values: Any) -> Floats:
    found = np.asarray(values, np.float32)
    found.flags.writeable = False
    return found
