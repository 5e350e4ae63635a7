"""Texts as numbers without a vocabulary: what they hold is hashed, nothing is stored.

After Ravi 2017, "ProjectionNet" (arXiv:1708.00630), and Ravi and Kozareva 2018, "Self-Governing
Neural Networks for On-Device Short Text Classification" (EMNLP). There each n-gram adds to every
number of the projection, and the sums' signs are kept; here it adds to one (Weinberger et al. 2009,
"Feature Hashing for Large Scale Multitask Learning", arXiv:0902.2206), which is as good a sketch of
the n-grams for a small part of the additions.
"""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from firsthand.core import damage
from firsthand.errors import InputError

Hashes = NDArray[np.uint64]
Places = NDArray[np.int64]
Made = TypeVar("Made")

MOST_CHARACTERS: Final = 1_000_000
_AT_ONCE: Final = 1 << 17
_WIDEST: Final = 1 << 20
_LONGEST_GRAM: Final = 16
_LONGEST_WORD: Final = 64
_PREFIX: Final = 4
_SUFFIX: Final = 3
_FORMAT: Final = "firsthand text 1"
_WORDS: Final = re.compile(r"\w+|[^\w\s]")
# The 64-bit numbers of FNV-1a (Fowler, Noll and Vo), here over characters in place of bytes.
_FNV_START: Final = np.uint64(0xCBF29CE484222325)
_FNV_PRIME: Final = np.uint64(0x100000001B3)


@dataclass(frozen=True, slots=True)
class TextProjection:
    """Maps texts to `width` numbers, each -1, 0 or 1, by hashing their n-grams.

    A text is taken in small letters, as words (letters, digits and "_") and single other signs.
    `characters` are the lengths of n-grams of characters, taken from the words joined by a space,
    with one before the first and after the last; `words` those of n-grams of words. Each n-gram
    adds -1 or 1 to one of the numbers; which, its hash and `seed` say. What is returned are the
    sums' signs: where it came out even, and of a text without words, 0.

    The same in every process and on every machine. Raises `InputError` for settings that are out of
    range.
    """

    width: int = 4096
    characters: tuple[int, ...] = (4,)
    words: tuple[int, ...] = (1,)
    seed: int = 0

    def __post_init__(self) -> None:
        sizes = (*self.characters, *self.words)
        good = (
            _is_whole(self.width, 1, _WIDEST)
            and _is_whole(self.seed, 0, (1 << 32) - 1)
            and bool(sizes)
            and all(_is_whole(size, 1, _LONGEST_GRAM) for size in sizes)
            and all(len(set(each)) == len(each) for each in (self.characters, self.words))
        )
        if not good:
            raise InputError(
                f"a projection has a width from 1 to {_WIDEST}, lengths of n-grams from 1 to "
                f"{_LONGEST_GRAM}, each once, and a seed of 32 bits; got {self}"
            )

    def __call__(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return the projections (n, width) of n texts, float32: each is what it is alone.

        `InputError` for what is no text, or has over a million characters.
        """
        found = np.empty((len(texts), self.width), np.float32)
        done = 0
        for part in _parts(texts):
            keys, owners = self._keys(_Spelled(part))
            places = (keys >> np.uint64(1)) % np.uint64(self.width)
            signs = (keys & np.uint64(1)).astype(np.float64) * 2 - 1
            flat = owners * self.width + places.astype(np.int64)
            sums = np.bincount(flat, signs, len(part) * self.width)
            found[done : done + len(part)] = np.sign(sums).reshape(len(part), self.width)
            done += len(part)
        return found

    @property
    def settings(self) -> str:
        """The settings as JSON text, for a model's card; `from_settings` reads them."""
        return json.dumps({"projection": _FORMAT, **asdict(self)})

    @classmethod
    def from_settings(cls, text: str) -> "TextProjection":
        """Return the projection of which `settings` are; `InputError` where they are of none."""
        return _made_of(cls, "projection", text)

    def _keys(self, spelled: "_Spelled") -> tuple[Hashes, Places]:
        """Return a hash of each n-gram, and its text: characters first, each in order."""
        kinds = [
            *((spelled.characters, spelled.character_owners, size, 0) for size in self.characters),
            *((spelled.word_hashes(), spelled.word_owners, size, 1) for size in self.words),
        ]
        keys, owners = [], []
        for values, belong, size, kind in kinds:
            starts = np.arange(max(0, len(values) - size + 1))
            starts = starts[belong[starts] == belong[starts + size - 1]]
            salt = (self.seed << 8) | (size << 1) | kind
            keys.append(_mixed(_hashes(values, starts, np.full(len(starts), size)), salt))
            owners.append(belong[starts])
        return np.concatenate(keys), np.concatenate(owners)


@dataclass(frozen=True, slots=True)
class TextTokens:
    """Maps texts to the hashed words that a network reads one after another.

    A text's first `length` words, as `TextProjection` has them, are three whole numbers each: that
    of the word, below `words`, those of its first four and its last three letters, below `ends`.
    All are 0 where the text is shorter, and nowhere else. Raises `InputError` for settings that are
    out of range.
    """

    length: int = 32
    words: int = 1 << 15
    ends: int = 1 << 13

    def __post_init__(self) -> None:
        limits = ((self.length, 1), (self.words, 2), (self.ends, 2))
        if not all(_is_whole(value, least, _WIDEST) for value, least in limits):
            raise InputError(
                f"tokens have a length of at least 1, and at least 2 words and ends, all up to "
                f"{_WIDEST}; got {self}"
            )

    def __call__(self, texts: Sequence[str]) -> NDArray[np.int32]:
        """Return tokens (n, length, 3) of n texts, int32; raises as `TextProjection` does."""
        found = np.zeros((len(texts), self.length, 3), np.int32)
        done = 0
        for part in _parts(texts):
            spelled = _Spelled(part)
            owners = spelled.word_owners
            firsts = np.searchsorted(owners, np.arange(len(part)))
            at = np.arange(len(owners)) - firsts[owners]
            kept = at < self.length
            hashes = (spelled.word_hashes(), spelled.prefix_hashes(), spelled.suffix_hashes())
            for column, limit in enumerate((self.words, self.ends, self.ends)):
                keys = _mixed(hashes[column][kept], column)
                numbers = 1 + keys % np.uint64(limit - 1)
                found[done + owners[kept], at[kept], column] = numbers.astype(np.int32)
            done += len(part)
        return found

    @property
    def settings(self) -> str:
        """The settings as JSON text, for a model's card; `from_settings` reads them."""
        return json.dumps({"tokens": _FORMAT, **asdict(self)})

    @classmethod
    def from_settings(cls, text: str) -> "TextTokens":
        """Return the tokens of which `settings` are; `InputError` where they are of none."""
        return _made_of(cls, "tokens", text)


class _Spelled:
    """Texts as characters and words, one after another, each with the place of its text."""

    def __init__(self, texts: Sequence[str]) -> None:
        words = [_WORDS.findall(text.lower()) for text in texts]
        joined = ["".join(f" {word}" for word in some) + " " * bool(some) for some in words]
        # Half of a surrogate pair is no character, and may come all the same.
        data = "".join(joined).encode("utf-32-le", "surrogatepass")
        self.characters = np.frombuffer(data, "<u4").astype(np.uint64)
        self.character_owners = np.repeat(np.arange(len(texts)), [len(each) for each in joined])
        self.word_owners = np.repeat(np.arange(len(texts)), [len(each) for each in words])
        self._lengths = np.array([len(word) for some in words for word in some], np.int64)
        # A space before each word, and one more at the end of its text.
        ends = np.cumsum(self._lengths + 1) + self.word_owners
        shift = np.cumsum([not some for some in words])  # texts without words have no such space
        self._starts = ends - self._lengths - shift[self.word_owners]

    def word_hashes(self) -> Hashes:
        """Return a hash of each word's first 64 characters."""
        return _hashes(self.characters, self._starts, np.minimum(self._lengths, _LONGEST_WORD))

    def prefix_hashes(self) -> Hashes:
        """Return a hash of each word's beginning."""
        return _hashes(self.characters, self._starts, np.minimum(self._lengths, _PREFIX))

    def suffix_hashes(self) -> Hashes:
        """Return a hash of each word's end."""
        lengths = np.minimum(self._lengths, _SUFFIX)
        return _hashes(self.characters, self._starts + self._lengths - lengths, lengths)


def _hashes(values: Hashes, starts: Places, lengths: Places) -> Hashes:
    """Return FNV-1a of each stretch of values."""
    found = np.full(len(starts), _FNV_START)
    for at in range(int(lengths.max(initial=0))):
        going = np.flatnonzero(lengths > at)
        found[going] = (found[going] ^ values[starts[going] + at]) * _FNV_PRIME
    return found


def _mixed(hashes: Hashes, salt: int) -> Hashes:
    """Spread hashes over all bits: the end of SplitMix64 (Steele, Lea and Flood 2014)."""
    mixed = hashes + np.uint64((salt + 1) * 0x9E3779B97F4A7C15 & 0xFFFFFFFFFFFFFFFF)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(mixed ^ (mixed >> np.uint64(31)), np.uint64)


def _parts(texts: Sequence[str]) -> Iterator[list[str]]:
    """Give texts in parts that memory has room for, each checked."""
    if isinstance(texts, str):
        raise InputError("a list of texts is wanted, and this is a single one: put it into a list")
    part: list[str] = []
    characters = 0
    for at, text in enumerate(texts):
        if not isinstance(text, str):
            raise InputError(f"text {at} is no text but {type(text).__name__}")
        if len(text) > MOST_CHARACTERS:
            raise InputError(
                f"text {at} has {len(text)} characters; at most {MOST_CHARACTERS} are taken: cut it"
            )
        part.append(text)
        characters += len(text) + 64
        if characters > _AT_ONCE:
            yield part
            part, characters = [], 0
    if part:
        yield part


def _made_of(make: Callable[..., Made], kind: str, text: str) -> Made:
    """Return what settings of a kind make; `InputError` where they are of none."""
    try:
        given = json.loads(text)
        if given.pop(kind) != _FORMAT:
            raise ValueError("of another format")
        return make(
            **{name: tuple(some) if type(some) is list else some for name, some in given.items()}
        )
    except damage.JSON as error:
        raise InputError(f"{text[:200]!r} tells of no {kind} of texts: {error}") from error


def _is_whole(value: Any, low: int, high: int) -> bool:
    return type(value) is int and low <= value <= high
