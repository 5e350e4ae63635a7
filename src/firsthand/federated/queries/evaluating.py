"""How good a model is on records that stay on people's devices."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final

import numpy as np
from numpy.typing import NDArray

from firsthand.errors import ConfigError, InputError
from firsthand.federated.accounting import Reach
from firsthand.federated.queries.answer import Answer, Estimate
from firsthand.federated.queries.measuring import moments, spread_over
from firsthand.federated.queries.query import (
    Integers,
    Values,
    checked_range,
    checked_source,
    known,
    numbers_of,
    whole,
)
from firsthand.runtime import Model, load_runner

Metric = Callable[[NDArray[Any], Any], float]
"""Tells from a model's first output and what is true how good it is."""

_SHA256: Final = 64


@known
@dataclass(frozen=True)
class Evaluation:
    """The mean of a metric of a model over all examples of all devices.

    `model` is the SHA-256 of its file, `metric` its name on devices. Each value is clipped to the
    range and counted in `steps` of it: with one step from 0 to 1 an accuracy is exact. A device
    takes part with at most `most` examples.
    """

    source: str
    model: str
    metric: str = "accuracy"
    low: float = 0.0
    high: float = 1.0
    steps: int = 1
    most: int = 100

    length: ClassVar[int] = 3

    def __post_init__(self) -> None:
        checked_source(self.source)
        if len(self.model) != _SHA256 or set(self.model) - set("0123456789abcdef"):
            raise ConfigError(f"a model is named by its SHA-256, not {self.model!r}")
        checked_range(self.low, self.high)
        whole("steps", self.steps, 1, 10_000)
        whole("most", self.most, 1, 100_000)

    @property
    def largest(self) -> int:
        """All of a device's examples at their best."""
        return self.most * self.steps

    @property
    def reach(self) -> Reach:
        """Three numbers: examples, values, and their squares."""
        return Reach(3, self.largest)

    def local(self, values: Values) -> Integers:
        """Return the sums over a device's values of the metric, as `metric_values` has them."""
        some = numbers_of(spread_over(values, self.most), self.source)
        share = (np.clip(some, self.low, self.high) - self.low) / (self.high - self.low)
        steps = np.rint(share * self.steps).astype(np.int64)
        squares = round(float((steps**2).sum()) / self.steps)
        return np.array([len(some) * self.steps, int(steps.sum()), squares])

    def answer(self, total: NDArray[np.float64], devices: int, noise: float) -> Answer:
        """Return the mean over all examples."""
        count, mean, spread = moments(total, self.steps, noise)
        reach = self.high - self.low
        found = Estimate.normal(
            self.metric, self.low + mean * reach, spread * reach, self.low, self.high
        )
        if count <= 0:
            found = Estimate(self.metric, (self.low + self.high) / 2, self.low, self.high)
        return Answer((found,), devices, noise)


def is_right(output: NDArray[Any], label: Any) -> float:
    """Tell whether the likeliest class is the true one: accuracy."""
    return float(int(output.argmax()) == int(label))


def is_among_three(output: NDArray[Any], label: Any) -> float:
    """Tell whether the true class is among the three likeliest."""
    return float(int(label) in np.argsort(-output.ravel(), kind="stable")[:3])


METRICS: Final[dict[str, Metric]] = {"accuracy": is_right, "top3": is_among_three}


def metric_values(
    model: Model, examples: Sequence[tuple[NDArray[Any], Any]], metric: Metric | str = "accuracy"
) -> list[float]:
    """Run a model on a device's examples, pairs of its input and what is true; nothing leaves.

    Inputs are of the model's own shape and dtype. `ConfigError` for a metric nobody knows,
    `InputError` for one that gives no finite number, `ModelError` for a file not as its card says.
    """
    if isinstance(metric, str):
        if metric not in METRICS:
            raise ConfigError(f"no metric {metric!r}; there are {', '.join(METRICS)}")
        metric = METRICS[metric]
    runner = load_runner(model, threads=1)
    found = []
    for example, truth in examples:
        value = metric(runner(example)[0], truth)
        if not np.isfinite(value):
            raise InputError(f"{model.card.name}: its metric is {value} for what is {truth!r}")
        found.append(float(value))
    return found
