"""The results contract: every benchmark ends in figures, two files and one line of JSON."""

import json
import math
import os
import re
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from firsthand.core import damage
from firsthand.errors import InputError
from firsthand.measure.bootstrap import Interval
from firsthand.measure.machine import Machine
from firsthand.measure.tables import figures_markdown, markdown_table

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_]*")


@dataclass(frozen=True, slots=True)
class Figure:
    """One published number: its limits (None where it has no interval), unit, and how it came.

    `n` is the number of observations behind it (rounds, images, rows). The value is finite and
    the limits come in pairs with `low <= high`, else `InputError`.
    """

    value: float
    low: float | None = None
    high: float | None = None
    unit: str = ""
    note: str = ""
    n: int | None = None

    def __post_init__(self) -> None:
        limits = (self.low, self.high)
        if not math.isfinite(self.value):
            raise InputError(f"a figure must be finite, got {self.value}")
        if (self.low is None) != (self.high is None):
            raise InputError(f"a figure has both limits or none, got {limits}")
        if self.low is not None and self.high is not None:
            if not (math.isfinite(self.low) and math.isfinite(self.high)):
                raise InputError(f"a figure's limits must be finite, got {limits}")
            if self.low > self.high:
                raise InputError(f"a figure's limits must be in order, got {limits}")

    @classmethod
    def of(
        cls, interval: Interval, unit: str = "", note: str = "", n: int | None = None
    ) -> "Figure":
        """Return the figure of an interval."""
        return cls(interval.value, interval.low, interval.high, unit, note, n)


@dataclass(frozen=True, slots=True)
class BenchmarkResult:
    """What one run of a benchmark found.

    `name` is the script's name without `.py`; `date` is ISO 8601; `noise` repeats the latency
    harness's warnings. Figure names match `[A-Za-z0-9][A-Za-z0-9_]*`.
    """

    name: str
    question: str
    figures: Mapping[str, Figure]
    machine: Machine
    date: str
    versions: Mapping[str, str]
    seed: int
    quick: bool
    noise: tuple[str, ...] = field(default=())

    def __post_init__(self) -> None:
        for name in (self.name, *self.figures):
            if not _NAME.fullmatch(name):
                raise InputError(
                    f"{name!r} is no name for a benchmark or figure: letters, digits, _"
                )
        if not self.figures:
            raise InputError(f"benchmark {self.name} found no figure")

    @property
    def stem(self) -> str:
        """The file name of its results: quick runs never replace committed full ones."""
        return f"{self.name}.quick" if self.quick else self.name


def last_line(result: BenchmarkResult) -> str:
    """Return the JSON object that a benchmark prints as its last line."""
    values = {name: figure.value for name, figure in result.figures.items()}
    return json.dumps({"benchmark": result.name, "figures": values}, allow_nan=False)


def print_last_line(result: BenchmarkResult) -> None:
    """Write `last_line` to standard output; nothing may be printed after it."""
    sys.stdout.write(last_line(result) + "\n")
    sys.stdout.flush()


def write(result: BenchmarkResult, folder: Path) -> tuple[Path, Path]:
    """Write NAME.json and NAME.md (NAME.quick.* for a quick run) and return their paths.

    Each file is replaced whole, never half written. The folder is made where it is missing.
    """
    folder.mkdir(parents=True, exist_ok=True)
    document = {"benchmark": result.name, **asdict(result)}
    del document["name"]
    text = json.dumps(document, indent=2, allow_nan=False, ensure_ascii=False) + "\n"
    paths = (folder / f"{result.stem}.json", folder / f"{result.stem}.md")
    _replace(paths[0], text)
    _replace(paths[1], to_markdown(result))
    return paths


def read(path: Path) -> BenchmarkResult:
    """Return the result that `write` stored at `path` (the .json file).

    Raises `InputError` naming the file when it is not such a document.
    """
    try:
        document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        figures = {name: Figure(**entry) for name, entry in document["figures"].items()}
        return BenchmarkResult(
            name=document["benchmark"],
            question=document["question"],
            figures=figures,
            machine=Machine(**document["machine"]),
            date=document["date"],
            versions=document["versions"],
            seed=document["seed"],
            quick=document["quick"],
            noise=tuple(document["noise"]),
        )
    except damage.JSON as error:
        raise InputError(f"{path} is not a benchmark result: {error!r}") from error


def to_markdown(result: BenchmarkResult) -> str:
    """Return the result as a readable Markdown page."""
    lines = [f"# {result.name}", "", result.question.strip(), ""]
    if result.quick:
        lines += ["*A quick run: the same figures from less work.*", ""]
    lines += [figures_markdown(result.figures), ""]
    facts = [
        ["machine", str(result.machine)],
        ["date", result.date],
        ["seed", str(result.seed)],
        ["versions", ", ".join(f"{name} {version}" for name, version in result.versions.items())],
        ["made by", f"`python benchmarks/{result.name}.py{' --quick' if result.quick else ''}`"],
    ]
    lines += [markdown_table(["measured", ""], facts), ""]
    if result.noise:
        lines += ["Reasons for doubt:", "", *(f"- {reason}" for reason in result.noise), ""]
    return "\n".join(lines)


def _replace(path: Path, text: str) -> None:
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
        Path(name).chmod(0o644)  # mkstemp makes files that only their owner can read
        Path(name).replace(path)
    except BaseException:  # an interrupt too must leave no half-written file
        Path(name).unlink(missing_ok=True)
        raise
