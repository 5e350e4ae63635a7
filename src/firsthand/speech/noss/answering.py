"""One task asked of one representation: learnt, chosen and tested as the protocol has it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from firsthand.errors import InputError
from firsthand.speech.noss.classifiers import Fitted, Recipe, one_thread, prepared, recipes
from firsthand.speech.noss.scoring import score
from firsthand.speech.noss.tasks import Split, Task, splits_of
from firsthand.speech.representation import Floats

Places = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """What was answered of the clips that were tested with, in the task's order.

    `places` (n,) are those clips', `truth` and `said` (n,) classes, `second` (n,) how likely the
    second class is. `chosen` has the recipe of each fold.
    """

    places: Places
    truth: Places
    said: Places
    second: NDArray[np.float64]
    chosen: tuple[str, ...]


def answers(
    task: Task,
    vectors: Floats,
    usable: NDArray[np.bool_],
    *,
    seed: int = 0,
    candidates: Sequence[Recipe] | None = None,
    tell: Callable[[int, int], None] = lambda *_: None,
) -> Answers:
    """Ask a task of vectors (n, size) of its clips, of which `usable` (n,) may be looked at.

    For each split every recipe learns from "train" and is judged on "validation"; the best, the
    first of equals, learns from both and answers "test". Nothing of the test decides anything.
    `InputError` where a split has an empty part.
    """
    if len(vectors) != len(task.clips) or usable.shape != (len(task.clips),):
        raise InputError(f"{task.name}: {len(vectors)} vectors of {len(task.clips)} clips")
    numbers = {name: number for number, name in enumerate(task.classes)}
    labels = np.array([numbers[clip.label] for clip in task.clips])
    speakers = [clip.speaker for clip in task.clips]
    tried = recipes(len(set(speakers)) > 1) if candidates is None else tuple(candidates)
    with one_thread():
        return _answered(
            task, tried, vectors, labels, speakers, list(splits_of(task, usable)), seed, tell
        )


def _answered(
    task: Task,
    tried: Sequence[Recipe],
    vectors: Floats,
    labels: Places,
    speakers: Sequence[str],
    splits: Sequence[Split],
    seed: int,
    tell: Callable[[int, int], None],
) -> Answers:
    classes = len(task.classes)
    found: list[tuple[Places, NDArray[np.float64]]] = []
    chosen = []
    seen: dict[tuple[bool, bool], Floats] = {}
    for recipe in tried:
        kind = recipe.unit_length, recipe.by_speaker
        if kind not in seen:
            seen[kind] = prepared(vectors, speakers, recipe)
    for number, split in enumerate(splits):
        best, worth = tried[0], -1.0
        for place, recipe in enumerate(tried):
            if len(tried) > 1:
                view = seen[recipe.unit_length, recipe.by_speaker]
                value = _judged(task, recipe, view, labels, split, seed)
                if value > worth:
                    best, worth = recipe, value
            tell(number * len(tried) + place + 1, len(splits) * len(tried))
        view = seen[best.unit_length, best.by_speaker]
        learnt = np.concatenate([split.train, split.validation])
        fitted = Fitted(best, view[learnt], labels[learnt], seed)
        found.append((split.test, fitted(view[split.test], classes)))
        chosen.append(str(best))
    places = np.concatenate([each for each, _ in found])
    chances = np.concatenate([each for _, each in found])
    order = np.argsort(places, kind="stable")
    places, chances = places[order], chances[order]
    return Answers(places, labels[places], chances.argmax(axis=1), chances[:, 1], tuple(chosen))


def _judged(
    task: Task, recipe: Recipe, view: Floats, labels: Places, split: Split, seed: int
) -> float:
    """Return how good a recipe is on the clips that choose."""
    fitted = Fitted(recipe, view[split.train], labels[split.train], seed)
    chances = fitted(view[split.validation], len(task.classes))
    truth = labels[split.validation]
    metric = task.metric
    if metric == "equal error rate" and len(set(truth.tolist())) < 2:
        metric = "accuracy"
    return float(score(metric, truth, chances.argmax(axis=1), chances[:, 1])[0])
