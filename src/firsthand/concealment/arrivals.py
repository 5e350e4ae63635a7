"""How late packets come: against the quickest of the last two seconds, and from one to the next."""

from collections import deque
from typing import Final

_WINDOW_US: Final = 2_000_000
_MOST: Final = 800
"""Packets of 2.5 ms in that time."""


class Arrivals:
    """The packets of the last two seconds of a stream, by their timestamps and arrivals in us."""

    __slots__ = ("_least_us", "_most_us", "_newest_us", "_offsets")

    def __init__(self) -> None:
        self._offsets: deque[tuple[int, int]] = deque()
        self._least_us = self._most_us = self._newest_us = 0

    def __len__(self) -> int:
        return len(self._offsets)

    def clear(self) -> None:
        """Forget all packets."""
        self._offsets.clear()

    def add(self, timestamp_us: int, arrival_us: int) -> tuple[int, bool]:
        """Take note of a packet.

        Return how many microseconds later it came than the quickest of them would have, and
        whether one with a later timestamp came before it.
        """
        offset_us = arrival_us - timestamp_us
        if not self._offsets:
            self._least_us = self._most_us = offset_us
            self._newest_us = timestamp_us
        reordered = timestamp_us < self._newest_us
        self._newest_us = max(self._newest_us, timestamp_us)
        self._offsets.append((timestamp_us, offset_us))
        self._least_us = min(self._least_us, offset_us)
        self._most_us = max(self._most_us, offset_us)
        self._forget(timestamp_us - _WINDOW_US)
        return offset_us - self._least_us, reordered

    def delay_us(self, timestamp_us: int, now_us: int) -> int | None:
        """Return how long after its quickest arrival a timestamp is played now.

        None where too little is known: of fewer than two packets.
        """
        if len(self._offsets) < 2:
            return None
        return max(0, now_us - timestamp_us - self._least_us)

    @property
    def spread_us(self) -> int:
        """Microseconds by which the slowest packet is later than the quickest."""
        return self._most_us - self._least_us if self._offsets else 0

    def _forget(self, before_us: int) -> None:
        gone = False
        while self._offsets[0][0] < before_us or len(self._offsets) > _MOST:
            _, offset_us = self._offsets.popleft()
            gone = gone or offset_us in (self._least_us, self._most_us)
        if gone:
            offsets = [offset_us for _, offset_us in self._offsets]
            self._least_us, self._most_us = min(offsets), max(offsets)


class InterarrivalJitter:
    """The mean change of packets' way through the network (RFC 3550, section 6.4.1)."""

    __slots__ = ("_offset_us", "jitter_us")

    def __init__(self) -> None:
        self._offset_us: int | None = None
        self.jitter_us = 0.0

    def add(self, timestamp_us: int, arrival_us: int) -> None:
        """Take note of a packet."""
        offset_us = arrival_us - timestamp_us
        if self._offset_us is not None:
            self.jitter_us += (abs(offset_us - self._offset_us) - self.jitter_us) / 16
        self._offset_us = offset_us

    def restart(self) -> None:
        """Forget the last packet: the timestamps begin anew."""
        self._offset_us = None
