"""Made-up minutes: clips at times and levels drawn from a seed, and what is heard when.

A scene has a background, which may be silence, a hum of no class or a sound that lasts, and a few
sounds before it. A class counts as heard in the chunks in which its clip is not pausing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from firsthand.recorder.sounds.own import BANDS, FRAMES, SPECTROGRAM, WINDOW_CHUNKS
from firsthand.train.audio.acoustics import CHUNK, coloured, loudness_db, tilted
from firsthand.train.audio.clips import RATE_HZ
from firsthand.train.audio.games import OTHER
from firsthand.train.recorder.sound_clips import CLASSES, LASTING, Clip

Floats = NDArray[np.float32]

MIDDLE: Final = WINDOW_CHUNKS // 2
"""The chunk of a window, from 0, that its score tells of."""

_NEAR: Final = 2
_PAUSE_DB: Final = -35.0
_LEAST_DB: Final = -75.0
_OTHER_SHARE: Final = 0.3


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """Samples (n,) at 16 kHz, and in which chunks (chunks, classes) which class is heard."""

    samples: Floats
    heard: NDArray[np.bool_]

    def chunks(self) -> Floats:
        """Return the log-mel spectrogram, (chunks, FRAMES, BANDS)."""
        return SPECTROGRAM(self.samples).reshape(-1, FRAMES, BANDS)

    def windows(self) -> NDArray[np.bool_]:
        """Return what is heard about the middle of each window, (windows, classes)."""
        near = np.lib.stride_tricks.sliding_window_view(self.heard, 2 * _NEAR + 1, axis=0)
        first, count = MIDDLE - _NEAR, len(self.heard) - WINDOW_CHUNKS + 1
        found = np.asarray(near.any(axis=2))
        return found[first : first + count]


class Scenes:
    """Draws scenes of `chunks` chunks from clips."""

    def __init__(self, clips: Sequence[Clip], chunks: int) -> None:
        self._by_class: Mapping[str, list[Clip]] = {
            kind: [clip for clip in clips if clip.kind == kind] for kind in (*CLASSES, OTHER)
        }
        self._chunks = chunks
        self._length = chunks * CHUNK + SPECTROGRAM.window - SPECTROGRAM.hop

    def __call__(self, rng: np.random.Generator, *, talk: bool = False) -> Scene:
        """Draw a scene; one of `talk` has speech in it and nothing else but a hum."""
        samples = np.zeros(self._length, np.float32)
        heard = np.zeros((self._chunks, len(CLASSES)), np.bool_)
        ground_db = self._background(rng, samples, heard, () if talk else LASTING)
        for _ in range(rng.integers(1, 4)):
            other = bool(self._by_class[OTHER]) and rng.random() < _OTHER_SHARE
            kinds = (OTHER,) if other else CLASSES
            kind = "speech" if talk else kinds[rng.integers(len(kinds))]
            clip = self._drawn(rng, kind)
            length = min(len(clip), int(rng.uniform(0.4, 6.0) * RATE_HZ), self._length)
            first = int(rng.integers(len(clip) - length + 1))
            at = int(rng.integers(-length // 3, self._length - length // 3))
            level_db = max(ground_db + rng.uniform(-3, 25), rng.uniform(-55, -12))
            part = clip[first : first + length]
            self._add(samples, heard, kind, part, at, min(level_db, -8.0), rng)
        return Scene(samples, heard)

    def _background(
        self,
        rng: np.random.Generator,
        samples: Floats,
        heard: NDArray[np.bool_],
        lasting: Sequence[str],
    ) -> float:
        """Lay a background, a hum if there are no sounds that last; return its level."""
        draw, level_db = rng.random(), float(rng.uniform(-60, -25))
        if draw < 0.15:
            return _LEAST_DB
        if draw < 0.5 or not lasting:
            level_db -= 10
            samples += coloured(rng, self._length) * np.float32(10 ** (level_db / 20))
            return level_db
        kind = lasting[int(rng.integers(len(lasting)))]
        clip = self._drawn(rng, kind)
        at = 0
        while at < self._length:  # from anywhere in it, again and again
            first = int(rng.integers(max(1, len(clip) // 2)))
            part = clip[first : first + self._length - at]
            self._add(samples, heard, kind, part, at, level_db, rng)
            at += len(part)
        return level_db

    def _drawn(self, rng: np.random.Generator, kind: str) -> Floats:
        clips = self._by_class[kind]
        clip = clips[rng.integers(len(clips))].samples
        if rng.random() < 0.5:  # a little faster or slower
            step = float(np.exp(rng.uniform(-0.12, 0.12)))
            at = np.arange(0, len(clip) - 1, step)
            clip = np.interp(at, np.arange(len(clip)), clip).astype(np.float32)
        return clip

    def _add(
        self,
        samples: Floats,
        heard: NDArray[np.bool_],
        kind: str,
        part: Floats,
        at: int,
        level_db: float,
        rng: np.random.Generator,
    ) -> None:
        if at < 0:
            part, at = part[-at:], 0
        part = part[: len(samples) - at]
        if len(part) < CHUNK:
            return
        loud = loudness_db(part)
        loudest = np.percentile(loud, 90)
        if loudest < _LEAST_DB:
            return
        heard_as = tilted(part, rng) if rng.random() < 0.5 else part
        gain = np.float32(10 ** ((level_db - loudest) / 20))
        samples[at : at + len(part)] += _faded(heard_as * gain)
        if kind in CLASSES:
            sounding = loud > max(loudest + _PAUSE_DB, _LEAST_DB - level_db + loudest)
            places = (at + CHUNK // 2) // CHUNK + np.flatnonzero(sounding)
            heard[places[places < len(heard)], CLASSES.index(kind)] = True


def _faded(samples: Floats) -> Floats:
    """Return a sound that does not click where it was cut."""
    length = min(160, len(samples) // 2)
    ramp = np.linspace(0, 1, length, dtype=np.float32)
    faded = samples.copy()
    faded[:length] *= ramp
    faded[len(faded) - length :] *= ramp[::-1]
    return faded
