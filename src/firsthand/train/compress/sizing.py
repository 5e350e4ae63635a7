"""How wide students are to be, for what they may cost."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from firsthand.compress.budgets import Budget
from firsthand.errors import ConfigError
from firsthand.train.budget import latency_of
from firsthand.train.compress.channels import Channels, narrowed

TIMES_SMALLER: Final = 100
TIMES_FEWER_MACS: Final = 36
"""What the smallest student is to reach where no budget is given: Learn2Compress's figures."""

_LARGEST: Final = 0.5
_SMALLEST: Final = 0.125
_SMALLEST_OF_BUDGET: Final = 0.5
_NARROWEST: Final = 0.01
_STEPS: Final = 12
_TIMED_STEPS: Final = 6
# Found by fitting int8 files of MobileNets and ResNets; see the tests.
_BYTES_A_CHANNEL: Final = 29
_BYTES_A_LAYER: Final = 750
_BYTES_A_FILE: Final = 2_500


@dataclass(frozen=True, slots=True)
class Cost:
    """What one picture takes: multiply-accumulates, and about how many bytes an int8 file has."""

    macs: int
    bytes: int


def cost_of(model: nn.Module, example: Tensor) -> Cost:
    """Return what a network costs for pictures such as `example` (1, 3, h, w)."""
    macs, octets = 0, _BYTES_A_FILE

    def count(unit: Any, _inputs: Any, output: Tensor) -> None:
        nonlocal macs, octets
        weight = unit.weight
        places = output.numel() // weight.shape[0]
        macs += places * weight.numel()
        octets += weight.numel() + _BYTES_A_CHANNEL * len(weight) + _BYTES_A_LAYER

    layers = [unit for unit in model.modules() if isinstance(unit, nn.Conv2d | nn.Linear)]
    hooks = [unit.register_forward_hook(count) for unit in layers]
    was_training = model.training
    try:
        with torch.no_grad():
            model.eval()(example)
    finally:
        model.train(was_training)
        for hook in hooks:
            hook.remove()
    return Cost(macs, octets)


def widths_for(
    model: nn.Module,
    channels: Channels,
    importance: NDArray[np.float64],
    example: Tensor,
    budget: Budget,
    count: int,
) -> tuple[float, ...]:
    """Return the widths of `count` students of a network, the widest first.

    With a budget of bytes, multiply-accumulates or time the widest is as wide as it allows, the
    narrowest half as wide. Without one they reach from half the network's width to a hundredth of
    its bytes and a thirty-sixth of its multiply-accumulates, or an eighth of its width where it is
    too small for that. Times are measured, here and now. Raises `ConfigError` where nothing is
    narrow enough for a budget, telling what can be reached.
    """

    def at(width: float) -> nn.Module:
        return narrowed(model, channels, channels.kept(width, importance))

    def fits(width: float, limits: Budget) -> bool:
        cost = cost_of(at(width), example)
        return (limits.macs is None or cost.macs <= limits.macs) and (
            limits.bytes is None or cost.bytes <= limits.bytes
        )

    if budget.bytes is None and budget.macs is None and not _timed(budget):
        weights = 4 * sum(value.numel() for value in model.parameters())
        aim = Budget(
            bytes=weights // TIMES_SMALLER,
            macs=cost_of(model, example).macs // TIMES_FEWER_MACS,
        )
        reached = fits(_NARROWEST, aim)
        smallest = _largest(lambda width: fits(width, aim), _STEPS) if reached else _SMALLEST
        return _spread(max(_LARGEST, smallest), smallest, count)
    if not fits(_NARROWEST, budget):
        least = cost_of(at(_NARROWEST), example)
        raise ConfigError(
            f"no width of {type(model).__name__} is within {budget}: four channels a layer still "
            f"take {least.bytes / 1e3:.4g} KB and {least.macs / 1e6:.4g} M multiply-accumulates"
        )
    largest = _largest(lambda width: fits(width, budget), _STEPS)
    if _timed(budget):
        largest = min(largest, _in_time(at, example, budget, largest))
    return _spread(largest, _SMALLEST_OF_BUDGET * largest, count)


def _in_time(
    at: Callable[[float], nn.Module], example: Tensor, budget: Budget, most: float
) -> float:
    side = example.shape[2], example.shape[3]

    def time_us(width: float) -> tuple[float, float]:
        found = latency_of(at(width), side, int8=True)
        return found.median_us.high, found.p90_us.high

    def fits(width: float) -> bool:
        median, p90 = time_us(width)
        return median <= (budget.median_us or np.inf) and p90 <= (budget.p90_us or np.inf)

    if fits(most):
        return most
    if not fits(_NARROWEST):
        median, p90 = time_us(_NARROWEST)
        raise ConfigError(
            f"no width is within {budget}: four channels a layer still take {median / 1e3:.3g} ms, "
            f"nine in ten {p90 / 1e3:.3g} ms"
        )
    return _largest(fits, _TIMED_STEPS, most)


def _largest(fits: Callable[[float], bool], steps: int, most: float = 1.0) -> float:
    """Return the largest width that fits, of those up to `most`, by halving the doubt."""
    if fits(most):
        return most
    low, high = _NARROWEST, most
    for _ in range(steps):
        middle = float(np.sqrt(low * high))
        low, high = (middle, high) if fits(middle) else (low, middle)
    return low


def _spread(largest: float, smallest: float, count: int) -> tuple[float, ...]:
    if count == 1:
        return (smallest if largest == _LARGEST else largest,)
    return tuple(float(each) for each in np.geomspace(largest, smallest, count))


def _timed(budget: Budget) -> bool:
    return budget.median_us is not None or budget.p90_us is not None
