"""Steps of training as whole numbers: clipped, rounded at random, within a length that is known.

What is summed over a fleet are numbers around a middle. Random rounding is done again until the
whole is no longer than its bound (Kairouz et al. 2021, arXiv:2102.06387, section 4), so that noise
on the sum has a known effect on privacy.
"""

from abc import ABC, abstractmethod
from base64 import b64decode, b64encode
from dataclasses import dataclass
from functools import cached_property
from math import sqrt
from typing import ClassVar, Final

import numpy as np
from numpy.typing import NDArray

from firsthand.errors import ConfigError
from firsthand.federated.accounting import Reach, epsilon_of_sampled
from firsthand.federated.queries.answer import Answer, Estimate
from firsthand.federated.queries.query import Integers, number, whole

Floats = NDArray[np.float32]

_TRIES: Final = 100
_MEAN: Final = 0.9
_SQUARE: Final = 0.99
_LEAST: Final = 1e-5


@dataclass(frozen=True)
class Stepping:
    """How changes of `size` weights become whole numbers: `grid` steps for a length of `clip`."""

    size: int
    clip: float
    grid: int

    def __post_init__(self) -> None:
        whole("grid", self.grid, 1, 2**20)
        if number("clip", self.clip) <= 0:
            raise ConfigError(f"clip is above 0, not {self.clip}")

    @property
    def middle(self) -> int:
        """What stands for no change."""
        return self.grid + 1

    @property
    def bound(self) -> float:
        """Of a change's length in steps: what random rounding exceeds in six of ten at most."""
        return sqrt(self.grid**2 + self.size / 4 + (self.grid + sqrt(self.size) / 2))

    @property
    def reach(self) -> Reach:
        """A device may change all numbers, together by so much."""
        return Reach(self.size, self.middle, self.bound)

    def whole(self, change: Floats, rng: np.random.Generator) -> Integers:
        """Return changes (devices, size) clipped and in steps, around 0."""
        length = np.sqrt((change**2).sum(axis=1, keepdims=True))
        shorter = np.minimum(1.0, self.clip / np.maximum(length, 1e-12))
        change = change * (self.grid / self.clip * shorter)
        found = np.zeros(change.shape, np.int64)
        left = np.arange(len(change))
        for _ in range(_TRIES):
            some = change[left]
            down = np.floor(some)
            found[left] = down + (rng.random(some.shape, np.float32) < some - down)
            norms = np.sqrt((found[left].astype(np.float64) ** 2).sum(axis=1))
            left = left[norms > self.bound]
            if not len(left):
                return found
        found[left] = np.trunc(change[left])  # never longer than it was
        return found

    def mean(self, total: NDArray[np.float64], devices: int) -> Floats:
        """Return the mean change of so many devices, of the sum of their numbers."""
        found: Floats = ((total / devices - self.middle) * (self.clip / self.grid)).astype("f4")
        return found


class Stepped(ABC):
    """A question whose answer is a device's change of weights, as whole numbers around `middle`."""

    said: ClassVar[str] = "length of the mean change"

    @cached_property
    @abstractmethod
    def stepping(self) -> Stepping:
        """How a change becomes whole numbers."""

    @property
    def length(self) -> int:
        """A number for each weight."""
        return self.stepping.size

    @property
    def middle(self) -> int:
        """What stands for no change."""
        return self.stepping.middle

    @property
    def largest(self) -> int:
        """A change by all of the clip, and the rounding."""
        return 2 * self.middle

    @property
    def reach(self) -> Reach:
        """A device may change all numbers, together by so much."""
        return self.stepping.reach

    def mean(self, total: NDArray[np.float64], devices: int) -> Floats:
        """Return the mean change of so many devices, of their sum."""
        return self.stepping.mean(total, devices)

    def answer(self, total: NDArray[np.float64], devices: int, noise: float) -> Answer:
        """Return the length of the mean change, noise included; `mean` has the change itself."""
        length = float(np.linalg.norm(self.mean(total, devices)))
        return Answer((Estimate(self.said, length, 0.0, self.stepping.clip),), devices, noise)


@dataclass(frozen=True, eq=False)
class Course:
    """What a fleet trains: weights (size,), and changes' running means and mean squares.

    By Adam over each round's mean change (Reddi et al. 2021, arXiv:2003.00295).
    """

    weights: Floats
    mean: Floats
    square: Floats
    rounds: int = 0

    @classmethod
    def begin(cls, weights: Floats) -> "Course":
        """Return the course before its first round."""
        return cls(weights, np.zeros_like(weights), np.zeros_like(weights))

    def after(self, change: Floats, speed: float = 0.02) -> "Course":
        """Return the course after a round's mean change; `speed` is how far a weight may go."""
        rounds = self.rounds + 1
        mean = _MEAN * self.mean + (1 - _MEAN) * change
        square = _SQUARE * self.square + (1 - _SQUARE) * change**2
        step = mean / (1 - _MEAN**rounds) / (np.sqrt(square / (1 - _SQUARE**rounds)) + _LEAST)
        return Course((self.weights + speed * step).astype(np.float32), mean, square, rounds)


def course_epsilon(multiplier: float, share: float, rounds: int, delta: float) -> float:
    """Return what a course costs a device towards who sees only what is trained, at a delta.

    Every round has noise of `multiplier` times the most that a device may add, and each device is
    in it with the chance `share`, which nobody knows of. A server knows who came: towards it a
    device pays for each round it is in, as its ledger says.
    """
    return epsilon_of_sampled(multiplier, share, rounds, delta)


def packed(weights: Floats) -> str:
    """Return weights as text: float32 in base 64."""
    return b64encode(weights.astype("<f4").tobytes()).decode()


def unpacked(text: object, size: int) -> Floats:
    """Return the weights (size,) of a text; `ConfigError` for what is none."""
    if not isinstance(text, str):
        raise ConfigError("weights are a text in base 64")
    try:
        found = np.frombuffer(b64decode(text, validate=True), "<f4").astype(np.float32)
    except ValueError as error:
        raise ConfigError(f"weights that are none: {error}") from error
    if found.shape != (size,) or not np.isfinite(found).all():
        raise ConfigError(f"{found.size} weights, of {size} finite ones that are needed")
    return found
