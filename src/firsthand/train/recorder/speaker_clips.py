"""Voices that a model to be shipped may be trained on, and windows of them as rooms make them.

- `speech/librispeech` (CC BY 4.0): 205 readers are learnt from; of those of `test-other` every
  other one calibrates, the rest test.
- `speech/barista` and `speech/keywords` (Apache-2.0): more than fifty speakers each, without names.

Played faster or slower a voice is another one, as its teacher hears it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.signal import resample_poly

from firsthand.core.rows import read_rows
from firsthand.errors import InputError, MediaError
from firsthand.train.audio.acoustics import coloured, in_room, loudness_db, tilted
from firsthand.train.audio.clips import Use, alternating, beginning
from firsthand.train.audio.resemblyzer import WINDOW

Floats = NDArray[np.float32]

SPEEDS: Final = ((4, 5), (9, 10), (1, 1), (9, 8), (5, 4))
"""How much faster clips are played, as fractions."""

_HELD_OUT: Final = "test-other"
_TRIES: Final = 3
_PAUSE_DB: Final = -30.0


@dataclass(frozen=True, slots=True, eq=False)
class Voice:
    """A clip (n,) at 16 kHz in which one person speaks, by name where that is known."""

    samples: Floats
    speaker: str


@dataclass(frozen=True, slots=True, eq=False)
class VoiceClips:
    """Clips to learn from, to calibrate with and to test with, of different people."""

    learn: tuple[Voice, ...]
    calibrate: tuple[Voice, ...]
    test: tuple[Voice, ...]


def read_voices(data: Path, tell: Callable[[str, int, int], None] = lambda *_: None) -> VoiceClips:
    """Read all clips below `data`; `InputError` where there are no two voices for a use."""
    speech = data / "speech"
    wanted = list(voices_in(speech))
    found: Mapping[Use, list[Voice]] = {"learn": [], "calibrate": [], "test": []}
    for number, (path, speaker, use) in enumerate(wanted, 1):
        try:
            samples = beginning(path)
        except MediaError:
            continue  # what does not decode is nobody's voice
        if len(samples) * SPEEDS[-1][1] >= WINDOW * SPEEDS[-1][0]:
            found[use].append(Voice(samples, speaker))
        tell("reading voices", number, len(wanted))
    for use, clips in found.items():
        if len({clip.speaker for clip in clips}) < 2:
            raise InputError(f"{speech} has no two voices to {use} with")
    return VoiceClips(*(tuple(found[use]) for use in ("learn", "calibrate", "test")))


def voices_in(speech: Path) -> Iterator[tuple[Path, str, Use]]:
    """Yield the files of clips, who speaks in each, by name or by clip, and what it is for."""
    folder = speech / "librispeech"
    rows = read_rows(folder / "labels.csv", "file", "part", "speaker")
    uses = alternating(row["speaker"] for row in rows if row["part"] == _HELD_OUT)
    for row in rows:
        use = uses.get(row["speaker"], "learn")
        yield folder / "clips" / Path(row["file"]).name, row["speaker"], use
    for folder in (speech / "barista", speech / "keywords"):
        for row in read_rows(folder / "labels.csv", "file"):
            yield folder / "clips" / Path(row["file"]).name, row["file"], "learn"


def played(samples: Floats, speed: tuple[int, int]) -> Floats:
    """Return a clip played faster or slower, so that the voice is higher or lower too."""
    faster, slower = speed
    if faster == slower:
        return samples
    return np.asarray(resample_poly(samples, slower, faster), np.float32)


def window_of(samples: Floats, speed: tuple[int, int], rng: np.random.Generator) -> Floats:
    """Draw a window (WINDOW,) of a clip, one that is hardly a pause if a few tries find it."""
    length = WINDOW * speed[0] // speed[1] + 1
    tries = [
        samples[first : first + length]
        for first in rng.integers(max(1, len(samples) - length), size=_TRIES)
    ]
    said = [np.mean(loud > loud.max() + _PAUSE_DB) for loud in map(loudness_db, tries)]
    chosen = played(tries[int(np.argmax(said))], speed)[:WINDOW]
    return np.pad(chosen, (0, WINDOW - len(chosen)))


def recorded(window: Floats, others: Sequence[Voice], rng: np.random.Generator) -> Floats:
    """Return a window as a recorder may hear it: in a room, through a microphone, among noise."""
    found = window
    if rng.random() < 0.5:
        found = in_room(found, rng)
    if rng.random() < 0.5:
        found = tilted(found, rng)
    loud = np.sqrt(np.mean(found**2) + 1e-12)
    if rng.random() < 0.2:
        other = others[int(rng.integers(len(others)))].samples[:WINDOW]
        beside_db = rng.uniform(-25, -8) - 10 * np.log10(np.mean(other**2) + 1e-12)
        found = found.copy()
        found[: len(other)] += other * np.float32(loud * 10 ** (beside_db / 20))
    if rng.random() < 0.7:
        noise_db = rng.uniform(-40, -5)
        found = found + coloured(rng, WINDOW) * np.float32(loud * 10 ** (noise_db / 20))
    level_db = rng.uniform(-50, -12)
    return np.asarray(found * (10 ** (level_db / 20) / loud), np.float32)
