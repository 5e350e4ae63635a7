"""How often known beginnings of words go on with what: the question that discovers words."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from random import Random, SystemRandom
from typing import ClassVar, Final

import numpy as np
from numpy.typing import NDArray

from firsthand.errors import ConfigError
from firsthand.federated.accounting import Reach
from firsthand.federated.queries.answer import Answer, Estimate
from firsthand.federated.queries.query import (
    LONGEST,
    Integers,
    Values,
    checked_source,
    known,
    whole,
)

END: Final = "\0"
"""What follows a word's last character."""

LETTERS: Final = "abcdefghijklmnopqrstuvwxyz'"

_DEEP: Final = 8
_MOST_VOTES: Final = 1_000
_SURE: Final = 4.0  # deviations of noise above which an extension is told of


@known
@dataclass(frozen=True)
class Extensions:
    """By which `step` of `characters` words go on that begin with one of `prefixes`.

    A device draws `votes` of its words that do, at random, and votes once for the extension of each
    different one. It does not vote for `known` words, nor for words with other characters. A word
    that ends is followed by `END`, as often as there is room.
    """

    source: str
    prefixes: tuple[str, ...] = ("",)
    characters: str = LETTERS
    step: int = 1
    votes: int = 1
    known: tuple[str, ...] = ()

    largest: ClassVar[int] = 1

    def __post_init__(self) -> None:
        checked_source(self.source)
        whole("step", self.step, 1, _DEEP)
        whole("votes", self.votes, 1, _MOST_VOTES)
        texts = all(isinstance(each, str) for each in (*self.prefixes, *self.known))
        if not texts or len(set(self.prefixes)) != len(self.prefixes) or not self.prefixes:
            raise ConfigError("prefixes are different texts, one at least, and known words texts")
        if (
            not isinstance(self.characters, str)
            or not 0 < len(set(self.characters)) == len(self.characters)
            or END in self.characters
        ):
            raise ConfigError("characters are different ones, without the end of a word")
        if self.length > LONGEST:
            raise ConfigError(
                f"{len(self.prefixes)} prefixes and {self.step} of {len(self.characters)} "
                f"characters are {self.length} extensions; {LONGEST} are the most"
            )

    @property
    def length(self) -> int:
        """How many extensions there are."""
        return int(len(self.prefixes) * self.base**self.step)

    @property
    def base(self) -> int:
        """How many characters there are, the end of a word among them."""
        return len(self.characters) + 1

    @property
    def reach(self) -> Reach:
        """A device votes for so many extensions."""
        return Reach(min(self.votes, self.length), 1)

    def local(self, values: Values, random: Random | None = None) -> Integers:
        """Return a device's votes; `random` draws them, the operating system's if not given."""
        places = [place for value in values if (place := self.place(value)) is not None]
        if len(places) > self.votes:
            places = (random or SystemRandom()).sample(places, self.votes)
        found = np.zeros(self.length, np.int64)
        found[places] = 1
        return found

    def place(self, word: object) -> int | None:
        """Return the place of a word's extension; None for one that is not voted for."""
        if not isinstance(word, str) or not word or word in self._known:
            return None
        for size in self._sizes:
            first = self._places.get(word[:size]) if len(word) >= size else None
            if first is not None:
                return self._at(first, word[size : size + self.step])
        return None

    def extended(self, place: int) -> str:
        """Return the prefix and extension at a place."""
        prefix, rest = divmod(place, int(self.base**self.step))
        said: list[str] = []
        for _ in range(self.step):
            rest, digit = divmod(rest, self.base)
            said.append(self.characters[digit - 1] if digit else END)
        return self.prefixes[prefix] + "".join(reversed(said))

    def above(self, total: NDArray[np.float64], least: float) -> Iterator[tuple[str, float]]:
        """Yield the extensions that have `least` votes or more, and how many."""
        for place in np.flatnonzero(total >= least).tolist():
            yield self.extended(place), float(total[place])

    def answer(self, total: NDArray[np.float64], devices: int, noise: float) -> Answer:
        """Return the extensions that are surely there, with their votes."""
        found = self.above(total, max(1.0, _SURE * noise))
        estimates = (Estimate.normal(name, count, noise, 0, devices) for name, count in found)
        return Answer(tuple(estimates), devices, noise)

    def _at(self, first: int, extension: str) -> int | None:
        place = first
        for character in extension.ljust(self.step, END):
            digit = self._digits.get(character)
            if digit is None:
                return None
            place = place * self.base + digit
        return place

    @cached_property
    def _digits(self) -> dict[str, int]:
        return {END: 0} | {each: place for place, each in enumerate(self.characters, 1)}

    @cached_property
    def _places(self) -> dict[str, int]:
        return {prefix: place for place, prefix in enumerate(self.prefixes)}

    @cached_property
    def _sizes(self) -> list[int]:
        return sorted({len(prefix) for prefix in self.prefixes}, reverse=True)

    @cached_property
    def _known(self) -> frozenset[str]:
        return frozenset(self.known)
