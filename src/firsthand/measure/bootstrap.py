"""Confidence intervals by resampling, and Wilson's interval for proportions.

Efron and Tibshirani, *An Introduction to the Bootstrap* (1993): the percentile interval is their
section 13.3, the bias-corrected and accelerated one (BCa) their section 14.3. Medians and
quantiles take the percentile interval, because the jackknife that BCa's acceleration needs is
inconsistent for them (their section 11.6); smooth statistics (means, ratios of means) take BCa.

Observations are taken as independent. Blocks timed one after another are not quite: that is why
`firsthand.measure.latency` compares within rounds.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from firsthand.errors import InputError

Values = NDArray[np.float64]
Statistic = Callable[[Values], Values]
"""Reduces axis 1: from (m, n) or (m, n, k) observations to m statistics."""

Method = Literal["bca", "percentile"]

_CHUNK_VALUES = 2_000_000  # resampled values held at once: 16 MB


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate with its confidence limits, `low <= high`, in the unit of the observations."""

    value: float
    low: float
    high: float

    def scaled(self, factor: float) -> "Interval":
        """Return the interval in another unit; a negative factor swaps the limits."""
        low, high = sorted((self.low * factor, self.high * factor))
        return Interval(self.value * factor, low, high)


def bootstrap_statistic(
    observations: ArrayLike,
    statistic: Statistic,
    *,
    rng: np.random.Generator,
    level: float = 0.95,
    resamples: int = 2000,
    method: Method = "bca",
) -> Interval:
    """Return `statistic` of the observations with its bootstrap interval.

    `observations` has shape (n,) or (n, k), n >= 2: rows are resampled together, so columns stay
    paired. `statistic` takes (m, n) or (m, n, k) and returns (m,). Raises `InputError` for fewer
    than two rows, values that are not finite, a `level` outside 0..1 or fewer than 100 resamples.
    """
    data = _checked(observations)
    _check_level(level)
    if resamples < 100:
        raise InputError(f"resamples={resamples} is too few for an interval; use 1000 or more")
    value = float(statistic(data[None])[0])
    replicates = _replicates(data, statistic, resamples, rng)
    tails = np.array([(1 - level) / 2, (1 + level) / 2])
    if method == "bca":
        tails = _bca_tails(data, statistic, value, replicates, tails)
    low, high = np.quantile(replicates, tails)
    return Interval(value, float(low), float(high))


def bootstrap_mean(
    observations: ArrayLike,
    *,
    rng: np.random.Generator,
    level: float = 0.95,
    resamples: int = 2000,
) -> Interval:
    """Return the mean of (n,) observations with its BCa interval."""
    return bootstrap_statistic(observations, _mean, rng=rng, level=level, resamples=resamples)


def bootstrap_median(
    observations: ArrayLike,
    *,
    rng: np.random.Generator,
    level: float = 0.95,
    resamples: int = 2000,
) -> Interval:
    """Return the median of (n,) observations with its percentile interval."""
    return bootstrap_quantile(observations, 0.5, rng=rng, level=level, resamples=resamples)


def bootstrap_quantile(
    observations: ArrayLike,
    q: float,
    *,
    rng: np.random.Generator,
    level: float = 0.95,
    resamples: int = 2000,
) -> Interval:
    """Return the `q` quantile (0..1) of (n,) observations with its percentile interval.

    The upper limit can never exceed the largest observation: for a tail such as q = 0.99 the
    interval means little below some hundreds of observations.
    """
    if not 0 <= q <= 1:
        raise InputError(f"a quantile lies in 0..1, got q={q}")

    def quantile(values: Values) -> Values:
        return np.asarray(np.quantile(values, q, axis=1), dtype=np.float64)

    return bootstrap_statistic(
        observations, quantile, rng=rng, level=level, resamples=resamples, method="percentile"
    )


def bootstrap_ratio(
    numerator: ArrayLike,
    denominator: ArrayLike,
    *,
    rng: np.random.Generator,
    level: float = 0.95,
    resamples: int = 2000,
) -> Interval:
    """Return mean(numerator) / mean(denominator) of paired (n,) observations, with BCa interval.

    Raises `InputError` when the lengths differ or the denominator is not positive throughout.
    """
    above, below = np.asarray(numerator, np.float64), np.asarray(denominator, np.float64)
    if above.shape != below.shape or above.ndim != 1:
        raise InputError(f"paired observations need one length, got {above.shape}, {below.shape}")
    if not np.all(below > 0):
        raise InputError(f"the denominator must be positive, its smallest value is {below.min()}")
    pairs = np.stack([above, below], axis=1)
    return bootstrap_statistic(pairs, _ratio_of_means, rng=rng, level=level, resamples=resamples)


def bootstrap_proportion(
    hits: ArrayLike,
    *,
    rng: np.random.Generator,
    level: float = 0.95,
    resamples: int = 2000,
) -> Interval:
    """Return the share of true values in (n,) booleans with its percentile interval.

    With no hit, or nothing but hits, this interval has no width: prefer `wilson`.
    """
    data = np.asarray(hits)
    if not np.all((data == 0) | (data == 1)):
        raise InputError("hits must be booleans, or zeros and ones")
    return bootstrap_statistic(
        data, _mean, rng=rng, level=level, resamples=resamples, method="percentile"
    )


def wilson(hits: int, trials: int, *, level: float = 0.95) -> Interval:
    """Return hits / trials with Wilson's score interval (Wilson 1927), sound for small counts."""
    _check_level(level)
    if trials < 1 or not 0 <= hits <= trials:
        raise InputError(f"need 0 <= hits <= trials and trials >= 1, got {hits} of {trials}")
    z = NormalDist().inv_cdf((1 + level) / 2)
    share = hits / trials
    centre = (share + z * z / (2 * trials)) / (1 + z * z / trials)
    reach = z / (1 + z * z / trials) * sqrt(share * (1 - share) / trials + (z / trials / 2) ** 2)
    return Interval(
        share, max(0.0, min(centre - reach, share)), min(1.0, max(centre + reach, share))
    )


def _mean(values: Values) -> Values:
    return np.asarray(values.mean(axis=1), dtype=np.float64)


def _ratio_of_means(pairs: Values) -> Values:
    means = pairs.mean(axis=1)
    return np.asarray(means[:, 0] / means[:, 1], dtype=np.float64)


def _checked(observations: ArrayLike) -> Values:
    data = np.asarray(observations, dtype=np.float64)
    if data.ndim not in (1, 2) or len(data) < 2:
        raise InputError(
            f"an interval needs (n,) or (n, k) observations with n >= 2, got shape {data.shape}"
        )
    if not np.all(np.isfinite(data)):
        raise InputError(f"{int((~np.isfinite(data)).sum())} observations are not finite")
    return data


def _check_level(level: float) -> None:
    if not 0 < level < 1:
        raise InputError(f"a confidence level lies between 0 and 1, got level={level}")


def _replicates(
    data: Values, statistic: Statistic, resamples: int, rng: np.random.Generator
) -> Values:
    n = len(data)
    chunk = max(1, _CHUNK_VALUES // data.size)
    parts = [
        statistic(data[rng.integers(0, n, size=(min(chunk, resamples - start), n))])
        for start in range(0, resamples, chunk)
    ]
    return np.concatenate(parts)


def _bca_tails(
    data: Values, statistic: Statistic, value: float, replicates: Values, tails: Values
) -> Values:
    """Shift the tail probabilities by bias and acceleration (equations 14.9 to 14.15)."""
    normal = NormalDist()
    below = (np.sum(replicates < value) + 0.5 * np.sum(replicates == value)) / len(replicates)
    half_step = 0.5 / len(replicates)  # keeps the bias finite when every replicate is on one side
    bias = normal.inv_cdf(float(np.clip(below, half_step, 1 - half_step)))
    acceleration = _acceleration(_jackknife(data, statistic))
    shifted = []
    for tail in tails:
        z = bias + normal.inv_cdf(float(tail))
        room = 1 - acceleration * z
        shifted.append(normal.cdf(bias + z / room) if room > 0 else float(z > 0))
    return np.array(shifted)


def _jackknife(data: Values, statistic: Statistic) -> Values:
    n = len(data)
    columns = np.arange(n - 1)
    chunk = max(1, _CHUNK_VALUES // data.size)
    parts = []
    for start in range(0, n, chunk):
        left_out = np.arange(start, min(start + chunk, n))[:, None]
        parts.append(statistic(data[columns + (columns >= left_out)]))
    return np.concatenate(parts)


def _acceleration(jackknife: Values) -> float:
    deviations = jackknife.mean() - jackknife
    scale = float(np.sum(deviations**2)) ** 1.5
    return float(np.sum(deviations**3)) / (6 * scale) if scale > 0 else 0.0
