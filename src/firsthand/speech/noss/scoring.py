"""How good answers are: accuracy, balanced accuracy, and the equal error rate of two classes."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from firsthand.errors import InputError
from firsthand.speech.noss.tasks import Metric

Values = NDArray[np.float64]


def score(
    metric: Metric,
    truth: NDArray[np.int64],
    said: NDArray[np.int64],
    second: Values,
    weights: NDArray[Any] | None = None,
) -> Values:
    """Return how good answers (n,) are, for each row of `weights` (m, n): (m,), more is better.

    `second` (n,) is how likely the second of two classes is, for the equal error rate; that is
    given as what is right, 1 less the rate. Without weights each answer counts once.
    """
    if not len(truth):
        raise InputError("there are no answers to score")
    counted = np.ones((1, len(truth))) if weights is None else weights.astype(np.float64)
    right = (truth == said).astype(np.float64)
    if metric == "accuracy":
        found: Values = counted @ right / counted.sum(axis=1)
        return found
    if metric == "balanced accuracy":
        of_class = truth[:, None] == np.unique(truth)
        members = counted @ of_class
        hits = (counted * right) @ of_class
        # A class that a resample lacks counts for nothing in it.
        shares = np.divide(hits, members, out=np.full_like(hits, np.nan), where=members > 0)
        return np.asarray(np.nanmean(shares, axis=1))
    return 1 - equal_error_rates(truth, second, counted)


def equal_error_rates(truth: NDArray[np.int64], second: Values, counted: Values) -> Values:
    """Return the rate at which as many of either class are taken for the other: (m,) of (m, n).

    Between the two thresholds around that place the rates are joined by lines.
    """
    if set(np.unique(truth)) - {0, 1}:
        raise InputError("an equal error rate is of two classes")
    order = np.argsort(second, kind="stable")
    positive = counted[:, order] * truth[order]
    negative = counted[:, order] - positive
    ends = np.append(np.diff(second[order]) > 0, True)  # thresholds lie between different scores
    missed = np.cumsum(positive, axis=1)[:, ends] / np.maximum(positive.sum(1, keepdims=True), 1e-9)
    passed = 1 - np.cumsum(negative, axis=1)[:, ends] / np.maximum(
        negative.sum(axis=1, keepdims=True), 1e-9
    )
    missed = np.pad(missed, ((0, 0), (1, 0)))
    passed = np.pad(passed, ((0, 0), (1, 0)), constant_values=1)
    rows = np.arange(len(counted))
    after = np.argmax(missed >= passed, axis=1)
    before = np.maximum(after - 1, 0)
    gap_before = passed[rows, before] - missed[rows, before]
    gap_after = missed[rows, after] - passed[rows, after]
    whole = gap_before + gap_after
    share = np.divide(gap_before, whole, out=np.zeros_like(whole), where=whole > 0)
    return np.asarray(missed[rows, before] * (1 - share) + missed[rows, after] * share)
