"""First guesses of many lost stretches at once: linear prediction, as `Extrapolation` does one."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from firsthand.concealment.extrapolation import correlations

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]


def guesses(pasts: NDArray[Any], order: int, count: int) -> Floats:
    """Return the `count` samples that follow each of `pasts` (b, n): (b, count)."""
    weights = predictors(pasts, order)
    line = np.concatenate([pasts[:, -order:].astype(np.float64), np.zeros((len(pasts), count))], 1)
    for i in range(count):
        np.einsum("bi,bi->b", weights, line[:, i : order + i], out=line[:, order + i])
    return line[:, order:].astype(np.float32)


def predictors(pasts: NDArray[Any], order: int) -> Doubles:
    """Return the weights (b, order) that `predictor` finds for each of `pasts` (b, n)."""
    correlation = correlations(pasts, order)
    filters, error = np.zeros((len(pasts), order + 1)), correlation[:, 0].copy()
    silent = error == 0
    error[silent] = 1.0
    filters[:, 0] = 1.0
    for i in range(1, order + 1):
        reflection = np.einsum("bi,bi->b", filters[:, :i], correlation[:, i:0:-1]) / -error
        filters[:, 1 : i + 1] += reflection[:, None] * filters[:, i - 1 :: -1]
        error *= 1 - reflection**2
    filters[silent] = 0
    return -filters[:, :0:-1]
