"""A network of words trained where the words are: a fleet's steps, added without being seen.

Federated averaging (McMahan et al. 2017, arXiv:1602.05629) with every device's step clipped, so
that noise on the sum makes the network private for each of them (McMahan et al. 2018,
arXiv:1710.06963). Steps become whole numbers by random rounding, again until their length is
within its bound (Kairouz et al. 2021, arXiv:2102.06387, section 4).
"""

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
from firsthand.federated.queries.extending import LETTERS
from firsthand.federated.queries.query import Integers, Values, checked_source, known, number, whole
from firsthand.federated.words.network import Floats, Network, Places

LONGEST: Final = 32

_TRIES: Final = 100
_MEAN: Final = 0.9
_SQUARE: Final = 0.99
_LEAST: Final = 1e-5


@known
@dataclass(frozen=True)
class Lesson:
    """How a device would change a network of words for its own: `steps` down its loss by `rate`.

    `weights` are float32 in base 64. A device learns from `words` of its own, drawn at random, of
    up to `longest` known characters, those of `familiar` left out. What it reports has a length of
    `clip` at most, in `grid` steps of whole numbers.
    """

    source: str
    weights: str
    characters: str = LETTERS
    hidden: int = 64
    longest: int = 12
    words: int = 16
    steps: int = 1
    rate: float = 1.0
    clip: float = 1.0
    grid: int = 1_024
    familiar: tuple[str, ...] = ()

    said: ClassVar[str] = "length of the mean change"

    def __post_init__(self) -> None:
        checked_source(self.source)
        whole("longest", self.longest, 1, LONGEST)
        for name, most in (("words", 1_000), ("steps", 100), ("grid", 2**20), ("hidden", 4_096)):
            whole(name, getattr(self, name), 1, most)
        if min(number("rate", self.rate), number("clip", self.clip)) <= 0:
            raise ConfigError(f"rate and clip are above 0, not {self.rate} and {self.clip}")
        if not isinstance(self.characters, str) or not isinstance(self.weights, str):
            raise ConfigError("characters are a text, and weights one in base 64")
        if self.begun.shape != (self.network.size,) or not np.isfinite(self.begun).all():
            raise ConfigError(
                f"{self.begun.size} weights, of {self.network.size} finite ones that are needed"
            )

    @classmethod
    def of(cls, source: str, network: Network, weights: Floats, **more: object) -> "Lesson":
        """Return the lesson of a network."""
        text = b64encode(weights.astype("<f4").tobytes()).decode()
        return cls(source, text, network.characters, network.hidden, **more)  # type: ignore[arg-type]

    @cached_property
    def network(self) -> Network:
        """The network's form."""
        return Network(self.characters, self.hidden)

    @cached_property
    def begun(self) -> Floats:
        """The weights to begin with (size,)."""
        try:
            return np.frombuffer(b64decode(self.weights, validate=True), "<f4").astype(np.float32)
        except ValueError as error:
            raise ConfigError(f"weights that are none: {error}") from error

    @property
    def length(self) -> int:
        """A number for each weight."""
        return self.network.size

    @property
    def middle(self) -> int:
        """What stands for no change."""
        return self.grid + 1

    @property
    def largest(self) -> int:
        """A change by all of the clip, and the rounding."""
        return 2 * self.middle

    @property
    def reach(self) -> Reach:
        """A device may change all numbers, together by so much."""
        return Reach(self.length, self.middle, self._bound)

    def local(self, values: Values, rng: np.random.Generator | None = None) -> Integers:
        """Return a device's change, around `middle`; without words there is none."""
        rng = rng or np.random.default_rng()
        familiar = frozenset(self.familiar)
        own = [each for each in values if isinstance(each, str) and each not in familiar]
        words = self.network.encoded(own, self.longest)
        if len(words) > self.words:
            words = words[rng.choice(len(words), self.words, replace=False)]
        if not len(words):
            return np.full(self.length, self.middle, np.int64)
        change: Integers = self.changes(words[None], rng)[0] + self.middle
        return change

    def changes(self, words: Places, rng: np.random.Generator) -> Integers:
        """Return the changes (devices, size) of devices' words (devices, words, characters)."""
        weights = self.begun[None]
        for _ in range(self.steps):
            weights = weights - np.float32(self.rate) * self.network.loss(weights, words)[1]
        change = weights - self.begun
        length = np.sqrt((change**2).sum(axis=1, keepdims=True))
        change *= self.grid / self.clip * np.minimum(1.0, self.clip / np.maximum(length, 1e-12))
        found = np.zeros(change.shape, np.int64)
        left = np.arange(len(change))
        for _ in range(_TRIES):
            some = change[left]
            down = np.floor(some)
            found[left] = down + (rng.random(some.shape, np.float32) < some - down)
            norms = np.sqrt((found[left].astype(np.float64) ** 2).sum(axis=1))
            left = left[norms > self._bound]
            if not len(left):
                return found
        found[left] = np.trunc(change[left])  # never longer than it was
        return found

    def mean(self, total: NDArray[np.float64], devices: int) -> Floats:
        """Return the mean change of so many devices, of their sum."""
        found: Floats = ((total / devices - self.middle) * (self.clip / self.grid)).astype("f4")
        return found

    def answer(self, total: NDArray[np.float64], devices: int, noise: float) -> Answer:
        """Return the length of the mean change, noise included; `mean` has the change itself."""
        length = float(np.linalg.norm(self.mean(total, devices)))
        return Answer((Estimate(self.said, length, 0.0, self.clip),), devices, noise)

    @cached_property
    def _bound(self) -> float:
        """Of a change's length in steps: what random rounding exceeds in six of ten at most."""
        size, grid = self.length, self.grid
        return sqrt(grid**2 + size / 4 + (grid + sqrt(size) / 2))


@dataclass(frozen=True, eq=False)
class Course:
    """A network that a fleet trains: its weights, and changes' running means and mean squares.

    By Adam over each round's mean change (Reddi et al. 2021, arXiv:2003.00295).
    """

    network: Network
    weights: Floats
    mean: Floats
    square: Floats
    rounds: int = 0

    @classmethod
    def begin(cls, network: Network, rng: np.random.Generator) -> "Course":
        """Return the course before its first round."""
        nothing = np.zeros(network.size, np.float32)
        return cls(network, network.begin(rng), nothing, nothing)

    def after(self, change: Floats, speed: float = 0.02) -> "Course":
        """Return the course after a round's mean change; `speed` is how far a weight may go."""
        rounds = self.rounds + 1
        mean = _MEAN * self.mean + (1 - _MEAN) * change
        square = _SQUARE * self.square + (1 - _SQUARE) * change**2
        step = mean / (1 - _MEAN**rounds) / (np.sqrt(square / (1 - _SQUARE**rounds)) + _LEAST)
        weights = (self.weights + speed * step).astype(np.float32)
        return Course(self.network, weights, mean, square, rounds)


def course_epsilon(multiplier: float, share: float, rounds: int, delta: float) -> float:
    """Return what a course costs a device towards who sees only the network, at a delta.

    Every round has noise of `multiplier` times the most that a device may add, and each device is
    in it with the chance `share`, which nobody knows of. A server knows who came: towards it a
    device pays for each round it is in, as its ledger says.
    """
    return epsilon_of_sampled(multiplier, share, rounds, delta)
