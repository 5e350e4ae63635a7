"""From sound to words: speech is found, given to an engine span by span, and the times put right.

Nothing but the span at hand is kept in memory, so a recording may last for hours; and no engine
hears silence, in which engines invent words.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from firsthand.recorder.snapping import snapped
from firsthand.recorder.transcript import Word
from firsthand.recorder.voice import (
    RATE_HZ,
    SpanState,
    Speech,
    VoiceState,
    end_spans,
    step,
    step_spans,
)
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


def transcribed(
    engine: Transcriber,
    voice: Runner,
    blocks: Iterable[NDArray[Any]],
    speech: Speech = Speech(),  # noqa: B008 # frozen
) -> Iterator[list[Word]]:
    """Yield the words of a stream of samples (n,) at 16 kHz, a span of speech at a time.

    A span comes when its pause is over; words are in order, and within speech.
    """
    heard, spans = VoiceState(), SpanState()
    held = np.empty(0, np.float32)
    first = 0
    last_ms = 0
    for block in blocks:
        samples = block.astype(np.float32, copy=False)
        held = np.concatenate([held, samples])
        heard, chances = step(voice, heard, samples)
        spans, ended = step_spans(spans, chances, speech)
        for span in ended:
            words = _of_span(engine, held, first, span, last_ms)
            last_ms = words[-1].start_ms if words else last_ms
            yield words
        needed = _needed(spans, speech)
        drop = min(len(held), max(0, needed - first))
        held, first = held[drop:], first + drop
    for span in end_spans(spans, speech):
        yield _of_span(engine, held, first, span, last_ms)


def _of_span(
    engine: Transcriber, held: Floats, first: int, span: tuple[int, int], last_ms: int
) -> list[Word]:
    begin, end = (time_ms * RATE_HZ // 1000 - first for time_ms in span)
    samples = held[max(0, begin) : end]
    if not len(samples):
        return []
    words = engine.words(samples, span[0])
    return [
        replace(word, start_ms=max(word.start_ms, last_ms), end_ms=max(word.end_ms, last_ms))
        for word in snapped(words, [span])
    ]


def _needed(spans: SpanState, speech: Speech) -> int:
    """Return the first sample that a span still to come can have."""
    frame_ms = (spans.frames if spans.begun is None else spans.begun) * 32
    return max(0, frame_ms - speech.margin_ms) * RATE_HZ // 1000
