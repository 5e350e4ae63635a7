"""Average precision of a detector: how well its scores put true boxes before false ones.

As COCO's evaluation does at one overlap (Lin et al. 2014, arXiv:1405.0312, and its published
definition): detections are matched in the order of their scores, each to the true box of its image
that it overlaps most and that is still free; precision is made to fall with recall and averaged at
the 101 recalls 0, 0.01, ..., 1. Unlike there, an image's detections are not cut off at a hundred.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from firsthand.errors import InputError, ShapeError
from firsthand.measure.bootstrap import Interval

Values = NDArray[np.float64]

_RECALLS: Final = np.arange(101) / 100


@dataclass(frozen=True, slots=True, eq=False)
class ImageBoxes:
    """What a detector found in one image, and what is there.

    `found` (n, 4) and `true` (m, 4): left, top, width, height, in one unit; `scores` (n,).
    `ignored` (k, 4): places where a detection counts neither for nor against, as for hands too
    small or too hidden to be asked for.
    """

    found: ArrayLike
    scores: ArrayLike
    true: ArrayLike
    ignored: ArrayLike = ()


@dataclass(frozen=True, slots=True, eq=False)
class _Judged:
    """All detections that count, the best score first: of which `image`, and whether a `hit`."""

    image: NDArray[np.int64]
    hit: NDArray[np.bool_]
    true_each: NDArray[np.int64]


def average_precision(images: Sequence[ImageBoxes], min_overlap: float = 0.5) -> float:
    """Return the average precision, 0..1, at an intersection over union of `min_overlap`.

    Equal scores keep the order of the images. Raises `InputError` if there is no true box at all,
    for values that are not finite or negative sides, `ShapeError` for other shapes.
    """
    judged = _judge(images, min_overlap)
    return _average(judged, np.ones(len(images)))


def average_precision_interval(
    images: Sequence[ImageBoxes],
    min_overlap: float = 0.5,
    *,
    rng: np.random.Generator,
    level: float = 0.95,
    resamples: int = 1000,
) -> Interval:
    """Return the average precision with its percentile bootstrap interval over images.

    Images are drawn, not boxes, since those of one image are alike. Draws without any true box
    are drawn again. Raises as `average_precision`, and `InputError` for under two images.
    """
    if len(images) < 2 or resamples < 100 or not 0 < level < 1:
        raise InputError(
            "an interval needs at least 2 images, 100 resamples and a level in 0..1, got "
            f"{len(images)}, {resamples}, {level}"
        )
    judged = _judge(images, min_overlap)
    n = len(images)
    drawn: list[float] = []
    while len(drawn) < resamples:
        times = np.bincount(rng.integers(0, n, n), minlength=n).astype(np.float64)
        if times @ judged.true_each > 0:
            drawn.append(_average(judged, times))
    low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2])
    return Interval(_average(judged, np.ones(n)), float(low), float(high))


def box_overlaps(boxes: ArrayLike, others: ArrayLike) -> Values:
    """Return the intersection over union (n, m) of boxes (n, 4) with others (m, 4).

    Boxes are left, top, width, height; two without area do not overlap.
    """
    a, b = _boxes(boxes)[:, np.newaxis], _boxes(others)[np.newaxis]
    low = np.maximum(a[..., :2], b[..., :2])
    high = np.minimum(a[..., :2] + a[..., 2:], b[..., :2] + b[..., 2:])
    shared = np.maximum(high - low, 0).prod(axis=-1)
    union = a[..., 2:].prod(axis=-1) + b[..., 2:].prod(axis=-1) - shared
    return np.asarray(np.divide(shared, union, out=np.zeros_like(shared), where=union > 0))


def _judge(images: Sequence[ImageBoxes], min_overlap: float) -> _Judged:
    if not 0 < min_overlap <= 1:
        raise InputError(f"an overlap to match lies above 0 and up to 1, not {min_overlap}")
    scores, hits, image_of, true_each = [], [], [], []
    for number, image in enumerate(images):
        own, hit, count = _judge_image(image, min_overlap)
        scores.append(own)
        hits.append(hit)
        image_of.append(np.full(len(own), number, np.int64))
        true_each.append(count)
    if not sum(true_each):
        raise InputError(f"{len(images)} images without a true box have no average precision")
    order = np.argsort(-np.concatenate(scores), kind="stable")
    return _Judged(
        np.concatenate(image_of)[order], np.concatenate(hits)[order], np.array(true_each)
    )


def _judge_image(image: ImageBoxes, min_overlap: float) -> tuple[Values, NDArray[np.bool_], int]:
    """Return the scores that count, best first, which are hits, and the number of true boxes."""
    found, true = _boxes(image.found), _boxes(image.true)
    scores = np.asarray(image.scores, np.float64)
    if scores.shape != (len(found),) or not np.isfinite(scores).all():
        raise ShapeError(f"{len(found)} boxes need as many finite scores, got shape {scores.shape}")
    overlap = box_overlaps(found, true)
    excused = np.any(box_overlaps(found, image.ignored) >= min_overlap, axis=1).tolist()
    free = np.ones(len(true), np.bool_)
    kept: list[int] = []
    hits: list[bool] = []
    for at in np.argsort(-scores, kind="stable"):
        open_to = np.where(free, overlap[at], -1.0)
        best = int(open_to.argmax()) if len(true) else -1
        hit = best >= 0 and bool(open_to[best] >= min_overlap)
        if hit:
            free[best] = False
        elif excused[int(at)]:
            continue
        kept.append(int(at))
        hits.append(hit)
    return scores[kept], np.array(hits, np.bool_), len(true)


def _average(judged: _Judged, times: Values) -> float:
    """Return the average precision where image i is there `times[i]` times."""
    weight = times[judged.image]
    right = np.cumsum(weight * judged.hit)
    seen = np.cumsum(weight)
    recall = right / (times @ judged.true_each)
    precision = np.divide(right, seen, out=np.zeros_like(right), where=seen > 0)
    falling = np.maximum.accumulate(precision[::-1])[::-1]
    # A recall of 0.3 made of sums may come out a hair below 0.3.
    at = np.searchsorted(recall, _RECALLS - 1e-12, side="left")
    return float(np.append(falling, 0.0)[at].mean())


def _boxes(boxes: ArrayLike) -> Values:
    table = np.asarray(boxes, np.float64)
    if table.size == 0:
        return np.zeros((0, 4))
    if table.ndim != 2 or table.shape[1] != 4:
        raise ShapeError(f"boxes have shape (n, 4), not {table.shape}")
    if not np.isfinite(table).all() or (table[:, 2:] < 0).any():
        raise InputError("boxes are left, top, width, height, finite and with sides of at least 0")
    return table
