"""Firsthand's own representation: patches of a spectrogram to numbers, in a stream or whole.

The front end is TRILL's (Shor et al. 2020, arXiv:2002.12764): patches of 96 frames of 10 ms and 64
bands. A file maps a patch to a direction, alike for what sounds alike, and to its inner layer,
numbers for each few frames. What a scene is made of is pooled from both, and from the spectrogram:
the article found inner layers more generally useful than the last.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from firsthand.dsp import LogMel, LogMelState
from firsthand.dsp.cepstrum import cosines
from firsthand.errors import ModelError, ShapeError
from firsthand.runtime import Model, Runner, load_runner
from firsthand.speech.representation import RATE_HZ, Floats, Frames, checked, statistics

SPECTROGRAM: Final = LogMel()
PATCH: Final = 96
"""Frames of a patch: 975 ms, one every 960 ms."""

TASK: Final = "speech-representation"
"""The task on the card of such a network."""

_COURSE: Final = 3  # cosines over time, but for the constant one
_COURSED: Final = 16  # numbers of a moment whose course counts: more hide who speaks, and how
_QUIET: Final = float(np.log(SPECTROGRAM.offset))
_MIDDLE: Final = np.repeat(np.array([-3.0, 1.0], np.float32), SPECTROGRAM.bands)
_SPREAD: Final = 2.0  # about so do the means and deviations of recordings lie


@dataclass(frozen=True, slots=True, eq=False)
class Heard:
    """What was heard of a part of a sound.

    `directions` (p, e) of patches of length one, and what `shares` (p,) of each was sound;
    `moments` (m, d) of the inner layer, in order; `spectrum` (n, 64) log-mel frames.
    """

    directions: Floats
    shares: Floats
    moments: Floats
    spectrum: Floats


@dataclass(frozen=True, slots=True)
class Hearing:
    """Where a stream is: samples and frames that the next patch needs, and how many were heard."""

    spectrogram: LogMelState = field(default_factory=LogMelState)
    frames: Floats = field(default_factory=lambda: np.empty((0, SPECTROGRAM.bands), np.float32))
    samples: int = 0


class SpeechNetwork:
    """A network such as `firsthand train speech` makes; `ModelError` for other files."""

    def __init__(self, runner: Runner, identity: str) -> None:
        shapes = [spec.shape for spec in (*runner.inputs, *runner.outputs)]
        if (
            len(shapes) != 3
            or shapes[0] != (1, PATCH, SPECTROGRAM.bands)
            or len(shapes[1]) != 2
            or len(shapes[2]) != 3
            or PATCH % shapes[2][1]
        ):
            raise ModelError(
                f"a speech network maps (1, {PATCH}, {SPECTROGRAM.bands}) to (1, size) and "
                f"(1, moments, size); this file's arrays are {shapes}"
            )
        self._runner, self.identity = runner, identity
        self.direction_size = shapes[1][1]
        self._moments, self.frame_size = shapes[2][1:]
        course = _COURSE * min(_COURSED, self.frame_size)
        self.size = self.direction_size + 2 * self.frame_size + course + 2 * SPECTROGRAM.bands

    @classmethod
    def open(cls, model: Model, *, threads: int = 1) -> "SpeechNetwork":
        """Load a network; one runs in one thread at a time."""
        card = model.card
        return cls(load_runner(model, threads=threads), f"{card.name} {card.sha256[:16]}")

    @property
    def frame_ms(self) -> float:
        """The time from one moment to the next."""
        return 1000 * PATCH // self._moments * SPECTROGRAM.hop / RATE_HZ

    def step(self, state: Hearing, block: NDArray[Any]) -> tuple[Hearing, Heard]:
        """Take the next samples (n,) of a stream; give what is heard in patches whole by now."""
        if block.ndim != 1:
            raise ShapeError(f"sound is of shape (n,), not {block.shape}")
        spectrogram, found = SPECTROGRAM.step(state.spectrogram, block)
        frames = np.concatenate([state.frames, found])
        whole = len(frames) // PATCH * PATCH
        later = Hearing(spectrogram, frames[whole:].copy(), state.samples + len(block))
        return later, self._heard(frames[:whole], whole)

    def last(self, state: Hearing) -> Heard:
        """Give what is heard in the rest of a stream, with silence after it.

        Of a stream without a whole patch something is heard all the same.
        """
        frames = state.frames
        if state.samples < SPECTROGRAM.window:  # not one frame was whole
            silent = SPECTROGRAM.window - state.samples
            frames = SPECTROGRAM.step(state.spectrogram, np.zeros(silent, np.float32))[1]
        if not len(frames):
            return self._heard(frames, 0)
        padding = np.full((PATCH - len(frames), SPECTROGRAM.bands), _QUIET, np.float32)
        return self._heard(np.concatenate([frames, padding]), len(frames))

    def scene(self, samples: NDArray[Any]) -> Floats:
        """Map a sound (n,) to (size,)."""
        return scene_of(self._whole(samples))

    def frames(self, samples: NDArray[Any]) -> Frames:
        """Map a sound to the inner layer's numbers, and the middles of what each looks at."""
        moments = self._whole(samples).moments
        times = self.frame_ms * (np.arange(len(moments)) + 0.5)
        return Frames(moments, times.astype(np.float32))

    def _whole(self, samples: NDArray[Any]) -> Heard:
        state, first = self.step(Hearing(), checked(samples))
        return joined([first, self.last(state)])

    def _heard(self, frames: Floats, sounding: int) -> Heard:
        """Judge whole patches of frames, of which the first `sounding` are of the sound."""
        count = len(frames) // PATCH
        directions = np.empty((count, self.direction_size), np.float32)
        moments = np.empty((count, self._moments, self.frame_size), np.float32)
        patch, direction, inner = (
            self._runner.input_view(0),
            self._runner.output_view(0),
            self._runner.output_view(1),
        )
        for place in range(count):
            patch[0] = frames[place * PATCH : (place + 1) * PATCH]
            self._runner.invoke()
            directions[place], moments[place] = direction[0], inner[0]
        each = PATCH // self._moments
        shares = np.clip((sounding - PATCH * np.arange(count)) / PATCH, 0, 1).astype(np.float32)
        flat = moments.reshape(-1, self.frame_size)[: -(-sounding // each)]
        return Heard(directions, shares, flat, frames[:sounding])


def joined(parts: Sequence[Heard]) -> Heard:
    """Join what the steps of one stream gave."""
    return Heard(
        *(
            np.concatenate([getattr(part, name) for part in parts])
            for name in ("directions", "shares", "moments", "spectrum")
        )
    )


def scene_of(heard: Heard) -> Floats:
    """Return the numbers of a whole sound.

    They are the mean direction; the deviation and mean of moments; how their first 16 numbers
    change over the sound, as three cosines have it; the mean and deviation of the spectrogram.
    """
    shares = heard.shares / heard.shares.sum()
    moments = heard.moments
    waves = cosines(len(moments), min(1 + _COURSE, len(moments))).T[1:]
    course = waves @ moments[:, :_COURSED] / np.float32(np.sqrt(len(moments)))
    course = np.pad(course, ((0, _COURSE - len(course)), (0, 0)))
    return np.concatenate(
        [
            shares @ heard.directions,
            moments.std(axis=0),
            moments.mean(axis=0),
            course.ravel(),
            (statistics(heard.spectrum) - _MIDDLE) / _SPREAD,
        ]
    ).astype(np.float32)
