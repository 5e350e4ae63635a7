"""Samples with exact truth that benchmarks of hands share, and what is found in them.

Made once, under `.cache/benchmarks`, by the recipes' own makers (the `train` extra): rendered with
a seed that no recipe trains with, and real hands of people held out of training, cut out and pasted
into other photographs, with MediaPipe full's labels.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from firsthand.hands import Hand, Hands
from firsthand.hands.accuracy import nearest
from firsthand.measure import Figure, bootstrap_mean, data_root, wilson
from firsthand.train.hands.palm_boxes import palm_box
from firsthand.train.hands.preparation import Ingredient, Pasted, Rendered, Taught, prepare
from firsthand.train.hands.samples import HandTruth, Sample, SampleFolder
from hands_clips import ROOT

__all__ = [
    "KITCHEN",
    "SEED",
    "Found",
    "look",
    "pasted",
    "pasted_crops",
    "rate_and_error",
    "rendered",
    "taught",
]

SEED = 1_000_003
KITCHEN = ROOT / ".cache" / "benchmarks" / "hands"
LEAST_SEEN = 0.35
"""Hands of which less is to be seen, or whose palm's middle is outside, need not be found."""


def rendered(kind: str, count: int) -> SampleFolder:
    return made(Rendered(kind, count, SEED))


def pasted(count: int) -> SampleFolder:
    return made(Pasted("scenes", count, SEED, held_out=True))


def pasted_crops(count: int) -> SampleFolder:
    """Single hands of people held out, pasted large."""
    return made(Pasted("landmarks", count, SEED, held_out=True))


def taught() -> SampleFolder:
    """Photographs of sign digits by people held out, with MediaPipe full's labels."""
    return made(Taught(held_out=True))


def made(what: Ingredient) -> SampleFolder:
    return prepare(KITCHEN, [what], data_root(__file__), processes=1)[what]


@dataclass(frozen=True)
class Found:
    """One hand that is there: its palm's side over the picture's longer one, whether it was found.

    `error`: the mean distance of its joints over the palm's length, None where it was not found.
    """

    share: float
    error: float | None


def look(hands: Hands, samples: Iterable[Sample], search: str = "whole") -> tuple[list[Found], int]:
    """Everything there is to find in samples, and how many hands were found that are not there."""
    found: list[Found] = []
    false = 0
    for sample in samples:
        seen = hands.detect(sample.image, search=search).hands
        errors, spare = match(sample.hands, seen)
        false += spare
        longer = max(sample.image.shape[:2])
        for truth, error in zip(sample.hands, errors, strict=True):
            if is_asked_for(truth, sample):
                found.append(Found(palm_box(truth.keypoints)[2] / longer, error))
    return found, false


def is_asked_for(truth: HandTruth, sample: Sample) -> bool:
    left, top, side = palm_box(truth.keypoints)
    height, width = sample.image.shape[:2]
    inside = 0 <= left + side / 2 <= width and 0 <= top + side / 2 <= height
    return truth.seen >= LEAST_SEEN and inside and bool(truth.known.all())


def match(truths: Sequence[HandTruth], seen: Sequence[Hand]) -> tuple[list[float | None], int]:
    """Each true hand's error, the nearest pair first, and the number of hands left over."""
    errors = nearest([[error_in_palms(truth, hand) for hand in seen] for truth in truths])
    return errors, len(seen) - sum(error is not None for error in errors)


def error_in_palms(truth: HandTruth, hand: Hand) -> float:
    """Mean distance over the palm's length, depth included: a palm seen end on is not small."""
    palm_px = float(np.linalg.norm(truth.keypoints[9] - truth.keypoints[0]))
    away_px = np.linalg.norm(hand.keypoints[:, :2] - truth.keypoints[:, :2], axis=1)
    return float(away_px[truth.known].mean()) / max(palm_px, 1e-6)


def rate_and_error(found: Sequence[Found], seed: int) -> tuple[Figure, Figure | None]:
    """The share of hands that were found, and the mean error of those."""
    errors = np.array([each.error for each in found if each.error is not None])
    rate = Figure.of(wilson(len(errors), len(found)), n=len(found))
    if len(errors) < 2:
        return rate, None
    mean = bootstrap_mean(errors, rng=np.random.default_rng(seed))
    return rate, Figure.of(mean, note="of the palm's length", n=len(errors))


def picture_folder() -> Path:
    KITCHEN.mkdir(parents=True, exist_ok=True)
    return KITCHEN
