"""A sound with losses in, the sound filled out: the same samples in a stream and of the whole.

What is heard stays where it was in time, so that nothing is moved where sound resumes: for 5 ms
what would have been made up fades into it. A jitter buffer, which may wait, aligns the two first.
"""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from firsthand.concealment.concealer import BLOCKS_PER_S, Concealer, Floats
from firsthand.concealment.continuing import Continuing, ahead, heard, made_up
from firsthand.concealment.crossfading import crossfaded
from firsthand.errors import ConfigError, ShapeError

_FADED: Final = 2
"""The part of a block over which sound resumes is a half."""


def begin(concealer: Concealer) -> Continuing:
    """Return the state before the first block: silence was heard, and goes on."""
    return Continuing(concealer, concealer.begin())


def step(state: Continuing, block: Floats | None) -> tuple[Continuing, Floats]:
    """Play 10 ms: a block (rate_hz // 100,) that was received, or None for one that was lost.

    A block with a sample that is no number counts as lost; others are clipped to -1..1. Raises
    `ShapeError` for blocks of another shape or of whole numbers.
    """
    length = state.concealer.rate_hz // BLOCKS_PER_S
    if block is not None and (block.shape != (length,) or block.dtype.kind != "f"):
        raise ShapeError(
            f"a block is of shape ({length},), floats in -1..1, not {block.shape}, {block.dtype}"
        )
    if block is None or not np.isfinite(block).all():
        return made_up(state)
    block = np.clip(block, -1.0, 1.0).astype(np.float32, copy=False)
    if state.made:
        first = len(block) // _FADED
        meeting = crossfaded(ahead(state, 1)[:first], block[:first])
        block = np.concatenate([meeting, block[first:]])
    return heard(state, block), block


def fill(
    samples: NDArray[Any], lost: NDArray[np.bool_], concealer: Concealer, *, packet_ms: int = 20
) -> Floats:
    """Return a sound whose lost packets are filled, with what `step` gives for each 10 ms.

    `samples` (n,) or (n, channels) in -1..1 at the concealer's rate; what they have in lost packets
    is not looked at. `lost` (packets,) tells of each `packet_ms`, a multiple of 10, whether it was
    lost; what is after the last was received. Samples that are no numbers count as lost, others are
    clipped to -1..1. Channels are filled by themselves.

    Raises `ShapeError` for other shapes and for whole numbers, and `ConfigError` for other lengths
    of packets.
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
        filled = [fill(each, lost, concealer, packet_ms=packet_ms) for each in samples.T]
        return np.stack(filled, axis=1) if filled else samples.astype(np.float32)
    length = concealer.rate_hz // BLOCKS_PER_S
    count = -(-len(samples) // length)
    blocks = np.zeros((count, length), np.float32)
    known = np.where(np.isfinite(samples), np.clip(samples, -1.0, 1.0), np.nan)
    blocks.reshape(-1)[: len(samples)] = known
    missing = np.repeat(lost.astype(bool), packet_ms // 10)[:count]
    missing = np.pad(missing, (0, count - len(missing)))
    state = begin(concealer)
    for place, block in enumerate(blocks):
        state, blocks[place] = step(state, None if missing[place] else block)
    return blocks.reshape(-1)[: len(samples)]
