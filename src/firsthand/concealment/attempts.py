"""One sound with losses, filled in several ways, and what each is worth."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from firsthand.concealment.concealer import BLOCKS_PER_S, Concealer, Floats
from firsthand.concealment.filling import fill
from firsthand.concealment.losses import Lost
from firsthand.concealment.metrics import RATE_HZ, measured
from firsthand.concealment.opening import delay_of, open_concealer

CLEAN: Final = "clean"
LOSSY: Final = "lossy"
"""What was sent, and what comes of it where nothing is done: attempts beside the concealers'."""


@dataclass(frozen=True, slots=True, eq=False)
class Attempt:
    """What a concealer made of a sound: `samples` (n,) at 16 kHz, and its metrics by name."""

    name: str
    samples: Floats
    measured: Mapping[str, float]


def attempt(
    clean: NDArray[Any], lost: Lost, name: str, *, packet_ms: int = 20, seed: int = 0
) -> Attempt:
    """Fill a sound (n,) at 16 kHz, or leave it `CLEAN` or `LOSSY`, and measure what came of it.

    `seed` is that of the metrics. Raises `ConfigError` for unknown concealers.
    """
    if name == CLEAN:
        samples = clean.astype(np.float32)
    elif name == LOSSY:
        samples = lossy(clean, lost, packet_ms=packet_ms)
    else:
        opened, delay_ms = open_concealer(name, RATE_HZ), delay_of(name)
        samples = fill(clean, lost, opened, packet_ms=packet_ms, delay_ms=delay_ms)
    found = measured(clean, samples, lost, packet_ms=packet_ms, seed=seed)
    return Attempt(name, samples, found)


def lossy(clean: NDArray[Any], lost: Lost, *, packet_ms: int = 20) -> Floats:
    """Return a sound (n,) at 16 kHz with zeros in its lost packets."""
    gone = np.repeat(lost, packet_ms * RATE_HZ // 1000)[: len(clean)]
    samples = clean.astype(np.float32)
    samples[: len(gone)][gone] = 0.0
    return samples


def predictions(
    clean: NDArray[Any], cuts: NDArray[np.int64], concealer: Concealer, *, blocks: int = 6
) -> Floats:
    """Cut a sound (n,) at each of several places and let a concealer go on from there.

    `cuts` (places,) ascend, in blocks of 10 ms; of each the next `blocks` are made up, as if all
    before had arrived and nothing more came: (places, samples), not faded.
    """
    length = concealer.rate_hz // BLOCKS_PER_S
    made = np.zeros((len(cuts), blocks, length), np.float32)
    state, heard = concealer.begin(), 0
    for place, cut in enumerate(cuts.tolist()):
        for block in range(heard, cut):
            samples = clean[block * length : (block + 1) * length].astype(np.float32)
            state = concealer.heard(state, samples)
        ahead, heard = state, cut
        for block in range(blocks):
            ahead, made[place, block] = concealer.go_on(ahead)
    return made.reshape(len(cuts), -1)
