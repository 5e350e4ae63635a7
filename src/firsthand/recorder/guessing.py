"""Words before their sentence has ended, so that whoever speaks can read along."""

from dataclasses import replace
from threading import Lock
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from firsthand.core.clock import Clock, MonotonicClock
from firsthand.recorder.speech import Spoken
from firsthand.recorder.transcriber import Transcriber, written
from firsthand.recorder.transcript import Word
from firsthand.recorder.voice import RATE_HZ

TAIL_MS: Final = 2_000
"""How much of the end is written down anew."""

_MARGIN_MS: Final = 500
_UNSURE_MS: Final = 100  # words at the very end may have been moved
_SOON_US: Final = 1_000_000
_LONG_REST: Final = 10


class Guesser(Protocol):
    """What tells the words of speech that has not ended; one thread at a time."""

    def words(self, span: Spoken) -> list[Word]:
        """Return the words so far of the speech under way, which may turn out to be others.

        The same span comes again and again, longer each time, from its beginning; then another.
        """
        ...


class Shared:
    """A `Transcriber` that several threads may use, one after the other."""

    def __init__(self, engine: Transcriber) -> None:
        self._engine = engine
        self._lock = Lock()

    @property
    def name(self) -> str:
        """The engine's."""
        return self._engine.name

    @property
    def language(self) -> str:
        """The engine's."""
        return self._engine.language

    def words(self, samples: NDArray[np.float32], start_ms: int) -> list[Word]:
        """Return what the engine says, when it is free."""
        with self._lock:
            return self._engine.words(samples, start_ms)


class TailGuesser:
    """A `Guesser` that lets a `Transcriber` write down the end again and again.

    It is given the last seconds alone, and what came since it was asked before, so that a guess
    takes no longer the longer somebody speaks; what it wrote down of the beginning is kept. It is
    for final words in the first place: after a guess it rests as long as that took, and ten times
    as long if that was more than a second. Meanwhile the last guess is repeated. Where final words
    come from the same engine on another thread, it is a `Shared` one.
    """

    def __init__(self, engine: Transcriber, clock: Clock | None = None) -> None:
        self._engine = engine
        self._clock = clock or MonotonicClock()
        self._start_ms = self._end_ms = -1
        self._words: list[Word] = []
        self._rests_until_us = self._clock.now_us()

    def words(self, span: Spoken) -> list[Word]:
        """Return the words so far of the speech under way; see `Guesser`."""
        if span.start_ms != self._start_ms:
            self._start_ms = self._end_ms = span.start_ms
            self._words = []
        began_us = self._clock.now_us()
        if began_us >= self._rests_until_us:
            self._guess(span)
            ended_us = self._clock.now_us()
            took_us = ended_us - began_us
            self._rests_until_us = ended_us + took_us * (1 if took_us < _SOON_US else _LONG_REST)
        return list(self._words)

    def _guess(self, span: Spoken) -> None:
        new_ms = self._end_ms - _UNSURE_MS - _MARGIN_MS
        tail_ms = max(span.start_ms, min(span.end_ms - TAIL_MS, new_ms))
        samples = span.samples[(tail_ms - span.start_ms) * RATE_HZ // 1000 :]
        found = written(self._engine, replace(span, start_ms=tail_ms, samples=samples))
        kept: list[Word] = []
        if tail_ms > span.start_ms:  # a word that the cut went through is not believed
            border_ms = tail_ms + _MARGIN_MS
            kept = [word for word in self._words if word.start_ms < border_ms]
            found = [word for word in found if word.start_ms >= border_ms]
        self._words, self._end_ms = [*kept, *found], span.end_ms
