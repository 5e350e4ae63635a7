"""From a sound that was made up into the one that goes on: aligned, then cross-faded."""

from typing import Final

import numpy as np

from firsthand.concealment.concealer import Floats
from firsthand.concealment.crossfading import crossfaded
from firsthand.concealment.likeness import likeness

_ALIKE: Final = 0.5


def resumed(ahead: Floats, samples: Floats) -> tuple[Floats, Floats]:
    """Return what is still made up (lag,), and `samples` (n,) with a fade from what follows it.

    `ahead` (2 * block,) is how the made-up sound would go on. The lag, 0 to a block, is where it
    is most like the beginning of the samples, 0 where it is nowhere much like it; a block at most
    is faded.
    """
    block = len(ahead) // 2
    length = min(block, len(samples))
    lag = _alignment(ahead[: block + length], samples[:length])
    faded = crossfaded(ahead[lag : lag + length], samples[:length])
    if length == len(samples):
        return ahead[:lag], faded
    return ahead[:lag], np.concatenate([faded, samples[length:]])


def _alignment(ahead: Floats, start: Floats) -> int:
    """Return the lag at which `ahead` (m,) is most like `start` (n,), of 0 to m - n."""
    alike = likeness(ahead, start)
    best = int(alike.argmax())
    return best if alike[best] >= _ALIKE else 0
