"""One sound into another."""

from functools import lru_cache

import numpy as np

from firsthand.concealment.concealer import Floats


def crossfaded(old: Floats, new: Floats) -> Floats:
    """Return `old` (n,) that becomes `new` (n,), both in -1..1, by a raised cosine."""
    return np.clip(old + (new - old) * _rising(len(new)), -1.0, 1.0)


@lru_cache(maxsize=64)
def _rising(length: int) -> Floats:
    rising = (0.5 - 0.5 * np.cos(np.pi * (np.arange(length) + 0.5) / length)).astype(np.float32)
    rising.setflags(write=False)
    return rising
