"""A predictor of frames: one network, from the last 70 ms to the next 20, after tPLCnet.

Westhausen & Meyer 2022, "tPLCnet: Real-time deep packet loss concealment in the time domain using a
short temporal context" (arXiv:2204.01300): every 10 ms a frame of 20 ms, which overlaps with the
one before. Here the network is told, too, how linear prediction and the last period would go on.
It is the first rung: what the networks of `generative` are measured by.
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
    numbers_of,
    places_of,
    waves_at,
)  # fmt: skip
from firsthand.concealment.shaping import FRAME, window
from firsthand.errors import ModelError
from firsthand.runtime import Runner

FRAMES_NAME: Final = "firsthand-concealment-frames"
RECENT: Final = 7 * BLOCK
"""Samples that the network hears: 70 ms."""


@dataclass(frozen=True, slots=True, eq=False)
class Heard:
    """The `past` samples (PAST,), and how they go on while samples are made up, else None."""

    past: Floats
    course: Course | None = None


class Framewise:
    """Makes up what was lost frame by frame; one runs in one thread at a time.

    `network` maps the last RECENT samples, over the course's level, (1, RECENT), the two carriers
    in the next frame (1, 2 * FRAME), and `course.numbers_of` (1, NUMBERS), to the frame (1, FRAME).
    `ModelError` for other files.
    """

    rate_hz: Final = RATE_HZ

    def __init__(self, network: Runner) -> None:
        wanted = [(1, RECENT), (1, 2 * FRAME), (1, NUMBERS), (1, FRAME)]
        shapes = [spec.shape for spec in (*network.inputs, *network.outputs)]
        if shapes != wanted:
            raise ModelError(f"the network's arrays are to be {wanted}, this file's are {shapes}")
        self._network = network

    def begin(self) -> Heard:
        """Return the state before the first block: silence was heard."""
        return Heard(np.zeros(PAST, np.float32))

    def heard(self, state: Heard, block: Floats) -> Heard:
        """Remember a block (160,) that was received."""
        return Heard(shifted(state.past, block))

    def recall(self, state: Heard, past: Floats) -> Heard:
        """Return the state with other past samples, of the same sound."""
        return Heard(shifted(state.past, past))

    def go_on(self, state: Heard) -> tuple[Heard, Floats]:
        """Make up 10 ms; silence after 130 ms of it."""
        course = course_of(state.past) if state.course is None else state.course
        if course.made == BLOCKS:
            block = np.zeros(BLOCK, np.float32)
        else:
            course, block = self._made(state.past, course)
        return Heard(shifted(state.past, block), course), block

    def _made(self, past: Floats, course: Course) -> tuple[Course, Floats]:
        course, carriers = waves_at(course, places_of(course.place, course.paces))
        self._network.input_view(0)[0] = past[-RECENT:] / np.float32(course.level)
        self._network.input_view(1)[0] = carriers.reshape(-1)
        self._network.input_view(2)[0] = numbers_of(course)
        self._network.invoke()
        made = self._network.output_view(0)[0] * window()
        later = replace(course, tail=made[BLOCK:], place=course.place + BLOCK, made=course.made + 1)
        return later, (course.tail + made[:BLOCK]) * np.float32(course.level)
