"""From speech to words: an engine writes down a span, and the times are put right."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from firsthand.recorder.snapping import after_pauses, snapped
from firsthand.recorder.speech import SPEECH, Spoken, spoken
from firsthand.recorder.transcript import Word
from firsthand.recorder.voice import Speech
from firsthand.runtime import Runner

Floats = NDArray[np.float32]

LONGEST_SPAN_MS: Final = 30_000
"""No engine is given more at once."""


class Transcriber(Protocol):
    """An engine that writes down what is said in a span of speech.

    One thread at a time. The same sound gives the same words.
    """

    @property
    def name(self) -> str:
        """What the engine and its model are called."""
        ...

    @property
    def language(self) -> str:
        """The language written down, a BCP 47 tag; empty while it is not known."""
        ...

    def words(self, samples: Floats, start_ms: int) -> list[Word]:
        """Return the words in `samples` (n,) at 16 kHz, which begin at `start_ms`, in order.

        At most `LONGEST_SPAN_MS` of sound; all times lie within it. Sound without speech may give
        no words.
        """
        ...


def written(engine: Transcriber, span: Spoken, least_ms: int = 0) -> list[Word]:
    """Return the words of a span of speech, all within it and none before `least_ms`."""
    within = (span.start_ms, span.end_ms)
    words = list(snapped(engine.words(span.samples, span.start_ms), [within]))
    found = []
    for word in after_pauses(words, span.samples, span.start_ms):
        start_ms = max(word.start_ms, least_ms)
        found.append(replace(word, start_ms=start_ms, end_ms=max(word.end_ms, start_ms)))
    return found


def transcribed(
    engine: Transcriber,
    network: Runner,
    blocks: Iterable[NDArray[Any]],
    speech: Speech = SPEECH,
) -> Iterator[list[Word]]:
    """Yield the words of a stream of samples (n,) at 16 kHz, some at a time, none empty.

    They come when the pause after them is over, in order, and within speech.
    """
    last_ms = 0
    for span in spoken(network, blocks, speech):
        if words := written(engine, span, last_ms):
            last_ms = words[-1].start_ms
            yield words
