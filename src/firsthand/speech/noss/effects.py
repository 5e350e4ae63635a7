"""What a representation brings over all tasks: the coefficient of a linear regression.

Shor et al. 2020, section 4: accuracy on which representation and which task, both as categories.
Effects here are against the mean of the representations that are compared.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from firsthand.errors import InputError
from firsthand.measure.bootstrap import Interval

Values = NDArray[np.float64]


def effects_of(scores: Values) -> Values:
    """Return effects (..., models) of scores (..., models, tasks); NaN is what was not asked.

    They add up to nothing. Least squares: without gaps they are differences of means.
    """
    if scores.ndim < 2 or not scores.size:
        raise InputError(f"scores are of shape (..., models, tasks), not {scores.shape}")
    models, tasks = scores.shape[-2:]
    asked = np.isfinite(scores.reshape(-1, models, tasks)[0])
    if not (asked.any(axis=0).all() and asked.any(axis=1).all()):
        raise InputError("each representation and each task has at least one score")
    model, task = np.nonzero(asked)
    # Deviations from the mean: the last model is what the others are not.
    design = np.zeros((len(model), models - 1 + tasks))
    for column in range(models - 1):
        design[:, column] = (model == column).astype(float) - (model == models - 1)
    design[np.arange(len(task)), models - 1 + task] = 1.0
    solution = scores[..., model, task] @ np.linalg.pinv(design).T
    effects = solution[..., : models - 1]
    return np.concatenate([effects, -effects.sum(axis=-1, keepdims=True)], axis=-1)


def effect_intervals(
    names: Sequence[str], observed: Values, resampled: Values, level: float = 0.95
) -> Mapping[str, Interval]:
    """Return the effect of each model of `observed` (models, tasks), with percentile intervals.

    `resampled` (m, models, tasks) are scores of the same clips drawn anew, the same ones for all
    models, as `studies.resampled` draws them.
    """
    values, spread = effects_of(observed), effects_of(resampled)
    tails = (1 - level) / 2, (1 + level) / 2
    low, high = np.quantile(spread, tails, axis=0)
    return {
        name: Interval(float(value), float(a), float(b))
        for name, value, a, b in zip(names, values, low, high, strict=True)
    }
