"""Keypoint error normalised by palm size, and how many hands are found at all.

The article's table, "mean regression error normalized by palm size": here the palm's size is the
distance from the wrist to the knuckle of the middle finger, in the photograph's plane.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from firsthand.hands.labels import LabelledHand, LabelledPhotograph
from firsthand.hands.types import Hand, HandsResult
from firsthand.media.frame import RgbImage
from firsthand.media.image import read_image

_WRIST, _MIDDLE_KNUCKLE = 0, 9
FARTHEST_MATCH = 1.0
"""A found hand counts for a true one up to this mean error, in palm sizes."""


@dataclass(frozen=True, slots=True)
class SetAccuracy:
    """What was found in one set of photographs.

    - `expected`: true hands; in a set without labels the photographs, each meant to show a hand.
    - `found`: how many of them were found.
    - `errors`: of each found hand, its mean keypoint error in palm sizes (empty without labels).
    - `unmeasurable`: hands left out because wrist or middle knuckle has no label.
    """

    name: str
    photographs: int
    expected: int
    found: int
    errors: tuple[float, ...]
    unmeasurable: int


def palm_size_px(truth: LabelledHand) -> float | None:
    """Return the distance from wrist to middle knuckle; None if a label is missing or it is 0."""
    if not (truth.visible[_WRIST] and truth.visible[_MIDDLE_KNUCKLE]):
        return None
    across = truth.keypoints[_WRIST] - truth.keypoints[_MIDDLE_KNUCKLE]
    return float(np.linalg.norm(across)) or None


def error_in_palms(truth: LabelledHand, found: Hand) -> float:
    """Return the mean distance of the visible keypoints over the palm's size."""
    size_px = palm_size_px(truth)
    assert size_px is not None
    away_px = np.linalg.norm(found.keypoints[:, :2] - truth.keypoints, axis=1)
    return float(away_px[truth.visible].mean()) / size_px


def match(truths: Sequence[LabelledHand], found: Sequence[Hand]) -> list[float | None]:
    """Return each true hand's error in palm sizes, None where no found hand belongs to it.

    The nearest pair is matched first, and each hand once, up to `FARTHEST_MATCH`.
    """
    return nearest([[error_in_palms(truth, hand) for hand in found] for truth in truths])


def nearest(errors_of: Sequence[Sequence[float]]) -> list[float | None]:
    """Match rows to columns by their errors, as `match` does; return each row's error or None."""
    pairs = sorted((error, t, f) for t, row in enumerate(errors_of) for f, error in enumerate(row))
    errors: list[float | None] = [None] * len(errors_of)
    taken: set[int] = set()
    for error, t, f in pairs:
        if error <= FARTHEST_MATCH and errors[t] is None and f not in taken:
            errors[t] = error
            taken.add(f)
    return errors


def measure_set(
    name: str,
    photographs: Iterable[LabelledPhotograph],
    detect: Callable[[RgbImage], HandsResult],
    read: Callable[[LabelledPhotograph], RgbImage] = lambda photograph: read_image(photograph.path),
) -> SetAccuracy:
    """Detect hands in each photograph and compare them with the truth.

    Photographs that are labelled as without a hand count only as photographs.
    """
    count = expected = found = unmeasurable = 0
    errors: list[float] = []
    for photograph in photographs:
        count += 1
        hands = detect(read(photograph)).hands
        if photograph.hands is None:
            expected += 1
            found += bool(hands)
            continue
        truths = [truth for truth in photograph.hands if palm_size_px(truth) is not None]
        unmeasurable += len(photograph.hands) - len(truths)
        expected += len(truths)
        matched = [error for error in match(truths, hands) if error is not None]
        found += len(matched)
        errors += matched
    return SetAccuracy(name, count, expected, found, tuple(errors), unmeasurable)
