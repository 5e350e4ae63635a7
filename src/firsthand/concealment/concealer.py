"""What goes on with a sound when nothing more of it arrives, and two ways that need no model."""

from dataclasses import dataclass
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

BLOCKS_PER_S: Final = 100
"""Sound goes in and out in blocks of 10 ms."""

_LEAST_HZ: Final = 60
_MOST_HZ: Final = 400
_JUDGED_S: Final = 0.02


class Concealer(Protocol):
    """Makes up what was lost, at one rate, as pure functions of a state.

    Blocks are float32 (rate_hz // 100,) in -1..1. `begin` gives the state of a call in which
    nothing was heard yet. `heard` takes note of a block that was received. `go_on` makes up the
    next block; it can be asked without keeping the state, to look ahead.
    """

    @property
    def rate_hz(self) -> int:
        """Samples per second."""
        ...

    def begin(self) -> Any:
        """Return the state before the first block."""
        ...

    def heard(self, state: Any, block: Floats) -> Any:
        """Return the state after a block that was received."""
        ...

    def go_on(self, state: Any) -> tuple[Any, Floats]:
        """Return the state after a block that is made up, and the block."""
        ...


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
        length = int((_JUDGED_S + 1 / _LEAST_HZ) * self.rate_hz)
        return Repeated(np.zeros(length, np.float32))

    def heard(self, state: Repeated, block: Floats) -> Repeated:
        """Remember the block."""
        return Repeated(shifted(state.past, block))

    def go_on(self, state: Repeated) -> tuple[Repeated, Floats]:
        """Return what was heard a period ago."""
        lag = state.lag or period(state.past, self.rate_hz)[0]
        block = np.resize(state.past[-lag:], self.rate_hz // BLOCKS_PER_S)
        return Repeated(shifted(state.past, block), lag), block


def shifted(past: Floats, block: Floats) -> Floats:
    """Return the last `len(past)` samples of past and block together."""
    return np.concatenate([past[len(block) :], block[-len(past) :]])


def period(past: Floats, rate_hz: int) -> tuple[int, float]:
    """Return the lag in samples (60 to 400 Hz) at which the end of a sound is most like itself.

    And how alike it is there, as normalised correlation: 0 for silence, 1 where it repeats exactly.
    """
    judged = int(_JUDGED_S * rate_hz)
    least, most = rate_hz // _MOST_HZ, rate_hz // _LEAST_HZ
    now = past[-judged:].astype(np.float64)
    before = past[-judged - most :].astype(np.float64)
    windows = np.lib.stride_tricks.sliding_window_view(before, judged)
    products = windows[: most - least + 1] @ now  # of lags most, most - 1, ... least
    energies = np.concatenate([[0.0], np.cumsum(before**2)])
    energy = (energies[judged:] - energies[:-judged])[: most - least + 1]
    alike = products / np.sqrt(np.maximum(energy * (now @ now), 1e-18))
    best = int(alike.argmax())
    return most - best, float(alike[best])
