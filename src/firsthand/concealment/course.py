"""How a sound goes on, by three carriers that networks shape: lines, a period, and noise.

- Linear prediction's extrapolation: each harmonic goes on, dying away.
- The last pitch period, again and again: nothing dies away.
- Noise with the spectrum of the last 40 ms.

The first two are read at a pace that may change, so that the pitch does.
"""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from firsthand.concealment.concealer import Floats
from firsthand.concealment.extrapolation import extrapolated, predictor, steps_ahead
from firsthand.concealment.lattice import Doubles
from firsthand.concealment.likeness import period
from firsthand.concealment.shaping import (
    FRAME,
    bands,
    logarithms,
    pieces,
    powers,
    spectrum,
    window,
)  # fmt: skip

RATE_HZ: Final = 16_000
BLOCK: Final = 160
BLOCKS: Final = 13
"""Blocks that the networks learnt to go on for; then all is silent."""

PAST: Final = 2_560
"""Samples that linear prediction learns from: 160 ms."""

ORDER: Final = 320
QUICKER: Final = 0.15
"""By how much the pace may be quicker or slower."""

NUMBERS: Final = 4
"""What a network is told beside spectra: see `numbers_of`."""

_LEVEL: Final = 640
_FLOOR: Final = 1e-4
_LAGS: Final = 256
_JOINED: Final = 4  # a period's last quarter is joined to its first sample
_AHEAD: Final = 4


@dataclass(frozen=True, slots=True, eq=False)
class Course:
    """What is settled when the sound stops, and how far it is; sounds are over the `level`.

    `line` (n,) is the past from ORDER samples before its end and linear prediction's samples after
    it, by `ahead`; `wave` (lag,) the last pitch period; `breath` (FRAME,) how loud noise is at
    each coefficient, `breath_powers` in each band. `alike` is how much the sound repeats by the
    period. `place` is how far the reading is in samples after the end of the past, `paces` those
    of this block and the next; `tail` (BLOCK,) the last frame's second half. `made` blocks were
    made before.
    """

    line: Doubles
    ahead: Doubles
    wave: Floats
    breath: Floats
    breath_powers: Floats
    level: float
    alike: float
    tail: Floats
    place: float = 0.0
    paces: tuple[float, float] = (1.0, 1.0)
    made: int = 0


def course_of(past: Floats) -> Course:
    """Return how a sound goes on, of which the last PAST samples are known."""
    level = level_of(past)
    known = past / np.float32(level)
    lag, alike = period(past, RATE_HZ)
    rows = steps_ahead(predictor(known, ORDER))
    line = np.concatenate([known[-ORDER:], extrapolated(known, rows, BLOCK + _AHEAD)])
    loud = powers(spectrum(known[-2 * FRAME :].reshape(2, FRAME))).mean(axis=0)
    return Course(
        line=line,
        ahead=rows,
        wave=wave_of(known, lag),
        breath=np.sqrt(loud @ bands()),
        breath_powers=loud,
        level=level,
        alike=alike,
        tail=(line[ORDER : ORDER + BLOCK] * window()[BLOCK:]).astype(np.float32),
    )


def level_of(past: Floats) -> float:
    """Return the root mean square of the last 40 ms, and a little more."""
    return float(np.sqrt(np.mean(past[-_LEVEL:] ** 2))) + _FLOOR


def wave_of(past: Floats, lag: int) -> Floats:
    """Return the last period (lag,), whose end leads to its beginning."""
    wave = past[-lag:].copy()
    joined = lag // _JOINED
    rising = np.arange(1, joined + 1, dtype=np.float32) / joined
    wave[-joined:] += (past[-lag - joined : -lag] - wave[-joined:]) * rising
    return wave


def frames_at(course: Course, places: Doubles) -> tuple[Course, Floats]:
    """Read the first two carriers at places (FRAME,): their coefficients (2, FRAME).

    Returns the course, too, its line as long as need be.
    """
    course, waves = waves_at(course, places)
    return course, spectrum(waves)


def waves_at(course: Course, places: Doubles) -> tuple[Course, Floats]:
    """Read the first two carriers at places (FRAME,): (2, FRAME), and the course as above."""
    missing = int(places[-1]) + _AHEAD - (len(course.line) - ORDER)
    if missing > 0:
        more = extrapolated(course.line, course.ahead, missing)
        course = replace(course, line=np.concatenate([course.line, more]))
    at, weights = pieces(places)
    waves = np.empty((2, len(places)), np.float32)
    np.einsum("km,km->m", course.line[at + ORDER], weights, out=waves[0], casting="same_kind")
    repeated = np.take(course.wave, at, mode="wrap")
    np.einsum("km,km->m", repeated, weights, out=waves[1], casting="same_kind")
    return course, waves


def told(course: Course, frames: Floats) -> Floats:
    """Return what the shaping network is told of a frame: (3 * BANDS + NUMBERS,)."""
    spectra = logarithms(np.vstack([powers(frames), course.breath_powers]))
    return np.concatenate([spectra.reshape(-1), numbers_of(course)])


def numbers_of(course: Course) -> Floats:
    """Return how alike periods are, how long, how far it is, how loud: all about 0 to 1."""
    numbers = (
        course.alike,
        len(course.wave) / _LAGS,
        course.made / BLOCKS,
        np.log(course.level) / 4 + 1,
    )
    return np.array(numbers, np.float32)


def places_of(place: float, paces: tuple[float, float]) -> Doubles:
    """Return the places (FRAME,) of a frame read at these paces, a half of it at each."""
    steps = np.arange(BLOCK)
    first = place + paces[0] * steps
    return np.concatenate([first, place + paces[0] * BLOCK + paces[1] * steps])
