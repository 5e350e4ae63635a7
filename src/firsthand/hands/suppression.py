"""Weighted non-maximum suppression of palm detections.

Overlapping detections are averaged, weighted by score, instead of all but one being dropped
(BlazeFace, Bazarevsky et al. 2019, arXiv:1907.05047, section 4), which calms them over time.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from firsthand.geometry.rectangles import overlaps
from firsthand.hands.types import Floats

MIN_OVERLAP = 0.3  # MediaPipe's palm_detection_cpu.pbtxt


@dataclass(frozen=True, slots=True, eq=False)
class Palms:
    """n palms; positions and sizes in units of the width and height of what was looked at.

    `boxes` float32 (n, 4): left, top, width, height. `keypoints` float32 (n, 7, 2): wrist centre,
    knuckles of index, middle, ring and pinky, thumb base and thumb knuckle. `scores` float32 (n,)
    in 0..1.
    """

    boxes: Floats
    keypoints: Floats
    scores: Floats

    def __len__(self) -> int:
        return len(self.scores)

    def __getitem__(self, chosen: slice | NDArray[Any]) -> "Palms":
        return Palms(self.boxes[chosen], self.keypoints[chosen], self.scores[chosen])


def suppress(palms: Palms, min_overlap: float = MIN_OVERLAP) -> Palms:
    """Merge palms whose boxes' intersection over union exceeds `min_overlap`; best score first.

    Each result has the score of its best member and the score-weighted mean of their corners and
    keypoints. Results may overlap each other more than the inputs did, as means move.
    """
    if len(palms) == 0:
        return palms
    ends = palms.boxes.copy()
    ends[:, 2:] += ends[:, :2]
    values = np.concatenate([ends, palms.keypoints.reshape(len(palms), -1)], axis=1)
    left = np.argsort(-palms.scores, kind="stable")
    merged, scores = [], []
    while left.size:
        same = overlaps(palms.boxes[left[0]], palms.boxes[left]) > min_overlap
        same[0] = True
        members = left[same]
        weights = palms.scores[members]
        sums = np.cumsum(values[members] * weights[:, np.newaxis], axis=0)  # one after another
        merged.append(sums[-1] / np.cumsum(weights)[-1])
        scores.append(weights[0])
        left = left[~same]
    rows = np.stack(merged)
    rows[:, 2:4] -= rows[:, :2]
    return Palms(rows[:, :4], rows[:, 4:].reshape(-1, 7, 2), np.array(scores, np.float32))
