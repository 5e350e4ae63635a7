"""Strictly increasing frame times out of whatever a file states."""

from typing import Final

_NEW_RECORDING_US: Final = 1_000_000
_LAST_US: Final = 2**62  # a stated time beyond this, either way, is nonsense


class FrameTimes:
    """Turns stated times, in order of presentation, into strictly increasing ones.

    A stated time above the last one is kept. One that is missing (None) or absurd comes one
    frame period after the last. One that steps back by more than a second starts a new
    recording, as in files put one after the other: it, too, comes one period after the last,
    and those that follow keep their distance from it. Any other comes a microsecond after the
    last.
    """

    def __init__(self, period_us: int) -> None:
        self._period_us = period_us
        self._last_us: int | None = None
        self._shift_us = 0

    def next_us(self, stated_us: int | None) -> int:
        """Return the time of the next frame, given the time stated for it."""
        last = self._last_us
        if stated_us is None or abs(stated_us) > _LAST_US:
            time_us = 0 if last is None else last + self._period_us
        else:
            time_us = stated_us + self._shift_us
            if last is not None and time_us <= last:
                if last - time_us > _NEW_RECORDING_US:
                    self._shift_us += last + self._period_us - time_us
                    time_us = last + self._period_us
                else:
                    time_us = last + 1
        self._last_us = time_us
        return time_us
