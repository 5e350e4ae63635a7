"""Points made steady: moved on with the picture, and drawn towards what the model says of them.

A one-euro filter (Casiez, Roussel & Vogel 2012, "1€ filter: a simple speed-based low-pass filter")
of what optical flow does not explain. As flow carries the points along, even a slow filter does not
lag behind a moving camera; where the model keeps saying the same other thing it becomes faster.
"""

from dataclasses import dataclass
from math import exp, pi
from typing import Final

import numpy as np

from firsthand.errors import ConfigError
from firsthand.objects.types import Doubles

_LONGEST_S: Final = 1.0
"""What was seen longer ago has no more say than this."""


@dataclass(frozen=True, slots=True)
class Steadiness:
    """How a filter weighs; `ConfigError` for what is not above 0, or for the last two below 0.

    - `least_hz`: its cut-off frequency where the model and flow agree; higher is less steady.
    - `per_size_hz`: by how much that rises where the points, of an object as long as 1, are off by
      1 all the time.
    - `drift_hz`: the cut-off frequency of what counts as all the time.
    """

    least_hz: float = 1.5
    per_size_hz: float = 60.0
    drift_hz: float = 2.0

    def __post_init__(self) -> None:
        values = (self.least_hz, self.per_size_hz, self.drift_hz)
        if not all(0 <= value < float("inf") for value in values) or not self.least_hz > 0:
            raise ConfigError(
                f"a filter's frequencies are finite, and the least is above 0: not {values}"
            )


@dataclass(frozen=True, slots=True, eq=False)
class Steadied:
    """`points` (9, 2) as they are shown, `drift` (9, 2) by how much the model is off for long."""

    points: Doubles
    drift: Doubles


def first(seen: Doubles) -> Steadied:
    """Begin with what the model says."""
    return Steadied(seen, np.zeros_like(seen))


def steadied(carried: Steadied, seen: Doubles, elapsed_s: float, how: Steadiness) -> Steadied:
    """Return points between where flow carried them and where the model has `seen` (9, 2) them.

    `elapsed_s`, above 0, is since the model last saw them.
    """
    elapsed_s = min(elapsed_s, _LONGEST_S)
    off = seen - carried.points
    drift = carried.drift + _share(how.drift_hz, elapsed_s) * (off - carried.drift)
    size = float(np.linalg.norm(np.ptp(carried.points, axis=0)))
    away = float(np.sqrt((drift**2).sum(axis=1).mean())) / max(size, 1.0)
    share = _share(how.least_hz + how.per_size_hz * away, elapsed_s)
    return Steadied(carried.points + share * off, (1 - share) * drift)


def _share(cut_off_hz: float, elapsed_s: float) -> float:
    """Return how much of what is new a low-pass filter takes in after a time."""
    return 1 - exp(-2 * pi * cut_off_hz * elapsed_s)
