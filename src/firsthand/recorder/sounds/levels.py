"""How loud each bar of 50 ms is, in one byte: what a waveform is drawn from."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

BAR: Final = 800
"""Samples of a bar at 16 kHz."""

LOWEST_DB: Final = -60.0
"""The root mean square, in decibels of full scale, that is 0; full scale is 255."""


def step(waiting: Floats, block: NDArray[Any], bar: int = BAR) -> tuple[Floats, NDArray[np.uint8]]:
    """Take the next samples (n,); give the samples left over and the levels of whole bars.

    `bar` is the number of samples that 50 ms have, where it is not `BAR`.
    """
    samples = np.concatenate([waiting, block.astype(np.float32, copy=False)])
    whole = samples[: len(samples) // bar * bar].reshape(-1, bar)
    return samples[whole.size :].copy(), _levels(whole)


def finish(waiting: Floats) -> NDArray[np.uint8]:
    """Give the level of the last bar, of the samples that it has, if it has any."""
    return _levels(waiting[None]) if len(waiting) else np.empty(0, np.uint8)


def _levels(bars: Floats) -> NDArray[np.uint8]:
    with np.errstate(divide="ignore"):
        loud_db = 10 * np.log10(np.square(bars, dtype=np.float64).mean(axis=1))
    share = np.clip(1 - loud_db / LOWEST_DB, 0, 1)
    found: NDArray[np.uint8] = np.rint(255 * share).astype(np.uint8)
    return found
