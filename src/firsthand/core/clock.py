"""Clocks. Only the outermost loop reads a real one; logic takes a clock as an argument."""

import time
from typing import Protocol


class Clock(Protocol):
    """Anything that tells microseconds since its own start or epoch."""

    def now_us(self) -> int:
        """Return the current time in microseconds; never goes back."""
        ...


class MonotonicClock:
    """The operating system's monotonic clock."""

    def now_us(self) -> int:
        """Return microseconds since an arbitrary origin."""
        return time.monotonic_ns() // 1000


class ManualClock:
    """A clock that moves only when told to: for tests and deterministic replays."""

    def __init__(self, start_us: int = 0) -> None:
        self._now_us = start_us

    def now_us(self) -> int:
        """Return the time last set."""
        return self._now_us

    def advance(self, delta_us: int) -> None:
        """Move forward by `delta_us` microseconds (not negative)."""
        if delta_us < 0:
            raise ValueError(f"a clock cannot go back: delta_us={delta_us}")
        self._now_us += delta_us
