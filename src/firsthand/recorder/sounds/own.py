"""Firsthand's own sound network: a score for each class every 50 ms, nothing computed twice.

Windows are `WINDOW_CHUNKS` chunks of `FRAMES` frames of a log-mel spectrogram, about 960 ms; a
score tells of a window's middle. The file takes one chunk and its own memory.
"""

from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from firsthand.dsp.logmel import LogMel, LogMelState
from firsthand.errors import ModelError
from firsthand.runtime import Model, Runner, load_runner

Floats = NDArray[np.float32]

SPECTROGRAM: Final = LogMel()
BANDS: Final = SPECTROGRAM.bands
FRAMES: Final = 5
WINDOW_CHUNKS: Final = 19


@dataclass(frozen=True, slots=True)
class Hearing:
    """Where a stream is: samples and frames that chunks to come need, the network's memory.

    `chunks` counts those that were judged; the first `WINDOW_CHUNKS` - 1 complete no window.
    """

    spectrogram: LogMelState = field(default_factory=LogMelState)
    frames: Floats = field(default_factory=lambda: np.empty((0, BANDS), np.float32))
    memory: Floats | None = None
    chunks: int = 0


class OwnSounds:
    """The network and its classes' names; `ModelError` for a file that is another network."""

    def __init__(self, runner: Runner, classes: tuple[str, ...]) -> None:
        shapes = [spec.shape for spec in (*runner.inputs, *runner.outputs)]
        if len(shapes) != 4 or shapes[0] != (1, FRAMES, BANDS) or shapes[1] != shapes[3]:
            raise ModelError(
                f"a sound network maps (1, {FRAMES}, {BANDS}) and a memory to scores and the "
                f"memory; this file's arrays are {shapes}"
            )
        if shapes[2] != (1, len(classes)):
            raise ModelError(f"{len(classes)} classes by name, scores of shape {shapes[2]}")
        self.classes = classes
        self._runner = runner

    @classmethod
    def open(cls, model: Model, *, threads: int = 1) -> "OwnSounds":
        """Load a network; the names of its classes are on its card."""
        return cls(load_runner(model, threads=threads), model.card.labels)

    def begin(self) -> Hearing:
        """Return the state of a stream that has not begun."""
        return Hearing()

    def step(self, state: Hearing, block: NDArray[Any]) -> tuple[Hearing, Floats]:
        """Take the next samples (n,) at 16 kHz; give scores (windows, classes) of whole windows.

        A window begins every 50 ms, the first with the first sample.
        """
        spectrogram, found = SPECTROGRAM.step(state.spectrogram, block)
        frames = np.concatenate([state.frames, found])
        count = len(frames) // FRAMES
        scores = np.empty((count, len(self.classes)), np.float32)
        chunk, memory = self._runner.input_view(0), self._runner.input_view(1)
        heard, kept = self._runner.output_view(0), self._runner.output_view(1)
        memory[:] = 0.0 if state.memory is None else state.memory
        for index in range(count):
            chunk[0] = frames[index * FRAMES : (index + 1) * FRAMES]
            self._runner.invoke()
            memory[:] = kept
            scores[index] = heard[0]
        early = max(0, WINDOW_CHUNKS - 1 - state.chunks)
        later = Hearing(
            spectrogram, frames[count * FRAMES :].copy(), memory.copy(), state.chunks + count
        )
        return later, scores[early:]

    def last(self, state: Hearing) -> Floats:
        """Give the scores (n, classes) of what is left at the end, with silence after it.

        That is one window at most, and none of a stream that never began.
        """
        waiting = state.spectrogram.waiting
        if not (state.chunks or len(state.frames) or len(waiting)):
            return np.empty((0, len(self.classes)), np.float32)
        chunks = max(1, WINDOW_CHUNKS - state.chunks)
        samples = chunks * FRAMES * SPECTROGRAM.hop + SPECTROGRAM.window
        return self.step(state, np.zeros(samples, np.float32))[1][:1]
