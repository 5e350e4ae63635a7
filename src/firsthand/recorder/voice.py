"""Where somebody speaks: the Silero network on a stream, and spans made of what it says.

The network (MIT licence; its file is part of the package faster-whisper) is recurrent and judges
32 ms of 16 kHz sound at a time, so a recording of any length needs no more memory than a second.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from firsthand.dsp.framing import windows
from firsthand.errors import ConfigError, MissingDependencyError, ShapeError
from firsthand.runtime import Runner, load_runner

Floats = NDArray[np.float32]

RATE_HZ: Final = 16_000
FRAME: Final = 512
FRAME_MS: Final = FRAME * 1000 // RATE_HZ

_CONTEXT: Final = 64
_UNITS: Final = 128
_FILE: Final = "silero_vad_v6.onnx"
_AT_ONCE: Final = 2_000


@dataclass(frozen=True, slots=True)
class VoiceState:
    """Samples that make no whole frame yet, those before them, and what the network remembers."""

    waiting: Floats = field(default_factory=lambda: np.empty(0, np.float32))
    context: Floats = field(default_factory=lambda: np.zeros(_CONTEXT, np.float32))
    hidden: Floats = field(default_factory=lambda: np.zeros((1, 1, _UNITS), np.float32))
    cell: Floats = field(default_factory=lambda: np.zeros((1, 1, _UNITS), np.float32))


def load_voice() -> Runner:
    """Load the network; `MissingDependencyError` where faster-whisper is not installed."""
    found = find_spec("faster_whisper")
    if found is None or found.origin is None:
        raise MissingDependencyError(
            "telling speech from silence needs faster-whisper, which is not installed: "
            'pip install "firsthand[recorder]"'
        )
    return load_runner(Path(found.origin).parent / "assets" / _FILE)


def step(network: Runner, state: VoiceState, block: NDArray[Any]) -> tuple[VoiceState, Floats]:
    """Take the next samples (n,) at `RATE_HZ`; give how likely each whole frame holds speech."""
    if block.ndim != 1:
        raise ShapeError(f"sound is of shape (n,), not {block.shape}")
    samples = np.concatenate([state.waiting, block.astype(np.float32, copy=False)])
    whole = len(samples) - len(samples) % FRAME
    context, hidden, cell = state.context, state.hidden, state.cell
    found = [np.empty(0, np.float32)]
    for first in range(0, whole, _AT_ONCE * FRAME):
        part = np.concatenate([context, samples[first : min(first + _AT_ONCE * FRAME, whole)]])
        frames = windows(part, _CONTEXT + FRAME, FRAME)
        chances, hidden, cell = network(np.ascontiguousarray(frames), hidden, cell)
        found.append(chances.reshape(-1))
        context = part[-_CONTEXT:]
    waiting = samples[whole:].copy()
    return VoiceState(waiting, context.copy(), hidden, cell), np.concatenate(found)


@dataclass(frozen=True, slots=True)
class Speech:
    """How chances become spans.

    Speech begins with a chance of `on`, ends when for `pause_ms` none is above `off`, counts from
    `shortest_ms` on, is given `margin_ms` more on both sides, and is cut at its quietest frame of
    late when it lasts `longest_ms`.
    """

    on: float = 0.5
    off: float = 0.35
    pause_ms: int = 300
    shortest_ms: int = 96
    margin_ms: int = 96
    longest_ms: int = 28_000

    def __post_init__(self) -> None:
        if not (
            0 < self.off <= self.on < 1
            and self.pause_ms >= 2 * self.margin_ms >= 0
            and 0 < self.shortest_ms < self.longest_ms
            and self.longest_ms >= 2_000
        ):
            raise ConfigError(
                "speech has 0 < off <= on < 1, a pause of two margins at least, and a shortest "
                f"span below the longest, of two seconds at least, not {self}"
            )


@dataclass(frozen=True, slots=True)
class SpanState:
    """How many frames were heard, and of the speech that has not ended its first and last frame.

    `chances` are those since its first frame; `continued`: it goes on where a span was cut.
    """

    frames: int = 0
    begun: int | None = None
    loud: int = 0
    chances: tuple[float, ...] = ()
    continued: bool = False


def step_spans(
    state: SpanState, chances: Iterable[float], speech: Speech
) -> tuple[SpanState, list[tuple[int, int]]]:
    """Take the chances of the next frames; give the spans (start_ms, end_ms) that have ended."""
    frames, begun, loud = state.frames, state.begun, state.loud
    said, continued = list(state.chances), state.continued
    spans: list[tuple[int, int]] = []
    for chance in map(float, chances):
        if begun is None:
            if chance >= speech.on:
                begun, loud, said, continued = frames, frames, [chance], False
        else:
            said.append(chance)
            if chance > speech.off:
                loud = frames
            if (frames - loud) * FRAME_MS >= speech.pause_ms:
                spans += _span(begun, loud + 1, continued, False, speech)
                begun, said = None, []
            elif len(said) * FRAME_MS >= speech.longest_ms:
                late = len(said) // 2
                cut = begun + late + int(np.argmin(said[late:]))
                spans += _span(begun, cut, continued, True, speech)
                said, begun, continued = said[cut - begun :], cut, True
        frames += 1
    return SpanState(frames, begun, loud, tuple(said), continued), spans


def end_spans(state: SpanState, speech: Speech) -> list[tuple[int, int]]:
    """Give the span that was under way when the sound ended."""
    if state.begun is None:
        return []
    return list(_span(state.begun, state.loud + 1, state.continued, False, speech))


def _span(
    begun: int, after: int, continued: bool, goes_on: bool, speech: Speech
) -> Iterator[tuple[int, int]]:
    start_ms, end_ms = begun * FRAME_MS, after * FRAME_MS
    if end_ms - start_ms >= speech.shortest_ms or continued or goes_on:
        before_ms, after_ms = (0 if whole else speech.margin_ms for whole in (continued, goes_on))
        yield max(0, start_ms - before_ms), end_ms + after_ms
