"""What a question costs in privacy, and what several cost together.

By privacy loss distributions, of the package `dp-accounting`, where a device changes few numbers of
a sum, each by little: the loss is then that of so many discrete Gaussians. By Renyi divergence
where only the length of what it adds is bounded (Canonne et al. 2020, theorem 4: the discrete
Gaussian loses no more than the continuous one).
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from firsthand.errors import ConfigError, MissingDependencyError

_STEP: Final = 1e-4
_PRECISE: Final = 1e-3
_LARGEST: Final = 1e4
_FINE: Final = 16  # steps of a unit, where the scale is not known yet
_FINE_ENOUGH: Final = 64
"""Steps of all that a device changes a number by: finer ones cost time, and change nothing."""


@dataclass(frozen=True, slots=True)
class Reach:
    """By how much one device may change a sum: `numbers` of it, each by at most `each`.

    `length` is the Euclidean length of the change, where that is less than these two allow.
    """

    numbers: int
    each: int
    length: float | None = None

    def __post_init__(self) -> None:
        if self.numbers < 1 or self.each < 1 or not (self.length is None or self.length > 0):
            raise ConfigError(f"a device changes at least a number by one, not {self}")


@dataclass(frozen=True, slots=True)
class Cost:
    """What one question cost: noise of a `deviation` on what a device may change by `reach`.

    Both count in the steps that are summed, which are whole numbers.
    `apart` and `failing` are how far the noise is from the ideal: see `noise.SharedNoise`.
    """

    deviation: float
    reach: Reach
    apart: float = 0.0
    failing: float = 0.0

    def epsilon(self, delta: float) -> float:
        """Return epsilon at a delta."""
        return epsilon_of([self], delta)


def epsilon_of(costs: Sequence[Cost], delta: float) -> float:
    """Return epsilon of several questions together, at a delta.

    Both kinds of loss are composed by themselves, each at half of delta, and then added. Infinite
    where the chance that noise fails is no less than delta.
    """
    if not 0 < delta < 1:
        raise ConfigError(f"delta is between 0 and 1, not {delta}")
    left = delta - sum(cost.failing for cost in costs)
    if left <= 0:
        return float("inf")
    few = [cost for cost in costs if cost.reach.length is None]
    long = [cost for cost in costs if cost.reach.length is not None]
    share = left / 2 if few and long else left
    found = 2 * sum(cost.apart * cost.reach.numbers for cost in costs)
    if few:
        found += _by_losses(tuple(few), share)
    if long:
        found += _by_renyi(tuple(long), share)
    return found


def deviation_for(epsilon: float, delta: float, reach: Reach, times: int = 1) -> float:
    """Return the least noise with which so many questions cost at most epsilon at a delta."""
    if not epsilon > 0:
        raise ConfigError(f"epsilon is above 0, not {epsilon}")
    each = min(_FINE * reach.each, _FINE_ENOUGH)
    steps = each / reach.each
    length = None if reach.length is None else steps * reach.length
    fine = Reach(reach.numbers, each, length)
    low, high = 1e-2 * fine.each, 1.0 * fine.each
    while epsilon_of([Cost(high, fine)] * times, delta) > epsilon:
        low, high = high, 2 * high
        if high > _LARGEST * fine.each:
            raise ConfigError(f"no noise makes epsilon {epsilon} at delta {delta} of {reach}")
    while high / low > 1 + _PRECISE:
        middle = (low * high) ** 0.5
        if epsilon_of([Cost(middle, fine)] * times, delta) > epsilon:
            low = middle
        else:
            high = middle
    return high / steps


def epsilon_of_sampled(multiplier: float, share: float, times: int, delta: float) -> float:
    """Return epsilon of so many sums with Gaussian noise, each over a secret random `share`.

    `multiplier` is the noise over the most that a device may change a sum by. By Renyi divergence
    (Mironov et al. 2019, arXiv:1908.10530).
    """
    if not (multiplier > 0 and 0 < share <= 1 and times >= 1 and 0 < delta < 1):
        raise ConfigError(f"noise {multiplier}, share {share}, {times} times at delta {delta}")
    accounting = _package("")
    accountant = _package("rdp.rdp_privacy_accountant").RdpAccountant()
    event = accounting.PoissonSampledDpEvent(share, accounting.GaussianDpEvent(multiplier))
    accountant.compose(event, times)
    return float(accountant.get_epsilon(delta))


@lru_cache(maxsize=256)
def _by_losses(costs: tuple[Cost, ...], delta: float) -> float:
    distribution = None
    alike = Counter((cost.deviation, cost.reach.each, cost.reach.numbers) for cost in costs)
    for (deviation, each, numbers), times in alike.items():
        mine = _losses(deviation, each).self_compose(numbers * times)
        distribution = mine if distribution is None else distribution.compose(mine)
    assert distribution is not None
    return float(distribution.get_epsilon_for_delta(delta))


@lru_cache(maxsize=256)
def _losses(deviation: float, each: int) -> Any:
    """Return the privacy loss of a number that changes by `each` under discrete Gaussian noise."""
    return _package("pld.privacy_loss_distribution").from_discrete_gaussian_mechanism(
        deviation, sensitivity=each, value_discretization_interval=_STEP, use_connect_dots=True
    )


def _by_renyi(costs: tuple[Cost, ...], delta: float) -> float:
    accounting = _package("")
    accountant = _package("rdp.rdp_privacy_accountant").RdpAccountant()
    for cost in costs:
        assert cost.reach.length is not None
        accountant.compose(accounting.GaussianDpEvent(cost.deviation / cost.reach.length))
    return float(accountant.get_epsilon(delta))


def _package(name: str) -> Any:
    from importlib import import_module

    try:
        return import_module(f"dp_accounting.{name}".rstrip("."))
    except ImportError as error:
        raise MissingDependencyError(
            'privacy is accounted for by dp-accounting: pip install "firsthand[federated]"'
        ) from error
