"""What a judgement found, for files and plots."""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from firsthand.challenge.detection import DetectorVerdict
from firsthand.challenge.judging import Verdict
from firsthand.challenge.scores import Frontier, fit_frontier, frontier_of
from firsthand.errors import InputError
from firsthand.measure import Machine, Streams, house_axes, package_versions
from firsthand.measure.plots import PALETTE, mark_log_axis
from firsthand.runtime.place import replace_bytes


def frontier_among(verdicts: Mapping[str, Verdict]) -> Frontier | None:
    """Return the frontier fitted to judged models, None where too few are on it."""
    percent, ms = _places(verdicts)
    try:
        return fit_frontier(percent, ms)
    except InputError:
        return None


def to_document(
    verdicts: Mapping[str, Verdict], streams: Streams, machine: Machine
) -> dict[str, Any]:
    """Return all that was found as a JSON object: figures with their limits, and their machine."""
    return _document({name: _entry(each) for name, each in verdicts.items()}, streams, machine)


def detectors_document(
    verdicts: Mapping[str, DetectorVerdict], streams: Streams, machine: Machine
) -> dict[str, Any]:
    """Return all that was found of detectors, as `to_document` does of classifiers."""
    entries = {
        name: {
            "sha256": each.model.card.sha256,
            "size_bytes": each.model.card.size_bytes,
            "images": len(each.found),
            "precision": each.precision,
            "precision_in_time": each.precision_in_time,
            "remarks": [],
            "latency": asdict(each.latency),
        }
        for name, each in verdicts.items()
    }
    return _document(entries, streams, machine)


def _document(
    entries: dict[str, dict[str, Any]], streams: Streams, machine: Machine
) -> dict[str, Any]:
    return {
        "models": entries,
        "rules": streams.rules_note,
        "processor": streams.cpu,
        "seed": streams.seed,
        "doubts": list(streams.doubts),
        "machine": asdict(machine),
        "versions": package_versions(),
        "date": datetime.now(UTC).date().isoformat(),
    }


def write_document(document: Mapping[str, Any], path: Path) -> None:
    """Write a document as JSON, whole or not at all."""
    write_whole(json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n", path)


def write_whole(text: str, path: Path) -> None:
    """Write a file whole, or not at all; `InputError` where that cannot be."""
    try:
        replace_bytes(path, text.encode())
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror or error}") from error


def plot_verdicts(verdicts: Mapping[str, Verdict], path: Path, *, limit_ms: float = 33.0) -> Path:
    """Draw accuracy over the time of an image, with intervals, the frontier and the limit."""
    percent, ms = _places(verdicts)
    with house_axes(path, "Accuracy and time of an image", (6.8, 4.2)) as axes:
        best = frontier_of(percent, ms)
        axes.plot(
            [ms[at] for at in best], [percent[at] for at in best], color="#AAAAAA", linewidth=1.2
        )
        for at, verdict in enumerate(verdicts.values()):
            accuracy = verdict.accuracy.scaled(100)
            axes.errorbar(
                ms[at],
                percent[at],
                yerr=[[percent[at] - accuracy.low], [accuracy.high - percent[at]]],
                fmt="o",
                color=PALETTE[0] if at in best else PALETTE[1],
                capsize=3,
            )
            axes.annotate(
                verdict.name, (ms[at], percent[at]), xytext=(6, -10), textcoords="offset points"
            )
        axes.set_xscale("log")
        if max(ms) > limit_ms / 3:
            axes.axvline(limit_ms, color="#555555", linewidth=1, linestyle="--")
        axes.set_xlim(min(ms) / 1.5, max(ms) * 4)
        mark_log_axis(axes, min(ms), max(ms))
        axes.set_xlabel("median time of an image, ms")
        axes.set_ylabel("correct, %")
    return path


def _places(verdicts: Mapping[str, Verdict]) -> tuple[list[float], list[float]]:
    percent = [100 * each.accuracy.value for each in verdicts.values()]
    ms = [
        each.latency.median_us.value / 1e3 if each.latency else math.nan
        for each in verdicts.values()
    ]
    return percent, ms


def _entry(verdict: Verdict) -> dict[str, Any]:
    latency, card = verdict.latency, verdict.model.card
    entry: dict[str, Any] = {
        "sha256": card.sha256,
        "size_bytes": card.size_bytes,
        "images": len(verdict.judged.correct),
        "accuracy": asdict(verdict.accuracy),
        "scores": {name: asdict(score) for name, score in verdict.scores.items()},
        "remarks": list(verdict.remarks),
    }
    if latency is not None:
        entry["latency"] = asdict(latency)
    return entry
