"""Words gathered into lines as subtitles and pages show them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from firsthand.recorder.transcript import Transcript, Turn, Word, joined

PAUSE_MS: Final = 1_000
"""A silence after which a new cue begins."""

_MOST_CHARACTERS: Final = 84  # two lines of 42, as broadcasters have them
_MOST_MS: Final = 7_000
_SOON_MS: Final = 300
_ENDS: Final = (".", "!", "?", "\u2026", "\u3002", "\uff01", "\uff1f")
_CLOSING: Final = "\"')\u00bb\u201d\u2019"
_ENOUGH: Final = 42


@dataclass(frozen=True, slots=True)
class Cue:
    """Words shown together, and who speaks them, None where that is unknown."""

    words: tuple[Word, ...]
    speaker: int | None = None

    @property
    def start_ms(self) -> int:
        """When the first word begins."""
        return self.words[0].start_ms

    @property
    def end_ms(self) -> int:
        """When the last word has ended."""
        return max(word.end_ms for word in self.words)

    @property
    def text(self) -> str:
        """The words as one line."""
        return joined(self.words)


def cues(transcript: Transcript) -> Iterator[Cue]:
    """Yield all words in cues, in order.

    A new one begins with another speaker, after a pause, where a sentence ends and the line is
    long enough, and before it is longer than two lines of subtitles or seven seconds.
    """
    gathered: list[Word] = []
    length = 0
    speaker: int | None = None
    speakers = speakers_of(transcript.words, transcript.turns)
    for word, says in zip(transcript.words, speakers, strict=True):
        if gathered and (
            says != speaker
            or word.start_ms - gathered[-1].end_ms >= PAUSE_MS
            or length + 1 + len(word.text) > _MOST_CHARACTERS
            or word.end_ms - gathered[0].start_ms > _MOST_MS
            or _is_done(gathered[-1], length, word)
        ):
            yield Cue(tuple(gathered), speaker)
            gathered, length = [], 0
        gathered.append(word)
        length += len(word.text) + (not word.attached)
        speaker = says
    if gathered:
        yield Cue(tuple(gathered), speaker)


def _is_done(last: Word, length: int, following: Word) -> bool:
    ended = last.text.rstrip(_CLOSING).endswith(_ENDS)
    return ended and (length >= _ENOUGH or following.start_ms - last.end_ms >= _SOON_MS)


def speakers_of(words: Sequence[Word], turns: Sequence[Turn]) -> list[int | None]:
    """Return who says each word: whose turn covers most of it, None where no turn does."""
    found: list[int | None] = []
    first = 0
    for word in words:
        while first < len(turns) and turns[first].end_ms <= word.start_ms:
            first += 1
        best, most = None, 0
        for turn in turns[first:]:
            if turn.start_ms >= max(word.end_ms, word.start_ms + 1):
                break
            common = min(turn.end_ms, max(word.end_ms, word.start_ms + 1)) - max(
                turn.start_ms, word.start_ms
            )
            if common > most:
                best, most = turn.speaker, common
        found.append(best)
    return found
