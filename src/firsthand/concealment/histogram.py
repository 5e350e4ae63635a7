"""A histogram that forgets: the share of each bucket among what was counted lately."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

BUCKETS: Final = 100


class Histogram:
    """Shares of BUCKETS buckets, of sum 1 once something was counted.

    What was counted loses weight by the factor `forget` with everything new; at first it loses
    more, 1 - `start_weight` / (n + 1) before the n-th: few values are believed less than many.
    """

    __slots__ = ("_count", "_forget", "_start_weight", "shares")

    def __init__(self, forget: float, start_weight: float) -> None:
        self._forget = forget
        self._start_weight = start_weight
        self._count = 0
        self.shares: NDArray[np.float64] = np.zeros(BUCKETS)

    def add(self, bucket: int) -> None:
        """Count a value."""
        self._count += 1
        forget = self._forget
        if (start := 1 - self._start_weight / (self._count + 1)) < forget:
            forget = max(0.0, start)
        self.shares *= forget
        self.shares[bucket] += 1 - forget

    def quantile(self, share: float) -> int:
        """Return the first bucket with which at least that share is counted."""
        found = int(np.searchsorted(np.cumsum(self.shares), share - 1e-9))
        return min(found, BUCKETS - 1)

    def above(self) -> NDArray[np.float64]:
        """Return the share (BUCKETS,) of what is above each bucket."""
        return np.round(1 - np.cumsum(self.shares), 9)
