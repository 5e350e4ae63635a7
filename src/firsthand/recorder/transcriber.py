"""From sound to words: speech is found, given to an engine span by span, and the times put right.

Nothing but the span at hand is kept in memory, so a recording may last for hours; and no engine
hears silence, in which engines invent words.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from firsthand.recorder.snapping import snapped
from firsthand.recorder.transcript import Word
from firsthand.recorder.voice import (
    FRAME_MS,
    RATE_HZ,
    SpanState,
    Speech,
    VoiceState,
    end_spans,
    step_spans,
)
from firsthand.recorder.voice import step as hear
from firsthand.runtime import Runner

Floats = NDArray[np.float32]

SPEECH: Final = Speech()
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


@dataclass(frozen=True, slots=True)
class Listening:
    """A stream between two blocks: what the network remembers, and sound not yet written down.

    `held` begins with the sample number `first`; `last_ms` is when the last word begins.
    """

    voice: VoiceState = field(default_factory=VoiceState)
    spans: SpanState = field(default_factory=SpanState)
    held: Floats = field(default_factory=lambda: np.empty(0, np.float32))
    first: int = 0
    last_ms: int = 0


def step(
    engine: Transcriber,
    network: Runner,
    state: Listening,
    block: NDArray[Any],
    speech: Speech = SPEECH,
) -> tuple[Listening, list[Word]]:
    """Take the next samples (n,) at 16 kHz; give the words of the speech that ends with them."""
    samples = block.astype(np.float32, copy=False)
    held = np.concatenate([state.held, samples])
    voice, chances = hear(network, state.voice, samples)
    spans, ended = step_spans(state.spans, chances, speech)
    words, last_ms = _written(engine, held, state.first, ended, state.last_ms)
    needed = _needed(spans, speech)
    drop = min(len(held), max(0, needed - state.first))
    return Listening(voice, spans, held[drop:], state.first + drop, last_ms), words


def finish(engine: Transcriber, state: Listening, speech: Speech = SPEECH) -> list[Word]:
    """Give the words of the speech under way when the sound ended."""
    ended = end_spans(state.spans, speech)
    return _written(engine, state.held, state.first, ended, state.last_ms)[0]


def transcribed(
    engine: Transcriber,
    network: Runner,
    blocks: Iterable[NDArray[Any]],
    speech: Speech = SPEECH,
) -> Iterator[list[Word]]:
    """Yield the words of a stream of samples (n,) at 16 kHz, some at a time, none empty.

    They come when the pause after them is over, in order, and within speech.
    """
    state = Listening()
    for block in blocks:
        state, words = step(engine, network, state, block, speech)
        if words:
            yield words
    if words := finish(engine, state, speech):
        yield words


def _written(
    engine: Transcriber, held: Floats, first: int, spans: Iterable[tuple[int, int]], last_ms: int
) -> tuple[list[Word], int]:
    found: list[Word] = []
    for span in spans:
        begin, end = (time_ms * RATE_HZ // 1000 - first for time_ms in span)
        samples = held[max(0, begin) : end]
        if not len(samples):
            continue
        for word in snapped(engine.words(samples, span[0]), [span]):
            start_ms = max(word.start_ms, last_ms)
            found.append(replace(word, start_ms=start_ms, end_ms=max(word.end_ms, start_ms)))
            last_ms = start_ms
    return found, last_ms


def _needed(spans: SpanState, speech: Speech) -> int:
    """Return the first sample that a span still to come can have."""
    frame_ms = (spans.frames if spans.begun is None else spans.begun) * FRAME_MS
    return max(0, frame_ms - speech.margin_ms) * RATE_HZ // 1000
