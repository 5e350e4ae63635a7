"""How well answers match the truth: confusion tables and what follows from them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from firsthand.errors import InputError


@dataclass(frozen=True, slots=True)
class Confusion:
    """Counts (k, k) of named classes: rows the truth, columns the answer."""

    names: tuple[str, ...]
    counts: NDArray[np.int64]

    @property
    def n(self) -> int:
        """How many answers were counted."""
        return int(self.counts.sum())

    @property
    def hits(self) -> int:
        """How many answers were right."""
        return int(np.trace(self.counts))

    @property
    def accuracy(self) -> float:
        """The share of right answers."""
        return self.hits / self.n

    @property
    def recall(self) -> NDArray[np.float64]:
        """Per class, the share of its members that were answered rightly; NaN without members."""
        return _shares(np.diagonal(self.counts), self.counts.sum(axis=1))

    @property
    def precision(self) -> NDArray[np.float64]:
        """Per class, the share of its answers that were right; NaN where it was never answered."""
        return _shares(np.diagonal(self.counts), self.counts.sum(axis=0))


def confusion(
    truth: Sequence[str], answers: Sequence[str], names: Sequence[str] | None = None
) -> Confusion:
    """Count answers by true and answered class.

    `names` gives the order of classes and may name unused ones; without it they are sorted.
    Raises `InputError` for sequences that are empty or of two lengths, or names missing.
    """
    if len(truth) != len(answers) or not len(truth):
        raise InputError(f"{len(truth)} truths and {len(answers)} answers cannot be compared")
    used = {*map(str, truth), *map(str, answers)}
    order = tuple(sorted(used) if names is None else dict.fromkeys(names))
    if used - set(order):
        raise InputError(f"names lack {sorted(used - set(order))}")
    place = {name: index for index, name in enumerate(order)}
    counts = np.zeros((len(order), len(order)), dtype=np.int64)
    for true, answer in zip(truth, answers, strict=True):
        counts[place[str(true)], place[str(answer)]] += 1
    return Confusion(order, counts)


def _shares(part: NDArray[np.int64], whole: NDArray[np.int64]) -> NDArray[np.float64]:
    return np.where(whole > 0, part / np.maximum(whole, 1), np.nan)
