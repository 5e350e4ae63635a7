"""The recipe of the title tags' table: boosted trees on documents whose titles are known.

Weak labels: of the terms in a document those count as good that its author put into the title.
"""

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from firsthand.errors import ConfigError, InputError, MissingDependencyError
from firsthand.recorder.tags.grammar import bare
from firsthand.recorder.tags.prior import (
    FEATURES,
    PAIRS,
    PriorTable,
    features_of,
    sizes_of,
    steps_of,
)
from firsthand.recorder.tags.suggestion import Score, suggested
from firsthand.recorder.tags.tally import Tally
from firsthand.recorder.transcript import Word, words_in
from firsthand.runtime.place import replace_bytes
from firsthand.train.recorder.documents import Document, read_documents
from firsthand.train.run import Progress, Run

RECIPES: Final = ("usual",)
TABLE_NAME: Final = "prior.json"

_STEPS: Final = 48
_LEAST_DOCUMENTS: Final = 20
_MS_A_WORD: Final = 300
_HELD_OUT_OF: Final = 5


@dataclass(frozen=True, slots=True, eq=False)
class Heard:
    """A document as it would be heard, and what its title has: words and pairs in lower case."""

    name: str
    tally: Tally
    title: frozenset[str]


def train_tags(run: Run, tell: Callable[[Progress], None] = lambda _: None) -> Path:
    """Fit the table to the documents below `run.data`; return its path.

    A document in five, by its text, is held out and measured on. The same documents and seed give
    the same table. Raises `InputError` without enough documents, `ConfigError` for options that
    mean nothing here.
    """
    if run.resume or run.start is not None or run.steps is not None:
        raise ConfigError("the table is made at once: there is nothing to resume, start or shorten")
    if run.data is None:
        raise InputError("this recipe learns from documents: name their folder with --data")
    documents = list(read_documents(run.data))
    heard: list[Heard] = []
    for number, document in enumerate(documents, 1):
        heard.append(listen(document, bare_text=_number(document.text) % 2 == 1))
        tell(Progress(number, len(documents), {}, 0.0, "reading documents"))
    kept = [h for h, d in zip(heard, documents, strict=True) if not is_held_out(d)]
    held_out = [h for h, d in zip(heard, documents, strict=True) if is_held_out(d)]
    if min(len(kept), len(held_out)) < _LEAST_DOCUMENTS:
        raise InputError(
            f"{run.data} has {len(kept)} documents to learn from and {len(held_out)} to measure "
            f"on; at least {_LEAST_DOCUMENTS} of each are needed"
        )
    table = fit_table(kept, run.seed)
    about = {
        "made by": "firsthand train recorder tags",
        "seed": run.seed,
        "folders": sorted({document.name.split("/")[0] for document in documents})[:20],
        "documents": len(kept),
        "held out": len(held_out),
        "held out: tags that are in the title": round(precision(held_out, table), 4),
        "held out: the same of the most frequent terms": round(precision(held_out, by_count), 4),
    }
    run.folder.mkdir(parents=True, exist_ok=True)
    path = run.folder / TABLE_NAME
    text = json.dumps({"about": about, **json.loads(table.to_json())}) + "\n"
    replace_bytes(path, text.encode())
    return path


def listen(document: Document, *, bare_text: bool) -> Heard:
    """Count a document's terms as if it were said; `bare_text` without capitals and punctuation."""
    tally = Tally()
    texts = words_in(document.text)
    if bare_text:
        texts = [plain for text in texts if (plain := re.sub(r"[^\w'-]", "", text).lower())]
    tally.add([Word(text, n * _MS_A_WORD, (n + 1) * _MS_A_WORD) for n, text in enumerate(texts)])
    tally.end()
    title = [bare(text).lower() for text in words_in(document.title)]
    pairs = [f"{one} {other}" for one, other in pairwise(title)]
    return Heard(document.name, tally, frozenset([*filter(None, title), *pairs]))


def fit_table(heard: Sequence[Heard], seed: int) -> PriorTable:
    """Fit boosted trees, and write down what they say of every cell."""
    try:
        from sklearn.ensemble import HistGradientBoostingClassifier
    except ModuleNotFoundError as error:
        raise MissingDependencyError(
            'tags are learnt with scikit-learn: pip install "firsthand[recorder]"'
        ) from error
    features, labels = _examples(heard)
    edges = {name: _edges(features[:, column]) for column, name in enumerate(FEATURES[:-1])}
    trees = HistGradientBoostingClassifier(
        max_iter=400,
        learning_rate=0.08,
        max_leaf_nodes=16,
        min_samples_leaf=40,
        l2_regularization=1.0,
        interaction_cst="pairwise",
        categorical_features=[FEATURES.index("role")],
        random_state=seed,
    ).fit(np.stack(steps_of(features, edges), axis=1), labels)
    return PriorTable(edges, _tables(trees.decision_function, sizes_of(edges)))


def _edges(values: NDArray[np.float32]) -> tuple[float, ...]:
    """Part values into steps: half by how many examples have them, half by how many there are."""
    shares = np.linspace(0, 1, _STEPS // 2 + 1)[1:-1]
    both = [np.quantile(some, shares) for some in (values, np.unique(values))]
    return tuple(map(float, np.unique(np.concatenate(both).astype(np.float32))))


def _tables(
    score: Callable[[NDArray[np.intp]], NDArray[np.float64]], sizes: Sequence[int]
) -> tuple[NDArray[np.float32], ...]:
    """Write down a function of steps (n, 5) that is a sum of functions of two of them each.

    Its values where all steps but two are 0 tell such a function wholly: those of one step and the
    constant, which several pairs share, are counted with the pairs of the first feature.
    """

    def at(steps: Mapping[int, NDArray[np.intp]]) -> NDArray[np.float64]:
        (count,) = {len(each) for each in steps.values()}
        rows = np.zeros((count, len(sizes)), np.intp)
        for feature, each in steps.items():
            rows[:, feature] = each
        return score(rows)

    alone = [at({feature: np.arange(size)}) for feature, size in enumerate(sizes)]
    constant = float(alone[0][0])
    found = []
    for one, other in PAIRS:
        grid = np.indices((sizes[one], sizes[other]))
        both = at({one: grid[0].ravel(), other: grid[1].ravel()})
        table = both.reshape(sizes[one], sizes[other])
        table = table - alone[one][:, None] - alone[other][None] + constant
        if one == 0:
            table += alone[other][None] - constant
        if (one, other) == PAIRS[0]:
            table += alone[0][:, None]
        found.append(table.astype(np.float32))
    return tuple(found)


def _examples(heard: Sequence[Heard]) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    parts = [(features_of(list(h.tally.terms.items()), h.tally.words), h) for h in heard]
    labels = [text in h.title for _, h in parts for text in h.tally.terms]
    return np.concatenate([features for features, _ in parts]), np.array(labels)


def precision(heard: Sequence[Heard], score: Score) -> float:
    """Return which share of the suggested tags are in the title, word for word."""
    return _share((tag.lower() in h.title for tag in suggested(h.tally, score)) for h in heard)


def by_count(features: NDArray[Any]) -> NDArray[Any]:
    """Score terms by nothing but how often they are said: what the table has to beat."""
    found: NDArray[Any] = features[:, FEATURES.index("count")]
    return found


def _share(documents: Iterator[Iterator[bool]]) -> float:
    found = [good for document in documents for good in document]
    return sum(found) / max(1, len(found))


def is_held_out(document: Document) -> bool:
    """Return whether a document is measured on."""
    return _number(document.text) // 2 % _HELD_OUT_OF == 0


def _number(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big")
