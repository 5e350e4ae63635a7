"""How likely a term is one that people would put into a title: tables of pairs of features.

`firsthand train recorder tags` fits boosted decision trees to documents and their titles, each tree
about two features at most. What they say together is then a sum of one number for each pair of
features (Lou et al. 2013, "Accurate intelligible models with pairwise interactions"), which tables
hold exactly: no library is needed to look a term up.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from itertools import combinations, pairwise
from math import log10
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from firsthand.core import damage
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

PAIRS: Final = tuple(combinations(range(len(FEATURES)), 2))

_MOST_STEPS: Final = 256


@dataclass(frozen=True, slots=True, eq=False)
class PriorTable:
    """Scores by features: `edges` part each but the role into steps; `tables` are of `PAIRS`.

    A feature's step is the number of its edges that are not above it. A term's score is the sum of
    what all tables have at its steps.
    """

    edges: Mapping[str, tuple[float, ...]]
    tables: tuple[Floats, ...]

    def __post_init__(self) -> None:
        ordered = all(
            all(one < other for one, other in pairwise(edges)) for edges in self.edges.values()
        )
        if set(self.edges) != set(FEATURES[:-1]) or not ordered:
            raise InputError(f"a table has rising edges of {', '.join(FEATURES[:-1])}")
        sizes = sizes_of(self.edges)
        shapes = [(sizes[one], sizes[other]) for one, other in PAIRS]
        if [table.shape for table in self.tables] != shapes or not all(
            np.isfinite(table).all() for table in self.tables
        ):
            raise InputError(f"tables of pairs have shapes {shapes} and finite numbers")

    def __call__(self, features: NDArray[Any]) -> Floats:
        """Map features (n, 5), in the order of `FEATURES`, to scores (n,)."""
        steps = steps_of(features, self.edges)
        found = np.zeros(len(features), np.float32)
        for (one, other), table in zip(PAIRS, self.tables, strict=True):
            found += table[steps[one], steps[other]]
        return found

    def to_json(self) -> str:
        """Return the table as text; `from_json` reads it."""
        table = {
            "edges": {name: list(edges) for name, edges in self.edges.items()},
            "tables": [[round(float(x), 3) for x in each.ravel()] for each in self.tables],
        }
        return json.dumps(table) + "\n"

    @classmethod
    def from_json(cls, text: str) -> "PriorTable":
        """Read what `to_json` wrote; `InputError` for anything else."""
        try:
            table = json.loads(text)
            edges = {str(name): tuple(map(float, each)) for name, each in table["edges"].items()}
            sizes = sizes_of(edges)
            if max(sizes) > _MOST_STEPS:
                raise InputError(f"a table of {max(sizes)} steps is larger than any")
            tables = tuple(
                np.array(each, np.float32).reshape(sizes[one], sizes[other])
                for (one, other), each in zip(PAIRS, table["tables"], strict=True)
            )
            return cls(edges, tables)
        except damage.JSON as error:
            raise InputError(f"this is no table of scores: {error!r}") from error


@lru_cache(maxsize=1)
def bundled_table() -> PriorTable:
    """Return the table that comes with Firsthand."""
    file = resources.files("firsthand.recorder.tags") / "prior.json"
    return PriorTable.from_json(file.read_text(encoding="utf-8"))


def sizes_of(edges: Mapping[str, Sequence[float]]) -> list[int]:
    """Return how many steps each feature has."""
    return [*(len(edges.get(name, ())) + 1 for name in FEATURES[:-1]), len(ROLES)]


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
