"""How long sound should wait before it is played, learnt from how late packets come.

In the manner of NetEQ (WebRTC M106): longer than 95% of the worst delays of each half second, and
long enough for packets out of order where waiting for them costs less than losing them.
"""

from math import inf
from typing import Final

import numpy as np

from firsthand.concealment.histogram import BUCKETS, Histogram

_BUCKET_MS: Final = 20
_QUANTILE: Final = 0.95
_FORGET: Final = 0.983
_START_WEIGHT: Final = 2.0
_RESAMPLE_US: Final = 500_000
_REORDER_FORGET: Final = 0.9993
_MS_PER_LOSS_PERCENT: Final = 20


class TargetDelay:
    """The delay in ms that is aimed for: `target_ms`, and what it were without bounds.

    It begins with `start_ms` and stays from `least_ms` to `most_ms`; None: as much as is asked.
    """

    __slots__ = (
        "_late",
        "_least_ms",
        "_most_ms",
        "_reordered",
        "_since_us",
        "_underrun_ms",
        "_worst_us",
        "target_ms",
        "unbounded_ms",
    )

    def __init__(self, start_ms: int, least_ms: int, most_ms: int | None) -> None:
        self._least_ms = least_ms
        self._most_ms = inf if most_ms is None else most_ms
        self._late = Histogram(_FORGET, _START_WEIGHT)
        self._reordered = Histogram(_REORDER_FORGET, _START_WEIGHT)
        self._since_us: int | None = None
        self._worst_us = 0
        self._underrun_ms = start_ms
        self.unbounded_ms = start_ms
        self.target_ms = self._bounded(inf)

    def update(self, late_us: int, reordered: bool, now_us: int, room_ms: float) -> None:
        """Learn from a packet that came `late_us` after the quickest, perhaps out of order.

        `room_ms` is how much sound may wait: no more is aimed for.
        """
        if not reordered:
            self._learn_late(late_us, now_us)
        bucket = late_us // (_BUCKET_MS * 1000) if reordered else 0
        if bucket < BUCKETS:
            self._reordered.add(bucket)
        self.unbounded_ms = max(self._underrun_ms, self._cheapest_ms())
        self.target_ms = self._bounded(room_ms)

    def _learn_late(self, late_us: int, now_us: int) -> None:
        if self._since_us is None:
            self._since_us = now_us
        if now_us - self._since_us > _RESAMPLE_US:
            bucket = self._worst_us // (_BUCKET_MS * 1000)
            if bucket < BUCKETS:
                self._late.add(bucket)
                self._underrun_ms = (1 + self._late.quantile(_QUANTILE)) * _BUCKET_MS
            self._since_us, self._worst_us = now_us, 0
        self._worst_us = max(self._worst_us, late_us)

    def _cheapest_ms(self) -> int:
        """Return the delay at which more of it costs more than the packets that it saves."""
        lost = self._reordered.above()
        extra_ms = np.maximum(0, np.arange(BUCKETS) * _BUCKET_MS - self._underrun_ms)
        cheapest = int(np.argmin(extra_ms + 100 * _MS_PER_LOSS_PERCENT * lost))
        return (1 + cheapest) * _BUCKET_MS

    def _bounded(self, room_ms: float) -> int:
        return int(min(max(self.unbounded_ms, self._least_ms), self._most_ms, room_ms))
