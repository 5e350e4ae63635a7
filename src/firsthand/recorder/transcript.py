"""What was said, word by word, and by whom: the nouns of all that reads and writes transcripts.

Times are whole milliseconds from the beginning of the recording, which every format here can say.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Final

from firsthand.errors import InputError

LONGEST_MS: Final = 1000 * 3600 * 1000
"""No recording is longer: a time beyond a thousand hours is a damaged one."""

_LONGEST_WORD: Final = 200
_UNFIT: Final = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Word:
    """A word as it is written, punctuation included, from `start_ms` to `end_ms`.

    `probability` is how sure its engine was, 0..1. `attached`: no space goes before it, as in
    languages written without spaces. Raises `InputError` for what is no word.
    """

    text: str
    start_ms: int
    end_ms: int
    probability: float = 1.0
    attached: bool = False

    def __post_init__(self) -> None:
        if not self.text or len(self.text) > _LONGEST_WORD or _UNFIT.search(self.text):
            raise InputError(
                f"a word is 1 to {_LONGEST_WORD} characters without spaces or control characters, "
                f"not {self.text[:40]!r}"
            )
        check_span(self.start_ms, self.end_ms, f"word {self.text!r}")
        if not 0.0 <= self.probability <= 1.0:
            raise InputError(f"word {self.text!r}: probability {self.probability} is not in 0..1")


@dataclass(frozen=True, slots=True)
class Turn:
    """A stretch in which one speaker speaks; `speaker` numbers them from 0."""

    speaker: int
    start_ms: int
    end_ms: int

    def __post_init__(self) -> None:
        check_span(self.start_ms, self.end_ms, f"turn of speaker {self.speaker}")
        if self.speaker < 0:
            raise InputError(f"speakers are numbered from 0, not {self.speaker}")


@dataclass(frozen=True, slots=True)
class Transcript:
    """Words in the order in which they begin, and turns likewise.

    `language` is a BCP 47 tag, empty where unknown; `engine` says what made it; `names` are those
    of speakers by number, as far as somebody gave them. Raises `InputError` for words or turns out
    of order.
    """

    words: tuple[Word, ...] = ()
    turns: tuple[Turn, ...] = ()
    names: Mapping[int, str] = field(default_factory=dict)
    language: str = ""
    engine: str = ""

    def __post_init__(self) -> None:
        _check_order((word.start_ms for word in self.words), "word")
        _check_order((turn.start_ms for turn in self.turns), "turn")

    @property
    def text(self) -> str:
        """All words, joined."""
        return joined(self.words)

    def between(self, start_ms: int, end_ms: int) -> "Transcript":
        """Return what is said from one time to another, its times counted from the first.

        A word or turn that only reaches into the span is cut to it.
        """

        def cut(span: Word) -> Word:
            return replace(
                span,
                start_ms=max(span.start_ms, start_ms) - start_ms,
                end_ms=min(span.end_ms, end_ms) - start_ms,
            )

        words = [w for w in self.words if w.start_ms < end_ms and w.end_ms > start_ms]
        turns = [t for t in self.turns if t.start_ms < end_ms and t.end_ms > start_ms]
        return replace(
            self,
            words=tuple(map(cut, words)),
            turns=tuple(
                Turn(
                    turn.speaker,
                    max(turn.start_ms, start_ms) - start_ms,
                    min(turn.end_ms, end_ms) - start_ms,
                )
                for turn in turns
            ),
        )

    def name_of(self, speaker: int) -> str:
        """Return a speaker's name, or "Speaker 1" and so on for one that nobody named."""
        return self.names.get(speaker) or f"Speaker {speaker + 1}"


def joined(words: Iterable[Word]) -> str:
    """Return words as one line of text."""
    return "".join(w.text if w.attached else f" {w.text}" for w in words).lstrip(" ")


def words_in(line: str) -> list[str]:
    """Return the words of a line of text as `Word` takes them: what stands between spaces.

    Control characters count as spaces, and what is longer than any word is cut.
    """
    pieces = _UNFIT.sub(" ", line).split(" ")
    return [
        piece[first : first + _LONGEST_WORD]
        for piece in pieces
        for first in range(0, len(piece), _LONGEST_WORD)
    ]


def check_span(start_ms: int, end_ms: int, what: str) -> None:
    """Raise `InputError` unless both are times of a recording and in order."""
    if not 0 <= start_ms <= end_ms <= LONGEST_MS:
        raise InputError(f"{what}: {start_ms} to {end_ms} ms is no span of a recording")


def _check_order(starts_ms: Iterable[int], what: str) -> None:
    for index, (one_ms, other_ms) in enumerate(pairwise(starts_ms), 1):
        if other_ms < one_ms:
            raise InputError(
                f"{what} {index} begins at {other_ms} ms, before the one ahead of it, at {one_ms}"
            )
