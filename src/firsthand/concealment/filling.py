"""A sound with losses in, the sound filled out: the same samples in a stream and of the whole.

What is heard stays where it was in time, so that nothing is moved where sound resumes. Given 30 ms,
as a jitter buffer mostly is, it closes gaps from both sides; given none, what would have been made
up fades for 5 ms into what resumes.
"""

from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from firsthand.concealment import continuing
from firsthand.concealment.closing import CLOSED
from firsthand.concealment.concealer import BLOCKS_PER_S, Concealer, Floats
from firsthand.concealment.continuing import Continuing
from firsthand.concealment.crossfading import crossfaded
from firsthand.errors import ConfigError, ShapeError

DELAY_MS: Final = 30
"""By so much later sound is given, so that a gap's last 20 ms and 20 ms after it are known."""

_FADED: Final = 2
"""The part of a block over which sound resumes is a half."""


@dataclass(frozen=True, slots=True, eq=False)
class Filling:
    """What was heard, and the blocks that come next, which are here already; None: lost.

    The first `met` of these are closed.
    """

    voice: Continuing
    coming: tuple[Floats | None, ...] = ()
    delay: int = 0
    met: int = 0


def begin(concealer: Concealer, *, delay_ms: int = DELAY_MS) -> Filling:
    """Return the state before the first block: silence was heard, and goes on.

    `delay_ms` 30: sound is given 30 ms later, and gaps are closed from both sides; 0: at once.
    Raises `ConfigError` for other delays.
    """
    if delay_ms not in (0, DELAY_MS):
        raise ConfigError(f"sound is given at once or {DELAY_MS} ms later, not {delay_ms} ms")
    voice = Continuing(concealer, concealer.begin())
    return Filling(voice, delay=delay_ms * BLOCKS_PER_S // 1000)


def step(state: Filling, block: Floats | None) -> tuple[Filling, Floats]:
    """Take 10 ms: a block (rate_hz // 100,) that was received, or None for one that was lost.

    Returns what is heard, at first silence as long as the delay. A block with a sample that is no
    number counts as lost; others are clipped to -1..1. Raises `ShapeError` for blocks of another
    shape or of whole numbers.
    """
    length = state.voice.concealer.rate_hz // BLOCKS_PER_S
    if block is not None and (block.shape != (length,) or block.dtype.kind != "f"):
        raise ShapeError(
            f"a block is of shape ({length},), floats in -1..1, not {block.shape}, {block.dtype}"
        )
    if block is not None:
        known = np.isfinite(block).all()
        block = np.clip(block, -1.0, 1.0).astype(np.float32, copy=False) if known else None
    coming = (*state.coming, block)
    if len(coming) <= state.delay:
        return replace(state, coming=coming), np.zeros(length, np.float32)
    coming, met = (coming, state.met) if state.met else _closed(state.voice, coming)
    voice, heard = _played(state.voice, coming[0], is_met=met > 0)
    return replace(state, voice=voice, coming=coming[1:], met=max(0, met - 1)), heard


def fill(
    samples: NDArray[Any],
    lost: NDArray[np.bool_],
    concealer: Concealer,
    *,
    packet_ms: int = 20,
    delay_ms: int = DELAY_MS,
) -> Floats:
    """Return a sound whose lost packets are filled, with what `step` gives, less the delay.

    `samples` (n,) or (n, channels) in -1..1 at the concealer's rate; what they have in lost packets
    is not looked at. `lost` (packets,) tells of each `packet_ms`, a multiple of 10, whether it was
    lost; what is after the last was received. `delay_ms` is by how much later this could be heard
    in a call, see `begin`. Samples that are no numbers count as lost, others are clipped to -1..1.
    Channels are filled by themselves.

    Raises `ShapeError` for other shapes and for whole numbers, and `ConfigError` for other lengths
    of packets and other delays.
    """
    if packet_ms <= 0 or packet_ms % 10:
        raise ConfigError(f"packets are a multiple of 10 ms long, not {packet_ms} ms")
    if samples.ndim not in (1, 2) or lost.ndim != 1:
        raise ShapeError(
            f"samples are (n,) or (n, channels) and losses (packets,), not {samples.shape} and "
            f"{lost.shape}"
        )
    if samples.dtype.kind != "f":
        raise ShapeError(
            f"samples are floats in -1..1, not {samples.dtype}: divide 16-bit ones by 32768"
        )
    if samples.ndim == 2:
        filled = [
            fill(each, lost, concealer, packet_ms=packet_ms, delay_ms=delay_ms)
            for each in samples.T
        ]
        return np.stack(filled, axis=1) if filled else samples.astype(np.float32)
    length = concealer.rate_hz // BLOCKS_PER_S
    count = -(-len(samples) // length)
    blocks = np.zeros((count, length), np.float32)
    known = np.where(np.isfinite(samples), np.clip(samples, -1.0, 1.0), np.nan)
    blocks.reshape(-1)[: len(samples)] = known
    missing = np.repeat(lost.astype(bool), packet_ms // 10)[:count]
    missing = np.pad(missing, (0, count - len(missing)))
    state = begin(concealer, delay_ms=delay_ms)
    for place in range(count + state.delay):
        gone = place >= count or missing[place]
        state, heard = step(state, None if gone else blocks[place])
        if place >= state.delay:
            blocks[place - state.delay] = heard
    return blocks.reshape(-1)[: len(samples)]


def _closed(
    voice: Continuing, coming: tuple[Floats | None, ...]
) -> tuple[tuple[Floats | None, ...], int]:
    """Return what comes, its first blocks closed where they are a gap's last, and how many."""
    gap = next((place for place, block in enumerate(coming) if block is not None), 0)
    after = [block for block in coming[gap : gap + CLOSED] if block is not None]
    if not 0 < gap <= CLOSED or len(after) < CLOSED:
        return coming, 0
    length = len(after[0])
    both = continuing.met(voice, gap * length, np.concatenate(after))
    return (*both.reshape(-1, length), *coming[gap + CLOSED :]), gap + CLOSED


def _played(voice: Continuing, block: Floats | None, *, is_met: bool) -> tuple[Continuing, Floats]:
    if block is None:
        return continuing.made_up(voice)
    if voice.made and not is_met:
        first = len(block) // _FADED
        meeting = crossfaded(continuing.ahead(voice, 1)[:first], block[:first])
        block = np.concatenate([meeting, block[first:]])
    return continuing.heard(voice, block), block.copy()
