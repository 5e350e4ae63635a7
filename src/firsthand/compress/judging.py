"""What the models of a family are worth: each exported file's answers, times and costs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from firsthand.compress.members import Member, energy_uj
from firsthand.errors import InputError, ModelError
from firsthand.measure import Rules, StreamLatency, measure_streams, wilson
from firsthand.runtime import Model, load_runner
from firsthand.runtime.operators import operators

_TIMED_WITH: Final = 64
"""So many of the inputs are what a model is timed on."""

Progress = Callable[[str, float], None]
"""Is told what is done, and its share that is, 0..1."""


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """A model's file, and what it is to be judged on.

    `inputs` are (n, ...) as the file takes one of them, without its first axis of 1; whole numbers
    of 8 bits stand for 0..1 and are divided by 255. `kind` is in which numbers it computes, such as
    "float32" or "int8".
    """

    path: Path
    kind: str
    inputs: NDArray[Any]
    teacher: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """A file's answers: `classes` (n,), and `top3` (n,), whether the right one is among three."""

    classes: NDArray[np.int64]
    right: NDArray[np.bool_]
    top3: NDArray[np.bool_]


def judge_family(
    candidates: Mapping[str, Candidate],
    labels: NDArray[np.int64],
    rules: Rules,
    *,
    progress: Progress = lambda _what, _share: None,
) -> tuple[Member, ...]:
    """Return each model with its accuracy, its time beside the others', and what it costs.

    `labels` (n,) are the right classes of every candidate's inputs. Raises `InputError` where they
    do not fit, `ModelError` for a file that is no classifier, and what `measure_streams` raises.
    """
    answers = {name: answers_of(name, each, labels, progress) for name, each in candidates.items()}
    streams = measure_streams(
        {name: each.path for name, each in candidates.items()},
        rules,
        inputs={
            name: {"i0": _rows(each.inputs[:_TIMED_WITH])} for name, each in candidates.items()
        },
        progress=lambda share: progress("measuring times", share),
    )
    return tuple(
        member(name, each, answers[name], streams.latency(name))
        for name, each in candidates.items()
    )


def answers_of(
    name: str,
    candidate: Candidate,
    labels: NDArray[np.int64],
    progress: Progress = lambda _what, _share: None,
) -> Answers:
    """Return what a file answers. Answers that are no numbers are class -1 and count as wrong."""
    if len(candidate.inputs) != len(labels) or not len(labels):
        raise InputError(f"{name}: {len(candidate.inputs)} inputs and {len(labels)} labels")
    runner = load_runner(candidate.path)
    if len(runner.inputs) != 1 or len(runner.outputs) != 1:
        raise ModelError(
            f"{name}: has {len(runner.inputs)} inputs and {len(runner.outputs)} outputs; a "
            "classifier has one of each"
        )
    view = runner.input_view(0)
    if view.shape != (1, *candidate.inputs.shape[1:]):
        raise InputError(
            f"{name}: takes {view.shape}, and its inputs are {candidate.inputs.shape[1:]} each"
        )
    classes = np.empty(len(labels), np.int64)
    top3 = np.empty(len(labels), np.bool_)
    for at, label in enumerate(labels.tolist()):
        view[...] = _row(candidate.inputs[at])
        runner.invoke()
        scores = runner.output_view(0).reshape(-1)
        if label >= scores.size:
            raise InputError(f"{name}: tells {scores.size} classes apart; input {at} has {label}")
        if not np.isfinite(scores).all():
            classes[at], top3[at] = -1, False
        else:
            classes[at] = scores.argmax()
            top3[at] = int((scores > scores[label]).sum()) < 3
        if at % 256 == 0:
            progress(f"asking {name}", at / len(labels))
    progress(f"asking {name}", 1.0)
    return Answers(classes, classes == labels, top3)


def member(name: str, candidate: Candidate, answers: Answers, latency: StreamLatency) -> Member:
    """Return a model's row of the table."""
    model = Model.open(candidate.path)
    counted = operators(model)
    macs = sum(each.macs for each in counted)
    weights = sum(each.weight_bytes for each in counted)
    moved = sum(each.moved_bytes for each in counted)
    accuracy = wilson(int(answers.right.sum()), len(answers.right))
    return Member(
        name=name,
        file=candidate.path.name,
        kind=candidate.kind,
        bytes=candidate.path.stat().st_size,
        macs=macs,
        accuracy=accuracy.value,
        accuracy_low=accuracy.low,
        accuracy_high=accuracy.high,
        top3=float(answers.top3.mean()),
        median_us=latency.median_us.value,
        median_us_low=latency.median_us.low,
        median_us_high=latency.median_us.high,
        p90_us=latency.p90_us.value,
        memory_mb=latency.memory_mb,
        energy_uj=energy_uj(macs, moved, weights, candidate.kind),
        teacher=candidate.teacher,
    )


def _row(value: NDArray[Any]) -> NDArray[Any]:
    return value.astype(np.float32) / np.float32(255) if value.dtype == np.uint8 else value


def _rows(values: NDArray[Any]) -> NDArray[Any]:
    """Return inputs with the axis of 1 that files want in each."""
    return _row(values)[:, None]
