"""Representations asked all tasks: each answer is kept, and a study that stopped goes on."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Final, get_args

import numpy as np
from numpy.typing import NDArray

from firsthand.core import damage
from firsthand.errors import InputError
from firsthand.runtime.place import replace_bytes
from firsthand.speech.noss.answering import answers
from firsthand.speech.noss.classifiers import Recipe
from firsthand.speech.noss.embedding import Embedded, Place, embedded, here
from firsthand.speech.noss.scoring import score
from firsthand.speech.noss.tasks import Clip, Metric, Task, parts_of
from firsthand.speech.opening import open_representation
from firsthand.speech.representation import Representation

Values = NDArray[np.float64]
Tell = Callable[[str, int, int], None]
"""Told what is being done, and how much of how much of it is done."""

_FORMAT: Final = 1
_SHOWN_PROBLEMS: Final = 5
_RESAMPLES: Final = 1_000


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """Answers to a task, or of one speaker's: `clips` by name, and of each truth and answer."""

    clips: tuple[str, ...]
    truth: NDArray[np.int64]
    said: NDArray[np.int64]
    second: Values


@dataclass(frozen=True, slots=True, eq=False)
class Cell:
    """A representation's answers to a task; a task within speakers has a part for each speaker.

    `identity` says which weights answered, and `asked` of which clips. `skipped` clips could not be
    read; `problems` say why of the first.
    """

    model: str
    task: str
    metric: Metric
    identity: str
    asked: str
    parts: tuple[Part, ...]
    chosen: tuple[str, ...]
    skipped: int
    problems: tuple[str, ...]

    @property
    def value(self) -> float:
        """How good the answers are: the mean over parts."""
        return float(np.mean([self.score(number)[0] for number in range(len(self.parts))]))

    @property
    def n(self) -> int:
        """How many clips were tested with."""
        return sum(len(part.clips) for part in self.parts)

    def score(self, number: int, weights: NDArray[Any] | None = None) -> Values:
        """Return how good the answers of a part are, for rows of weights of its clips."""
        part = self.parts[number]
        return score(self.metric, part.truth, part.said, part.second, weights)


def run_study(
    models: Sequence[str],
    tasks: Mapping[str, Task],
    folder: Path,
    *,
    seed: int = 0,
    recipes: Sequence[Recipe] | None = None,
    place: Place | None = None,
    opening: Callable[[str], Representation] = open_representation,
    tell: Tell = lambda *_: None,
) -> tuple[Cell, ...]:
    """Ask each representation each task; answers are kept in `folder`, and not asked for again.

    `models` are names as `opening` has them, which a `place` must know, too, if one is given; else
    all is computed here. Raises what `opening` raises, and `InputError` where `folder` cannot be
    written.
    """
    parts = {name: parts_of(task) for name, task in tasks.items()}
    clips = list(dict.fromkeys(clip for task in tasks.values() for clip in _sounds(task)))
    places = {clip: number for number, clip in enumerate(clips)}
    found = []
    for model in models:
        identity = opening(model).identity
        asked = {name: _asked(task, recipes, seed) for name, task in tasks.items()}
        missing = [
            name
            for name in tasks
            if not _is_kept(_path(folder, model, name), identity, asked[name])
        ]
        if missing:
            heard = embedded(
                model,
                identity,
                clips,
                folder / "vectors" / _file_name(model),
                place=place or partial(here, opening=opening),
                tell=partial(tell, f"{model}: listening"),
            )
            for name in missing:
                cell = _answered(
                    Cell(model, name, tasks[name].metric, identity, asked[name], (), (), 0, ()),
                    tasks[name],
                    parts[name],
                    heard,
                    places,
                    seed,
                    recipes,
                    partial(tell, f"{model}: {name}"),
                )
                _write(_path(folder, model, name), cell)
        found += [read_cell(_path(folder, model, name)) for name in tasks]
    return tuple(found)


def read_study(folder: Path) -> tuple[Cell, ...]:
    """Read what was answered; `InputError` where nothing was, or a file is damaged."""
    paths = sorted((folder / "answers").glob("*/*.json"))
    if not paths:
        raise InputError(f"{folder}: has no answers; `firsthand speech noss run` makes them")
    return tuple(map(read_cell, paths))


def table_of(cells: Sequence[Cell]) -> tuple[tuple[str, ...], tuple[str, ...], Values]:
    """Return the models, the tasks, and scores (models, tasks), NaN where one was not asked."""
    models = tuple(dict.fromkeys(cell.model for cell in cells))
    tasks = tuple(dict.fromkeys(cell.task for cell in cells))
    scores = np.full((len(models), len(tasks)), np.nan)
    for cell in cells:
        scores[models.index(cell.model), tasks.index(cell.task)] = cell.value
    return models, tasks, scores


def resampled(cells: Sequence[Cell], rng: np.random.Generator, count: int = _RESAMPLES) -> Values:
    """Return scores (count, models, tasks) of clips drawn anew, the same for all models of a task.

    A clip that one model could not be asked of is drawn for no other. The order is `table_of`'s.
    """
    models, tasks, _ = table_of(cells)
    found = np.full((count, len(models), len(tasks)), np.nan)
    for column, task in enumerate(tasks):
        mine = [cell for cell in cells if cell.task == task]
        for number in range(len(mine[0].parts)):
            names = set.intersection(*(set(cell.parts[number].clips) for cell in mine))
            order = [name for name in mine[0].parts[number].clips if name in names]
            if not order:
                raise InputError(f"{task}: no clip was asked of all representations")
            drawn = rng.multinomial(len(order), np.full(len(order), 1 / len(order)), count)
            for cell in mine:
                at = {name: place for place, name in enumerate(cell.parts[number].clips)}
                weights = np.zeros((count, len(cell.parts[number].clips)))
                weights[:, [at[name] for name in order]] = drawn
                scores = cell.score(number, weights) / len(cell.parts)
                row = models.index(cell.model)
                before = found[:, row, column]
                found[:, row, column] = np.where(np.isnan(before), scores, before + scores)
    return found


def read_cell(path: Path) -> Cell:
    """Read the answers to one task; `InputError` for a file that holds none."""
    try:
        entry = json.loads(path.read_bytes())
        if entry["format"] != _FORMAT or entry["metric"] not in get_args(Metric):
            raise InputError(f"{path}: is of another version of Firsthand")
        parts = tuple(
            Part(
                tuple(map(str, part["clips"])),
                np.array(part["truth"], np.int64),
                np.array(part["said"], np.int64),
                np.array(part["second"], np.float64),
            )
            for part in entry["parts"]
        )
        sizes = {
            len({len(part.clips), *part.truth.shape, *part.said.shape, *part.second.shape})
            for part in parts
        }
        if sizes != {1}:
            raise InputError(f"{path}: has answers to other numbers of clips than it names")
        return Cell(
            str(entry["model"]), str(entry["task"]), entry["metric"], str(entry["identity"]),
            str(entry["asked"]), parts, tuple(map(str, entry["chosen"])), int(entry["skipped"]),
            tuple(map(str, entry["problems"])),
        )  # fmt: skip
    except damage.JSON_FILE as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{path}: holds no answers: {error}") from error


def _answered(
    cell: Cell,
    task: Task,
    parts: Sequence[Task],
    heard: Embedded,
    places: Mapping[Clip, int],
    seed: int,
    recipes: Sequence[Recipe] | None,
    tell: Callable[[int, int], None],
) -> Cell:
    """Return a cell with the answers of its representation."""
    found: list[Part] = []
    chosen: list[str] = []
    for part in parts:
        at = [places[sound] for sound in _sounds(part)]
        answer = answers(
            part, heard.vectors[at], heard.usable[at], seed=seed, candidates=recipes, tell=tell
        )
        names = tuple(_name(part.clips[place]) for place in answer.places)
        found.append(Part(names, answer.truth, answer.said, answer.second))
        chosen += answer.chosen
    bad = [sound for sound in _sounds(task) if not heard.usable[places[sound]]]
    paths = {str(sound.path) for sound in bad}
    problems = [each for each in heard.problems if any(path in each for path in paths)]
    return replace(
        cell,
        parts=tuple(found),
        chosen=tuple(chosen),
        skipped=len(bad),
        problems=tuple(problems[:_SHOWN_PROBLEMS]),
    )


def _sounds(task: Task) -> list[Clip]:
    """Return what is heard of a task's clips, whatever is asked about it."""
    return [
        Clip(clip.path, "", start_s=clip.start_s, length_s=clip.length_s, muffled=clip.muffled)
        for clip in task.clips
    ]


def _asked(task: Task, recipes: Sequence[Recipe] | None, seed: int) -> str:
    """Return a sum over all that answers depend on beside the representation."""
    found = hashlib.sha256(f"{task.rule} {task.metric} {seed} ".encode())
    found.update(", ".join(map(str, recipes or ("all",))).encode())
    for clip in task.clips:
        asked = f"{clip.path} {clip.label} {clip.speaker} {clip.group} {clip.split} {clip.start_s}"
        found.update(f"{asked} {clip.length_s} {clip.muffled}\n".encode(errors="surrogateescape"))
    return found.hexdigest()[:32]


def _is_kept(path: Path, identity: str, asked: str) -> bool:
    if not path.exists():
        return False
    try:
        cell = read_cell(path)
    except InputError:
        return False  # damaged: it is asked again
    return (cell.identity, cell.asked) == (identity, asked)


def _write(path: Path, cell: Cell) -> None:
    entry = {
        "format": _FORMAT,
        "model": cell.model,
        "task": cell.task,
        "metric": cell.metric,
        "identity": cell.identity,
        "asked": cell.asked,
        "parts": [
            {
                "clips": part.clips,
                "truth": part.truth.tolist(),
                "said": part.said.tolist(),
                "second": np.round(part.second, 6).tolist(),
            }
            for part in cell.parts
        ],
        "chosen": cell.chosen,
        "skipped": cell.skipped,
        "problems": cell.problems,
    }
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_bytes(path, json.dumps(entry).encode(errors="backslashreplace"))
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror}") from error


def _path(folder: Path, model: str, task: str) -> Path:
    return folder / "answers" / _file_name(model) / f"{_file_name(task)}.json"


def _file_name(name: str) -> str:
    """Return a name as a file's: that of a model may be a path."""
    kept = "".join(each if each.isalnum() or each in "-_." else "-" for each in name)[-60:]
    if kept == name and not name.startswith("."):
        return name
    return (
        f"{kept.strip('.')}-{hashlib.sha256(name.encode(errors='surrogateescape')).hexdigest()[:8]}"
    )


def _name(clip: Clip) -> str:
    part = f"@{clip.start_s:g}+{clip.length_s:g}" if clip.start_s or clip.length_s else ""
    return "/".join(clip.path.parts[-3:]) + part + (" muffled" if clip.muffled else "")
