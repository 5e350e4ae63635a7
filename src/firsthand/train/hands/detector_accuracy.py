"""How good a palm detector is: average precision, and palms found by their size."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray
from torch import nn

from firsthand.hands.palms import PalmModel, detect_palms, palm_model
from firsthand.hands.suppression import Palms
from firsthand.measure.detection import ImageBoxes, average_precision, box_overlaps
from firsthand.train.hands.detector_net import SIZE_PX
from firsthand.train.hands.detector_targets import TruePalms
from firsthand.train.hands.detector_views import palms_seen
from firsthand.train.hands.samples import Sample
from firsthand.train.module_runner import module_runner

Floats = NDArray[np.float32]

SIZES_PX: Final = (4.5, 8.0, 12.0, 18.0, 27.0, 40.0, 60.0, 90.0, 135.0, 320.0)
"""Edges of the classes that recall is told for: sides of palms in a detector's 256 pixels."""

MIN_OVERLAP: Final = 0.5
LEAST_SCORE: Final = 0.02
"""Palms below it are not looked at; the average precision hardly changes by them."""


@dataclass(frozen=True, slots=True)
class SizeRecall:
    """Palms of `low_px` up to `high_px`: how many there are, how many are found."""

    low_px: float
    high_px: float
    expected: int
    found: int


@dataclass(frozen=True, slots=True)
class DetectorAccuracy:
    """A detector on labelled images.

    - `average_precision` at an overlap of one half, 0..1 (`firsthand.measure.detection`).
    - `recall`, `precision` and `by_size` at the `threshold` of the score.
    - `keypoint_error`: mean distance of the keypoints of found palms over the palm's side.
    - `excused`: hands left out as too hidden, small, large or partly unlabelled.
    """

    images: int
    expected: int
    excused: int
    average_precision: float
    threshold: float
    recall: float
    precision: float
    keypoint_error: float
    by_size: tuple[SizeRecall, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Pairing:
    """Which palm was found for each true one.

    `sides_px` (m,) of the true palms that count, `found` (m,) the number of the one found, -1 for
    none, and `errors` (m,) the mean distance of its keypoints, in sides.
    """

    sides_px: Floats
    found: NDArray[np.int64]
    errors: Floats


def evaluate_detector(
    detector: nn.Module | PalmModel, samples: Iterable[Sample], threshold: float = 0.5
) -> DetectorAccuracy:
    """Run a detector as `firsthand.hands` does on each sample, and compare with its truth.

    A network runs in evaluation mode, as it is. `InputError` if no sample has a clear palm.
    """
    model = detector
    if isinstance(model, nn.Module):
        model = palm_model(module_runner(model, SIZE_PX))
    boxes: list[ImageBoxes] = []
    pairings: list[Pairing] = []
    sure = excused = 0
    for palms, truth in _looked(model, samples):
        boxes.append(compared(palms, truth))
        kept = palms[palms.scores >= threshold]
        pairings.append(paired(kept, truth))
        sure += len(kept) - _near_unclear(kept, truth, pairings[-1])
        excused += int((~truth.clear).sum())
    return _summed(boxes, pairings, sure, excused, threshold)


def detector_boxes(model: PalmModel, samples: Iterable[Sample]) -> list[ImageBoxes]:
    """Run a detector on each sample; return what it finds and what is there, in its pixels."""
    return [compared(palms, truth) for palms, truth in _looked(model, samples)]


def _looked(model: PalmModel, samples: Iterable[Sample]) -> Iterator[tuple[Palms, TruePalms]]:
    for sample in samples:
        height, width = sample.image.shape[:2]
        truth = _truth(sample, model.input.size_px)
        size = np.array([width, height], np.float32) * (model.input.size_px / max(height, width))
        palms = detect_palms(model, sample.image, LEAST_SCORE)
        yield (
            Palms(
                (palms.boxes * np.tile(size, 2)).astype(np.float32),
                (palms.keypoints * size).astype(np.float32),
                palms.scores,
            ),
            truth,
        )


def compared(found: Palms, truth: TruePalms) -> ImageBoxes:
    """Return palms found, in pixels, and true ones as the average precision takes them."""
    true = _boxes(truth)
    return ImageBoxes(found.boxes, found.scores, true[truth.clear], true[~truth.clear])


def paired(found: Palms, truth: TruePalms) -> Pairing:
    """Pair the clear palms of an image with those found, each once, the surest first."""
    true, sides = _boxes(truth)[truth.clear], truth.sides[truth.clear]
    keypoints = truth.keypoints[truth.clear]
    shared = box_overlaps(found.boxes, true)
    owner = np.full(len(true), -1, np.int64)
    errors = np.zeros(len(true), np.float32)
    for number in np.argsort(-found.scores, kind="stable"):
        free = np.where(owner < 0, shared[number], -1)
        best = int(free.argmax()) if len(true) else -1
        if best >= 0 and free[best] >= MIN_OVERLAP:
            owner[best] = number
            away = np.linalg.norm(found.keypoints[number] - keypoints[best], axis=1)
            errors[best] = away.mean() / sides[best]
    return Pairing(sides, owner, errors)


def _near_unclear(found: Palms, truth: TruePalms, pairing: Pairing) -> int:
    """Count palms found that belong to no clear palm but lie over an unclear one."""
    shared = box_overlaps(found.boxes, _boxes(truth)[~truth.clear])
    over = np.flatnonzero((shared >= MIN_OVERLAP).any(axis=1))
    return int((~np.isin(over, pairing.found)).sum())


def _boxes(palms: TruePalms) -> Floats:
    corners = palms.centers - palms.sides[:, np.newaxis] / 2
    return np.concatenate([corners, np.repeat(palms.sides[:, np.newaxis], 2, axis=1)], axis=1)


def _truth(sample: Sample, size_px: int) -> TruePalms:
    height, width = sample.image.shape[:2]
    scale = size_px / max(height, width)
    matrix = np.array([[scale, 0.0, 0.0], [0.0, scale, 0.0]])
    return palms_seen(sample.hands, matrix, width * scale, height * scale)


def _summed(
    boxes: list[ImageBoxes], pairings: list[Pairing], sure: int, excused: int, threshold: float
) -> DetectorAccuracy:
    average = average_precision(boxes, MIN_OVERLAP)
    sides = np.concatenate([each.sides_px for each in pairings])
    hit = np.concatenate([each.found >= 0 for each in pairings])
    errors = np.concatenate([each.errors for each in pairings])[hit]
    return DetectorAccuracy(
        len(boxes),
        len(sides),
        excused,
        average,
        threshold,
        float(hit.mean()),
        float(hit.sum() / sure) if sure else float("nan"),
        float(errors.mean()) if hit.any() else float("nan"),
        tuple(
            SizeRecall(low, high, _between(sides, low, high), _between(sides[hit], low, high))
            for low, high in pairwise(SIZES_PX)
        ),
    )


def _between(sides: Floats, low: float, high: float) -> int:
    return int(((sides >= low) & (sides < high)).sum())
