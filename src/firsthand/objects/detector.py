"""The first stage: from a picture to upright rectangles that may hold an object.

Input, decoding and thresholds as in the graph of MediaPipe's Objectron.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from firsthand.errors import ModelError
from firsthand.geometry.rectangles import overlaps
from firsthand.media.frame import RgbImage
from firsthand.objects.anchors import SIZE_PX, anchors
from firsthand.objects.sampling import sample
from firsthand.objects.types import Doubles, Floats
from firsthand.runtime import ModelCard, Runner

SAME: Final = 0.5
"""Rectangles that share more than this of both are of one object."""

_MIDDLE_SCALE, _SIDE_SCALE = np.float32(10), np.float32(5)
_MAX_LOGARITHM: Final = 10.0
_FULL: Final = np.float32(1 / 127.5)


@dataclass(frozen=True, slots=True, eq=False)
class Detector:
    """A loaded first stage, and the names of its classes; used by one thread at a time."""

    runner: Runner
    labels: tuple[str, ...]

    def classes(self, labels: Sequence[str]) -> list[int]:
        """Return the numbers of classes by their names; `ModelError` for one that it lacks."""
        lacking = [label for label in labels if label not in self.labels]
        if lacking:
            raise ModelError(f"this detector knows no {lacking}, only {list(self.labels)}")
        return [self.labels.index(label) for label in labels]


@dataclass(frozen=True, slots=True, eq=False)
class Rectangles:
    """n rectangles, best first: `boxes` float32 (n, 4), left, top, width, height in pixels.

    `scores` float32 (n,) are in 0..1. `points` (n, 9, 2) are where boxes' middles and corners are,
    where they are known already.
    """

    boxes: Floats
    scores: Floats
    points: Doubles | None = None

    def __len__(self) -> int:
        return len(self.scores)


NONE: Final = Rectangles(np.zeros((0, 4), np.float32), np.zeros(0, np.float32))


def detector(runner: Runner, card: ModelCard) -> Detector:
    """Wrap a runner; `ModelError` unless its inputs and outputs are those of a first stage."""
    count = len(anchors())
    wanted = [(1, SIZE_PX, SIZE_PX, 3), (1, count, 4), (1, count, len(card.labels))]
    found = [spec.shape for spec in (*runner.inputs, *runner.outputs)]
    if found != wanted or any(s.dtype != np.float32 for s in (*runner.inputs, *runner.outputs)):
        raise ModelError(
            f"{card.name}: a detector of objects with {len(card.labels)} labels takes and gives "
            f"float32 of {wanted}, this model {found}"
        )
    return Detector(runner, card.labels)


def detect_rectangles(
    model: Detector, image: RgbImage, labels: Sequence[str], threshold: float, most: int
) -> Rectangles:
    """Return at most `most` rectangles of things with one of `labels`, in pixels of `image`.

    Their scores are at least `threshold` (0 < threshold < 1).
    """
    height, width = image.shape[:2]
    small = sample(image, 0, 0, width, height, SIZE_PX)
    view = model.runner.input_view(0)[0]
    np.multiply(small, _FULL, out=view)
    view -= 1
    model.runner.invoke()
    logits = model.runner.output_view(1)[0][:, model.classes(labels)].max(axis=1)
    found = decode(np.asarray(model.runner.output_view(0)[0]), logits, threshold)
    chosen = suppress(found, most)
    scale = np.array([width, height, width, height], np.float32)
    return Rectangles(chosen.boxes * scale, chosen.scores)


def decode(offsets: Floats, logits: Floats, threshold: float) -> Rectangles:
    """Turn outputs for each anchor, (n, 4) and (n,), into rectangles in units of the picture.

    Those below `threshold` or not finite are left out; best first.
    """
    chosen = np.flatnonzero(logits >= np.log(threshold / (1 - threshold)))
    chosen = chosen[np.argsort(-logits[chosen], kind="stable")]
    chosen = chosen[np.isfinite(offsets[chosen]).all(axis=1) & np.isfinite(logits[chosen])]
    of, raw = anchors()[chosen], offsets[chosen]
    middle = raw[:, 1::-1] / _MIDDLE_SCALE * of[:, 2:] + of[:, :2]
    longer = np.minimum(raw[:, :1:-1] / _SIDE_SCALE, np.float32(_MAX_LOGARITHM))
    sides = np.exp(longer) * of[:, 2:]
    scores = 1 / (1 + np.exp(-np.minimum(logits[chosen], np.float32(80))))
    return Rectangles(np.hstack([middle - sides / 2, sides]), scores.astype(np.float32))


def suppress(found: Rectangles, most: int) -> Rectangles:
    """Keep the best of those that overlap by more than `SAME`, and at most `most` in all."""
    kept: list[int] = []
    left = np.arange(len(found))
    while left.size and len(kept) < most:
        best = left[0]
        kept.append(int(best))
        left = left[overlaps(found.boxes[best], found.boxes[left]) <= SAME]
        left = left[left != best]
    return Rectangles(found.boxes[kept], found.scores[kept])
