"""Firsthand's own speaker network: a direction for each window of speech, alike for one voice.

A window is 1.6 s of a log-mel spectrogram, and one begins every hop; windows in which hardly
anybody speaks are left out. What is remembered of a stream but its result is two seconds.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from firsthand.dsp.logmel import LogMel, LogMelState
from firsthand.errors import ModelError
from firsthand.recorder.voice import FRAME_MS
from firsthand.runtime import Model, Runner, load_runner

Floats = NDArray[np.float32]

SPECTROGRAM: Final = LogMel()
WINDOW: Final = 160
"""Frames of a window."""

HOP: Final = 32
"""Frames from one window to the next."""

HOP_MS: Final = HOP * 10
WINDOW_HOPS: Final = WINDOW // HOP

SAME: Final = "same speaker"
"""The label of the curve from the cosine of two voices to whether they are one's."""

_CHANCES: Final = WINDOW * 10 // FRAME_MS
_HOP_CHANCES: Final = HOP_MS // FRAME_MS
_SPEECH: Final = 0.5
_LEAST_SHARE: Final = 0.4


@dataclass(frozen=True, slots=True, eq=False)
class Voices:
    """The windows with speech: where they begin, and directions of length one.

    `places` int32 (n,) count hops and rise; `vectors` are float16 (n, size).
    """

    places: NDArray[np.int32]
    vectors: NDArray[np.float16]


def all_voices(parts: Sequence[Voices]) -> Voices:
    """Join what the steps of one stream gave."""
    if not parts:
        return Voices(np.empty(0, np.int32), np.empty((0, 1), np.float16))
    return Voices(
        np.concatenate([part.places for part in parts]),
        np.concatenate([part.vectors for part in parts]),
    )


@dataclass(frozen=True, slots=True)
class VoicesState:
    """Where a stream is: samples, frames and chances that windows to come need, and their hop."""

    spectrogram: LogMelState = field(default_factory=LogMelState)
    frames: Floats = field(default_factory=lambda: np.empty((0, SPECTROGRAM.bands), np.float32))
    chances: Floats = field(default_factory=lambda: np.empty(0, np.float32))
    place: int = 0


class SpeakerNetwork:
    """The network, and `least`, the mean cosine from which on voices are taken for one speaker's.

    `ModelError` for a file that is another network.
    """

    def __init__(self, runner: Runner, least: float) -> None:
        shapes = [spec.shape for spec in (*runner.inputs, *runner.outputs)]
        if len(shapes) != 2 or shapes[0] != (1, WINDOW, SPECTROGRAM.bands) or len(shapes[1]) != 2:
            raise ModelError(
                f"a speaker network maps (1, {WINDOW}, {SPECTROGRAM.bands}) to (1, size); this "
                f"file's arrays are {shapes}"
            )
        self.size = shapes[1][1]
        self.least = least
        self._runner = runner

    @classmethod
    def open(cls, model: Model, *, threads: int = 1) -> "SpeakerNetwork":
        """Load a network such as `firsthand train recorder speakers` makes."""
        curves = [curve for curve in model.card.calibration if curve.label == SAME]
        if len(curves) != 1:
            raise ModelError(f"{model.card.name}: its card has no curve {SAME!r}")
        (curve,) = curves
        least = float(np.interp(curve.threshold, curve.shares, curve.scores))
        return cls(load_runner(model, threads=threads), least)

    def step(
        self, state: VoicesState, block: NDArray[Any], chances: NDArray[Any]
    ) -> tuple[VoicesState, Voices]:
        """Take the next samples (n,) at 16 kHz, and how likely each frame of `voice` is speech.

        Chances (m,) may come later than their samples, as a frame may not be whole yet.
        """
        spectrogram, found = SPECTROGRAM.step(state.spectrogram, block)
        frames = np.concatenate([state.frames, found])
        speech = np.concatenate([state.chances, chances.astype(np.float32, copy=False)])
        count = max(
            0,
            min(
                (len(frames) - WINDOW) // HOP + 1,
                (len(speech) - _CHANCES) // _HOP_CHANCES + 1,
            ),
        )
        places, vectors = [], []
        for window in range(count):
            said = speech[window * _HOP_CHANCES : window * _HOP_CHANCES + _CHANCES] >= _SPEECH
            if said.mean() >= _LEAST_SHARE:
                seen = frames[window * HOP : window * HOP + WINDOW]
                vectors.append(self._runner(seen[None])[0].astype(np.float16))
                places.append(state.place + window)
        later = VoicesState(
            spectrogram,
            frames[count * HOP :].copy(),
            speech[count * _HOP_CHANCES :].copy(),
            state.place + count,
        )
        return later, Voices(
            np.array(places, np.int32), np.array(vectors, np.float16).reshape(-1, self.size)
        )
