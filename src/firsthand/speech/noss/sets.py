"""Which tasks a folder of data holds: by tables of recordings, by published layouts, by a file.

A table is `FOLDER/labels.csv` with a column `file`, of recordings in `FOLDER/clips` or `FOLDER`.
"""

import hashlib
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Final

from firsthand.core.rows import read_rows
from firsthand.errors import ConfigError, InputError
from firsthand.speech.noss.published import PUBLISHED
from firsthand.speech.noss.tasks import Clip, Metric, Rule, Task

_TASKS: Final = "tasks.toml"


@dataclass(frozen=True, slots=True)
class Table:
    """How a task is read from a table of recordings.

    `label`, `speaker`, `group` and `split` name columns; of a group its first `group_letters`
    letters count. `tested` is the value of `split` that is tested with, where it is not "test": of
    all others is learnt. `only` keeps the rows with these values, `held_out` those whose value of
    this column `is_held_out`. Rows without a label are left out, or have `absent` for one.
    """

    folder: str
    label: str
    rule: Rule = "folds"
    metric: Metric = "accuracy"
    speaker: str = ""
    group: str = ""
    group_letters: int = 0
    split: str = ""
    tested: str = ""
    only: Mapping[str, str] | None = None
    held_out: str = ""
    absent: str = ""


SOUNDS_TESTED: Final = "4"
"""The fold of ESC-10 that is tested with, and that nothing of this project learns from."""

_EMOTION: Final = "speech/emotion_de"
_DIGITS: Final = "speech/digits"
_ORDERS: Final = ("coffeeDrink", "size", "roast", "numberOfShots", "milkAmount", "sugarAmount")

TABLES: Final[Mapping[str, Table]] = {
    "digit": Table(_DIGITS, "digit", "groups", speaker="speaker", group="speaker"),
    "emotion": Table(_EMOTION, "emotion", "groups", speaker="speaker", group="speaker"),
    "speaker": Table(_EMOTION, "speaker", "groups", group="sentence"),
    "language": Table("speech/languages", "language", group="source", group_letters=11),
    "keyword": Table("speech/keywords", "keyword"),
    "sex": Table(
        "speech/librispeech", "sex", speaker="speaker", group="speaker", held_out="speaker"
    ),
    "sex_wild": Table("speech/voxceleb_gender", "gender"),
    "sounds": Table(
        "sounds/esc50",
        "class",
        "given",
        group="freesound_id",
        split="fold",
        tested=SOUNDS_TESTED,
        only={"esc10": "True"},
    ),
    "digit_own": Table(_DIGITS, "digit", "within speakers", speaker="speaker"),
    "emotion_own": Table(_EMOTION, "emotion", "within speakers", speaker="speaker"),
    **{
        f"order_{slot}": Table(
            "speech/barista", slot, metric="balanced accuracy", absent="(nothing)"
        )
        for slot in _ORDERS
    },
}
"""The tasks that can be asked of the data that this project is measured with."""

_MUFFLED: Final = "speech/librispeech"


def tasks_in(data: Path) -> dict[str, Task]:
    """Return the tasks that there are recordings for below `data`, by name.

    They are those of `TABLES` and "muffled" whose folders are there, the published sets whose
    folders are, and those of `tasks.toml`, a table for each as `Table` has it. `InputError` where
    there is none.
    """
    tables = dict(TABLES)
    if (data / _TASKS).is_file():
        tables |= read_tables(data / _TASKS)
    found = {
        name: read_table(name, data, table)
        for name, table in tables.items()
        if (data / table.folder / "labels.csv").is_file()
    }
    if (data / _MUFFLED / "labels.csv").is_file():
        found["muffled"] = muffled(data)
    for name, reader in PUBLISHED.items():
        if (data / name).is_dir():
            found |= {task.name: task for task in reader(data / name)}
    if not found:
        raise InputError(
            f"{data}: holds no task: neither {_TASKS}, nor a folder {', '.join(PUBLISHED)}, nor "
            f"labels.csv in {', '.join(sorted({table.folder for table in TABLES.values()}))}"
        )
    return found


def read_tables(path: Path) -> dict[str, Table]:
    """Read how tasks are read; `ConfigError` for what says it wrongly."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path}: cannot be read: {error}") from error
    known = {field.name for field in fields(Table)}
    found = {}
    for name, entry in document.items():
        if (
            not isinstance(entry, dict)
            or set(entry) - known
            or not {"folder", "label"} <= set(entry)
        ):
            raise ConfigError(
                f"{path}: [{name}] is a table with folder and label, and perhaps "
                f"{', '.join(sorted(known - {'folder', 'label'}))}; not {entry!r}"
            )
        only = entry.get("only", {})
        texts = [value for key, value in entry.items() if key not in ("only", "group_letters")]
        texts += only.values() if isinstance(only, dict) else [None]
        letters = entry.get("group_letters", 0)
        if not all(isinstance(text, str) for text in texts) or type(letters) is not int:
            raise ConfigError(f"{path}: [{name}] has a value of another kind than text: {entry!r}")
        if Path(entry["folder"]).is_absolute() or ".." in Path(entry["folder"]).parts:
            raise ConfigError(f"{path}: [{name}] has a folder that is not below: {entry['folder']}")
        found[name] = Table(**entry)
    return found


def read_table(name: str, data: Path, table: Table) -> Task:
    """Read a task; `InputError` for a table without its columns."""
    folder = data / table.folder
    only = table.only or {}
    columns = (table.label, table.speaker, table.group, table.split, table.held_out, *only)
    rows = read_rows(folder / "labels.csv", "file", *filter(None, columns))
    return Task(name, tuple(_clips(folder, rows, table)), table.rule, table.metric)


def is_held_out(name: str) -> bool:
    """Tell whether a speaker is one of the two fifths that this project's recipes never learn from.

    By a sum over the name, so that it is the same wherever and whenever it is asked.
    """
    return hashlib.sha256(name.encode()).digest()[0] < 0.4 * 256


def muffled(data: Path) -> Task:
    """Is a second of speech muffled, as by a cloth? Of each recording one second is, one is not.

    It stands for the article's masks, of which there are no recordings here; the change is
    `listening.muffle`.
    """
    folder = data / _MUFFLED
    clips = []
    rows = read_rows(folder / "labels.csv", "file", "speaker")
    for number, row in enumerate(row for row in rows if is_held_out(row["speaker"])):
        path = folder / "clips" / Path(row["file"]).name
        for change in (False, True):
            start_s = 1.0 + (change == bool(number % 2))
            clips.append(
                Clip(
                    path,
                    "muffled" if change else "clear",
                    row["speaker"],
                    row["speaker"],
                    start_s=start_s,
                    length_s=1.0,
                    muffled=change,
                )
            )
    return Task("muffled", tuple(clips), "groups", "balanced accuracy")


def _clips(folder: Path, rows: list[dict[str, str]], table: Table) -> Iterator[Clip]:
    clips = folder / "clips" if (folder / "clips").is_dir() else folder
    for row in rows:
        label = row[table.label] or table.absent
        if not label or any(row[key] != value for key, value in (table.only or {}).items()):
            continue
        if table.held_out and not is_held_out(row[table.held_out]):
            continue
        group = row[table.group] if table.group else ""
        yield Clip(
            clips / Path(row["file"]).name,
            label,
            speaker=row[table.speaker] if table.speaker else "",
            group=group[: table.group_letters] if table.group_letters else group,
            split=_split(row[table.split], table.tested) if table.split else "",
        )


def _split(value: str, tested: str) -> str:
    return ("test" if value == tested else "train") if tested else value
