"""Sound of any rate, concealed at 16 kHz: what is above 8 kHz goes on by itself."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, Protocol

import numpy as np

from firsthand.concealment.concealer import BLOCKS_PER_S, Concealer, Floats, shifted
from firsthand.concealment.extrapolation import extrapolated, predictor, steps_ahead
from firsthand.concealment.resampling import windowed_sinc
from firsthand.dsp.framing import windows

INNER_HZ: Final = 16_000

_BLOCK: Final = INNER_HZ // BLOCKS_PER_S
_REACH_S: Final = 0.002
_PASSED: Final = 0.94  # of the lower of two half rates
_EDGE_ORDER_S: Final = 0.002
_HIGH_BLOCKS: Final = 3
_HIGH_FADE: Final = 6


class Recalling(Concealer, Protocol):
    """A concealer that can be told its past anew."""

    def recall(self, state: Any, past: Floats) -> Any:
        """Return the state with other past samples: (n,), n any multiple of a block's length."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Ahead:
    """A gap: the 16 kHz `line` around the end of what was given, and what the inner one said next.

    `high` (n,) is what was above 8 kHz before the gap; `made` blocks were given.
    """

    line: Floats
    state: Any
    high: Floats
    made: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Rated:
    """The `past` at the outer rate, the inner concealer's state, and the gap, if there is one."""

    past: Floats
    inner: Any
    gap: Ahead | None = None


def at_rate(inner: Recalling, rate_hz: int) -> Concealer:
    """Return a concealer at 16 kHz for sound of `rate_hz`, a multiple of 100: itself, if it is."""
    return inner if rate_hz == INNER_HZ else AtRate(inner, rate_hz)


class AtRate:
    """`inner`, a concealer at 16 kHz, for sound of `rate_hz`.

    While sound arrives, the inner concealer hears it 2 ms late, at its own rate. When it stops, the
    past is brought to 16 kHz up to its last sample. What is above 8 kHz then goes on as its mirror
    image, and fades within 60 ms.
    """

    def __init__(self, inner: Recalling, rate_hz: int) -> None:
        self._inner, self.rate_hz = inner, rate_hz
        self._block = rate_hz // BLOCKS_PER_S
        self._down = converter(rate_hz, INNER_HZ)
        self._up = converter(INNER_HZ, rate_hz)
        self._reach = (self._down.shape[1] - self._block) // 2
        self._inner_reach = (self._up.shape[1] - _BLOCK) // 2

    def begin(self) -> Rated:
        """Return the state before the first block: silence was heard."""
        length = 17 * self._block + 2 * self._reach
        return Rated(np.zeros(length, np.float32), self._inner.begin())

    def heard(self, state: Rated, block: Floats) -> Rated:
        """Remember a block (rate_hz // 100,) that was received."""
        past = shifted(state.past, block)
        lower = self._down @ past[-self._down.shape[1] :]
        return Rated(past, self._inner.heard(state.inner, lower))

    def go_on(self, state: Rated) -> tuple[Rated, Floats]:
        """Make up 10 ms."""
        gap = self._stopped(state) if state.gap is None else state.gap
        inner, more = self._inner.go_on(gap.state)
        line = np.concatenate([gap.line, more])
        block = self._up @ line[: self._up.shape[1]]
        if self.rate_hz > INNER_HZ:
            block += self._high(gap)
        later = Ahead(line[_BLOCK:], inner, gap.high, gap.made + 1)
        # The inner state is that after what was given, not after what was looked at.
        return Rated(shifted(state.past, block), gap.state, later), block

    def _stopped(self, state: Rated) -> Ahead:
        low = self._lower(state.past)
        inner, first = self._inner.go_on(self._inner.recall(state.inner, low))
        line = np.concatenate([low, first])
        end = len(low) - self._inner_reach  # from where on a window is of what comes next
        heard = line[end - _HIGH_BLOCKS * _BLOCK : end - _BLOCK + self._up.shape[1]]
        known = windows(heard, self._up.shape[1], _BLOCK) @ self._up.T
        high = state.past[-_HIGH_BLOCKS * self._block :] - known.reshape(-1)
        return Ahead(line[end:], inner, high)

    def _lower(self, past: Floats) -> Floats:
        """Return the last 16 blocks at 16 kHz, of which the end is made up as need be."""
        order = int(_EDGE_ORDER_S * self.rate_hz)
        rows = steps_ahead(predictor(past[-16 * order :], order))
        edge = extrapolated(past, rows, self._reach).astype(np.float32)
        padded = np.concatenate([past, edge])[-16 * self._block - 2 * self._reach :]
        blocks = windows(padded, self._down.shape[1], self._block)
        found: Floats = (blocks @ self._down.T).reshape(-1)
        return found

    def _high(self, gap: Ahead) -> Floats:
        start = gap.made * self._block
        both = np.concatenate([gap.high[::-1], gap.high])
        there = np.take(both, np.arange(start, start + self._block), mode="wrap")
        blocks = gap.made + np.arange(self._block, dtype=np.float32) / self._block
        found: Floats = there * np.clip(1 - blocks / _HIGH_FADE, 0.0, 1.0)
        return found


@lru_cache(maxsize=16)
def converter(from_hz: int, to_hz: int) -> Floats:
    """Return the matrix (to_hz // 100, from_hz // 100 + 2 r) that brings 10 ms to another rate.

    It maps a block with r samples, 2 ms, before and after it.
    """
    before, after = from_hz // BLOCKS_PER_S, to_hz // BLOCKS_PER_S
    reach = int(_REACH_S * from_hz)
    times = np.arange(before + 2 * reach) - reach
    apart = times[None, :] - (np.arange(after) * before / after)[:, None]
    return windowed_sinc(apart, reach, _PASSED * min(1.0, to_hz / from_hz))
