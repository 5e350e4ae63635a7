"""The page: what was lost, and how each concealer sounds, looks and measures."""

import math
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from firsthand.concealment.attempts import CLEAN, LOSSY, Attempt
from firsthand.concealment.concealer import Floats
from firsthand.concealment.losses import Lost, stretches
from firsthand.concealment.metrics import METRICS, RATE_HZ, Metric
from firsthand.concealment.opening import NAMES
from firsthand.concealment.report.pictures import loudest_of, spectrogram_png
from firsthand.concealment.report.waves import lost_stretch, moving_span
from firsthand.errors import InputError
from firsthand.media import write_audio
from firsthand.runtime.place import replace_bytes
from firsthand.web.whole_pages import data_uri, joined, mark, percent, templates

_PX_A_SECOND: Final = 60
_TICKS: Final = 10
_TOLD: Final = {
    CLEAN: "as it was sent",
    LOSSY: "nothing done",
    "firsthand": "the networks of Firsthand",
    "lpc": "linear prediction, without weights",
    "repetition": "the last pitch period again and again",
    "zero": "silence; sound fades in again",
}


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """A sound, what was lost of it, and how it was filled.

    `clean` (n,) at 16 kHz; `lost` (packets,) of `packet_ms`, and `how` in words; `attempts` in the
    order in which they are shown, the clean sound and the lossy one among them; `credit` says whose
    the sound is.
    """

    title: str
    clean: Floats
    lost: Lost
    how: str
    attempts: Sequence[Attempt]
    packet_ms: int = 20
    credit: str = ""


def write_report(path: Path, trial: Trial) -> None:
    """Write the page of a trial; `InputError` where it cannot be written."""
    try:
        replace_bytes(path, render_report(trial).encode(errors="replace"))
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror}") from error


def render_report(trial: Trial) -> str:
    """Return the page as HTML that asks for nothing from outside.

    Raises `InputError` for a trial without a sound.
    """
    if not len(trial.clean):
        raise InputError("a sound without samples cannot be reported")
    own, theme = files("firsthand.concealment.report") / "static", files("firsthand.web") / "static"
    css = joined(theme / "theme.css", own / "report.css")
    script = joined(own / "players.js", own / "span.js")
    seconds = len(trial.clean) / RATE_HZ
    metrics = [each for each in METRICS if any(each.name in one.measured for one in trial.attempts)]
    loudest = loudest_of(trial.clean)
    made = [each for each in trial.attempts if each.name not in (CLEAN, LOSSY, "zero")]
    return (
        templates("firsthand.concealment.report")
        .get_template("report.html")
        .render(
            title=trial.title,
            lead=_lead(trial),
            metrics=metrics,
            rows=[_row(each, trial.attempts, metrics) for each in trial.attempts],
            heard=[_heard(each, loudest) for each in trial.attempts],
            lost=_lost(trial),
            width=math.ceil(seconds * _PX_A_SECOND),
            ticks=_ticks(seconds),
            stretch=lost_stretch(trial.clean, trial.lost, made, packet_ms=trial.packet_ms),
            span=moving_span(trial.clean, [each.name for each in made if each.name in NAMES]),
            credit=trial.credit,
            css=css,
            css_mark=mark(css),
            script=script,
            script_mark=mark(script),
        )
    )


def _lead(trial: Trial) -> str:
    count, gone = len(trial.lost), int(trial.lost.sum())
    if not gone:
        return f"None of {count} packets of {trial.packet_ms} ms is lost."
    times = len(stretches(trial.lost))
    often = "once" if times == 1 else f"{times} times"
    return (
        f"{gone} of {count} packets of {trial.packet_ms} ms are lost ({gone / count:.1%}), "
        f"{often}: {trial.how}."
    )


def _row(each: Attempt, attempts: Sequence[Attempt], metrics: Sequence[Metric]) -> dict[str, Any]:
    """Return a line of the table; in each column the best of the concealers are marked."""
    cells = []
    for metric in metrics:
        shown = {
            one.name: _shown(metric, one.measured.get(metric.name, math.nan))
            for one in attempts
            if one.name not in (CLEAN, LOSSY)
        }
        values = [float(words) for words in shown.values() if words != "-"]
        best = (max if metric.higher_is_better else min)(values, default=math.nan)
        words = _shown(metric, each.measured.get(metric.name, math.nan))
        is_best = len(values) > 1 and each.name in shown and words != "-" and float(words) == best
        cells.append((words, is_best))
    return {"name": each.name, "told": _TOLD.get(each.name, ""), "cells": cells}


def _shown(metric: Metric, value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.{metric.digits}f}"


def _heard(each: Attempt, loudest: float) -> dict[str, str]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sound.flac"
        write_audio(path, each.samples, RATE_HZ)
        sound = path.read_bytes()
    return {
        "name": each.name,
        "told": _TOLD.get(each.name, ""),
        "sound": data_uri(sound, "audio/flac"),
        "picture": data_uri(spectrogram_png(each.samples, loudest), "image/png"),
    }


def _lost(trial: Trial) -> list[tuple[str, str]]:
    """Return where something is lost, as shares of the sound: from where on, and how long."""
    packet = trial.packet_ms * RATE_HZ // 1000
    length = len(trial.clean)
    return [
        (
            percent(start * packet / length),
            percent((min(end * packet, length) - start * packet) / length),
        )
        for start, end in stretches(trial.lost).tolist()
        if start * packet < length
    ]


def _ticks(seconds: float) -> list[tuple[str, str, str]]:
    step = next((each for each in (0.02, 0.05, 0.1, 0.2, 0.5) if seconds / each <= _TICKS), 1.0)
    ticks = []
    for number in range(int(seconds / step) + 1):
        share = number * step / seconds
        anchor = "start" if share < 0.02 else "end" if share > 0.98 else "middle"
        ticks.append((percent(share), f"{number * step:g} s", anchor))
    return ticks
