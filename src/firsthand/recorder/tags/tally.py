"""Terms counted while they are said."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from firsthand.recorder.cues import PAUSE_MS
from firsthand.recorder.tags.grammar import (
    COMMON,
    OTHER,
    PROPER,
    bare,
    ends_sentence,
    parts_of_speech,
    recovered,
)
from firsthand.recorder.transcript import Word

ROLES: Final = ("common", "proper", "adjective common", "common common", "proper proper")
"""What a term is: a noun, or two words of which the second is one."""

_LONGEST_SENTENCE: Final = 60
_SHORTEST: Final = 3


@dataclass(slots=True)
class Term:
    """One or two words in lower case: how often, where first, in which roles and spellings."""

    count: int = 0
    first: int = 0
    roles: Counter[str] = field(default_factory=Counter)
    spellings: Counter[str] = field(default_factory=Counter)

    @property
    def role(self) -> str:
        """The role it has most often."""
        return self.roles.most_common(1)[0][0]

    @property
    def spelling(self) -> str:
        """How it is written most often."""
        return self.spellings.most_common(1)[0][0]


class Tally:
    """Counts of every term that could be a tag, kept up to date word by word.

    `words` tells how many were heard. Give a recording's words in order, in parts of any size,
    then `end`.
    """

    def __init__(self) -> None:
        self.terms: dict[str, Term] = {}
        self.words = 0
        self._sentence: list[Word] = []

    def add(self, words: Sequence[Word]) -> None:
        """Hear the next words."""
        for word in words:
            last = self._sentence[-1] if self._sentence else None
            if last is not None and (
                ends_sentence(last.text)
                or word.start_ms - last.end_ms >= PAUSE_MS
                or len(self._sentence) >= _LONGEST_SENTENCE
            ):
                self._count()
            self._sentence.append(word)

    def end(self) -> None:
        """Count the last sentence, which nothing else ends."""
        self._count()

    def _count(self) -> None:
        texts = [recovered(bare(word.text)) for word in self._sentence]
        kept = [text for text in texts if text]
        parts = iter(parts_of_speech(kept))
        roles = [next(parts) if text else OTHER for text in texts]
        for place, (term, role, spelling) in self._found(texts, roles):
            entry = self.terms.setdefault(term, Term(first=self.words + place))
            entry.count += 1
            entry.roles[role] += 1
            entry.spellings[spelling] += 1
        self.words += len(self._sentence)
        self._sentence = []

    def _found(
        self, texts: Sequence[str], roles: Sequence[str]
    ) -> Iterator[tuple[int, tuple[str, str, str]]]:
        for place, (text, role) in enumerate(zip(texts, roles, strict=True)):
            if role not in (COMMON, PROPER) or len(text) < _SHORTEST:
                continue
            # a capital at the beginning of a sentence says nothing
            spelling = text.lower() if not place and role == COMMON else text
            yield place, (text.lower(), role, spelling)
            if not place or not self._sentence[place - 1].text[-1:].isalnum():
                continue  # punctuation parts it from the word before
            before, pair = texts[place - 1], f"{roles[place - 1]} {role}"
            if pair in ROLES:
                first = before.lower() if place == 1 and roles[0] != PROPER else before
                yield place - 1, (f"{before.lower()} {text.lower()}", pair, f"{first} {spelling}")
