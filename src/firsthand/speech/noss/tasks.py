"""NOSS's tasks as a table: clips, what is asked of each, and which may be learnt from.

After "Towards Learning a Universal Non-Semantic Representation of Speech" (Shor et al. 2020,
arXiv:2002.12764): a task is learnt from few clips by a simple classifier on a representation that
stays as it is.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from firsthand.errors import ConfigError, InputError

Rule = Literal["given", "groups", "folds", "within speakers"]
Metric = Literal["accuracy", "balanced accuracy", "equal error rate"]
Places = NDArray[np.int64]

FOLDS: Final = 5
VALIDATION: Final = 0.2
"""The share of what may be learnt from that classifiers are chosen by."""

_LEAST_OF_A_SPEAKER: Final = 20


@dataclass(frozen=True, slots=True)
class Clip:
    """A recording, or a part of one, and what is known about it.

    `group` is what must not be learnt from and tested with at once: a speaker, a sentence, the
    recording that several clips are cut from; without one, a clip is its own. `split` is "train",
    "validation" or "test" where its makers said so. Of a part of `length_s` seconds, 0 is all that
    follows `start_s`. `muffled` clips are changed before anything hears them.
    """

    path: Path
    label: str
    speaker: str = ""
    group: str = ""
    split: str = ""
    start_s: float = 0.0
    length_s: float = 0.0
    muffled: bool = False


@dataclass(frozen=True, slots=True)
class Task:
    """A question, and how it is asked.

    - `rule` "given": tested on the clips whose split is "test", chosen by "validation", or where
      there are none by a fifth of the groups of "train".
    - "groups": each group, or fifth of the groups where there are more than ten, is tested with
      once, and the others learnt from. Where one group alone is left to learn from, classifiers are
      chosen by a fifth of its clips.
    - "folds": the same with fifths whose classes are as frequent, groups kept together.
    - "within speakers": "folds" for each speaker alone; results are means over speakers.
    """

    name: str
    clips: tuple[Clip, ...]
    rule: Rule = "given"
    metric: Metric = "accuracy"

    def __post_init__(self) -> None:
        if self.rule not in get_args(Rule) or self.metric not in get_args(Metric):
            raise ConfigError(
                f"{self.name}: rules are {get_args(Rule)} and metrics {get_args(Metric)}, not "
                f"{self.rule!r} and {self.metric!r}"
            )
        if len({clip.label for clip in self.clips}) < 2:
            raise InputError(f"{self.name}: {len(self.clips)} clips of fewer than two classes")

    @property
    def classes(self) -> tuple[str, ...]:
        """The labels, sorted."""
        return tuple(sorted({clip.label for clip in self.clips}))


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """Places of clips: learnt from, chosen by, and tested with; no clip is in two."""

    train: Places
    validation: Places
    test: Places


def parts_of(task: Task) -> tuple[Task, ...]:
    """Return a task as those that are asked one by one: of one within speakers, each speaker's.

    Speakers with fewer than 20 clips, or of one class alone, have none: what cannot be asked is no
    wrong answer. `InputError` where nobody is left.
    """
    if task.rule != "within speakers":
        return (task,)
    found = []
    for speaker in sorted({clip.speaker for clip in task.clips} - {""}):
        mine = tuple(clip for clip in task.clips if clip.speaker == speaker)
        if len(mine) >= _LEAST_OF_A_SPEAKER and len({clip.label for clip in mine}) > 1:
            found.append(replace(task, name=f"{task.name} {speaker}", clips=mine, rule="folds"))
    if not found:
        raise InputError(f"{task.name}: no speaker has {_LEAST_OF_A_SPEAKER} clips and two classes")
    return tuple(found)


def splits_of(task: Task, usable: NDArray[np.bool_] | None = None) -> Iterator[Split]:
    """Yield what is learnt from, chosen by and tested with, once or per fold.

    `usable` (n,) leaves out clips that could not be read, or are known to the network. Nothing is
    drawn: the same clips are always split in the same way. `InputError` where a part would be
    empty.
    """
    everyone = np.arange(len(task.clips))
    open_ = everyone if usable is None else everyone[usable]
    if task.rule == "given":
        said = np.array([clip.split for clip in task.clips])
        test, train = (open_[said[open_] == name] for name in ("test", "train"))
        validation = open_[said[open_] == "validation"]
        yield _whole(task, train, validation, test)
        return
    folds = _group_folds(task, open_) if task.rule == "groups" else _class_folds(task, open_)
    for fold in range(int(folds.max(initial=0)) + 1):
        yield _whole(task, open_[folds != fold], open_[:0], open_[folds == fold])


def _whole(task: Task, train: Places, validation: Places, test: Places) -> Split:
    if not len(validation) and len(train):
        alone = len(set(_groups(task, train))) == 1
        chosen_by = _without_groups(task) if alone else task
        folds = _class_folds(chosen_by, train, round(1 / VALIDATION))
        validation, train = train[folds == 0], train[folds != 0]
    for name, places in (("learn from", train), ("choose by", validation), ("test with", test)):
        if not len(places):
            raise InputError(f"{task.name}: there are no clips to {name}")
    return Split(train, validation, test)


def _group_folds(task: Task, places: Places) -> NDArray[np.int64]:
    """Give each place a fold: one for each group, or fifths of many groups."""
    groups = _groups(task, places)
    names = sorted(set(groups))
    if len(names) < 2:
        raise InputError(f"{task.name}: all clips are of one group, {names}")
    if len(names) > 2 * FOLDS:
        fold_of = {name: place % FOLDS for place, name in enumerate(_shuffled(names))}
    else:
        fold_of = {name: place for place, name in enumerate(names)}
    return np.array([fold_of[group] for group in groups])


def _class_folds(task: Task, places: Places, count: int = FOLDS) -> NDArray[np.int64]:
    """Give each place a fold, classes as frequent in each, groups kept together.

    The largest groups are placed first, each where its classes are rarest by then.
    """
    groups = _groups(task, places)
    classes = {name: number for number, name in enumerate(task.classes)}
    counts: dict[str, NDArray[np.float64]] = {}
    for place, group in zip(places, groups, strict=True):
        counts.setdefault(group, np.zeros(len(classes)))
        counts[group][classes[task.clips[place].label]] += 1
    if len(counts) < 2:
        raise InputError(f"{task.name}: all clips are of one group, {list(counts)}")
    count = min(count, len(counts))
    held = np.zeros((count, len(classes)))
    fold_of = {}
    order = _shuffled(sorted(counts))
    order.sort(key=lambda name: -counts[name].sum())
    for name in order:
        crowded = held @ counts[name]
        fold = int(np.lexsort((np.arange(count), held.sum(axis=1), crowded))[0])
        fold_of[name] = fold
        held[fold] += counts[name]
    return np.array([fold_of[group] for group in groups])


def _without_groups(task: Task) -> Task:
    return replace(task, clips=tuple(replace(clip, group="") for clip in task.clips))


def _groups(task: Task, places: Places) -> list[str]:
    clips = [task.clips[place] for place in places]
    return [clip.group or f"{'/'.join(clip.path.parts[-3:])}@{clip.start_s}" for clip in clips]


def _shuffled(names: Sequence[str]) -> list[str]:
    """Return names in an order that is always the same and has nothing to do with them."""
    return sorted(names, key=lambda name: hashlib.sha256(name.encode()).digest())
