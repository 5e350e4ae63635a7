"""The generative concealer: two networks, after "Improving Audio Quality in Duo with WaveNetEQ".

The conditioning network hears a log-mel spectrogram, a recurrent step every 10 ms, and knows what
changes slowly: who speaks, how. The shaping network decides frame by frame how the sound goes on:
how loud linear prediction, the last period and noise are in each of 32 bands, and at what pace they
are read. What it made is heard by the conditioning network in turn.
"""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from firsthand.concealment.concealer import Floats, shifted
from firsthand.concealment.course import (
    BLOCK,
    BLOCKS,
    NUMBERS,
    PAST,
    RATE_HZ,
    Course,
    course_of,
    frames_at,
    places_of,
    told,
)  # fmt: skip
from firsthand.concealment.shaping import BANDS, FRAME, bands, sound, window
from firsthand.dsp import LogMel
from firsthand.errors import ModelError
from firsthand.runtime import Model, Runner, load_runner
from firsthand.runtime.bundled import bundled

SPECTROGRAM: Final = LogMel(window=320, bands=40, low_hz=50.0, high_hz=8_000.0)
"""Of the last 20 ms, every 10 ms."""

CONTEXT_NAME: Final = "firsthand-concealment-context"
SHAPE_NAME: Final = "firsthand-concealment-shape"
TOLD: Final = 3 * BANDS + NUMBERS
SHAPED: Final = 3 * BANDS + 1

_TRUSTED: Final = (1, 3)
"""Blocks into a gap: until the first the network is wholly believed, from the last on least."""

_SEED: Final = 0x5EED


@dataclass(frozen=True, slots=True, eq=False)
class Call:
    """Where a call is.

    The `past` samples (PAST,); the conditioning network's `condition` (1, c) and `state` (1, s);
    the `course` while samples are made up, else None.
    """

    past: Floats
    condition: Floats
    state: Floats
    course: Course | None = None


class Generative:
    """Makes up what was lost by the two networks; one runs in one thread at a time.

    `context` maps a spectrogram's frame (1, 40) and a state (1, s) to a condition (1, c) and the
    next state; `shape` maps (1, TOLD), see `course.told`, and a condition to (1, SHAPED): the gains
    of the three carriers, and the pace of the frame after the next, less 1. The first two frames
    are wholly as the network has them, those from the fourth on by the share `trust`, for the rest
    as linear prediction has them: it dies away, which is pleasant where nobody knows what comes.
    Of noise `breath` is played of what the network says: all is nearest to the truth, none sounds
    best.
    `ModelError` for other files.
    """

    rate_hz: Final = RATE_HZ

    def __init__(
        self, context: Runner, shape: Runner, *, breath: float = 0.0, trust: float = 0.3
    ) -> None:
        size, condition = _sizes(context, shape)
        self._context, self._shape, self._breath = context, shape, np.float32(breath)
        self._trusts = np.interp(np.arange(BLOCKS), _TRUSTED, [1.0, trust]).astype(np.float32)
        self._begin = Call(
            np.zeros(PAST, np.float32),
            np.zeros((1, condition), np.float32),
            np.zeros((1, size), np.float32),
        )
        # The same breath in each gap: a call played again sounds the same.
        self._noise = np.random.default_rng(_SEED).standard_normal((BLOCKS, FRAME), np.float32)

    @classmethod
    def open(cls, context: Model | None = None, shape: Model | None = None) -> "Generative":
        """Load networks: those that come with this package, where none are named."""
        there = bundled()
        try:
            context = context or there[CONTEXT_NAME]
            shape = shape or there[SHAPE_NAME]
        except KeyError as missing:
            raise ModelError(
                f"this build brings no {missing}: `firsthand train concealment` makes it"
            ) from missing
        return cls(load_runner(context), load_runner(shape))

    def begin(self) -> Call:
        """Return the state before the first block: silence was heard."""
        return self._begin

    def heard(self, state: Call, block: Floats) -> Call:
        """Remember a block (160,) that was received."""
        return self._after(state, block, None)

    def recall(self, state: Call, past: Floats) -> Call:
        """Return the state with other past samples, of the same sound."""
        return Call(shifted(state.past, past), state.condition, state.state)

    def go_on(self, state: Call) -> tuple[Call, Floats]:
        """Make up 10 ms; silence after 130 ms of it."""
        course = self._stopped(state) if state.course is None else state.course
        if course.made < BLOCKS:
            course, block = self._made(state, course)
        else:
            block = np.zeros(BLOCK, np.float32)
        return self._after(state, block, course), block

    def _after(self, state: Call, block: Floats, course: Course | None) -> Call:
        past = shifted(state.past, block)
        frame, before = self._context.input_view(0), self._context.input_view(1)
        frame[:] = SPECTROGRAM(past[-SPECTROGRAM.window :])
        before[:] = state.state
        self._context.invoke()
        condition, after = self._context.output_view(0), self._context.output_view(1)
        return Call(past, condition.copy(), after.copy(), course)

    def _stopped(self, state: Call) -> Course:
        """Return how the sound goes on; of the last frame before only the pace is taken."""
        course = course_of(state.past)
        course, frames = frames_at(course, places_of(-BLOCK, course.paces))
        pace = 1 + float(self._shaped(state, course, frames)[-1])
        return replace(course, paces=(pace, pace))

    def _made(self, state: Call, course: Course) -> tuple[Course, Floats]:
        course, frames = frames_at(course, places_of(course.place, course.paces))
        shaped = self._shaped(state, course, frames)
        gains = shaped[: 3 * BANDS].reshape(3, BANDS) @ bands()
        gains *= self._trusts[course.made]
        gains[0] += 1 - self._trusts[course.made]
        lines, waves = frames
        noise = self._noise[course.made] * (course.breath * self._breath)
        made = sound(lines * gains[0] + waves * gains[1] + noise * gains[2]) * window()
        later = replace(
            course,
            tail=made[BLOCK:],
            place=course.place + course.paces[0] * BLOCK,
            paces=(course.paces[1], 1 + float(shaped[-1])),
            made=course.made + 1,
        )
        return later, (course.tail + made[:BLOCK]) * np.float32(course.level)

    def _shaped(self, state: Call, course: Course, frames: Floats) -> Floats:
        self._shape.input_view(0)[0] = told(course, frames)
        self._shape.input_view(1)[:] = state.condition
        self._shape.invoke()
        found: Floats = self._shape.output_view(0)[0]
        return found


def _sizes(context: Runner, shape: Runner) -> tuple[int, int]:
    """Return the sizes of the conditioning network's state and condition."""
    shapes = [[spec.shape for spec in (*net.inputs, *net.outputs)] for net in (context, shape)]
    size = shapes[0][1][-1] if len(shapes[0]) == 4 else 0
    condition = shapes[0][2][-1] if len(shapes[0]) == 4 else 0
    wanted = [
        [(1, SPECTROGRAM.bands), (1, size), (1, condition), (1, size)],
        [(1, TOLD), (1, condition), (1, SHAPED)],
    ]
    if shapes != wanted:
        raise ModelError(f"the networks' arrays are to be {wanted}, these files' are {shapes}")
    return size, condition
