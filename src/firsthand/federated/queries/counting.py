"""How many devices, how often what, how many different things."""

import hashlib
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from math import exp, log, sqrt
from statistics import NormalDist
from typing import ClassVar, Final

import numpy as np
from numpy.typing import NDArray

from firsthand.errors import ConfigError
from firsthand.federated.accounting import Reach
from firsthand.federated.queries.answer import Answer, Estimate
from firsthand.federated.queries.query import (
    LONGEST,
    Integers,
    Values,
    checked_source,
    known,
    whole,
)

_MOST: Final = 2**48
_ABOVE: Final = 3.0  # deviations of noise, above which a bucket counts as taken


@known
@dataclass(frozen=True)
class Count:
    """How many devices have a record, or one that is `value`."""

    source: str
    value: str | float | None = None

    length: ClassVar[int] = 1
    largest: ClassVar[int] = 1
    reach: ClassVar[Reach] = Reach(1, 1)

    def __post_init__(self) -> None:
        checked_source(self.source)

    def local(self, values: Values) -> Integers:
        """Return whether there is one."""
        found = len(values) > 0 if self.value is None else self.value in values
        return np.array([int(found)])

    def answer(self, total: NDArray[np.float64], devices: int, noise: float) -> Answer:
        """Return how many of the devices."""
        estimate = Estimate.normal("devices", float(total[0]), noise, 0, devices)
        return Answer((estimate,), devices, noise)


@known
@dataclass(frozen=True)
class Histogram:
    """How often each of some values is on record.

    A device counts each at most `each` times, and at most `most` of them: the most frequent, the
    first of equals. What is none of `bins` is not counted.
    """

    source: str
    bins: tuple[str | float, ...]
    most: int = 1
    each: int = 1

    def __post_init__(self) -> None:
        checked_source(self.source)
        if not 0 < len(self.bins) <= LONGEST or len(set(self.bins)) < len(self.bins):
            raise ConfigError(f"a histogram has 1 to {LONGEST} bins, no two alike")
        whole("most", self.most, 1, len(self.bins))
        whole("each", self.each, 1, _MOST)

    @property
    def length(self) -> int:
        """A number for each bin."""
        return len(self.bins)

    @property
    def largest(self) -> int:
        """How often a value is counted, at most."""
        return self.each

    @property
    def reach(self) -> Reach:
        """So many bins, each by so much."""
        return Reach(self.most, self.each)

    def local(self, values: Values) -> Integers:
        """Return how often each value is on record, within these limits."""
        counts = Counter(value for value in values if value in self._places)
        found = np.zeros(self.length, np.int64)
        often = sorted(counts.items(), key=lambda item: (-item[1], self._places[item[0]]))
        for value, count in often[: self.most]:
            found[self._places[value]] = min(count, self.each)
        return found

    def answer(self, total: NDArray[np.float64], devices: int, noise: float) -> Answer:
        """Return how often each value is on record in all."""
        most = devices * self.each
        estimates = tuple(
            Estimate.normal(str(name), float(count), noise, 0, most)
            for name, count in zip(self.bins, total, strict=True)
        )
        return Answer(estimates, devices, noise)

    @cached_property
    def _places(self) -> dict[str | float, int]:
        return {value: place for place, value in enumerate(self.bins)}


@known
@dataclass(frozen=True)
class Distinct:
    """How many different values there are over all devices, by linear counting.

    Whang et al. 1990 (doi:10.1145/78922.78925): values fall into `buckets` by a hash, and those
    that stay empty tell how many there are; twice as many buckets as values are enough. A device
    takes part with `most` of its values. With noise, what is counted are buckets that stand out of
    it, so values that few devices have are missed: the answer is then a lower bound.
    """

    source: str
    buckets: int = 4_096
    most: int = 16
    salt: str = ""

    largest: ClassVar[int] = 1

    def __post_init__(self) -> None:
        checked_source(self.source)
        whole("buckets", self.buckets, 2, LONGEST)
        whole("most", self.most, 1, self.buckets)

    @property
    def length(self) -> int:
        """A number for each bucket."""
        return self.buckets

    @property
    def reach(self) -> Reach:
        """So many buckets, each by one."""
        return Reach(self.most, 1)

    def local(self, values: Values) -> Integers:
        """Return which buckets the values fall into; the rarest hashes where they are too many."""
        drawn = sorted({self._drawn(value) for value in values})[: self.most]
        found = np.zeros(self.buckets, np.int64)
        found[[number % self.buckets for number in drawn]] = 1
        return found

    def answer(self, total: NDArray[np.float64], devices: int, noise: float) -> Answer:
        """Return how many values there are."""
        size = self.buckets
        taken = float((total > max(0.5, _ABOVE * noise)).sum())
        if noise:
            chance = 1 - NormalDist().cdf(max(0.5 / noise, _ABOVE))
            taken = max(0.0, (taken - chance * size) / (1 - chance))
        if taken >= size:
            estimate = Estimate("values", float(size * log(size)), float(size), float("inf"))
        else:
            value = -size * log(1 - taken / size)
            load = value / size
            spread = sqrt(max(size * (exp(load) - load - 1), 0.0))
            estimate = Estimate.normal("values", value, spread, 0)
        high = float("inf") if noise else estimate.high
        found = Estimate(estimate.name, estimate.value, estimate.low, high)
        return Answer((found,), devices, noise)

    def _drawn(self, value: object) -> int:
        data = f"{self.salt}\0{value}".encode(errors="surrogatepass")
        return int.from_bytes(hashlib.sha256(data).digest()[:8], "little")
