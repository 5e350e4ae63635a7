"""From steady scores to what is shown: a class for each bar, events with a start and an end."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from firsthand.errors import ShapeError
from firsthand.recorder.library.entries import Sound

WINDOW_MS: Final = 960
HOP_MS: Final = 50
BAR_MS: Final = 50

NOTHING: Final = -1
"""The class of a bar in which no class is heard."""


def windows_of(bars: int, windows: int) -> NDArray[np.intp]:
    """Return for each bar the window whose middle is nearest to the bar's."""
    middles_ms = np.arange(bars) * BAR_MS + BAR_MS / 2
    nearest = np.rint((middles_ms - WINDOW_MS / 2) / HOP_MS)
    found: NDArray[np.intp] = np.clip(nearest, 0, max(0, windows - 1)).astype(np.intp)
    return found


def dominant(shares: NDArray[Any], thresholds: NDArray[Any]) -> NDArray[np.int16]:
    """Return the class that is surest of those that reach their thresholds, (n,); else `NOTHING`.

    `shares` (n, classes), as `Calibration.shares` gives them.
    """
    _check(shares, thresholds)
    heard = np.where(shares >= thresholds, shares, -1.0)
    found: NDArray[np.int16] = heard.argmax(axis=1).astype(np.int16)
    found[heard.max(axis=1, initial=-1.0) < 0] = NOTHING
    return found


def events(
    shares: NDArray[Any],
    thresholds: NDArray[Any],
    classes: Sequence[str],
    duration_ms: int,
    *,
    shortest_ms: int = 100,
) -> Iterator[Sound]:
    """Yield the stretches in which a class reaches its threshold, by start, then class.

    `shares` (n, classes) are of windows `HOP_MS` apart, each taken to tell of its middle. Stretches
    of fewer than `shortest_ms` are left out. All lie within 0 and `duration_ms`.
    """
    _check(shares, thresholds)
    found: list[Sound] = []
    for column, name in enumerate(classes):
        heard = shares[:, column] >= thresholds[column]
        edges = np.flatnonzero(np.diff(np.concatenate([[False], heard, [False]]).astype(np.int8)))
        for first, after in edges.reshape(-1, 2):
            # A window's middle stands for half a hop before and after it; the first and the last
            # also for what no window has its middle in.
            start_ms = first * HOP_MS + (WINDOW_MS - HOP_MS) // 2 if first else 0
            end_ms = (after - 1) * HOP_MS + (WINDOW_MS + HOP_MS) // 2
            if after == len(shares):
                end_ms = duration_ms
            start_ms, end_ms = min(int(start_ms), duration_ms), min(int(end_ms), duration_ms)
            if end_ms - start_ms >= shortest_ms:
                best = float(shares[first:after, column].max())
                found.append(Sound(name, start_ms, end_ms, min(1.0, best)))
    return iter(sorted(found, key=lambda sound: (sound.start_ms, sound.name)))


def _check(shares: NDArray[Any], thresholds: NDArray[Any]) -> None:
    if shares.ndim != 2 or thresholds.shape != shares.shape[1:]:
        raise ShapeError(
            f"shares are of shape (n, classes) with a threshold each, not {shares.shape} and "
            f"{thresholds.shape}"
        )
