"""The on-device visual challenge: correct answers within 33 ms an image, measured so that it holds.

After Google's "Introducing the CVPR 2018 On-Device Visual Intelligence Challenge" (OVIC).
Nothing heavy is loaded here: a submodule is when one of its names is first used.
"""

from typing import TYPE_CHECKING

from firsthand.core.lazy import lazy

if TYPE_CHECKING:
    from firsthand.challenge.detection import (
        DetectionSet,
        DetectorVerdict,
        coco_average_precision,
        judge_detectors,
        open_detections,
    )
    from firsthand.challenge.images import ImageSet, Prepared, open_images
    from firsthand.challenge.judging import Judged, Verdict, judge
    from firsthand.challenge.scores import (
        Frontier,
        correct_within,
        every_second,
        fit_frontier,
        normalised_2018,
    )

_HOMES = {
    "detection": (
        "DetectionSet",
        "DetectorVerdict",
        "coco_average_precision",
        "judge_detectors",
        "open_detections",
    ),
    "images": ("ImageSet", "Prepared", "open_images"),
    "judging": ("Judged", "Verdict", "judge"),
    "scores": ("Frontier", "correct_within", "every_second", "fit_frontier", "normalised_2018"),
}

__all__ = [
    "DetectionSet",
    "DetectorVerdict",
    "Frontier",
    "ImageSet",
    "Judged",
    "Prepared",
    "Verdict",
    "coco_average_precision",
    "correct_within",
    "every_second",
    "fit_frontier",
    "judge",
    "judge_detectors",
    "normalised_2018",
    "open_detections",
    "open_images",
]


__getattr__, __dir__ = lazy(__name__, _HOMES, __all__)
