"""A gesture classifier trained on a user's own few examples.

The nearest example decides. With one to ten examples a gesture this was as accurate on the sign
digits as ridge regression or discriminant analysis on the same features, it works from one
example, it can say how far away everything it knows is, and leaving one out costs nothing.
Training has no randomness, so it takes no seed.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from firsthand.errors import ConfigError, InputError, ShapeError
from firsthand.hands.gestures.features import Orientation, features, mirrored, unit_hand
from firsthand.hands.gestures.fingers import Values, checked_keypoints
from firsthand.hands.gestures.rules import NONE, GestureResult

MAX_EXAMPLES = 10_000

# In units of `features`. On the tuning quarter of the sign digits, with five examples a gesture,
# 98% of the gestures taught are kept and 95% of another one are rejected (one example: 87, 98).
_REJECT_DISTANCE = 0.6
_REJECT_RANGE = (0.45, 0.65)
_REJECT_OVER_SPREAD = 1.3


@dataclass(frozen=True, slots=True)
class GestureModel:
    """Examples and how to compare with them; made by `train` or `load_gesture_model`.

    `examples` is (n, 21, 2 or 3) with the wrist at the origin and a palm size of one, `labels`
    (n,) indexes `names`. A hand farther than `reject_distance` from all examples is unknown. With
    `mirror`, left hands are recognised from examples of right ones and the reverse.
    """

    names: tuple[str, ...]
    examples: Values
    labels: NDArray[np.int64]
    orientation: Orientation
    mirror: bool
    reject_distance: float
    _vectors: Values = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_vectors", _vectors(self.examples, self.orientation, self.mirror))


@dataclass(frozen=True, slots=True)
class LeaveOneOut:
    """How each example fares when the others judge it.

    `accuracy` counts the `n` examples whose gesture has another one (None without any);
    `answers` has a name for every example; `suspects` are the positions of those examples of `n`
    that were answered by another gesture's name: mislabelled, or hard to tell apart.
    """

    accuracy: float | None
    n: int
    answers: tuple[str, ...]
    suspects: tuple[int, ...]


def train(
    keypoints: ArrayLike,
    labels: Sequence[str],
    *,
    orientation: Orientation = "free",
    mirror: bool = True,
    reject_distance: float | None = None,
) -> GestureModel:
    """Return a model of (n, 21, 2 or 3) example hands with their n gesture names.

    Keypoints as for `finger_states`; one example of each of two gestures is enough, five are
    good. Examples labelled `none` teach what is no gesture. Without `reject_distance` it follows
    from how much the examples of one gesture differ. Raises `InputError` for too few or too many
    examples, or names that do not match; `ConfigError` for impossible options.
    """
    points = checked_keypoints(keypoints)
    if points.ndim != 3:
        raise ShapeError(f"examples need shape (n, 21, 2 or 3), got {points.shape}")
    if len(labels) != len(points):
        raise InputError(f"{len(points)} examples came with {len(labels)} labels")
    if len(points) > MAX_EXAMPLES:
        raise InputError(f"{len(points)} examples are more than {MAX_EXAMPLES}: train on fewer")
    if not all(isinstance(label, str) and label for label in labels):
        raise InputError("every label must be a text that is not empty")
    names = tuple(dict.fromkeys(labels))
    if len(names) < 2:
        raise InputError(
            f"a classifier tells at least two gestures apart, got {list(names)}: add examples "
            f"of another gesture, or of {NONE!r}"
        )
    if orientation not in get_args(Orientation):
        raise ConfigError(f"orientation is one of {get_args(Orientation)}, got {orientation!r}")
    if reject_distance is not None and not reject_distance > 0:
        raise ConfigError(f"reject_distance must be above 0, got {reject_distance}")
    indices = np.array([names.index(label) for label in labels], dtype=np.int64)
    model = GestureModel(names, unit_hand(points), indices, orientation, mirror, np.inf)
    chosen = _reject_distance(model) if reject_distance is None else float(reject_distance)
    return GestureModel(names, model.examples, indices, orientation, mirror, chosen)


def predict(model: GestureModel, keypoints: ArrayLike) -> GestureResult:
    """Return which of the model's gestures one hand, (21, 2 or 3), shows.

    The score of a name is 1 when the hand equals one of its examples, 0.5 when another name's are
    as near. The name is `NONE` when everything is farther than the model's `reject_distance`.
    """
    points = checked_keypoints(keypoints)
    if points.ndim != 2:
        raise ShapeError(f"predict takes one hand (21, 2 or 3), got {points.shape}")
    distance = gesture_distances(model, points)
    order = np.argsort(distance, kind="stable")
    first, second = (float(distance[place]) for place in order[:2])
    total = first + second
    score = second / total if total > 0 else 0.5
    known = first <= model.reject_distance
    name = model.names[order[0]] if known else NONE
    return GestureResult(name, score, model.names[order[1]], 1 - score)


def gesture_distances(model: GestureModel, keypoints: ArrayLike) -> Values:
    """Return distances (..., len(names)) of (..., 21, 2 or 3) keypoints to the nearest examples.

    Raises `ShapeError` when the model was trained on keypoints of other dimensions.
    """
    points = checked_keypoints(keypoints)
    if points.shape[-1] != model.examples.shape[-1]:
        raise ShapeError(
            f"the model was trained on {model.examples.shape[-1]}D keypoints, "
            f"got {points.shape[-1]}D ones"
        )
    vectors = features(points, model.orientation).reshape(-1, model._vectors.shape[-1])
    distances = _distances(vectors, model._vectors, len(model.examples))
    nearest = _nearest(distances, model.labels, len(model.names))
    return nearest.reshape(*points.shape[:-2], len(model.names))


def leave_one_out(model: GestureModel) -> LeaveOneOut:
    """Return how well each of the model's examples is told by the others.

    An estimate of accuracy for the person and camera of the examples; for others expect less.
    """
    nearest = _nearest(_between_examples(model), model.labels, len(model.names))
    counts = np.bincount(model.labels, minlength=len(model.names))
    judged = counts[model.labels] > 1
    best = nearest.argmin(axis=-1)
    known = nearest.min(axis=-1) <= model.reject_distance
    correct = judged & known & (best == model.labels)
    answers = tuple(
        model.names[place] if is_known else NONE
        for place, is_known in zip(best, known, strict=True)
    )
    suspects = np.flatnonzero(judged & known & (best != model.labels))
    n = int(judged.sum())
    return LeaveOneOut(
        accuracy=float(correct.sum() / n) if n else None,
        n=n,
        answers=answers,
        suspects=tuple(int(place) for place in suspects),
    )


def _vectors(examples: Values, orientation: Orientation, mirror: bool) -> Values:
    vectors = features(examples, orientation)
    if not mirror:
        return vectors
    return np.concatenate([vectors, features(mirrored(examples), orientation)])


def _distances(vectors: Values, known: Values, n: int) -> Values:
    """Return (m, n) distances to n examples, the nearer of an example and its mirror image."""
    squares = (vectors**2).sum(axis=-1)[:, None] - 2 * vectors @ known.T + (known**2).sum(axis=-1)
    distances = np.sqrt(np.maximum(squares, 0))
    return np.asarray(distances.reshape(len(vectors), -1, n).min(axis=1))


def _nearest(distances: Values, labels: NDArray[np.int64], n_names: int) -> Values:
    columns = [distances[:, labels == name].min(axis=1) for name in range(n_names)]
    return np.stack(columns, axis=-1)


def _between_examples(model: GestureModel) -> Values:
    n = len(model.examples)
    distances = _distances(model._vectors[:n], model._vectors, n)
    np.fill_diagonal(distances, np.inf)
    return distances


def _reject_distance(model: GestureModel) -> float:
    same = model.labels[:, None] == model.labels
    nearest_same = np.where(same, _between_examples(model), np.inf).min(axis=1)
    pairs = nearest_same[np.isfinite(nearest_same)]
    if not len(pairs):
        return _REJECT_DISTANCE
    spread = _REJECT_OVER_SPREAD * float(np.quantile(pairs, 0.9))
    return float(np.clip(spread, *_REJECT_RANGE))
