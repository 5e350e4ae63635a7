"""Packets of a stream at another rate than the one at which it is played."""

from functools import lru_cache
from math import ceil
from typing import Final

import numpy as np
from numpy.typing import NDArray

from firsthand.concealment.concealer import Floats

_CROSSINGS: Final = 8


def resampled(past: Floats, samples: Floats, from_hz: int, to_hz: int) -> Floats:
    """Return samples (n,) at another rate, (round(n * to_hz / from_hz),), a little late.

    By a windowed sine cardinal that looks at eight samples of the lower rate to either side; late
    by as many. `past` (m,) are the samples before; where they are too few, the first stays as it
    was.
    """
    reach = _reach(from_hz, to_hz)
    before = past[max(0, len(past) - 2 * reach) :]
    missing = np.full(2 * reach - len(before), before[0] if len(before) else samples[0])
    line = np.concatenate([missing, before, samples]).astype(np.float32)
    places, weights = _kernel(len(samples), from_hz, to_hz)
    made = np.einsum("ij,ij->i", line[places], weights)
    clipped: Floats = np.clip(made, -1, 1).astype(np.float32, copy=False)
    return clipped


def kept(past: Floats, samples: Floats, from_hz: int, to_hz: int) -> Floats:
    """Return of all samples so far those that the next packet's resampling looks at."""
    return np.concatenate([past, samples])[-2 * _reach(from_hz, to_hz) :]


def _reach(from_hz: int, to_hz: int) -> int:
    return ceil(_CROSSINGS * max(1.0, from_hz / to_hz))


@lru_cache(maxsize=8)
def _kernel(length: int, from_hz: int, to_hz: int) -> tuple[NDArray[np.intp], Floats]:
    """Return where in the line each new sample looks, (count, taps), and with which weights."""
    reach = _reach(from_hz, to_hz)
    count = round(length * to_hz / from_hz)
    centres = np.arange(count) * (from_hz / to_hz)
    first = np.minimum(centres.astype(np.intp), length - 1)
    taps = np.arange(2 * reach + 1)
    away = taps - reach - (centres - first)[:, None]
    cutoff = min(1.0, to_hz / from_hz)
    window = 0.5 + 0.5 * np.cos(np.pi * np.clip(away / (reach + 1), -1, 1))
    weights = np.sinc(cutoff * away) * window
    weights /= weights.sum(axis=1, keepdims=True)
    return first[:, None] + taps, weights.astype(np.float32)
