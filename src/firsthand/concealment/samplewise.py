"""The article's own kind: a conditioning network, and one that makes sample after sample.

Kalchbrenner et al. 2018, "Efficient neural audio synthesis" (arXiv:1802.08435), whose recurrent
network is told here what linear prediction expects, as Valin & Skoglund 2019, "LPCNet"
(arXiv:1810.11846) do it, and what was heard a pitch period before; it answers with a normal
distribution, from which a sample is drawn (Ping et al. 2019, "ClariNet", arXiv:1807.07281). It is
the reference that the networks of `generative` are measured by, not made for speed.
"""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from firsthand.concealment.concealer import Floats, shifted
from firsthand.concealment.course import BLOCK, BLOCKS, PAST, RATE_HZ, level_of
from firsthand.concealment.generative import SPECTROGRAM
from firsthand.concealment.lattice import Doubles, burg
from firsthand.concealment.likeness import period
from firsthand.errors import ModelError
from firsthand.runtime import Runner

SAMPLES_NAME: Final = "firsthand-concealment-samples"
SAMPLES_CONTEXT_NAME: Final = "firsthand-concealment-samples-context"

WARM_UP: Final = 640
"""Samples that the network is led through before it goes on by itself: 40 ms."""

ORDER: Final = 32
LATEST: Final = 16
AROUND: Final = 5
TOLD: Final = 1 + LATEST + AROUND
"""Linear prediction's sample, the latest samples, and those around a pitch period before."""

_PREDICTED_FROM: Final = 640
_LOUDEST: Final = 8.0
_SEED: Final = 0x5EED


@dataclass(frozen=True, slots=True, eq=False)
class Going:
    """How the sound goes on; sounds are over the `level`.

    `weights` (ORDER,) are linear prediction's, `lag` the period in samples; `state` (1, s) is the
    network's, `made` blocks were made before.
    """

    level: float
    weights: Doubles
    lag: int
    state: Floats
    made: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Call:
    """Where a call is.

    The `past` samples (PAST,); what the conditioning network said at the last blocks, the latest
    last, `conditions` (blocks, c), and its `state` (1, s); how the sound is `going` on while it is
    made up, else None.
    """

    past: Floats
    conditions: Floats
    state: Floats
    going: Going | None = None


class Samplewise:
    """Makes up what was lost sample by sample; one runs in one thread at a time.

    `context` maps a spectrogram's frame (1, 40) and a state to a condition (1, c) and the next
    state; `sample` maps what is told (1, TOLD), the condition and a state to the mean less linear
    prediction's and the logarithm of the deviation (1, 2), and the next state. Of the deviation
    `daring` is used, 0 to 1. `ModelError` for other files.
    """

    rate_hz: Final = RATE_HZ

    def __init__(self, context: Runner, sample: Runner, *, daring: float = 0.5) -> None:
        shapes = [[spec.shape for spec in (*net.inputs, *net.outputs)] for net in (context, sample)]
        states = [found[1][-1] if len(found) > 3 else 0 for found in (shapes[0], shapes[1][1:])]
        size, inner = states
        condition = shapes[0][2][-1] if len(shapes[0]) == 4 else 0
        wanted = [
            [(1, SPECTROGRAM.bands), (1, size), (1, condition), (1, size)],
            [(1, TOLD), (1, condition), (1, inner), (1, 2), (1, inner)],
        ]
        if shapes != wanted:
            raise ModelError(f"the networks' arrays are to be {wanted}, these files' are {shapes}")
        self._context, self._sample, self._daring = context, sample, daring
        self._begin = Call(
            np.zeros(PAST, np.float32),
            np.zeros((WARM_UP // BLOCK + 1, condition), np.float32),
            np.zeros((1, size), np.float32),
        )
        self._inner = np.zeros((1, inner), np.float32)
        self._noise = np.random.default_rng(_SEED).standard_normal((BLOCKS, BLOCK), np.float32)

    def begin(self) -> Call:
        """Return the state before the first block: silence was heard."""
        return self._begin

    def heard(self, state: Call, block: Floats) -> Call:
        """Remember a block (160,) that was received."""
        return self._after(state, block, None)

    def recall(self, state: Call, past: Floats) -> Call:
        """Return the state with other past samples, of the same sound."""
        return Call(shifted(state.past, past), state.conditions, state.state)

    def go_on(self, state: Call) -> tuple[Call, Floats]:
        """Make up 10 ms; silence after 130 ms of it."""
        going = self._stopped(state) if state.going is None else state.going
        if going.made == BLOCKS:
            block = np.zeros(BLOCK, np.float32)
        else:
            line = np.zeros(PAST + BLOCK, np.float32)
            line[:PAST] = state.past / np.float32(going.level)
            noise = self._noise[going.made] * np.float32(self._daring)
            inner = self._led(line, PAST, state.conditions[-1], going, noise)
            going = replace(going, state=inner, made=going.made + 1)
            block = line[PAST:] * np.float32(going.level)
        return self._after(state, block, going), block

    def _after(self, state: Call, block: Floats, going: Going | None) -> Call:
        past = shifted(state.past, block)
        self._context.input_view(0)[:] = SPECTROGRAM(past[-SPECTROGRAM.window :])
        self._context.input_view(1)[:] = state.state
        self._context.invoke()
        conditions = np.concatenate([state.conditions[1:], self._context.output_view(0)])
        return Call(past, conditions, self._context.output_view(1).copy(), going)

    def _stopped(self, state: Call) -> Going:
        """Lead the network through the end of what was heard."""
        level = level_of(state.past)
        line = state.past / np.float32(level)
        going = Going(level, weights_of(line), period(state.past, RATE_HZ)[0], self._inner)
        for block in range(WARM_UP // BLOCK):
            start = PAST - WARM_UP + block * BLOCK
            inner = self._led(line, start, state.conditions[block], going, None)
            going = replace(going, state=inner)
        return going

    def _led(
        self, line: Floats, start: int, condition: Floats, going: Going, noise: Floats | None
    ) -> Floats:
        """Go through a block of `line` from `start`, writing it where there is `noise`.

        Returns the network's next state.
        """
        told, state = self._sample.input_view(0)[0], self._sample.input_view(2)
        self._sample.input_view(1)[0] = condition
        state[:] = going.state
        for place in range(start, start + BLOCK):
            expected = float(going.weights @ line[place - ORDER : place])
            told[0] = expected
            told[1 : 1 + LATEST] = line[place - LATEST : place]
            before = place - going.lag - AROUND // 2
            told[1 + LATEST :] = line[before : before + AROUND]
            self._sample.invoke()
            if noise is not None:
                apart, deviation = self._sample.output_view(0)[0]
                drawn = expected + apart + np.exp(deviation) * noise[place - start]
                line[place] = min(max(drawn, -_LOUDEST), _LOUDEST)
            state[:] = self._sample.output_view(1)
        return state.copy()


def weights_of(line: Floats) -> Doubles:
    """Return linear prediction's weights (ORDER,) from the last 40 ms."""
    return burg(line[-_PREDICTED_FROM:], ORDER)
