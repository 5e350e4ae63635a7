"""How far a landmark model is off, given where the hand is: the article's measure.

"Mean regression error normalized by palm size", where the palm's size is the distance from the
wrist to the middle finger's knuckle in the image, as in `firsthand.hands.accuracy`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np

from firsthand.hands.landmarks import LandmarkModel, find_landmarks
from firsthand.hands.regions import region_from_landmarks
from firsthand.train.hands.samples import HandTruth, Sample

_WRIST: Final = 0
_MIDDLE_KNUCKLE: Final = 9
_STABLE: Final = (0, 1, 2, 3, 5, 6, 9, 10, 13, 14, 17, 18)  # as `regions` has them
_LEAST_SEEN: Final = 0.3
_PRESENCE: Final = 0.5


@dataclass(frozen=True, slots=True)
class LandmarkAccuracy:
    """Of each hand looked at: `errors` in palm sizes, also where presence was denied.

    `present`: the share in which presence was above a half. `sided`: the share whose left or right
    was told. `left_out` counts hands whose wrist and knuckle coincide, or of which a joint is
    unknown that decides where tracking looks.
    """

    errors: tuple[float, ...]
    present: float
    sided: float
    left_out: int

    @property
    def error(self) -> float:
        """The mean error in palm sizes; NaN if no hand was looked at."""
        return float(np.mean(self.errors)) if self.errors else float("nan")


def measure_landmarks(model: LandmarkModel, samples: Iterable[Sample]) -> LandmarkAccuracy:
    """Look at each hand that is seen enough, in the region where tracking would look for it."""
    errors: list[float] = []
    present = sided = left_out = 0
    for sample in samples:
        for truth in sample.hands:
            if truth.seen < _LEAST_SEEN:
                continue
            error = _error(model, sample, truth)
            if error is None:
                left_out += 1
                continue
            errors.append(error)
            present += float(model.presence[0]) > _PRESENCE
            sided += (float(model.left[0]) > 0.5) == truth.right
    count = max(len(errors), 1)
    return LandmarkAccuracy(tuple(errors), present / count, sided / count, left_out)


def _error(model: LandmarkModel, sample: Sample, truth: HandTruth) -> float | None:
    height, width = sample.image.shape[:2]
    size = np.array([width, height], np.float32)
    flat = truth.keypoints[:, :2]
    palm_px = float(np.linalg.norm(flat[_WRIST] - flat[_MIDDLE_KNUCKLE]))
    region = region_from_landmarks(flat / size, width, height)
    if region is None or not palm_px or not truth.known[list(_STABLE)].all():
        return None
    found = find_landmarks(model, sample.image, region, -1.0)
    if found is None:
        return 1.0  # no finite answer is as far off as a palm is long
    away_px = np.linalg.norm(found.keypoints[:, :2] * size - flat, axis=1)
    return float(away_px[truth.known].mean()) / palm_px
