"""A concealer and what it has heard, kept from harm: its sound is finite, and fades away."""

from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from firsthand.concealment.closing import closed
from firsthand.concealment.concealer import BLOCKS_PER_S, Concealer, Floats
from firsthand.concealment.crossfading import crossfaded

FADE_FROM: Final = 10
FADE_TO: Final = 12
"""Blocks without sound after which it fades, and after which all is silent: 120 ms."""

_NOTHING: Final = np.empty(0, np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Continuing:
    """The concealer's state, how many blocks in a row it made up, and the last's mean square."""

    concealer: Concealer
    inner: Any
    made: int = 0
    loud: float = 0.0

    @property
    def is_muted(self) -> bool:
        """Whether what is made up next is below half its loudness."""
        return 2 * self.made > FADE_FROM + FADE_TO


def begin(concealer: Concealer) -> Continuing:
    """Return the state of a call in which nothing was heard yet."""
    return Continuing(concealer, concealer.begin(), FADE_TO)


def heard(state: Continuing, block: Floats) -> Continuing:
    """Return the state after a block that was received."""
    return Continuing(state.concealer, state.concealer.heard(state.inner, block))


def made_up(state: Continuing) -> tuple[Continuing, Floats]:
    """Return the state after the next made-up block, and the block: silence after 120 ms."""
    concealer = state.concealer
    if state.made >= FADE_TO:
        block = _silence(concealer)
        return replace(state, inner=concealer.heard(state.inner, block), loud=0.0), block
    inner, block = concealer.go_on(state.inner)
    if not np.isfinite(block).all():
        return Continuing(concealer, concealer.begin(), FADE_TO), _silence(concealer)
    block = np.clip(block, -1, 1) * faded(state.made, len(block))
    loud = float(block @ block) / len(block)
    return Continuing(concealer, inner, state.made + 1, loud), block


def ahead(state: Continuing, blocks: int) -> Floats:
    """Return what the next `blocks` would be, without going there."""
    made = []
    for _ in range(blocks):
        state, block = made_up(state)
        made.append(block)
    return np.concatenate(made)


def met(state: Continuing, count: int, after: Floats, left: Floats = _NOTHING) -> Floats:
    """Return a gap's last `count` samples, and what comes `after` it, as they meet.

    `left` (m,), less than a block, was received and not heard yet; the gap is after it, and it
    comes first in what is returned: (m + count + len(after),). All is to be `heard` then, as if it
    had been received. See `closing.closed`.
    """
    rate_hz = state.concealer.rate_hz
    whole = len(left) + count
    made = ahead(state, -(-whole * BLOCKS_PER_S // rate_hz))[:whole]
    loud = state.loud if state.made else None
    both = closed(made[len(left) :], after, rate_hz, loud)
    if not len(left):
        return both
    return np.concatenate([crossfaded(left, made[: len(left)]), both])


def faded(made: int, length: int) -> Floats:
    """Return the gains (length,) of a block before which `made` were made up."""
    blocks = made + np.arange(length, dtype=np.float32) / length
    return np.clip((FADE_TO - blocks) / (FADE_TO - FADE_FROM), 0.0, 1.0).astype(np.float32)


def _silence(concealer: Concealer) -> Floats:
    return np.zeros(concealer.rate_hz // BLOCKS_PER_S, np.float32)
