"""What an analyst gets: estimates with intervals."""

from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist
from typing import Final

LEVEL: Final = 0.95
WIDE: Final = NormalDist().inv_cdf(0.5 + LEVEL / 2)
"""Deviations to each side of a 95% interval."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number about a fleet, with its 95% interval."""

    name: str
    value: float
    low: float
    high: float

    @classmethod
    def normal(
        cls, name: str, value: float, deviation: float, least: float = float("-inf"),
        most: float = float("inf"),
    ) -> "Estimate":  # fmt: skip
        """Return an estimate with errors of a normal deviation, within what is possible."""
        reach = WIDE * deviation
        low, high = (min(max(end, least), most) for end in (value - reach, value + reach))
        return cls(name, min(max(value, least), most), low, high)

    @classmethod
    def share(cls, name: str, hits: float, of: float, noise: float) -> "Estimate":
        """Return `hits` of `of` as a share, by Wilson's interval, widened by noise on the hits."""
        if of <= 0:
            return cls(name, 0.0, 0.0, 1.0)
        share = min(max(hits / of, 0.0), 1.0)
        square = WIDE**2
        middle = (share + square / (2 * of)) / (1 + square / of)
        own = WIDE * sqrt(share * (1 - share) / of + square / (4 * of**2)) / (1 + square / of)
        reach = sqrt(own**2 + (WIDE * noise / of) ** 2)
        return cls(name, share, max(0.0, middle - reach), min(1.0, middle + reach))


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to a question: estimates in the question's order.

    `devices` are those it is a sum over. `noise` is the deviation of what was added to each number
    for privacy, in units of what is counted; 0 for none.
    """

    estimates: tuple[Estimate, ...]
    devices: int
    noise: float

    def top(self, count: int) -> tuple[Estimate, ...]:
        """Return the largest estimates, the first of equals first."""
        return tuple(sorted(self.estimates, key=lambda each: -each.value)[:count])
