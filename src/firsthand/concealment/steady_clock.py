"""A clock that may jump, or say nothing, made one that goes on evenly."""

from math import isfinite
from typing import Final

_LEAST_US: Final = -50_000
_MOST_US: Final = 2_000_000
_BLOCK_US: Final = 10_000


class SteadyClock:
    """Counts the microseconds that pass between what it is told, from 0.

    Where a clock goes back far, leaps more than two seconds or tells no number, nothing has passed
    when a packet comes, and 10 ms when a block is asked for: what a sound card has played
    meanwhile. Where it goes back a little, as two threads' clocks may, time stands until that is
    made up for.
    """

    __slots__ = ("_ahead_us", "now_us")

    def __init__(self) -> None:
        self._ahead_us: int | None = None  # of what it is told
        self.now_us = 0

    def pushed(self, now_s: float) -> int:
        """Return the time in microseconds at which a packet comes."""
        return self._moved(now_s, 0)

    def pulled(self, now_s: float) -> int:
        """Return the time in microseconds at which a block is asked for."""
        return self._moved(now_s, _BLOCK_US)

    def _moved(self, now_s: float, otherwise_us: int) -> int:
        if not isfinite(now_s * 1e6):
            self.now_us += otherwise_us
            return self.now_us
        told_us = round(now_s * 1e6)
        if self._ahead_us is None:
            self._ahead_us = self.now_us - told_us
        passed_us = told_us + self._ahead_us - self.now_us
        if not _LEAST_US <= passed_us <= _MOST_US:
            passed_us = otherwise_us
            self._ahead_us = self.now_us + passed_us - told_us
        self.now_us += max(0, passed_us)
        return self.now_us
