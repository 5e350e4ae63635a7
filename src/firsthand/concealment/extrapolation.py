"""A sound goes on as linear prediction has it: the fallback without weights.

With a few hundred coefficients at 16 kHz, more than the longest pitch period has samples, each
harmonic goes on by itself (Kauppinen & Roth 2002, "Audio signal extrapolation - theory and
applications").
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from firsthand.concealment.concealer import BLOCKS_PER_S, Floats, shifted

Doubles = NDArray[np.float64]

_FLOOR: Final = 1e-9
"""Of the sound's power, as white noise beneath it: it keeps the equations solvable."""

_SILENCE: Final = 1e-10


@dataclass(frozen=True, slots=True, eq=False)
class Extrapolated:
    """The `past` samples, and the `weights` by which they go on, while nothing arrives."""

    past: Floats
    weights: Doubles | None = None


def predictor(past: Floats, order: int) -> Doubles:
    """Return the weights (order,) of the last samples, oldest first, in the next one.

    By the autocorrelation method and Levinson's recursion (Makhoul 1975, "Linear prediction: a
    tutorial review"), whose filters are stable. Of silence all are 0.
    """
    correlation = correlations(past, order)
    if correlation[0] == 0:
        return np.zeros(order)
    filter_, error = np.zeros(order + 1), correlation[0]
    filter_[0] = 1.0
    for i in range(1, order + 1):
        reflection = -(filter_[:i] @ correlation[i:0:-1]) / error
        filter_[1 : i + 1] += reflection * filter_[i - 1 :: -1]
        error *= 1 - reflection**2
    return -filter_[:0:-1]


def extrapolated(past: NDArray[Any], weights: Doubles, count: int) -> Doubles:
    """Return the next `count` samples after `past`, which are at least as many as the weights."""
    order = len(weights)
    line = np.concatenate([past[-order:].astype(np.float64), np.zeros(count)])
    for i in range(count):
        line[order + i] = weights @ line[i : order + i]
    return line[order:]


def correlations(pasts: NDArray[Any], order: int) -> Doubles:
    """Return the autocorrelation (..., order + 1) of sounds (..., n), noise beneath them.

    Of silence it is 0.
    """
    size = 1 << (pasts.shape[-1] + order - 1).bit_length()
    spectrum = np.fft.rfft(pasts.astype(np.float64), size)
    found = np.fft.irfft(spectrum.real**2 + spectrum.imag**2, size)[..., : order + 1]
    found[found[..., 0] < _SILENCE] = 0
    found[..., 0] *= 1 + _FLOOR
    return np.asarray(found)


@dataclass(frozen=True, slots=True)
class Extrapolation:
    """Linear prediction, by default of order 400 at 16 kHz, from the last 160 ms.

    `method` finds the weights, as `predictor` does; `past_s` is more than `order_s`.
    """

    rate_hz: int = 16_000
    order_s: float = 0.025
    past_s: float = 0.16
    method: Callable[[Floats, int], Doubles] = predictor

    def begin(self) -> Extrapolated:
        """Return a past of silence."""
        return Extrapolated(np.zeros(round(self.past_s * self.rate_hz), np.float32))

    def heard(self, state: Extrapolated, block: Floats) -> Extrapolated:
        """Remember the block."""
        return Extrapolated(shifted(state.past, block))

    def recall(self, state: Extrapolated, past: Floats) -> Extrapolated:
        """Return the state with other past samples."""
        return Extrapolated(shifted(state.past, past))

    def go_on(self, state: Extrapolated) -> tuple[Extrapolated, Floats]:
        """Return what follows from the past."""
        weights = state.weights
        if weights is None:
            weights = self.method(state.past, round(self.order_s * self.rate_hz))
        count = self.rate_hz // BLOCKS_PER_S
        block = extrapolated(state.past, weights, count).astype(np.float32)
        return Extrapolated(shifted(state.past, block), weights), block
