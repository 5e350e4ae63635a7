"""Very many simulated devices at once: their votes added in the clear, as arrays.

The same votes as those of as many `Extensions.local`, and the same noise as that of cohorts whose
devices add it before masking.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from firsthand.errors import InputError
from firsthand.federated.discovery import discover
from firsthand.federated.queries.extending import Extensions

_AT_ONCE: Final = 65_536


@dataclass(frozen=True, slots=True, eq=False)
class Crowd:
    """Devices (n, k) of `words`: each row has the places of one's records."""

    words: Sequence[str]
    records: NDArray[np.int32]

    def __post_init__(self) -> None:
        if self.records.ndim != 2 or self.records.size == 0:
            raise InputError(f"records are (devices, each), not {self.records.shape}")

    @classmethod
    def zipf(
        cls, words: Sequence[str], devices: int, each: int, exponent: float = 1.1, seed: int = 0
    ) -> "Crowd":
        """Draw records of words whose frequency falls with their place (Zipf)."""
        ends = np.cumsum(1 / np.arange(1, len(words) + 1) ** exponent)
        rng = np.random.default_rng(seed)
        places = np.searchsorted(ends, rng.random((devices, each)) * ends[-1], side="right")
        return cls(words, np.minimum(places, len(words) - 1).astype(np.int32))

    def __len__(self) -> int:
        return len(self.records)

    def frequent(self) -> list[str]:
        """Return the words that anybody has, those of most devices first."""
        ordered = np.sort(self.records, axis=1)
        new = np.diff(ordered, axis=1, prepend=-1) != 0
        counts = np.bincount(ordered[new], minlength=len(self.words))
        order = np.argsort(-counts, kind="stable")
        return [self.words[place] for place in order[: np.count_nonzero(counts)].tolist()]

    def some(self, devices: int, rng: np.random.Generator) -> "Crowd":
        """Return so many of the devices, drawn at random."""
        return Crowd(self.words, self.records[rng.choice(len(self), devices, replace=False)])

    def votes(self, question: Extensions, rng: np.random.Generator) -> NDArray[np.float64]:
        """Return the sum (length,) of all devices' votes."""
        found = [question.place(word) for word in self.words]
        places = np.array([-1 if place is None else place for place in found])
        total = np.zeros(question.length)
        for first in range(0, len(self), _AT_ONCE):
            mine = places[self.records[first : first + _AT_ONCE]]
            if question.votes < mine.shape[1]:
                drawn = np.where(mine < 0, 2.0, rng.random(mine.shape))  # those last
                chosen = np.argpartition(drawn, question.votes - 1, axis=1)[:, : question.votes]
                mine = np.take_along_axis(mine, chosen, axis=1)
            mine.sort(axis=1)
            new = (mine >= 0) & (np.diff(mine, axis=1, prepend=-1) != 0)
            total += np.bincount(mine[new], minlength=len(total))
        return total


def discover_in(crowd: Crowd, search: Any, *, cohort: int, seed: int) -> Any:
    """Return a search that is done, over a crowd in cohorts of so many devices, each with a sum.

    Every cohort's sum has the noise that the search asks for, so that all together have more. The
    devices of a round are `search.sample` where it samples, else all.
    """
    rng = np.random.default_rng(seed)

    def ask(question: Extensions) -> tuple[NDArray[np.float64], float]:
        sample = getattr(search, "sample", len(crowd))
        some = crowd if sample == len(crowd) else crowd.some(sample, rng)
        total = some.votes(question, rng)
        noise = search.deviation * np.ceil(len(some) / cohort) ** 0.5
        if noise:
            total += np.rint(rng.normal(0.0, noise, len(total)))
        return total, float(noise)

    return discover(search, ask)
