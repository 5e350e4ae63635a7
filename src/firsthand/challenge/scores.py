"""The challenge's scores, from which answers were right and how long each took.

The metric as announced, in Google's "Introducing the CVPR 2018 On-Device Visual Intelligence
Challenge": correct classifications within 33 ms an image on average; its footnote: images may be
left out. The platform of 2018 normalised ("LPIRC CVPR 2018 Track 1 Description"); those of 2019 and
2020 compared with a frontier `a(t) = k log(t) + a0`, t in milliseconds, fitted to earlier entries.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from firsthand.errors import InputError, ShapeError
from firsthand.measure import Interval

LIMIT_S: Final = 0.033
LIMIT_2018_S: Final = 0.030
DETECTION_LIMIT_S: Final = 0.100

Floats = NDArray[np.float64]


def correct_within(correct: ArrayLike, seconds: ArrayLike, limit_s: float = LIMIT_S) -> int:
    """Return how many answers are right of those that are there after `limit_s` times n seconds.

    `correct` (n,) and `seconds` (n,): whether each answer is right and how long it took, in order.
    """
    right, took = _checked(correct, seconds)
    return int(_reached(right, took, limit_s * right.shape[1])[0])


def every_second(correct: ArrayLike, seconds: ArrayLike, limit_s: float = LIMIT_S) -> int:
    """Return `correct_within` of a model that leaves out every second image, so has twice the time.

    What was left out counts as wrong.
    """
    right, took = _checked(correct, seconds)
    return int(_reached(right[:, ::2], took[:, ::2], limit_s * right.shape[1])[0])


def normalised_2018(correct: ArrayLike, seconds: ArrayLike, limit_s: float = LIMIT_2018_S) -> float:
    """Return accuracy / max(limit_s * n, total time), per second.

    Accuracy is of all n images; those not reached in `limit_s` times n seconds count as wrong.
    """
    right, took = _checked(correct, seconds)
    return float(_normalised(right, took, limit_s)[0])


@dataclass(frozen=True, slots=True)
class Frontier:
    """The best task performance in percent, `k * log(t) + a0`, that models of t ms have."""

    k: float
    a0: float

    def score(self, percent: float, ms: float) -> float:
        """Return by how many points a model is above it."""
        if not ms > 0:
            raise InputError(f"a model takes more than 0 ms, not {ms}")
        return percent - (self.k * float(np.log(ms)) + self.a0)


DETECTION_2020: Final = Frontier(16.894553358968146, -34.42191514521174)
"""For COCO detection on a Pixel 4, as the challenge of 2020 gave it on 7 April 2020."""


def fit_frontier(percent: Sequence[float], ms: Sequence[float]) -> Frontier:
    """Return the frontier through the best of some models, by least squares.

    Of models that another is both faster and more accurate than, none counts. `InputError` where
    fewer than two are left.
    """
    best = frontier_of(percent, ms)
    if len(best) < 2:
        raise InputError(f"a frontier needs two models of which none beats the other, not {best}")
    x = np.log(np.asarray(ms, np.float64)[best])
    k, a0 = np.polyfit(x, np.asarray(percent, np.float64)[best], 1)
    return Frontier(float(k), float(a0))


def frontier_of(percent: Sequence[float], ms: Sequence[float]) -> list[int]:
    """Return which models are the best for their time, fastest first."""
    if len(percent) != len(ms):
        raise ShapeError(f"{len(percent)} accuracies and {len(ms)} times")
    best: list[int] = []
    for at in sorted(range(len(ms)), key=lambda at: (ms[at], -percent[at])):
        if not best or percent[at] > percent[best[-1]]:
            best.append(at)
    return best


def score_intervals(
    correct: ArrayLike,
    seconds: ArrayLike,
    *,
    rng: np.random.Generator,
    level: float = 0.95,
    resamples: int = 2000,
) -> dict[str, Interval]:
    """Return `score`, `score_every_second` and `score_2018` with intervals over images drawn."""
    right, took = _checked(correct, seconds)
    n = right.shape[1]
    drawn = rng.integers(0, n, (resamples, n))
    rights, tooks = np.vstack([right, right[0][drawn]]), np.vstack([took, took[0][drawn]])
    found = {
        "score": _reached(rights, tooks, LIMIT_S * n),
        "score_every_second": _reached(rights[:, ::2], tooks[:, ::2], LIMIT_S * n),
        "score_2018": _normalised(rights, tooks, LIMIT_2018_S),
    }
    tails = [(1 - level) / 2, (1 + level) / 2]
    intervals = {}
    for name, values in found.items():
        value = float(values[0])
        low, high = np.quantile(values[1:], tails)
        intervals[name] = Interval(value, min(value, float(low)), max(value, float(high)))
    return intervals


def _reached(right: NDArray[np.bool_], took: Floats, budget_s: float) -> NDArray[np.int64]:
    """Return the right answers of rows (m, n) that are there by `budget_s`."""
    in_time = np.cumsum(took, axis=1) <= budget_s * (1 + 1e-12)
    return np.asarray((right & in_time).sum(axis=1))


def _normalised(right: NDArray[np.bool_], took: Floats, limit_s: float) -> Floats:
    n = right.shape[1]
    accuracy = _reached(right, took, limit_s * n) / n
    return np.asarray(accuracy / np.maximum(limit_s * n, took.sum(axis=1)))


def _checked(correct: ArrayLike, seconds: ArrayLike) -> tuple[NDArray[np.bool_], Floats]:
    right, took = np.asarray(correct, np.bool_), np.asarray(seconds, np.float64)
    if right.ndim != 1 or right.shape != took.shape or not len(right):
        raise ShapeError(f"answers and times are (n,), n > 0, not {right.shape} and {took.shape}")
    if not np.isfinite(took).all() or (took < 0).any():
        raise InputError("times are finite and not below 0")
    return right[np.newaxis], took[np.newaxis]
