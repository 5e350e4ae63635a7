"""A classifier of a user's own sounds, from a handful of clips, on the device.

Linear discriminant analysis on a representation: class means, and the covariance within classes
that all share, shrunk as the oracle approximation has it (Chen et al. 2010,
doi:10.1109/TSP.2010.2053029). All it keeps are counts and sums, so that clips may be added at any
time, and the result is that of having had them all at once; no clip is kept.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from io import BytesIO
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from firsthand.core import damage
from firsthand.errors import ConfigError, InputError, ShapeError
from firsthand.media import read_audio
from firsthand.runtime import Model, ModelCard, TensorCard
from firsthand.runtime.place import replace_bytes
from firsthand.speech.opening import own
from firsthand.speech.representation import RATE_HZ, Floats, Representation

Values = NDArray[np.float64]

TASK: Final = "personal-sounds"
MOST_CLASSES: Final = 1_000
_LEAST: Final = 1e-9
_FORMAT: Final = 1


@dataclass(frozen=True, eq=False)
class Personal:
    """What was learnt: of each of `labels` (c) `counts` (c,) and `sums` (c, d) of vectors.

    `products` (d, d) is the sum of all vectors' outer products. `identity` is of the representation
    that vectors come from.
    """

    identity: str
    labels: tuple[str, ...]
    counts: NDArray[np.int64]
    sums: Values
    products: Values

    @property
    def size(self) -> int:
        """How many numbers a vector has."""
        return int(self.sums.shape[1])

    def learn(self, vectors: NDArray[Any], labels: Sequence[str]) -> "Personal":
        """Return what is known with more vectors (n, d) and their labels, new ones among them.

        Raises `ShapeError` for other sizes, `InputError` for NaN and labels that are no text.
        """
        if vectors.ndim != 2 or vectors.shape != (len(labels), self.size):
            raise ShapeError(
                f"{len(labels)} labels come with vectors ({len(labels)}, {self.size}), not of "
                f"shape {vectors.shape}"
            )
        if not np.isfinite(vectors).all():
            raise InputError("vectors are finite; these hold NaN or infinity")
        if not all(isinstance(label, str) and label for label in labels):
            raise InputError("every label is a text that is not empty")
        names = (*self.labels, *sorted(set(labels) - set(self.labels)))
        if len(names) > MOST_CLASSES:
            raise InputError(f"{len(names)} labels are more than {MOST_CLASSES}")
        place = {name: number for number, name in enumerate(names)}
        counts = np.zeros(len(names), np.int64)
        sums = np.zeros((len(names), self.size))
        counts[: len(self.labels)], sums[: len(self.labels)] = self.counts, self.sums
        wide = vectors.astype(np.float64)
        at = np.array([place[label] for label in labels], np.int64)
        np.add.at(counts, at, 1)
        np.add.at(sums, at, wide)
        return Personal(self.identity, names, counts, sums, self.products + wide.T @ wide)

    def likelihoods(self, vectors: NDArray[Any]) -> Floats:
        """Map vectors (n, d) to how likely each label is, (n, c); `InputError` for one label."""
        weights, offsets = self.linear
        scores = vectors.astype(np.float64) @ weights.T + offsets
        scores = np.exp(scores - scores.max(axis=1, keepdims=True))
        return np.asarray(scores / scores.sum(axis=1, keepdims=True), np.float32)

    @cached_property
    def linear(self) -> tuple[Values, Values]:
        """Weights (c, d) and offsets (c,) of the scores; labels are taken for equally frequent."""
        if len(self.labels) < 2:
            raise InputError(
                f"a classifier tells at least two labels apart, and knows {list(self.labels)}: "
                "add clips of another one"
            )
        total, classes = int(self.counts.sum()), len(self.labels)
        means = self.sums / self.counts[:, None]
        middle = self.sums.sum(axis=0) / total
        # In units of what vectors differ by at all, so that no column counts for its unit.
        spread = np.diagonal(self.products) / total - middle**2
        spread = np.sqrt(np.maximum(spread, _LEAST))
        within = self.products - (means * self.counts[:, None]).T @ means
        within /= spread[:, None] * spread
        within = _shrunk(within, total - classes)
        scaled = (means - middle) / spread
        weights = np.linalg.solve(within, scaled.T).T
        offsets = -0.5 * (weights * scaled).sum(axis=1)
        weights /= spread
        return weights, offsets - weights @ middle

    def save(self, path: Path) -> Model:
        """Write a classifier of vectors as `NAME.tflite`, its card, and `NAME.npz` to go on from.

        Raises `ConfigError` for another ending, `InputError` where it cannot be written.
        """
        from firsthand.runtime.backends.litert_linear import linear_classifier

        if path.suffix != ".tflite":
            raise ConfigError(f"{path}: a classifier is written as NAME.tflite")
        data = linear_classifier(*self.linear)
        counts = ", ".join(
            f"{label} {count}" for label, count in zip(self.labels, self.counts, strict=True)
        )
        classes = len(self.labels)
        card = ModelCard(
            name=path.stem,
            version="1",
            task=TASK,
            description=f"Tells {classes} kinds of sounds apart, from clips of a user: {counts}",
            format="tflite",
            sha256=hashlib.sha256(data).hexdigest(),
            size_bytes=len(data),
            licence="LicenseRef-own",
            inputs=(TensorCard("vector", (1, self.size), "float32", f"of {self.identity}"),),
            outputs=(TensorCard("likelihoods", (1, classes), "float32", "of each label, 0..1"),),
            preprocessing=f"the scene vector of {self.identity}",
            labels=self.labels,
            training_sources=("clips of a user",),
        )
        packed = BytesIO()
        np.savez(
            packed,
            format=np.array(_FORMAT),
            identity=np.array(self.identity),
            labels=np.array(self.labels),
            counts=self.counts,
            sums=self.sums,
            products=self.products,
        )
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            replace_bytes(path.with_suffix(".npz"), packed.getvalue())
            replace_bytes(path, data)
            replace_bytes(path.with_suffix(".json"), card.to_json())
        except OSError as error:
            raise InputError(f"{path}: cannot be written: {error.strerror}") from error
        return Model.open(path)

    @classmethod
    def load(cls, path: Path) -> "Personal":
        """Read what `save` wrote beside `path`; `InputError` for anything else."""
        kept = path.with_suffix(".npz")
        try:
            with kept.open("rb") as file, np.load(file, allow_pickle=False) as parts:
                version, identity = int(parts["format"]), str(parts["identity"])
                labels = tuple(map(str, parts["labels"].tolist()))
                counts = parts["counts"].astype(np.int64)
                sums, products = (parts[name].astype(np.float64) for name in ("sums", "products"))
        except damage.ARRAYS as error:
            reason = error.strerror if isinstance(error, OSError) else error
            raise InputError(f"{kept}: holds no classifier of one's own: {reason}") from error
        size = sums.shape[-1] if sums.ndim == 2 else 0
        if (
            version != _FORMAT
            or not 0 < len(set(labels)) == len(labels) <= MOST_CLASSES
            or (counts.shape, sums.shape, products.shape)
            != ((len(labels),), (len(labels), size), (size, size))
            or not (counts > 0).all()
            or not (np.isfinite(sums).all() and np.isfinite(products).all())
        ):
            raise InputError(f"{kept}: holds no classifier of one's own that this version reads")
        return cls(identity, labels, counts, sums, products)


class Classifier:
    """A representation and what was learnt on it: sounds in, likelihoods of labels out."""

    def __init__(self, representation: Representation, learnt: Personal) -> None:
        if learnt.identity != representation.identity:
            raise ConfigError(
                f"this classifier learnt on {learnt.identity!r}, not on "
                f"{representation.identity!r}: learn anew from the clips"
            )
        self.representation, self.learnt = representation, learnt

    @property
    def labels(self) -> tuple[str, ...]:
        """What sounds are told apart as."""
        return self.learnt.labels

    def learn(
        self, clips: Sequence[NDArray[Any] | str | Path], labels: Sequence[str]
    ) -> "Classifier":
        """Return a classifier that knows these clips too: sounds (n,) at 16 kHz, or files."""
        if len(clips) != len(labels):
            raise InputError(f"{len(clips)} clips came with {len(labels)} labels")
        if not len(clips):
            return self
        vectors = np.stack([self.representation.scene(_sound(clip)) for clip in clips])
        return Classifier(self.representation, self.learnt.learn(vectors, labels))

    def __call__(self, clip: NDArray[Any] | str | Path) -> dict[str, float]:
        """Return how likely each label is, 0..1, the likeliest first."""
        vector = self.representation.scene(_sound(clip))
        chances = self.learnt.likelihoods(vector[None])[0]
        order = np.argsort(-chances, kind="stable")
        return {self.labels[place]: float(chances[place]) for place in order}

    def save(self, path: str | Path) -> Model:
        """Write it; `Classifier.load` reads it back, to be asked or to learn more."""
        return self.learnt.save(Path(path))

    @classmethod
    def load(cls, path: str | Path, representation: Representation | None = None) -> "Classifier":
        """Read what `save` wrote; `ConfigError` where another representation was learnt on."""
        return cls(representation or own(), Personal.load(Path(path)))


def personalize(
    clips: Sequence[NDArray[Any] | str | Path],
    labels: Sequence[str],
    representation: Representation | None = None,
) -> Classifier:
    """Return a classifier from a handful of clips, one of each of two labels at least.

    Clips are sounds (n,) of floats at 16 kHz in -1..1, or files; five of a label are good. Nothing
    is drawn, and torch is not needed. Without a `representation` it is Firsthand's own. Raises
    `InputError` for clips that are no sound and labels that do not fit, `MediaError` for files.
    """
    chosen = representation or own()
    found = Classifier(chosen, nothing_learnt(chosen)).learn(clips, labels)
    found.learnt.linear  # noqa: B018 - what cannot tell two labels apart is said now
    return found


def leave_one_out(vectors: NDArray[Any], labels: Sequence[str], identity: str = "") -> float:
    """Return the share of vectors (n, d) that the others tell rightly, where a label has others.

    `InputError` where no label has two examples.
    """
    judged = [place for place, label in enumerate(labels) if list(labels).count(label) > 1]
    if not judged:
        raise InputError("no label has two examples, so none can be left out")
    right = 0
    for place in judged:
        others = [other for other in range(len(labels)) if other != place]
        learnt = _empty(identity, vectors.shape[1]).learn(
            vectors[others], [labels[other] for other in others]
        )
        said = learnt.labels[int(learnt.likelihoods(vectors[place : place + 1])[0].argmax())]
        right += said == labels[place]
    return right / len(judged)


def _shrunk(scatter: Values, freedom: int) -> Values:
    """Return a covariance of a scatter matrix (d, d) with so many degrees of freedom, shrunk.

    Toward a multiple of the identity, by the oracle-approximating share. With no freedom at all,
    one example of each class, it is the identity: the nearest mean decides.
    """
    size = len(scatter)
    if freedom < 1:
        return np.eye(size)
    covariance = scatter / freedom
    trace = float(np.trace(covariance))
    if trace <= _LEAST:
        return np.eye(size)
    square = float((covariance**2).sum())
    away = (freedom + 1 - 2 / size) * (square - trace**2 / size)
    share = 1.0 if away <= 0 else min(1.0, ((1 - 2 / size) * square + trace**2) / away)
    found = (1 - share) * covariance
    found[np.diag_indices(size)] += share * trace / size
    return np.asarray(found)


def nothing_learnt(representation: Representation) -> Personal:
    """Return what is known before the first clip."""
    return _empty(representation.identity, representation.size)


def _empty(identity: str, size: int) -> Personal:
    return Personal(
        identity, (), np.zeros(0, np.int64), np.zeros((0, size)), np.zeros((size, size))
    )


def _sound(clip: NDArray[Any] | str | Path) -> NDArray[Any]:
    return clip if isinstance(clip, np.ndarray) else read_audio(clip, RATE_HZ)[0]
