"""Sums, means and rates of what devices measured."""

from dataclasses import dataclass
from math import sqrt
from typing import ClassVar, Final

import numpy as np
from numpy.typing import NDArray

from firsthand.federated.accounting import Reach
from firsthand.federated.queries.answer import Answer, Estimate
from firsthand.federated.queries.query import (
    Integers,
    Values,
    checked_range,
    checked_source,
    known,
    numbers_of,
    whole,
)

_MOST_STEPS: Final = 1_000_000


@dataclass(frozen=True)
class _Measured:
    """A number within `low` and `high`, counted in so many `steps` of that range."""

    source: str
    low: float
    high: float
    steps: int = 1_000

    def __post_init__(self) -> None:
        checked_source(self.source)
        checked_range(self.low, self.high)
        whole("steps", self.steps, 1, _MOST_STEPS)

    @property
    def largest(self) -> int:
        """A number at its highest."""
        return self.steps

    @property
    def step(self) -> float:
        """What one step is worth."""
        return (self.high - self.low) / self.steps

    def stepped(self, value: float) -> int:
        """Return a number in steps above `low`, clipped."""
        return round((min(max(value, self.low), self.high) - self.low) / self.step)


@known
@dataclass(frozen=True)
class Sum(_Measured):
    """The sum over devices of what each has in all, clipped to a range; of none it is 0."""

    length: ClassVar[int] = 1

    @property
    def reach(self) -> Reach:
        """One number."""
        return Reach(1, self.steps)

    def local(self, values: Values) -> Integers:
        """Return a device's own sum."""
        return np.array([self.stepped(float(numbers_of(values, self.source).sum()))])

    def answer(self, total: NDArray[np.float64], devices: int, noise: float) -> Answer:
        """Return the sum over the devices."""
        value = float(total[0]) * self.step + devices * self.low
        ends = devices * self.low, devices * self.high
        estimate = Estimate.normal("sum", value, noise * self.step, *ends)
        return Answer((estimate,), devices, noise)


@known
@dataclass(frozen=True)
class Mean(_Measured):
    """The mean over devices that have records, of each one's mean, clipped to a range.

    Three numbers are summed: that there are records, the mean, and its square, all to the same
    scale, so that the interval tells how well the mean over all devices is known.
    """

    length: ClassVar[int] = 3

    @property
    def reach(self) -> Reach:
        """Three numbers."""
        return Reach(3, self.steps)

    def local(self, values: Values) -> Integers:
        """Return a device's part; nothing where it has no records."""
        found = numbers_of(values, self.source)
        if not len(found):
            return np.zeros(3, np.int64)
        mine = self.stepped(float(found.mean()))
        return np.array([self.steps, mine, round(mine**2 / self.steps)])

    def answer(self, total: NDArray[np.float64], devices: int, noise: float) -> Answer:
        """Return the mean over devices."""
        count, mean, spread = moments(total, self.steps, noise)
        found = Estimate.normal(
            "mean",
            self.low + mean * (self.high - self.low),
            spread * (self.high - self.low),
            self.low,
            self.high,
        )
        if count <= 0:
            found = Estimate("mean", (self.low + self.high) / 2, self.low, self.high)
        return Answer((found,), devices, noise)


@known
@dataclass(frozen=True)
class Rate:
    """Which share of records, over all devices, is `value`; a device counts at most `most`.

    Of more records, such that are evenly spread among them count. The interval takes records for
    independent.
    """

    source: str
    value: str | float | bool
    most: int = 100

    length: ClassVar[int] = 2

    def __post_init__(self) -> None:
        checked_source(self.source)
        whole("most", self.most, 1, _MOST_STEPS)

    @property
    def largest(self) -> int:
        """All of a device's records."""
        return self.most

    @property
    def reach(self) -> Reach:
        """Hits and records."""
        return Reach(2, self.most)

    def local(self, values: Values) -> Integers:
        """Return a device's hits and records."""
        some = spread_over(values, self.most)
        return np.array([sum(value == self.value for value in some), len(some)])

    def answer(self, total: NDArray[np.float64], devices: int, noise: float) -> Answer:
        """Return the share."""
        estimate = Estimate.share("rate", float(total[0]), float(total[1]), noise)
        return Answer((estimate,), devices, noise)


def moments(total: NDArray[np.float64], steps: int, noise: float) -> tuple[float, float, float]:
    """Return a count, a mean from 0 to 1, and the mean's deviation, of three sums.

    The sums are of `steps` for each that counts, of its steps, and of their square over `steps`.
    """
    count = float(total[0]) / steps
    if count <= 0:
        return count, 0.5, 0.5
    mean = float(total[1]) / float(total[0])
    variance = max(float(total[2]) / float(total[0]) - mean**2, 0.0)
    noisy = noise / float(total[0]) * sqrt(1 + mean**2)
    return count, mean, sqrt(variance / count + noisy**2)


def spread_over(values: Values, most: int) -> Values:
    """Return at most so many values, evenly spread among them."""
    if len(values) <= most:
        return values
    places = np.linspace(0, len(values) - 1, most).round().astype(int)
    return [values[place] for place in places]
