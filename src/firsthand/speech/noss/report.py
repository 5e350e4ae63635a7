"""A study told: the table of scores, and the effect of each representation, drawn."""

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from firsthand.errors import InputError
from firsthand.measure.bootstrap import Interval
from firsthand.measure.plots import PALETTE, house_axes
from firsthand.measure.tables import markdown_table
from firsthand.runtime.place import replace_bytes
from firsthand.speech.noss.effects import effect_intervals
from firsthand.speech.noss.studies import Cell, resampled, table_of


def effects(cells: Sequence[Cell], seed: int = 0) -> Mapping[str, Interval]:
    """Return what each representation brings, the best first, in shares of right answers."""
    models, _, observed = table_of(cells)
    drawn = resampled(cells, np.random.default_rng(seed))
    found = effect_intervals(models, observed, drawn)
    return dict(sorted(found.items(), key=lambda item: -item[1].value))


def scores_table(cells: Sequence[Cell]) -> str:
    """Return a Markdown table: tasks, and of each model how good it is, in percent."""
    models, tasks, observed = table_of(cells)
    by_task = {cell.task: cell for cell in cells}
    rows = []
    for column, task in enumerate(tasks):
        cell = by_task[task]
        best = np.nanmax(observed[:, column])
        shown = [
            "-" if np.isnan(value) else f"**{100 * value:.1f}**" if value == best
            else f"{100 * value:.1f}" for value in observed[:, column]
        ]  # fmt: skip
        metric = "1 - equal error rate" if cell.metric == "equal error rate" else cell.metric
        rows.append([task, *shown, str(cell.n), metric])
    right = [False, *[True] * (len(models) + 1), False]
    return markdown_table(["task", *models, "n", "metric"], rows, right=right)


def score_of(cell: Cell) -> dict[str, Any]:
    """Return a row of the table of scores, which are 0..1."""
    return {
        "model": cell.model,
        "task": cell.task,
        "metric": cell.metric,
        "score": round(cell.value, 6),
        "n": cell.n,
        "skipped": cell.skipped,
    }


def draw_effects(found: Mapping[str, Interval], path: Path) -> Path:
    """Draw effects with their intervals, in points, the best on top: `path` .svg or .png."""
    if not found:
        raise InputError("there are no effects to draw")
    with house_axes(path, "", (6.4, 1.2 + 0.4 * len(found))) as axes:
        names = list(found)
        places = np.arange(len(names))[::-1]
        points = [found[name].scaled(100) for name in names]
        values = np.array([each.value for each in points])
        reach = np.maximum(
            [values - [each.low for each in points], [each.high for each in points] - values], 0
        )
        axes.axvline(0, color="#555555", linewidth=1)
        axes.errorbar(values, places, xerr=reach, fmt="o", color=PALETTE[0], capsize=3)
        axes.set_yticks(places, names)
        axes.set_ylim(-0.6, len(names) - 0.4)
        axes.set_xlabel("points of accuracy above the mean of all representations")
    return path


def write_report(cells: Sequence[Cell], folder: Path, seed: int = 0) -> tuple[Path, ...]:
    """Write `noss.md`, `noss.csv` and `effects.svg` into `folder`; return their paths.

    Raises `InputError` where it cannot be written, `MissingDependencyError` without matplotlib.
    """
    found = effects(cells, seed)
    picture = draw_effects(found, folder / "effects.svg")
    rows = [
        [name, *(f"{100 * each:+.1f}" for each in (one.value, one.low, one.high))]
        for name, one in found.items()
    ]
    skipped = {cell.task: cell for cell in cells if cell.skipped}
    notes = [
        f"- {task}: {cell.skipped} clips could not be heard; the first: {cell.problems[0]}"
        for task, cell in skipped.items()
        if cell.problems
    ]
    text = "\n".join(
        [
            "# Speech representations compared",
            "",
            "Right answers in percent, as each task counts them:",
            "",
            scores_table(cells),
            "",
            "What each representation brings, in points, with 95% intervals over clips:",
            "",
            markdown_table(
                ["representation", "effect", "low", "high"], rows, right=[False, True, True, True]
            ),
            "",
            "![Effects](effects.svg)",
            *(["", "Left out:", "", *notes] if notes else []),
            "",
        ]
    )
    table = io.StringIO()
    scores = [score_of(cell) for cell in cells]
    writer = csv.DictWriter(table, list(scores[0]))
    writer.writeheader()
    writer.writerows(scores)
    written = {"noss.md": text.encode(), "noss.csv": table.getvalue().encode()}
    try:
        for name, data in written.items():
            replace_bytes(folder / name, data)
    except OSError as error:
        raise InputError(f"{folder}: cannot be written: {error.strerror}") from error
    return (folder / "noss.md", folder / "noss.csv", picture)
