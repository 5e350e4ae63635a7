"""A gap is closed from both sides, where what comes after it is here in time.

The last 20 ms of a gap are what was made up and what the sound after the gap would have come from:
linear prediction, backwards in time. A short gap goes from one into the other. In a long one what
was made up is dying away, so both are full in the middle; and what is after it rises by as much as
what is before it has died away, so that it does not come as a shock.
"""

from functools import lru_cache
from typing import Final

import numpy as np

from firsthand.concealment.concealer import BLOCKS_PER_S, Concealer, Floats
from firsthand.concealment.crossfading import crossfaded
from firsthand.concealment.extrapolation import Extrapolation
from firsthand.concealment.lattice import burg
from firsthand.concealment.rates import INNER_HZ, at_rate

CLOSED: Final = 2
"""Blocks: of a gap's end that are closed, and of what comes after it that are needed for it."""

_MOST_RISE_DB: Final = 12.0
_HEARD: Final = 1e-4
"""Of full scale: what is softer counts as that loud."""


def closed(made: Floats, after: Floats, rate_hz: int, loud: float | None) -> Floats:
    """Return the end of a gap, and what comes after it, as they meet: (m + n,) in -1..1.

    `made` (m,) was made up for the last 20 ms of the gap or less, `after` (n,) comes after it, of
    which 20 ms are looked at. `loud` is the mean square of the 10 ms that were made up before; None
    where the gap is not longer than `made`: nothing rises then.
    """
    count, needed = len(made), CLOSED * rate_hz // BLOCKS_PER_S
    behind = before(after[:needed], count, rate_hz)
    if loud is None:
        return np.concatenate([crossfaded(made, behind), after])
    both = np.concatenate([behind, after])
    lower_db = _lower_db(loud, float(np.mean(after[:needed] ** 2)))
    rising = both[: count + needed]
    steps = np.arange(len(rising), dtype=np.float32) / len(rising) - 1
    rising *= np.exp(steps * np.float32(np.log(10) / 20 * lower_db))
    falling = _falling(count)
    both[:count] = made * falling + both[:count] * falling[::-1]
    found: Floats = np.clip(both, -1.0, 1.0)
    return found


def before(after: Floats, count: int, rate_hz: int) -> Floats:
    """Return the `count` samples from which a sound (n,) would have come."""
    concealer, length = _backwards(rate_hz), rate_hz // BLOCKS_PER_S
    state = concealer.begin()
    whole = np.pad(after, (0, -len(after) % length))
    for block in whole[::-1].reshape(-1, length):
        state = concealer.heard(state, block)
    blocks = []
    for _ in range(-(-count // length)):
        state, block = concealer.go_on(state)
        blocks.append(block)
    found = np.concatenate(blocks)[:count][::-1]
    return np.clip(found, -1.0, 1.0) if np.isfinite(found).all() else np.zeros_like(found)


def _lower_db(loud: float, wanted: float) -> float:
    softer, louder = (np.sqrt(power) + _HEARD for power in (loud, wanted))
    return float(np.clip(20 * np.log10(louder / softer), 0.0, _MOST_RISE_DB))


@lru_cache(maxsize=16)
def _backwards(rate_hz: int) -> Concealer:
    # Brought to 16 kHz, the first 2 ms have something of the silence before them.
    known_s = 0.02 if rate_hz == INNER_HZ else 0.0175
    return at_rate(Extrapolation(order_s=0.0125, past_s=known_s, method=burg), rate_hz)


@lru_cache(maxsize=64)
def _falling(count: int) -> Floats:
    """Return gains (count,) that fall from 1 to 0 over the second half."""
    gains, fallen = np.ones(count, np.float32), count // 2
    if fallen:
        gains[-fallen:] = 0.5 + 0.5 * np.cos(np.pi * (np.arange(fallen) + 0.5) / fallen)
    gains.setflags(write=False)
    return gains
