"""How likely a term is one that people would put into a title: a table of its features.

`firsthand train recorder tags` fits boosted decision trees to documents and their titles, then
writes down what they say for every combination of a few steps of each feature: a table of some
thousand numbers, which needs no library to be looked up in.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from itertools import pairwise
from math import log10
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from firsthand.errors import InputError, MissingDependencyError
from firsthand.recorder.tags.tally import ROLES, Term

Floats = NDArray[np.float32]

FEATURES: Final = ("count", "commonness", "keyness", "position", "role")
"""
- count: how often a term is said.
- commonness: how often in everyday language, on the Zipf scale (log10 of times in a thousand
  million words), by wordfreq; of two words, the rarer one's.
- keyness: log10 of how much more often here than there.
- position: where it is said first, 0 at the beginning, 1 at the end.
- role: its place in `ROLES`.
"""

_MOST_CELLS: Final = 100_000


@dataclass(frozen=True, slots=True)
class PriorTable:
    """Scores by features: `edges` part each but the role into steps; `scores` has an axis each.

    A feature's step is the number of its edges that are not above it.
    """

    edges: Mapping[str, tuple[float, ...]]
    scores: Floats

    def __post_init__(self) -> None:
        shape = (*(len(self.edges.get(name, ())) + 1 for name in FEATURES[:-1]), len(ROLES))
        ordered = all(
            all(one < other for one, other in pairwise(edges)) for edges in self.edges.values()
        )
        if (
            set(self.edges) != set(FEATURES[:-1])
            or self.scores.shape != shape
            or not ordered
            or not np.isfinite(self.scores).all()
        ):
            raise InputError(f"a table has rising edges of {FEATURES[:-1]} and a score a cell")

    def __call__(self, features: NDArray[Any]) -> Floats:
        """Map features (n, 5), in the order of `FEATURES`, to scores (n,)."""
        found: Floats = self.scores[steps_of(features, self.edges)]
        return found

    def to_json(self) -> str:
        """Return the table as text; `from_json` reads it."""
        table = {
            "edges": {name: list(edges) for name, edges in self.edges.items()},
            "scores": [round(float(score), 4) for score in self.scores.ravel()],
        }
        return json.dumps(table) + "\n"

    @classmethod
    def from_json(cls, text: str) -> "PriorTable":
        """Read what `to_json` wrote; `InputError` for anything else."""
        try:
            table = json.loads(text)
            edges = {str(name): tuple(map(float, each)) for name, each in table["edges"].items()}
            shape = (*(len(edges[name]) + 1 for name in FEATURES[:-1]), len(ROLES))
            if np.prod(shape) > _MOST_CELLS:
                raise InputError(f"a table of shape {shape} is larger than any")
            return cls(edges, np.array(table["scores"], np.float32).reshape(shape))
        except (AttributeError, KeyError, TypeError, ValueError, RecursionError) as error:
            raise InputError(f"this is no table of scores: {error!r}") from error


@lru_cache(maxsize=1)
def bundled_table() -> PriorTable:
    """Return the table that comes with Firsthand."""
    file = resources.files("firsthand.recorder.tags") / "prior.json"
    return PriorTable.from_json(file.read_text(encoding="utf-8"))


def steps_of(
    features: NDArray[Any], edges: Mapping[str, Sequence[float]]
) -> tuple[NDArray[np.intp], ...]:
    """Return the steps of features (n, 5), an array (n,) for each."""
    parted = [
        np.searchsorted(edges[name], features[:, column], side="right")
        for column, name in enumerate(FEATURES[:-1])
    ]
    return (*parted, features[:, -1].astype(np.intp))


def features_of(terms: Sequence[tuple[str, Term]], words: int) -> Floats:
    """Return the features (n, 5) of terms, `words` being how many were said in all."""
    found = np.empty((len(terms), len(FEATURES)), np.float32)
    for row, (text, term) in enumerate(terms):
        common = min(map(commonness, text.split(" ")))
        here = log10(term.count / max(words, 1)) + 9.0
        keyness = here - max(common, 1.0)
        found[row] = (
            *(term.count, common, keyness, term.first / max(words, 1)),
            ROLES.index(term.role),
        )
    return found


@lru_cache(maxsize=20_000)
def commonness(word: str) -> float:
    """Return how common an English word is, on the Zipf scale: 0 for one that nobody knows."""
    try:
        from wordfreq import zipf_frequency
    except ModuleNotFoundError as error:
        raise MissingDependencyError(
            'tags need wordfreq, which is not installed: pip install "firsthand[recorder]"'
        ) from error
    return float(zipf_frequency(word, "en"))
