"""Lessons as other cameras would have taken them: nearer, shifted, mirrored, in other colours."""

from typing import Final

import cv2
import numpy as np

from firsthand.geometry.boxes import PLACES
from firsthand.train.disturbance import disturb
from firsthand.train.objects.lessons import Lesson

_MIRRORED: Final = [
    int(np.flatnonzero((place * (-1, 1, 1) == PLACES).all(axis=1))[0]) for place in PLACES
]
"""Of each place, which one it is of the mirrored box."""

_DISTURBED: Final = 0.7


def view(lesson: Lesson, rng: np.random.Generator, side: int) -> Lesson:
    """Return a random view of a lesson, a square of `side` pixels.

    It shows 0.7 to 1.3 times of the lesson's width, mirrored half of the time. A mirrored thing is
    another thing of its kind: its box's x points to where its mirror image's did not.
    """
    own = lesson.image.shape[0]
    scale = side / own / float(np.exp(rng.uniform(np.log(0.7), np.log(1.3))))
    slack = side - own * scale
    shift = rng.uniform(0, 1, 2) * slack
    flip = rng.random() < 0.5
    matrix = np.array([[scale, 0, shift[0]], [0, scale, shift[1]]])
    if flip:
        matrix[0] = [-scale, 0, side - shift[0]]
    places = lesson.places @ matrix[:, :2].T + matrix[:, 2]
    if flip:
        places = places[:, _MIRRORED]
    drawn = matrix.copy()
    drawn[:, 2] += matrix[:, :2] @ [0.5, 0.5] - 0.5
    size = (side, side)
    image = np.asarray(cv2.warpAffine(lesson.image, drawn, size, flags=cv2.INTER_LINEAR), np.uint8)
    mask = np.asarray(cv2.warpAffine(lesson.mask, drawn, size, flags=cv2.INTER_LINEAR), np.uint8)
    if rng.random() < _DISTURBED:
        image = disturb(image, rng)
    return Lesson(image, places.astype(np.float32), lesson.clear, mask)
