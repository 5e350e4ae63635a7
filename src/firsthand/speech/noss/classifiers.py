"""The simple classifiers of the protocol, and what is done to vectors before.

Shor et al. 2020, section 3.2: logistic regression, plain and balanced, linear discriminant analysis
with shrinkage, random forests; with vectors as they are and at length one, with and without each
speaker's own mean and deviation taken out. Which of them is chosen where nothing is tested.
"""

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from firsthand.errors import MissingDependencyError
from firsthand.speech.representation import Floats

Kind = Literal["logistic regression", "balanced logistic regression", "LDA", "random forest"]

_NEEDED: Final = 'the NOSS benchmark needs scikit-learn: pip install "firsthand[speech]"'
_LEAST: Final = 1e-6
_TREES: Final = 100
_STEPS: Final = 300
_FEW: Final = 2  # clips of a speaker, below which there is no deviation to take out


@dataclass(frozen=True, slots=True)
class Recipe:
    """A classifier, and what is done to vectors before it learns from them."""

    kind: Kind
    unit_length: bool = False
    by_speaker: bool = False

    def __str__(self) -> str:
        extras = ("unit length", self.unit_length), ("by speaker", self.by_speaker)
        return ", ".join([self.kind, *(word for word, said in extras if said)])


def recipes(speakers: bool, kinds: Sequence[Kind] = get_args(Kind)) -> tuple[Recipe, ...]:
    """Return all recipes, those by speaker where speakers are known."""
    return tuple(
        Recipe(kind, unit_length, by_speaker)
        for by_speaker in ((False, True) if speakers else (False,))
        for unit_length in (False, True)
        for kind in kinds
    )


def prepared(vectors: Floats, speakers: Sequence[str], recipe: Recipe) -> Floats:
    """Return vectors (n, size) as a recipe's classifier sees them; no label is looked at.

    By speaker, each one's mean is taken out and the deviation made one: of all their clips, those
    that are tested with included, which whoever knows who speaks can do.
    """
    found = vectors
    if recipe.unit_length:
        lengths = np.linalg.norm(found, axis=1, keepdims=True)
        found = found / np.maximum(lengths, _LEAST)
    if recipe.by_speaker:
        found = found.copy()
        who = np.array(speakers)
        for speaker in set(speakers) - {""}:
            mine = who == speaker
            if mine.sum() >= _FEW:
                found[mine] -= found[mine].mean(axis=0)
                found[mine] /= np.maximum(found[mine].std(axis=0), _LEAST)
    return found.astype(np.float32, copy=False)


class Fitted:
    """A classifier after learning from vectors (n, size) and their labels (n,)."""

    def __init__(
        self, recipe: Recipe, vectors: Floats, labels: NDArray[np.int64], seed: int
    ) -> None:
        self._middle = vectors.mean(axis=0)
        self._spread = np.maximum(vectors.std(axis=0), _LEAST)
        self._only = int(labels[0]) if len(set(labels.tolist())) == 1 else None
        if self._only is not None:  # a class with all examples of a part: nothing to tell apart
            return
        self._model = _model(recipe.kind, seed)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it may have had enough steps, or collinear columns
            self._model.fit(self._seen(vectors), labels)

    def __call__(self, vectors: Floats, classes: int) -> NDArray[np.float64]:
        """Return how likely each class is, (n, classes); a class it has never seen is not."""
        found = np.zeros((len(vectors), classes))
        if self._only is not None:
            found[:, self._only] = 1.0
            return found
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)
            found[:, self._model.classes_] = self._model.predict_proba(self._seen(vectors))
        return np.asarray(np.nan_to_num(found))

    def _seen(self, vectors: Floats) -> NDArray[np.float64]:
        return np.asarray((vectors - self._middle) / self._spread, np.float64)


@contextmanager
def one_thread() -> Iterator[None]:
    """Have matrix products run in one thread: for classifiers this small, threads only wait."""
    try:
        from threadpoolctl import threadpool_limits
    except ImportError as error:
        raise MissingDependencyError(_NEEDED) from error
    with threadpool_limits(1):
        yield


def _model(kind: Kind, seed: int) -> Any:
    try:
        from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
        from sklearn.ensemble import RandomForestClassifier
        from sklearn.linear_model import LogisticRegression
    except ImportError as error:
        raise MissingDependencyError(_NEEDED) from error
    match kind:
        case "logistic regression":
            return LogisticRegression(max_iter=_STEPS)
        case "balanced logistic regression":
            return LogisticRegression(max_iter=_STEPS, class_weight="balanced")
        case "LDA":
            return LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto")
        case "random forest":
            return RandomForestClassifier(_TREES, random_state=seed)
