"""Concealers that need no model, to compare with: silence, and the last period again and again."""

from dataclasses import dataclass

import numpy as np

from firsthand.concealment.concealer import BLOCKS_PER_S, Floats, shifted
from firsthand.concealment.likeness import looked_at, period


@dataclass(frozen=True, slots=True)
class Silence:
    """Zeros: what is heard where nothing is concealed."""

    rate_hz: int = 16_000

    def begin(self) -> None:
        """Return nothing: silence remembers nothing."""

    def heard(self, state: None, block: Floats) -> None:
        """Forget the block."""

    def go_on(self, state: None) -> tuple[None, Floats]:
        """Return zeros."""
        return state, np.zeros(self.rate_hz // BLOCKS_PER_S, np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Repeated:
    """The `past` samples, and how long the piece is that is `repeated`: 0 while sound arrives."""

    past: Floats
    lag: int = 0


@dataclass(frozen=True, slots=True)
class Repetition:
    """The last pitch period again and again, after G.711 appendix I (ITU-T, 1999)."""

    rate_hz: int = 16_000

    def begin(self) -> Repeated:
        """Return a past of silence."""
        length = looked_at(self.rate_hz)
        return Repeated(np.zeros(length, np.float32))

    def heard(self, state: Repeated, block: Floats) -> Repeated:
        """Remember the block."""
        return Repeated(shifted(state.past, block))

    def go_on(self, state: Repeated) -> tuple[Repeated, Floats]:
        """Return what was heard a period ago."""
        lag = state.lag or period(state.past, self.rate_hz)[0]
        block = np.resize(state.past[-lag:], self.rate_hz // BLOCKS_PER_S)
        return Repeated(shifted(state.past, block), lag), block
