"""Voices that are one speaker's, gathered: agglomerative clustering of directions.

Groups are joined while the mean cosine between their members is above a threshold (average linkage,
Sokal and Michener 1958). What grows with the square of the number of voices is done for a few
minutes at a time, then for the groups of all.
"""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from firsthand.errors import ShapeError

Floats = NDArray[np.float32]

_AT_ONCE: Final = 1_000


def clustered(voices: NDArray[Any], least: float) -> NDArray[np.int64]:
    """Map voices (n, size), in the order of time, to numbers (n,) of their groups from 0.

    Two groups whose members have a mean cosine of `least` or more are one. Groups are numbered by
    their first member.
    """
    if voices.ndim != 2:
        raise ShapeError(f"voices are of shape (n, size), not {voices.shape}")
    directions = normalised(voices)
    count = len(directions)
    labels = np.empty(count, np.int64)
    groups = 0
    for first in range(0, count, _AT_ONCE):
        part = directions[first : first + _AT_ONCE]
        found = _joined(part, np.ones(len(part)), least)
        labels[first : first + _AT_ONCE] = groups + found
        groups += int(found.max()) + 1
    if count > _AT_ONCE:
        sums = np.zeros((groups, directions.shape[1]))
        np.add.at(sums, labels, directions)
        sizes = np.bincount(labels, minlength=groups).astype(np.float64)
        labels = _joined(sums / sizes[:, None], sizes, least)[labels]
    return _by_first(labels)


def normalised(voices: NDArray[Any]) -> Floats:
    """Return voices (n, size) at length one."""
    lengths = np.linalg.norm(voices, axis=1, keepdims=True)
    return np.asarray(voices / np.maximum(lengths, 1e-9), np.float32)


def _joined(means: NDArray[Any], sizes: NDArray[np.float64], least: float) -> NDArray[np.int64]:
    """Cluster groups given by the means (n, size) of their members, and how many these are.

    The mean cosine of the members of two groups is the product of their means.
    """
    means, sizes = means.astype(np.float64), sizes.copy()
    close = means @ means.T
    np.fill_diagonal(close, -np.inf)
    nearest = close.argmax(axis=1)
    most = close[np.arange(len(close)), nearest]
    labels = np.arange(len(means))
    while most[one := int(most.argmax())] >= least:
        other = int(nearest[one])
        share = sizes[other] / (sizes[one] + sizes[other])
        means[one] += share * (means[other] - means[one])
        sizes[one] += sizes[other]
        labels[labels == other] = one
        most[other] = -np.inf  # it is no more
        row = means @ means[one]
        row[np.isneginf(most)] = row[one] = -np.inf
        close[one], close[:, one] = row, row
        close[other], close[:, other] = -np.inf, -np.inf
        closer = row > most
        nearest[closer], most[closer] = one, row[closer]
        for stale in np.flatnonzero(np.isin(nearest, (one, other)) & ~closer & ~np.isneginf(most)):
            nearest[stale] = close[stale].argmax()
            most[stale] = close[stale, nearest[stale]]
    return _by_first(labels)


def _by_first(labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """Give groups numbers from 0, in the order of their first members."""
    _, first, place = np.unique(labels, return_index=True, return_inverse=True)
    order = np.empty(len(first), np.int64)
    order[np.argsort(first)] = np.arange(len(first))
    return np.asarray(order[place], np.int64)
