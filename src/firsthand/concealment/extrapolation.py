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
from firsthand.concealment.lattice import Doubles, from_correlations
from firsthand.errors import ConfigError

_FLOOR: Final = 1e-9
"""Of the sound's power, as white noise beneath it: it keeps the equations solvable."""

_SILENCE: Final = 1e-10


_AT_ONCE: Final = 16
"""Samples of an extrapolation that are made by one product."""


@dataclass(frozen=True, slots=True, eq=False)
class Extrapolated:
    """The `past` samples, and the `ahead` by which they go on, while nothing arrives."""

    past: Floats
    ahead: Doubles | None = None


def predictor(past: Floats, order: int) -> Doubles:
    """Return the weights (order,) of the last samples, oldest first, in the next one.

    By the autocorrelation method (Makhoul 1975, "Linear prediction: a tutorial review"), whose
    filters are stable. Of silence all weights are 0. Raises `ConfigError` for an `order` below 1.
    """
    if order < 1:
        raise ConfigError(f"an order of linear prediction is 1 or more, not {order}")
    return from_correlations(correlations(past, order))


def steps_ahead(weights: Doubles) -> Doubles:
    """Return the weights (16, order) of the last samples in the next sixteen.

    Rows double: what is n samples further on is as far from n samples that the rows so far foretell
    as it was from those that were known.
    """
    rows = np.zeros((_AT_ONCE, len(weights)))
    rows[0] = weights
    count = 1
    while count < _AT_ONCE:
        known = rows[:count]
        reach = min(count, len(weights))
        further = known[:, len(weights) - reach :] @ known[count - reach :]
        further[:, reach:] += known[:, : len(weights) - reach]
        rows[count : 2 * count] = further
        count *= 2
    return rows


def extrapolated(past: NDArray[Any], ahead: Doubles, count: int) -> Doubles:
    """Return the next `count` samples after `past`, which are at least as many as the weights."""
    order = ahead.shape[1]
    line = np.empty(order + -(-count // _AT_ONCE) * _AT_ONCE)
    line[:order] = past[-order:]
    for start in range(0, count, _AT_ONCE):
        np.dot(ahead, line[start : start + order], out=line[start + order :][:_AT_ONCE])
    return line[order : order + count]


def correlations(pasts: NDArray[Any], order: int) -> Doubles:
    """Return the autocorrelation (..., order + 1) of sounds (..., n), noise beneath them.

    Of silence it is 0.
    """
    size = pasts.shape[-1] + order
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
        rows = state.ahead
        if rows is None:
            order = max(1, round(self.order_s * self.rate_hz))
            rows = steps_ahead(self.method(state.past, order))
        count = self.rate_hz // BLOCKS_PER_S
        block = extrapolated(state.past, rows, count).astype(np.float32)
        return Extrapolated(shifted(state.past, block), rows), block
