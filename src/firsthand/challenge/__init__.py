"""The on-device visual challenge: correct answers within 33 ms an image, measured so that it holds.

After Google's "Introducing the CVPR 2018 On-Device Visual Intelligence Challenge" (OVIC).
"""

from firsthand.challenge.images import ImageSet, Prepared, open_images
from firsthand.challenge.judging import Judged, Verdict, judge
from firsthand.challenge.scores import (
    Frontier,
    correct_within,
    every_second,
    fit_frontier,
    normalised_2018,
)

__all__ = [
    "Frontier",
    "ImageSet",
    "Judged",
    "Prepared",
    "Verdict",
    "correct_within",
    "every_second",
    "fit_frontier",
    "judge",
    "normalised_2018",
    "open_images",
]
