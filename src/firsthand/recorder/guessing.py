"""Words before their sentence has ended, so that whoever speaks can read along.

An engine is given the last seconds of the speech under way alone, and what came since it was asked
before, so that a guess takes no longer the longer somebody speaks; what it wrote down of the
beginning is kept.
"""

from dataclasses import dataclass, replace
from typing import Final

from firsthand.recorder.speech import Spoken
from firsthand.recorder.transcriber import Transcriber, written
from firsthand.recorder.transcript import Word
from firsthand.recorder.voice import RATE_HZ

TAIL_MS: Final = 2_000
"""How much of the end is written down anew."""

_MARGIN_MS: Final = 500


@dataclass(frozen=True, slots=True)
class Guessed:
    """The words so far, up to `end_ms`, of the speech that begins at `start_ms`."""

    start_ms: int = -1
    end_ms: int = -1
    words: tuple[Word, ...] = ()

    def words_of(self, span: Spoken) -> list[Word]:
        """Return the words guessed of a span, none where they are another's."""
        return list(self.words) if span.start_ms == self.start_ms else []


def step(engine: Transcriber, state: Guessed, span: Spoken) -> Guessed:
    """Take the speech under way; give its words as far as an engine can tell by now."""
    kept = tuple(state.words_of(span))
    known_ms = state.end_ms if state.start_ms == span.start_ms else span.start_ms
    tail_ms = max(span.start_ms, min(span.end_ms - TAIL_MS, known_ms - _MARGIN_MS))
    samples = span.samples[(tail_ms - span.start_ms) * RATE_HZ // 1000 :]
    found = written(engine, replace(span, start_ms=tail_ms, samples=samples))
    if tail_ms > span.start_ms:  # a word that the cut went through is not believed
        border_ms = tail_ms + _MARGIN_MS
        kept = tuple(word for word in kept if word.start_ms < border_ms)
        found = [word for word in found if word.start_ms >= border_ms]
    else:
        kept = ()
    return Guessed(span.start_ms, span.end_ms, (*kept, *found))
