"""Words that nobody listed: beginnings that many devices have are made longer, round by round.

Two ways. `TrieHH` (Zhu et al. 2020, arXiv:1902.08534) samples devices and keeps what enough of them
vote for: sampling and threshold are its privacy, towards whoever sees what is kept. A server that
looks at the sums of secure aggregation sees also what is not. `PrefixTree` (after Chadha et al.
2023, arXiv:2307.11749) adds noise before masking, so that the sums themselves are private, goes on
by as many characters at once as a sum has room for, and lets a device vote for several words.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from math import exp, factorial
from statistics import NormalDist
from typing import Any, Final, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from firsthand.errors import ConfigError
from firsthand.federated.accounting import Reach, deviation_for
from firsthand.federated.queries.extending import END, LETTERS, Extensions

LONGEST_WORD: Final = 64

_ROOM: Final = 100_000
_WRONG: Final = 0.05


@dataclass(frozen=True, slots=True)
class Word:
    """What was discovered, and how many votes it had, noise included."""

    word: str
    votes: float


class Search(Protocol):
    """A discovery under way: the next question, and what becomes of it by the answer."""

    @property
    def words(self) -> tuple[Word, ...]:
        """What was discovered, the most votes first."""
        ...

    @property
    def question(self) -> Extensions | None:
        """The next round's question; None when there is none."""
        ...

    @property
    def deviation(self) -> float:
        """Of the noise that the round's sum needs for the privacy that is promised."""
        ...

    def after(self, total: NDArray[np.float64], noise: float) -> Self:
        """Return the search after a round whose sum is `total`, with noise of a deviation."""
        ...


def discover(search: Any, ask: Callable[[Extensions], tuple[NDArray[np.float64], float]]) -> Any:
    """Ask all rounds of a search, and return it when it is done.

    `ask` returns a question's sum and the deviation of the noise in it.
    """
    while (question := search.question) is not None:
        search = search.after(*ask(question))
    return search


@dataclass(frozen=True)
class TrieHH:
    """`devices` in all, of which `sample` take part in a round, each with one vote.

    A word has at most `longest` characters. The whole search is (epsilon, delta)-private towards
    whoever sees only what is kept; `known` words are not asked about.
    """

    source: str
    devices: int
    epsilon: float
    delta: float
    longest: int = 10
    characters: str = LETTERS
    known: tuple[str, ...] = ()
    prefixes: tuple[str, ...] = ("",)
    found: tuple[Word, ...] = ()

    deviation = 0.0

    def __post_init__(self) -> None:
        if not (self.epsilon > 0 and 0 < self.delta < 1 and 1 <= self.longest <= LONGEST_WORD):
            raise ConfigError(f"epsilon is above 0, delta below 1, words short: {self}")
        if self.sample < self.threshold:
            raise ConfigError(
                f"{self.devices} devices are too few for epsilon {self.epsilon:g} at delta "
                f"{self.delta:g}: {self.sample} of them would take part, and {self.threshold} "
                "votes are needed"
            )

    @cached_property
    def threshold(self) -> int:
        """Votes that an extension needs: theta, the least for which theorem 1 gives delta."""
        theta = max(4, int(np.ceil(exp(self.epsilon / self.rounds) - 1)))
        while (theta - 2) / ((theta - 3) * factorial(theta)) > self.delta:
            theta += 1
        return theta

    @property
    def rounds(self) -> int:
        """The most that there may be: a character each, and the end."""
        return self.longest + 1

    @cached_property
    def sample(self) -> int:
        """How many devices take part in a round, drawn anew each time."""
        return int(self.devices * (1 - exp(-self.epsilon / self.rounds)) / self.threshold)

    @property
    def words(self) -> tuple[Word, ...]:
        """What was discovered."""
        return _ordered(self.found)

    @property
    def question(self) -> Extensions | None:
        """The next round's question."""
        if not self.prefixes:
            return None
        return Extensions(self.source, self.prefixes, self.characters, known=self.known)

    def after(self, total: NDArray[np.float64], noise: float) -> "TrieHH":  # noqa: ARG002
        """Return the search after a round."""
        question = self.question
        assert question is not None
        kept = dict(question.above(total, self.threshold))
        words, prefixes = _parted(kept, self.longest)
        return replace(self, found=self.found + words, prefixes=prefixes)


@dataclass(frozen=True)
class PrefixTree:
    """`rounds` of sums that are together (epsilon, delta)-private for each device.

    A sum has `room` for so many numbers. A device votes for `votes` words in a round. Extensions
    are kept that have more votes than noise alone would give one of them but in a share of `wrong`
    searches; of those, as many as the next round has room for.
    """

    source: str
    epsilon: float
    delta: float
    rounds: int = 6
    votes: int = 1
    longest: int = 10
    characters: str = LETTERS
    known: tuple[str, ...] = ()
    room: int = _ROOM
    wrong: float = _WRONG
    asked: int = 0
    prefixes: tuple[str, ...] = ("",)
    found: tuple[Word, ...] = field(default=())

    def __post_init__(self) -> None:
        if not (1 <= self.rounds <= LONGEST_WORD and 1 <= self.longest <= LONGEST_WORD):
            raise ConfigError(f"rounds and characters of a word are 1 to {LONGEST_WORD}: {self}")
        if not 0 < self.wrong < 1 or self.room < len(self.characters) + 1:
            raise ConfigError(f"a sum has room for one extension by a character, at least: {self}")

    @cached_property
    def deviation(self) -> float:
        """Of the noise in each round's sum."""
        return deviation_for(self.epsilon, self.delta, Reach(self.votes, 1), times=self.rounds)

    @property
    def words(self) -> tuple[Word, ...]:
        """What was discovered."""
        return _ordered(self.found)

    @property
    def question(self) -> Extensions | None:
        """The next round's question, by as many characters as there is room for."""
        if not self.prefixes or self.asked == self.rounds:
            return None
        base, step = len(self.characters) + 1, 1
        left = self.longest + 1 - min(map(len, self.prefixes))
        while step < left and len(self.prefixes) * base ** (step + 1) <= self.room:
            step += 1
        return Extensions(self.source, self.prefixes, self.characters, step, self.votes, self.known)

    def after(self, total: NDArray[np.float64], noise: float) -> "PrefixTree":
        """Return the search after a round."""
        question = self.question
        assert question is not None
        chance = self.wrong / (self.rounds * question.length)
        least = max(1.0, noise * NormalDist().inv_cdf(1 - chance))
        kept = dict(question.above(total, least))
        words, prefixes = _parted(kept, self.longest)
        most = self.room // (len(self.characters) + 1)
        prefixes = tuple(sorted(sorted(prefixes, key=lambda each: -kept[each])[:most]))
        return replace(self, found=self.found + words, prefixes=prefixes, asked=self.asked + 1)


def _parted(kept: dict[str, float], longest: int) -> tuple[tuple[Word, ...], tuple[str, ...]]:
    """Return the words that end among extensions, and those that may go on."""
    words = tuple(Word(each.rstrip(END), votes) for each, votes in kept.items() if END in each)
    return words, tuple(sorted(each for each in kept if END not in each and len(each) <= longest))


def _ordered(found: tuple[Word, ...]) -> tuple[Word, ...]:
    return tuple(sorted(found, key=lambda each: (-each.votes, each.word)))
