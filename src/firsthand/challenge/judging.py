"""Judging models: their answers to images whose labels they never see, and the time these took."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Unpack

import numpy as np
from numpy.typing import NDArray

from firsthand.challenge.asking import Asked, Options, asked_and_timed
from firsthand.challenge.images import ImageSet, Prepared
from firsthand.challenge.scores import score_intervals
from firsthand.errors import InputError, ModelError
from firsthand.measure import Interval, StreamLatency, Streams, wilson
from firsthand.measure.single_stream import RULES, Rules
from firsthand.media import RgbImage
from firsthand.runtime import Model


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
    **options: Unpack[Options],
) -> tuple[dict[str, Verdict], Streams]:
    """Judge models one beside the other.

    First every model answers all images, `passes` times, some at a time in turn with the others;
    then their single streams are measured by `rules`. Labels stay here. Raises `InputError` for
    images or labels that do not fit, `ModelError` for what is no image classifier, `PeerError`
    naming the model that fails, hangs, or takes too much memory.
    """
    if not len(images):
        raise InputError("there is no image to be judged by")
    opened, asked, streams = asked_and_timed(
        models, images.files, partial(_Classifier, images), rules, options
    )
    labels = np.asarray(images.labels, np.int64)
    found = {
        name: verdict(name, opened[name], each.judged(labels), streams.latency(name), rules.seed)
        for name, each in asked.items()
    }
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


class _Classifier(Asked):
    """A model that says which class an image is of."""

    def __init__(
        self, images: ImageSet, name: str, model: Model, rules: Rules, **options: Any
    ) -> None:
        super().__init__(name, model, len(images), rules, **options)
        self._images, self._offset = images, 0
        self._answers: NDArray[np.int64] = np.full(len(images), -1, np.int64)
        self._lost = np.zeros(len(images), np.bool_)

    def check(self, outputs: Sequence[Mapping[str, Any]]) -> None:
        """See that there is a number for each of the images' classes."""
        self._offset = _offset(_classes(outputs), self._images)

    def shown(self, prepared: Prepared, pixels: RgbImage) -> NDArray[Any]:
        """Show the middle."""
        return prepared(pixels)

    def keep(self, at: int, outputs: list[NDArray[Any]], pixels: RgbImage) -> None:  # noqa: ARG002
        """Keep the class with the highest number."""
        scores = outputs[0].reshape(-1)
        self._answers[at] = int(scores.argmax()) - self._offset
        self._lost[at] |= scores.dtype.kind == "f" and not np.isfinite(scores).all()

    def judged(self, labels: NDArray[np.int64]) -> Judged:
        """Return what was answered, beside what is right."""
        answers = self._answers.copy()
        answers[self._lost] = -1
        remarks = []
        if lost := int(self._lost.sum()):
            remarks.append(f"{lost} of {len(labels)} answers were not numbers; they count as wrong")
        return Judged(answers, answers == labels, self.seconds, tuple(remarks))


def _classes(outputs: Sequence[Mapping[str, Any]]) -> int:
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
