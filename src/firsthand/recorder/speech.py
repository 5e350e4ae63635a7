"""Speech cut out of a stream, span by span, with its sound.

Nothing but the span at hand is kept, so a recording may last for hours; and no engine hears
silence, in which engines invent words.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from firsthand.recorder import voice
from firsthand.recorder.voice import FRAME_MS, RATE_HZ, SpanState, Speech, VoiceState
from firsthand.runtime import Runner

Floats = NDArray[np.float32]

SPEECH: Final = Speech()


@dataclass(frozen=True, slots=True, eq=False)
class Spoken:
    """A span of speech from `start_ms` to `end_ms`, and its samples (n,) at 16 kHz."""

    start_ms: int
    end_ms: int
    samples: Floats


@dataclass(frozen=True, slots=True)
class SpeechState:
    """A stream between two blocks: its spans, and the sound that they may need, from `first` on."""

    spans: SpanState = field(default_factory=SpanState)
    held: Floats = field(default_factory=lambda: np.empty(0, np.float32))
    first: int = 0


def step(
    state: SpeechState,
    block: NDArray[Any],
    chances: NDArray[Any],
    speech: Speech = SPEECH,
) -> tuple[SpeechState, list[Spoken]]:
    """Take the next samples (n,) at 16 kHz and what `voice.step` makes of them; give what ended.

    A span comes when the pause after it is over. They are in order and do not overlap.
    """
    held = np.concatenate([state.held, block.astype(np.float32, copy=False)])
    spans, ended = voice.step_spans(state.spans, chances, speech)
    found = list(_cut(held, state.first, ended))
    drop = min(len(held), max(0, _needed(spans, speech) - state.first))
    return SpeechState(spans, held[drop:], state.first + drop), found


def finish(state: SpeechState, speech: Speech = SPEECH) -> list[Spoken]:
    """Give the span that was under way when the sound ended."""
    return list(_cut(state.held, state.first, voice.end_spans(state.spans, speech)))


def under_way(state: SpeechState, speech: Speech = SPEECH) -> Spoken | None:
    """Return the speech so far that has not ended, None while nobody speaks."""
    if state.spans.begun is None:
        return None
    found = finish(replace(state, spans=replace(state.spans, loud=state.spans.frames - 1)), speech)
    return found[0] if found else None


def spoken(
    network: Runner, blocks: Iterable[NDArray[Any]], speech: Speech = SPEECH
) -> Iterator[Spoken]:
    """Yield the spans of speech of a stream of samples (n,) at 16 kHz."""
    hearing, state = VoiceState(), SpeechState()
    for block in blocks:
        hearing, chances = voice.step(network, hearing, block)
        state, ended = step(state, block, chances, speech)
        yield from ended
    yield from finish(state, speech)


def _cut(held: Floats, first: int, spans: Iterable[tuple[int, int]]) -> Iterator[Spoken]:
    for start_ms, end_ms in spans:
        begin, end = (time_ms * RATE_HZ // 1000 - first for time_ms in (start_ms, end_ms))
        samples = held[max(0, begin) : end]
        if len(samples):
            yield Spoken(start_ms, end_ms, samples)


def _needed(spans: SpanState, speech: Speech) -> int:
    """Return the first sample that a span still to come can have."""
    frame_ms = (spans.frames if spans.begun is None else spans.begun) * FRAME_MS
    return max(0, frame_ms - speech.margin_ms) * RATE_HZ // 1000
