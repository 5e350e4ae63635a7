"""Noise that devices add before masking, so that the sum of a cohort is differentially private.

Each adds a draw of the discrete Gaussian (Canonne et al. 2020, arXiv:2004.00010), and the sum of
many is nearly one itself (Kairouz et al. 2021, arXiv:2102.06387, theorem 1). Draws come from a
table of cumulative chances in 63 bits and the operating system's random bytes: what the table
leaves out is stated, and counted as a chance that privacy fails.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal, localcontext
from functools import lru_cache
from math import ceil, exp, inf, pi, sqrt
from typing import Final

import numpy as np
from numpy.typing import NDArray

from firsthand.errors import ConfigError

Integers = NDArray[np.int64]
Random = Callable[[int], bytes]

BITS: Final = 63
LEAST_LOCAL_DEVIATION: Final = 4.0
"""Of one device's draw: from here on a sum of draws is a discrete Gaussian but for 1e-60."""

_REACH: Final = 9.6  # deviations, beyond which lies less than 2**-63
_DIGITS: Final = 40
_LARGEST_TABLE: Final = 200_000


@dataclass(frozen=True, slots=True)
class SharedNoise:
    """Noise of `deviation` on a sum, in the units of what is counted, made by `sharers` devices.

    Numbers are counted in steps of 1 / `scale`, fine enough for each device's draw to be of
    deviation 4 or more. All `sharers` must add theirs: more only add to it.
    """

    deviation: float
    sharers: int
    scale: int

    def __post_init__(self) -> None:
        counts = all(type(each) is int and each >= 1 for each in (self.sharers, self.scale))
        if not (0 < self.deviation < inf and counts):
            raise ConfigError(f"noise has a deviation, sharers and a scale above 0, not {self}")
        if self.local_deviation < LEAST_LOCAL_DEVIATION:
            raise ConfigError(
                f"a device's draw has a deviation of {self.local_deviation:.3g} steps, and needs "
                f"{LEAST_LOCAL_DEVIATION}: count in finer steps than 1/{self.scale}"
            )

    @classmethod
    def of(cls, deviation: float, sharers: int) -> "SharedNoise":
        """Return noise of a deviation with the coarsest steps that serve."""
        scale = ceil(LEAST_LOCAL_DEVIATION * sqrt(sharers) / deviation)
        return cls(deviation, sharers, max(1, scale))

    @property
    def local_deviation(self) -> float:
        """Of one device's draw, in steps."""
        return self.deviation * self.scale / sqrt(self.sharers)

    @property
    def largest(self) -> int:
        """The largest draw of one device, in steps."""
        return _reach(self.local_deviation)

    @property
    def apart(self) -> float:
        """How far, as max-divergence, a number of the sum is from a discrete Gaussian (tau)."""
        variance = self.local_deviation**2
        return sum(
            10 * exp(-2 * pi**2 * variance * k / (k + 1)) for k in range(1, min(self.sharers, 999))
        ) + 10 * max(0, self.sharers - 999) * exp(-2 * pi**2 * variance * 0.999)

    def failing(self, numbers: int) -> float:
        """How likely, at most, any of a cohort's draws for `numbers` is not as it should be."""
        return numbers * self.sharers * table_of(self.local_deviation).missing

    def draw(self, numbers: int, random: Random = secrets.token_bytes) -> Integers:
        """Return one device's noise for so many numbers, in steps."""
        return table_of(self.local_deviation).draw(numbers, random)


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """Cumulative chances of the discrete Gaussian, in units of 2**-63.

    `missing` bounds the statistical distance of a draw from the true one.
    """

    ends: NDArray[np.uint64]
    first: int
    missing: float

    def draw(self, count: int, random: Random) -> Integers:
        """Return so many draws, from eight bytes each."""
        uniform = np.frombuffer(random(8 * count), "<u8") >> np.uint64(64 - BITS)
        found: Integers = np.searchsorted(self.ends, uniform, side="right") + self.first
        return found


@lru_cache(maxsize=64)
def table_of(deviation: float) -> Table:
    """Return the table of a deviation, in steps; `ConfigError` for one that has no end."""
    reach = _reach(deviation)
    if reach > _LARGEST_TABLE:
        raise ConfigError(f"noise of {deviation:.4g} steps is too fine: count in coarser ones")
    with localcontext() as context:
        context.prec = _DIGITS
        twice = 2 * Decimal(deviation) ** 2
        half = [(-(Decimal(x) ** 2) / twice).exp() for x in range(reach + 1)]
        weights = [*half[:0:-1], *half]
        whole = sum(weights)
        ends, sofar = [], Decimal(0)
        for weight in weights:
            sofar += weight
            ends.append(int(sofar / whole * 2**BITS))
        beyond = 2 * half[reach] * (1 + reach)  # more than all there is beyond the table
        missing = float(beyond / whole) + (len(weights) + 1) * 2.0**-BITS
    ends[-1] = 2**BITS
    return Table(np.array(ends, np.uint64), -reach, missing)


def _reach(deviation: float) -> int:
    return ceil(_REACH * deviation) + 1
