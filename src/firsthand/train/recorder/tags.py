"""The recipe of the title tags' table: boosted trees on documents whose titles are known.

Weak labels: of the terms in a document those count as good that its author put into the title.
"""

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from firsthand.errors import ConfigError, InputError, MissingDependencyError
from firsthand.recorder.tags.grammar import bare
from firsthand.recorder.tags.prior import FEATURES, PriorTable, features_of, steps_of
from firsthand.recorder.tags.suggestion import suggested
from firsthand.recorder.tags.tally import ROLES, Tally
from firsthand.recorder.transcript import Word, words_in
from firsthand.runtime.place import replace_bytes
from firsthand.train.recorder.documents import Document, read_documents
from firsthand.train.run import Progress, Run

RECIPES: Final = ("usual",)
TABLE_NAME: Final = "prior.json"

EDGES: Final = {
    "count": (2.0, 3.0, 4.0, 5.0, 7.0, 10.0, 15.0, 25.0),
    "commonness": (0.5, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 4.5, 5.0),
    "keyness": (0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 4.5, 5.0),
    "position": (0.01, 0.03, 0.08, 0.2, 0.5),
}
"""Where steps of the features begin."""

_ENDS: Final = {"count": (1, 40), "commonness": (0, 5.5), "keyness": (0, 6), "position": (0, 1)}
_LEAST_EXAMPLES: Final = 5
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
        "held out: the three most frequent terms that are": round(frequent(held_out), 4),
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
    trees = HistGradientBoostingClassifier(
        max_iter=150,
        learning_rate=0.08,
        max_leaf_nodes=16,
        min_samples_leaf=40,
        l2_regularization=1.0,
        categorical_features=[FEATURES.index("role")],
        random_state=seed,
    ).fit(features, labels)
    # What the trees say is averaged over the examples in a cell; in its middle where there are few.
    bounds = [(_ENDS[n][0], *EDGES[n], _ENDS[n][1]) for n in FEATURES[:-1]]
    middles = [(np.array(each[:-1]) + each[1:]) / 2 for each in bounds]
    axes = np.meshgrid(*middles, np.arange(len(ROLES)), indexing="ij")
    scores = _chances(trees, np.stack([axis.ravel() for axis in axes], axis=1))
    shape = axes[0].shape
    cells = np.ravel_multi_index(steps_of(features, EDGES), shape)
    counts = np.bincount(cells, minlength=len(scores))
    sums = np.bincount(cells, _chances(trees, features), minlength=len(scores))
    known = counts >= _LEAST_EXAMPLES
    scores[known] = sums[known] / counts[known]
    return PriorTable(EDGES, scores.astype(np.float32).reshape(shape))


def _chances(trees: Any, features: NDArray[Any]) -> NDArray[np.float64]:
    found: NDArray[np.float64] = trees.predict_proba(features)[:, 1]
    return found


def _examples(heard: Sequence[Heard]) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    parts = [(features_of(list(h.tally.terms.items()), h.tally.words), h) for h in heard]
    labels = [text in h.title for _, h in parts for text in h.tally.terms]
    return np.concatenate([features for features, _ in parts]), np.array(labels)


def precision(heard: Sequence[Heard], table: PriorTable) -> float:
    """Return which share of the suggested tags are in the title, word for word."""
    return _share((tag.lower() in h.title for tag in suggested(h.tally, table)) for h in heard)


def frequent(heard: Sequence[Heard]) -> float:
    """Return the same of the three nouns that are said most often."""
    return _share((text in h.title for text, _ in _most_frequent(h.tally)) for h in heard)


def _most_frequent(tally: Tally) -> list[tuple[str, Any]]:
    return sorted(tally.terms.items(), key=lambda pair: (-pair[1].count, pair[1].first))[:3]


def _share(documents: Iterator[Iterator[bool]]) -> float:
    found = [good for document in documents for good in document]
    return sum(found) / max(1, len(found))


def is_held_out(document: Document) -> bool:
    """Return whether a document is measured on."""
    return _number(document.text) // 2 % _HELD_OUT_OF == 0


def _number(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big")
