"""Named gestures as data: a pattern of finger states and a few relations.

A gesture's score is the product of its conditions' memberships, as if each were an independent
piece of evidence; the best score wins, and below `min_score` the answer is `NONE`. The article's
"straightforward yet effective technique" (MediaPipe hands, 2019), with doubt kept to the end.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from firsthand.errors import ConfigError, ShapeError
from firsthand.hands.gestures.fingers import (
    FINGERS,
    FingerThresholds,
    Values,
    checked_keypoints,
    finger_states,
)
from firsthand.hands.gestures.relations import relation

NONE = "none"
"""The answer when no gesture of a set fits; no gesture may have this name."""

MIN_SCORE = 0.3

_LETTERS = "sbch."
_IMPLIED = {"c": "b", "h": "b"}  # clenched and hooked fingers are bent ones


@dataclass(frozen=True, slots=True)
class Gesture:
    """One way to show `name`.

    `fingers` has one letter per finger, thumb first: `s` straight, `b` bent, `c` clenched (bent,
    tip at the palm), `h` hooked or curved (bent, tip away from the palm), `.` either. The thumb
    takes `s`, `b` or `.`. `relations` are names from `RELATIONS`, all of which must hold, each
    with `not ` before it for its opposite. `ConfigError` says what is wrong otherwise.
    """

    name: str
    fingers: str
    relations: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.name or self.name == NONE:
            raise ConfigError(f"a gesture cannot be called {self.name!r}")
        if len(self.fingers) != 5 or set(self.fingers) - set(_LETTERS):
            raise ConfigError(
                f"gesture {self.name!r}: fingers need five letters of {_LETTERS!r}, "
                f"thumb first, got {self.fingers!r}"
            )
        if self.fingers[0] in "ch":
            raise ConfigError(f"gesture {self.name!r}: a thumb is 's', 'b' or '.', not clenched")
        for name in self.relations:
            relation(name)
        if self.fingers == "....." and not self.relations:
            raise ConfigError(f"gesture {self.name!r} has no condition: every hand would show it")

    @property
    def conditions(self) -> frozenset[str]:
        """Every condition by name, such as `index b` or `thumb up`; those implied included."""
        stated = {
            f"{finger} {letter}"
            for finger, own in zip(FINGERS, self.fingers, strict=True)
            for letter in (own, _IMPLIED.get(own, own))
            if letter != "."
        }
        return frozenset(stated | set(self.relations))


@dataclass(frozen=True, slots=True)
class GestureSet:
    """An ordered table of gestures; a name may have several rows (ways to show it).

    Raises `ConfigError` for an empty table, or a row that could never win because another name
    asks for the same or less.
    """

    name: str
    gestures: tuple[Gesture, ...]
    names: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        if not self.gestures:
            raise ConfigError(f"gesture set {self.name!r} is empty")
        for row in self.gestures:
            for other in self.gestures:
                if other.name != row.name and other.conditions <= row.conditions:
                    raise ConfigError(
                        f"gesture set {self.name!r}: {row.name!r} can never win, because "
                        f"{other.name!r} asks for the same or less"
                    )
        object.__setattr__(self, "names", tuple(dict.fromkeys(g.name for g in self.gestures)))

    def __iter__(self) -> Iterator[Gesture]:
        return iter(self.gestures)

    def only(self, *names: str) -> "GestureSet":
        """Return the set with these names alone; `ConfigError` for a name it does not hold."""
        for name in names:
            if name not in self.names:
                raise ConfigError(
                    f"gesture set {self.name!r} has no {name!r}; it has {', '.join(self.names)}"
                )
        return GestureSet(self.name, tuple(g for g in self.gestures if g.name in names))

    def to_json(self) -> str:
        """Return the set as JSON that `gesture_set_from_json` reads."""
        rows = [
            {"name": g.name, "fingers": g.fingers, "relations": list(g.relations)} for g in self
        ]
        return json.dumps({"name": self.name, "gestures": rows}, indent=1, ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class GestureResult:
    """What a hand shows: the best name of a set with its score (0..1), and the next one.

    `name` is `NONE` when even the best score lies below the least one asked for; `score` is that
    best score all the same.
    """

    name: str
    score: float
    runner_up: str
    runner_up_score: float


def recognise(
    keypoints: ArrayLike,
    gestures: GestureSet,
    *,
    min_score: float = MIN_SCORE,
    thresholds: FingerThresholds | None = None,
) -> GestureResult:
    """Return which gesture of a set one hand, (21, 2 or 3), shows.

    `thumb up` and `thumb down` expect image axes (y down). Raises as `finger_states` does.
    """
    points = checked_keypoints(keypoints)
    if points.ndim != 2:
        raise ShapeError(f"recognise takes one hand (21, 2 or 3), got {points.shape}")
    scores = gesture_scores(points, gestures, thresholds=thresholds)
    order = np.argsort(-scores, kind="stable")
    best, score = gestures.names[order[0]], float(scores[order[0]])
    name = best if score >= min_score else NONE
    if len(order) == 1:
        return GestureResult(name, score, NONE, 0.0)
    return GestureResult(name, score, gestures.names[order[1]], float(scores[order[1]]))


def gesture_scores(
    keypoints: ArrayLike, gestures: GestureSet, *, thresholds: FingerThresholds | None = None
) -> Values:
    """Return scores (..., n) in 0..1 of (..., 21, 2 or 3) keypoints, in the order of `names`.

    A name with several rows has the score of its best row.
    """
    points = checked_keypoints(keypoints)
    states = finger_states(points, thresholds)
    bent = 1 - states.straightness
    letters = {
        "s": states.straightness,
        "b": bent,
        "c": bent * (1 - states.openness),
        "h": bent * states.openness,
    }
    asked = {name for gesture in gestures for name in gesture.relations}
    related = {name: relation(name)(points) for name in asked}
    scores = np.zeros((*points.shape[:-2], len(gestures.names)))
    for gesture in gestures:
        score = np.ones(points.shape[:-2])
        for finger, letter in enumerate(gesture.fingers):
            if letter != ".":
                score = score * letters[letter][..., finger]
        for name in gesture.relations:
            score = score * related[name]
        place = gestures.names.index(gesture.name)
        scores[..., place] = np.maximum(scores[..., place], score)
    return scores


def gesture_set_from_json(text: str) -> GestureSet:
    """Return the set that a JSON text describes, as `GestureSet.to_json` writes it.

    Raises `ConfigError` saying what is wrong with the text.
    """
    try:
        document: Any = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"a gesture set must be JSON: {error}") from error
    match document:
        case {"name": str(name), "gestures": list(rows), **rest} if not rest:
            return GestureSet(name, tuple(_gesture_of(row) for row in rows))
    raise ConfigError('a gesture set is {"name": "...", "gestures": [...]} and nothing more')


def _gesture_of(row: object) -> Gesture:
    match row:
        case {"name": str(name), "fingers": str(fingers), **rest}:
            relations = rest.pop("relations", [])
            if isinstance(relations, list) and not rest:
                texts = tuple(text for text in relations if isinstance(text, str))
                if len(texts) == len(relations):
                    return Gesture(name, fingers, texts)
    raise ConfigError(
        f"{str(row)[:100]!r} is no gesture: it needs name and fingers (texts), and may have "
        "relations (a list of texts)"
    )
