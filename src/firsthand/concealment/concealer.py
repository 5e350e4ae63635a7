"""What goes on with a sound when nothing more of it arrives."""

from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

BLOCKS_PER_S: Final = 100
"""Sound goes in and out in blocks of 10 ms."""


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


def shifted(past: Floats, block: Floats) -> Floats:
    """Return the last `len(past)` samples of past and block together."""
    return np.concatenate([past[len(block) :], block[-len(past) :]])
