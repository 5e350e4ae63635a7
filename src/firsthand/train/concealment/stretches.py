"""What the networks learn to go on from: half a second of a call, and what followed it."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.signal import resample_poly

from firsthand.concealment.course import BLOCK, BLOCKS
from firsthand.train.audio.acoustics import coloured, in_room, tilted
from firsthand.train.audio.recordings import Recording
from firsthand.train.concealment.corpus import Corpus

Floats = NDArray[np.float32]

BEFORE: Final = 32 * BLOCK
"""Samples that were heard."""

LENGTH: Final = BEFORE + BLOCKS * BLOCK

_SPEEDS: Final = ((1, 1), (1, 1), (5, 6), (11, 12), (13, 12), (6, 5))
_QUIET: Final = 0.01  # of a recording's power
_QUIET_KEPT: Final = 0.1
_TRIES: Final = 20


class Stretches:
    """Draws stretches (LENGTH,) of a corpus, through microphones and rooms, among noise."""

    def __init__(self, corpus: Corpus) -> None:
        self._corpus = corpus
        # A source is drawn as often as the root of what there is of it says.
        lengths = {name: _ends(found) for name, found in corpus.speech.items()}
        weights = np.sqrt([ends[-1] for ends in lengths.values()])
        self._names, self._lengths = list(lengths), lengths
        self._chances = np.cumsum(weights / weights.sum())

    def draw(self, rng: np.random.Generator) -> Floats:
        """Return one, at any level, in -1..1; few are of pauses."""
        for _ in range(_TRIES):
            found, power = self._cut(rng)
            lost = found[BEFORE - 2 * BLOCK :]
            if np.mean(lost**2) > _QUIET * power or rng.random() < _QUIET_KEPT:
                break
        return self._heard(found, rng)

    def _cut(self, rng: np.random.Generator) -> tuple[Floats, float]:
        """Return a piece of a recording, played at some speed, and the recording's power."""
        name = self._names[int(np.searchsorted(self._chances, rng.random()))]
        ends = self._lengths[name]
        chosen = int(np.searchsorted(ends, rng.integers(ends[-1]), side="right"))
        samples = self._corpus.speech[name][chosen].samples
        faster, slower = _SPEEDS[int(rng.integers(len(_SPEEDS)))]
        needed = -(-LENGTH * faster // slower)
        # Calls begin and end: there may be silence before and after.
        start = int(rng.integers(-needed // 3, max(1, len(samples) - needed // 2)))
        piece = np.zeros(needed, np.float32)
        there = samples[max(0, start) : start + needed]
        piece[max(0, -start) : max(0, -start) + len(there)] = there
        if faster != slower:
            piece = np.asarray(resample_poly(piece, slower, faster), np.float32)
        return piece[:LENGTH], float(np.mean(samples[::7] ** 2))

    def _heard(self, found: Floats, rng: np.random.Generator) -> Floats:
        if rng.random() < 0.15:
            found = in_room(found, rng)
        if rng.random() < 0.5:
            found = tilted(found, rng)
        loud = np.sqrt(np.mean(found**2) + 1e-12)
        if rng.random() < 0.4:
            found = found + coloured(rng, LENGTH) * np.float32(loud * _ratio(rng, -45, -12))
        if self._corpus.backgrounds and rng.random() < 0.25:
            found = found + self._background(rng) * np.float32(loud * _ratio(rng, -35, -8))
        level = np.float32(_ratio(rng, -40, -14) / loud)
        return np.asarray(np.clip(found * level, -1, 1), np.float32)

    def _background(self, rng: np.random.Generator) -> Floats:
        behind = self._corpus.backgrounds
        samples = behind[int(rng.integers(len(behind)))].samples
        start = int(rng.integers(max(1, len(samples) - LENGTH)))
        piece = np.resize(samples[start : start + LENGTH], LENGTH)
        loud = float(np.sqrt(np.mean(piece**2))) + 1e-4
        found: Floats = piece / np.float32(loud)
        return found


def _ends(recordings: Sequence[Recording]) -> NDArray[np.int64]:
    return np.cumsum([len(each.samples) for each in recordings])


def _ratio(rng: np.random.Generator, low_db: float, high_db: float) -> float:
    return float(10 ** (rng.uniform(low_db, high_db) / 20))
