"""A network of words trained where the words are: a fleet's steps, added without being seen.

Federated averaging (McMahan et al. 2017, arXiv:1602.05629) with every device's step clipped, so
that noise on the sum makes the network private for each of them (McMahan et al. 2018,
arXiv:1710.06963).
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from firsthand.errors import ConfigError
from firsthand.federated.queries.extending import LETTERS
from firsthand.federated.queries.query import Integers, Values, checked_source, known, number, whole
from firsthand.federated.stepping import Stepped, Stepping, packed, unpacked
from firsthand.federated.words.network import Floats, Network, Places

LONGEST: Final = 32


@known
@dataclass(frozen=True)
class Lesson(Stepped):
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

    def __post_init__(self) -> None:
        checked_source(self.source)
        whole("longest", self.longest, 1, LONGEST)
        for name, most in (("words", 1_000), ("steps", 100), ("hidden", 4_096)):
            whole(name, getattr(self, name), 1, most)
        if number("rate", self.rate) <= 0:
            raise ConfigError(f"rate is above 0, not {self.rate}")
        if not isinstance(self.characters, str):
            raise ConfigError(f"characters are a text, not {self.characters!r}")
        assert self.stepping.size == len(self.begun)

    @classmethod
    def of(cls, source: str, network: Network, weights: Floats, **more: object) -> "Lesson":
        """Return the lesson of a network."""
        return cls(source, packed(weights), network.characters, network.hidden, **more)  # type: ignore[arg-type]

    @cached_property
    def network(self) -> Network:
        """The network's form."""
        return Network(self.characters, self.hidden)

    @cached_property
    def begun(self) -> Floats:
        """The weights to begin with (size,)."""
        return unpacked(self.weights, self.network.size)

    @cached_property
    def stepping(self) -> Stepping:
        """How a change becomes whole numbers."""
        return Stepping(self.network.size, self.clip, self.grid)

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
        return self.stepping.whole(weights - self.begun, rng)
