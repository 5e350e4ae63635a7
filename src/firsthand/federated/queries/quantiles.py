"""Quantiles in one round: counts in the nodes of a tree over the range, made to agree."""

from dataclasses import dataclass
from math import sqrt
from typing import Final

import numpy as np
from numpy.typing import NDArray

from firsthand.errors import ConfigError
from firsthand.federated.accounting import Reach
from firsthand.federated.queries.answer import WIDE, Answer, Estimate
from firsthand.federated.queries.measuring import spread_over
from firsthand.federated.queries.query import (
    Integers,
    Values,
    checked_range,
    checked_source,
    known,
    number,
    numbers_of,
    whole,
)

Floats = NDArray[np.float64]

_DEEPEST: Final = 16


@known
@dataclass(frozen=True)
class Quantiles:
    """Which numbers have shares `at` of all records below them.

    The range from `low` to `high` is halved `depth` times; a record counts in a node of each level
    (Hay et al. 2010, arXiv:0904.0942), so that a sum over any part of the range has the noise of
    few nodes. A device takes part with `most` of its records, evenly spread by their size.
    """

    source: str
    low: float
    high: float
    at: tuple[float, ...] = (0.5, 0.9)
    depth: int = 8
    most: int = 1

    def __post_init__(self) -> None:
        checked_source(self.source)
        checked_range(self.low, self.high)
        if not self.at or not all(0 <= number("at", share) <= 1 for share in self.at):
            raise ConfigError(f"shares are from 0 to 1, at least one, not {self.at}")
        whole("depth", self.depth, 1, _DEEPEST)
        whole("most", self.most, 1, 1_000)

    @property
    def length(self) -> int:
        """A number for each node below the root."""
        return int(2 << self.depth) - 2

    @property
    def largest(self) -> int:
        """All of a device's records in one node."""
        return self.most

    @property
    def reach(self) -> Reach:
        """A node of each level for each record."""
        return Reach(min(self.length, self.depth * self.most), self.most)

    def local(self, values: Values) -> Integers:
        """Return a device's counts, level after level."""
        records = spread_over(np.sort(numbers_of(values, self.source)).tolist(), self.most)
        leaves = 2**self.depth
        share = (np.clip(records, self.low, self.high) - self.low) / (self.high - self.low)
        leaf = np.minimum((share * leaves).astype(np.int64), leaves - 1)
        return np.concatenate(
            [
                np.bincount(leaf >> (self.depth - level), minlength=2**level)
                for level in range(1, self.depth + 1)
            ]
        ).astype(np.int64)

    def answer(self, total: Floats, devices: int, noise: float) -> Answer:
        """Return the quantiles, each between what noise and the sample leave possible."""
        leaves = self.agreeing(total)
        count = float(leaves.sum())
        edges = np.linspace(self.low, self.high, len(leaves) + 1)
        if count <= 0:
            return Answer(
                tuple(
                    Estimate(f"{share:g}", (self.low + self.high) / 2, self.low, self.high)
                    for share in self.at
                ),
                devices,
                noise,
            )
        below = np.concatenate([[0.0], _rising(np.clip(np.cumsum(leaves) / count, 0, 1))])
        found = []
        for share in self.at:
            spread = sqrt(share * (1 - share) / count + self.depth * (noise / count) ** 2)
            shares = np.clip([share, share - WIDE * spread, share + WIDE * spread], 0, 1)
            value, low, high = np.interp(shares, below, edges)
            found.append(Estimate(f"{share:g}", float(value), float(low), float(high)))
        return Answer(tuple(found), devices, noise)

    def agreeing(self, total: Floats) -> Floats:
        """Return the counts of leaves that fit those of all nodes best, by least squares."""
        levels = np.split(total, np.cumsum([2**level for level in range(1, self.depth)]))
        upward = [levels[-1]]
        for height, counts in enumerate(reversed(levels[:-1]), 2):
            children = upward[0].reshape(-1, 2).sum(axis=1)
            own = (2**height - 2 ** (height - 1)) / (2**height - 1)
            upward.insert(0, own * counts + (1 - own) * children)
        found = upward[0]
        for below in upward[1:]:
            pairs = below.reshape(-1, 2)
            lacking = (found - pairs.sum(axis=1)) / 2
            found = (pairs + lacking[:, None]).ravel()
        return found


def _rising(shares: Floats) -> Floats:
    """Return shares (n,) that never fall: midway between the least that rise above, and below.

    Counts that noise made negative are not cut off one by one, as that would leave too many.
    """
    above = np.maximum.accumulate(shares)
    below = np.minimum.accumulate(shares[::-1])[::-1]
    found: Floats = (above + below) / 2
    return found
