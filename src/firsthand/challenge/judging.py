"""Judging models: their answers to images whose labels they never see, and the time these took."""

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from firsthand.challenge.images import ImageSet, Prepared, prepared_for
from firsthand.challenge.scores import score_intervals
from firsthand.errors import InputError, ModelError
from firsthand.measure import Interval, wilson
from firsthand.measure.single_stream import (
    RULES,
    ModelProcess,
    Rules,
    alone_on_this_machine,
    measure_streams,
)
from firsthand.measure.streams import StreamLatency, Streams
from firsthand.media import RgbImage, read_image
from firsthand.runtime import Model

BATCH: Final = 32
PASSES: Final = 3
"""How often every image is answered; its time is the median."""

Progress = Callable[[str, float], None]
"""Is told what is done, and its share that is, 0..1."""


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """A model's answers: `answers` (n,) classes, -1 where there was none, and `seconds` (n,)."""

    answers: NDArray[np.int64]
    correct: NDArray[np.bool_]
    seconds: NDArray[np.float64]
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Verdict:
    """A model's place in the challenge.

    `scores` are those of `score_intervals`. `latency` is that of its single stream, None where
    only answers were asked for. `remarks` say what a reader must know.
    """

    name: str
    model: Model
    accuracy: Interval
    scores: Mapping[str, Interval]
    judged: Judged
    latency: StreamLatency | None
    remarks: tuple[str, ...]


def judge(
    models: Mapping[str, Path],
    images: ImageSet,
    rules: Rules = RULES,
    *,
    value_range: tuple[float, float] | None = None,
    passes: int = PASSES,
    cpu: int | None = None,
    progress: Progress = lambda _what, _share: None,
) -> tuple[dict[str, Verdict], Streams]:
    """Judge models one beside the other.

    First every model answers all images, `passes` times, some at a time in turn with the others;
    then their single streams are measured by `rules`. Labels stay here. Raises `InputError` for
    images or labels that do not fit, `ModelError` for what is no image classifier, `PeerError`
    naming the model that fails, hangs, or takes too much memory.
    """
    if not len(images):
        raise InputError("there is no image to be judged by")
    opened = {name: Model.open(path) for name, path in models.items()}
    with alone_on_this_machine():
        answered = answers(opened, images, rules, value_range, passes, cpu, progress)
        streams = measure_streams(
            models,
            rules,
            cpu=cpu,
            progress=lambda share: progress("measuring", share),
            alone=False,
        )
    found = {}
    for name, judged in answered.items():
        found[name] = verdict(name, opened[name], judged, streams.latency(name), rules.seed)
    return found, streams


def verdict(
    name: str, model: Model, judged: Judged, latency: StreamLatency | None, seed: int = 0
) -> Verdict:
    """Return the scores of what a model answered."""
    right, n = int(judged.correct.sum()), len(judged.correct)
    return Verdict(
        name=name,
        model=model,
        accuracy=wilson(right, n),
        scores=score_intervals(
            judged.correct, judged.seconds, rng=np.random.default_rng([seed, n])
        ),
        judged=judged,
        latency=latency,
        remarks=judged.remarks,
    )


def answers(
    models: Mapping[str, Model],
    images: ImageSet,
    rules: Rules,
    value_range: tuple[float, float] | None = None,
    passes: int = PASSES,
    cpu: int | None = None,
    progress: Progress = lambda _what, _share: None,
) -> dict[str, Judged]:
    """Return what each model answers."""
    labels = np.asarray(images.labels, np.int64)
    with ExitStack() as stack:
        asked = {
            name: stack.enter_context(_Asked(name, model, images, rules, value_range, passes, cpu))
            for name, model in models.items()
        }
        for each in asked.values():
            each.begin()
        rng = np.random.default_rng(rules.seed)
        order = list(asked.values())
        total, done = passes * len(images), 0
        for at in range(passes):
            for first in range(0, len(images), BATCH):
                pixels = [read_image(path) for path in images.files[first : first + BATCH]]
                for turn in rng.permutation(len(order)):
                    order[turn].answer(at, first, pixels)
                done += len(pixels)
                progress("answering", done / total)
        return {name: each.judged(labels) for name, each in asked.items()}


class _Asked(ModelProcess):
    """A model's process that answers images."""

    def __init__(
        self,
        name: str,
        model: Model,
        images: ImageSet,
        rules: Rules,
        value_range: tuple[float, float] | None,
        passes: int,
        cpu: int | None,
    ) -> None:
        super().__init__(name, model.path, rules, cpu)
        self._model, self._images, self._range = model, images, value_range
        self._offset, self._classes = 0, 0
        self._answers: NDArray[np.int64] = np.full(len(images), -1, np.int64)
        self._seconds = np.empty((passes, len(images)))
        self._lost = np.zeros(len(images), np.bool_)
        self._prepared: Prepared | None = None

    def begin(self) -> None:
        """Load the model; see that it fits the images."""
        loaded = self.load()
        self._prepared = _named(
            self.name, prepared_for, loaded["inputs"], self._model.card, self._range
        )
        self._classes = _named(self.name, _classes, loaded["outputs"])
        self._offset = _named(self.name, _offset, self._classes, self._images)
        self.stop()

    def answer(self, turn: int, first: int, pixels: list[RgbImage]) -> None:
        """Answer the images from `first` on, for the `turn`-th time."""
        assert self._prepared is not None
        inputs = np.stack([self._prepared(each)[np.newaxis] for each in pixels])
        with self.going():
            found = self.call("answer", arrays={"i0": inputs})
        count = len(inputs)
        scores = found["o0"].reshape(count, -1).astype(np.float64)
        self._answers[first : first + count] = scores.argmax(axis=1) - self._offset
        self._lost[first : first + count] |= ~np.isfinite(scores).all(axis=1)
        self._seconds[turn, first : first + count] = found["query_ns"] / 1e9

    def judged(self, labels: NDArray[np.int64]) -> Judged:
        """Return what was answered, beside what is right."""
        answers = self._answers.copy()
        answers[self._lost] = -1
        remarks = []
        if lost := int(self._lost.sum()):
            remarks.append(f"{lost} of {len(labels)} answers were not numbers; they count as wrong")
        return Judged(
            answers, (answers == labels), np.median(self._seconds, axis=0), tuple(remarks)
        )


def _classes(outputs: list[Mapping[str, Any]]) -> int:
    if len(outputs) != 1:
        raise ModelError(f"it has {len(outputs)} outputs; one, a number for each class, is wanted")
    shape = tuple(outputs[0]["shape"])
    size = int(np.prod(shape)) if all(side > 0 for side in shape) else 0
    if size < 2 or max(shape) != size:
        raise ModelError(f"its output has shape {shape}; (1, classes) is wanted")
    return size


def _offset(classes: int, images: ImageSet) -> int:
    """Return how far a model's classes are from the images': one more where it has a background."""
    largest = max(images.labels)
    if classes in (images.classes, 1000) and largest < classes:
        return 0
    if classes in (images.classes + 1, 1001) and largest < classes - 1:
        return 1
    raise InputError(
        f"it tells {classes} classes apart, and the images have labels up to {largest}: it must "
        f"have {images.classes} classes, or one more, the first, for the background"
    )


def _named(name: str, act: Callable[..., Any], *arguments: Any) -> Any:
    """Call something, and name the model in its errors."""
    try:
        return act(*arguments)
    except (ModelError, InputError) as error:
        raise type(error)(f"{name}: {error}") from error
