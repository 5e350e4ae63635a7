"""Sound that is decoded and waits to be played, and since when."""

from collections import deque
from typing import NamedTuple

import numpy as np

from firsthand.concealment.concealer import Floats


class Share(NamedTuple):
    """So many samples from a packet that arrived at `arrival_us`; None: made up."""

    samples: int
    arrival_us: int | None


class Playout:
    """Pieces of sound one after the other, each with the arrival of its packet."""

    __slots__ = ("_pieces", "count")

    def __init__(self) -> None:
        self._pieces: deque[tuple[Floats, int | None]] = deque()
        self.count = 0

    @property
    def received(self) -> int:
        """Samples that wait and were not made up."""
        return sum(len(samples) for samples, arrival_us in self._pieces if arrival_us is not None)

    def put(self, samples: Floats, arrival_us: int | None) -> None:
        """Let samples (n,) be played after the others."""
        if len(samples):
            self._pieces.append((samples, arrival_us))
            self.count += len(samples)

    def put_back(self, samples: Floats, shares: list[Share]) -> None:
        """Let samples (n,), made of those that were taken, be played before the others."""
        known = [(count, at_us) for count, at_us in shares if at_us is not None]
        whole = sum(count for count, _ in known)
        arrival_us = sum(count * at_us for count, at_us in known) // whole if whole else None
        self._pieces.appendleft((samples, arrival_us))
        self.count += len(samples)

    def take(self, count: int) -> tuple[Floats, list[Share]]:
        """Take `count` samples, as many as there are at most, and whence they are.

        They are not copied where they are of one piece.
        """
        taken: list[Floats] = []
        shares: list[Share] = []
        left = min(count, self.count)
        self.count -= left
        while left:
            samples, arrival_us = self._pieces[0]
            if len(samples) > left:
                self._pieces[0] = (samples[left:], arrival_us)
                samples = samples[:left]
            else:
                self._pieces.popleft()
            left -= len(samples)
            taken.append(samples)
            shares.append(Share(len(samples), arrival_us))
        if len(taken) == 1:
            return taken[0], shares
        return (np.concatenate(taken) if taken else np.empty(0, np.float32)), shares
