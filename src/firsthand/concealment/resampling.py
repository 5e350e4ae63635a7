"""Other rates by a windowed sinc, as for packets that are not at the rate that is played."""

from functools import lru_cache
from math import ceil
from typing import Final

import numpy as np
from numpy.typing import NDArray

from firsthand.concealment.concealer import Floats

_CROSSINGS: Final = 10
_BETA: Final = 7.0  # of Kaiser's window: some 70 dB of what is stopped


def windowed_sinc(apart: NDArray[np.float64], reach: int, passed: float) -> Floats:
    """Return weights for samples that are `apart` (count, taps) samples from new ones; read-only.

    A sinc that cuts off at `passed` of half their rate, under Kaiser's window, which ends beyond
    `reach` samples to either side (Smith, "Digital audio resampling").
    """
    inside = np.clip(1 - (apart / (reach + 0.5)) ** 2, 0.0, None)
    weights = np.sinc(passed * apart) * np.i0(_BETA * np.sqrt(inside)) * (inside > 0)
    weights /= weights.sum(axis=1, keepdims=True)
    found = weights.astype(np.float32)
    found.flags.writeable = False
    return found


def resampled(past: Floats, samples: Floats, from_hz: int, to_hz: int) -> Floats:
    """Return samples (n,) at another rate, (round(n * to_hz / from_hz),), a little late.

    By a windowed sinc that looks at ten samples of the lower rate to either side; late by as many.
    `past` (m,) are the samples before; where they are too few, the first stays as it was.
    """
    reach = _reach(from_hz, to_hz)
    line = np.concatenate([past[-2 * reach :], samples]).astype(np.float32)
    line = np.pad(line, (2 * reach + len(samples) - len(line), 0), mode="edge")
    places, weights = _kernel(len(samples), from_hz, to_hz)
    clipped: Floats = np.clip(np.einsum("ij,ij->i", line[places], weights), -1, 1)
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
    centres = np.arange(round(length * to_hz / from_hz)) * (from_hz / to_hz)
    places = centres.astype(np.intp)[:, None] + np.arange(2 * reach + 1)
    apart = places - reach - centres[:, None]
    return places, windowed_sinc(apart, reach, min(1.0, to_hz / from_hz))
