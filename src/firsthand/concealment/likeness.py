"""How alike sounds are: normalised correlation, wherever a period or a seam is looked for."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from firsthand.concealment.concealer import Floats

Doubles = NDArray[np.float64]

_LEAST_HZ: Final = 60
_MOST_HZ: Final = 400
_JUDGED_S: Final = 0.02
_SILENCE: Final = 1e-18


def likeness(sound: Floats, wanted: Floats) -> Doubles:
    """Return how alike each window of `sound` (n,) is to `wanted` (m,): (n - m + 1,) in -1..1.

    Silence is like nothing: 0.
    """
    line, against = sound.astype(np.float64), wanted.astype(np.float64)
    products = np.correlate(line, against, "valid")
    sums = np.concatenate([[0.0], np.cumsum(line * line)])
    energies = (sums[len(against) :] - sums[: -len(against)]) * (against @ against)
    found: Doubles = products / np.sqrt(np.maximum(energies, _SILENCE))
    return found


def period(past: Floats, rate_hz: int) -> tuple[int, float]:
    """Return the lag in samples (60 to 400 Hz) at which the end of a sound is most like itself.

    And how alike it is there: 0 for silence, 1 where it repeats exactly. `past` has `looked_at`
    samples or more.
    """
    judged = int(_JUDGED_S * rate_hz)
    least, most = rate_hz // _MOST_HZ, rate_hz // _LEAST_HZ
    alike = likeness(past[-judged - most : len(past) - least], past[-judged:])
    best = int(alike.argmax())
    return most - best, float(alike[best])


def looked_at(rate_hz: int) -> int:
    """Return how many samples `period` looks at."""
    return int(_JUDGED_S * rate_hz) + rate_hz // _LEAST_HZ
