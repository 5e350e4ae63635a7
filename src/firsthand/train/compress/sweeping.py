"""Several families of one classifier, made with settings that differ, in one table.

Where a family is made is the affair of a `Place`: here, one after another, or on the machines of a
cluster (`over_ray`). All files are judged here, side by side: times of two machines say nothing
about each other.
"""

import copy
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from torch import nn

from firsthand.compress.budgets import parse_budget
from firsthand.compress.judging import Candidate
from firsthand.errors import ConfigError, FirsthandError, InputError
from firsthand.measure.single_stream import RULES
from firsthand.runtime.card import check_name
from firsthand.runtime.place import replace_bytes
from firsthand.train.compress.family import (
    Family,
    Settings,
    judge_files,
    make_files,
    pictures_mark,
    student_names,
    weights_mark,
)
from firsthand.train.compress.pictures import Pictures
from firsthand.train.run import Progress

Tell = Callable[[Progress], None]

Place = Callable[[nn.Module, Pictures, Pictures, Path, Mapping[str, Settings], Tell], Iterator[str]]
"""Makes the files of each trial in a folder of its name, and yields the name when they lie there.

Is given the network, pictures to learn from and held out, the folder of folders, and the trials.
"""

_KINDS: Final[Mapping[str, type]] = {
    "teacher": str,
    "students": int,
    "widths": list,
    "budget": str,
    "teacher_epochs": int,
    "epochs": int,
    "int8_epochs": int,
    "batch": int,
    "teacher_rate": float,
    "views": int,
    "importance": str,
    "mirrored": bool,
    "half": bool,
    "seed": int,
    "threads": int,
}
_DONE: Final = "made.txt"


def read_trials(path: Path, usual: Settings) -> dict[str, Settings]:
    """Return the trials of a TOML file: a table for each, named as it is, of settings that differ.

    Keys before the first table are of all trials, `usual` what neither says. Raises `InputError`
    for a file that is none, `ConfigError` naming a key that is no setting or a wrong value.
    """
    try:
        with path.open("rb") as file:
            told = tomllib.load(file)
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: holds no trials: {error}") from error
    tables = {name: value for name, value in told.items() if isinstance(value, dict)}
    of_all = {name: value for name, value in told.items() if name not in tables}
    if not tables:
        raise InputError(f"{path}: holds no trials: a table [NAME] for each is wanted")
    for name in tables:
        check_name(name)
    common = _with(usual, of_all, f"{path}")
    return {name: _with(common, each, f"{path}, [{name}]") for name, each in tables.items()}


def _with(settings: Settings, told: Mapping[str, Any], where: str) -> Settings:
    changes: dict[str, Any] = {}
    for name, value in told.items():
        kind = _KINDS.get(name)
        if kind is None:
            raise ConfigError(f"{where}: {name} is no setting; there are {', '.join(_KINDS)}")
        fits = isinstance(value, int | float) if kind is float else isinstance(value, kind)
        if not fits or (isinstance(value, bool) and kind is not bool):
            raise ConfigError(f"{where}: {name} = {value!r}: a {kind.__name__} is wanted")
        changes[name] = value
    if "widths" in changes:
        if not all(type(each) in (int, float) for each in changes["widths"]):
            raise ConfigError(f"{where}: widths = {changes['widths']}: numbers are wanted")
        changes["widths"] = tuple(map(float, changes["widths"]))
    try:
        if "budget" in changes:
            changes["budget"] = parse_budget(changes["budget"])
        return replace(settings, **changes)
    except ConfigError as error:
        raise ConfigError(f"{where}: {error}") from error


def here(
    model: nn.Module,
    pictures: Pictures,
    held_out: Pictures,
    folder: Path,
    trials: Mapping[str, Settings],
    tell: Tell,
) -> Iterator[str]:
    """Make trials one after another on this machine; see `Place`."""
    for name, settings in trials.items():

        def told(step: Progress, name: str = name) -> None:
            tell(replace(step, note=f"{name}: {step.note}"))

        given = copy.deepcopy(model)
        try:
            make_files(given, pictures, held_out, folder / name, settings, tell=told)
        except FirsthandError as error:
            raise type(error)(f"{name}: {error}") from error
        yield name


def sweep(
    model: nn.Module,
    pictures: Pictures,
    held_out: Pictures,
    folder: Path,
    trials: Mapping[str, Settings],
    *,
    place: Place = here,
    tell: Tell = lambda _: None,
) -> Family:
    """Make a family for each trial, judge all files together, and return them as one family.

    `folder` gets a folder for each trial, `pareto.csv` and `pareto.html`; its members are called
    TRIAL-NAME. Teachers whose files are the same are one, the first of all what students are
    compared with. Trials that are made are not made again. Times are taken by the rules of the
    first trial. Raises what `compress` raises, naming the trial, and `InputError` where a folder is
    of a trial with other settings.
    """
    if not trials:
        raise ConfigError("a sweep without trials")
    words = {
        name: f"{replace(settings, rules=RULES)} {pictures_mark(pictures)} {weights_mark(model)}\n"
        for name, settings in trials.items()
    }
    missing = {n: each for n, each in trials.items() if not _made(folder / n, words[n])}
    made = len(trials) - len(missing)
    for name in place(model, pictures, held_out, folder, missing, tell):
        made += 1
        replace_bytes(folder / name / _DONE, words[name].encode())
        tell(Progress(made, len(trials), {}, 0.0, f"{name} is made"))
    first = next(iter(trials.values()))
    candidates = _candidates(folder, trials, held_out)
    title = f"{type(model).__name__}, {len(trials)} trials"
    return judge_files(folder, candidates, held_out, first.rules, title, first.budget, tell)


def _made(folder: Path, words: str) -> bool:
    try:
        found = (folder / _DONE).read_text(encoding="utf-8")
    except FileNotFoundError:
        return False
    if found != words:
        raise InputError(f"{folder} is of a trial with other settings: name another folder")
    return True


def _candidates(
    folder: Path, trials: Mapping[str, Settings], held_out: Pictures
) -> dict[str, Candidate]:
    """Return all files by what they are called in the table."""
    found: dict[str, Candidate] = {}
    teachers: set[bytes] = set()
    for name, settings in trials.items():
        path = folder / name / "teacher.tflite"
        if (data := path.read_bytes()) not in teachers:
            called = f"{name}-teacher" if teachers else "teacher"
            found[called] = Candidate(path, "float32", held_out.pixels, teacher=not teachers)
            teachers.add(data)
        for each in student_names(len(settings.widths) or settings.students):
            path = folder / name / f"{each}.tflite"
            found[f"{name}-{each}"] = Candidate(path, "int8", held_out.pixels)
    return found
