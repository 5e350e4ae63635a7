"""From what is heard to what is shown: a class for each bar, events with a start and an end."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from firsthand.errors import ShapeError
from firsthand.recorder.library.entries import Sound

WINDOW_MS: Final = 960
HOP_MS: Final = 50

FIRST_BAR: Final = round((WINDOW_MS / 2 - HOP_MS / 2) / HOP_MS)
"""The bar, of `HOP_MS`, that has the middle of the first window in its own."""

NOTHING: Final = -1
"""The class of a bar in which no class is heard."""


def dominant(shares: NDArray[Any], heard: NDArray[np.bool_]) -> NDArray[np.int16]:
    """Return the class that is surest of those that are heard, (n,); else `NOTHING`.

    `shares` (n, classes), as `Calibration.shares` gives them; `heard` alike.
    """
    _check(shares, heard)
    found: NDArray[np.int16] = np.where(heard, shares, -1.0).argmax(axis=1).astype(np.int16)
    found[~heard.any(axis=1)] = NOTHING
    return found


@dataclass(frozen=True, slots=True)
class Following:
    """Where a stream of shares is: how many came, since when each class is heard, its best share.

    `since` (classes,) are windows, -1 of what is not heard; None before the first shares.
    """

    windows: int = 0
    since: NDArray[np.intp] | None = None
    best: NDArray[np.float32] | None = None


def step(
    state: Following,
    shares: NDArray[Any],
    heard: NDArray[np.bool_],
    classes: Sequence[str],
    *,
    shortest_ms: int = 100,
) -> tuple[Following, list[Sound]]:
    """Take the next shares of a stream and what is heard; give the sounds that have ended by now.

    `shares` and `heard` (n, classes) are of windows `HOP_MS` apart, each taken to tell of its
    middle: it stands for half a hop before and after that. The first also stands for what comes
    before. Sounds of fewer than `shortest_ms` are left out.
    """
    _check(shares, heard)
    none = np.full(len(classes), -1, np.intp), np.zeros(len(classes), np.float32)
    since = none[0] if state.since is None else state.since.copy()
    best = none[1] if state.best is None else state.best.copy()
    found: list[Sound] = []

    def end(column: int, window: int) -> None:
        end_ms = (window - 1) * HOP_MS + (WINDOW_MS + HOP_MS) // 2
        found.extend(_long_enough(classes[column], since, best, column, end_ms, shortest_ms))
        since[column], best[column] = -1, 0.0

    live = np.flatnonzero(heard.any(axis=0) | (since >= 0)).tolist() if len(shares) else []
    for column in live:
        if since[column] >= 0 and not heard[0, column]:
            end(column, state.windows)
        edges = np.diff(np.concatenate([[False], heard[:, column], [False]]).astype(np.int8))
        for first, after in np.flatnonzero(edges).reshape(-1, 2).tolist():
            if since[column] < 0:
                since[column] = state.windows + first
            best[column] = max(best[column], shares[first:after, column].max())
            if after < len(shares):
                end(column, state.windows + after)
    return Following(state.windows + len(shares), since, best), found


def finish(
    state: Following, classes: Sequence[str], duration_ms: int, *, shortest_ms: int = 100
) -> list[Sound]:
    """Give the sounds that are still heard where a stream of `duration_ms` ends."""
    since, best = state.since, state.best
    if since is None or best is None:
        return []
    return [
        sound
        for column in np.flatnonzero(since >= 0).tolist()
        for sound in _long_enough(classes[column], since, best, column, duration_ms, shortest_ms)
    ]


def _long_enough(
    name: str,
    since: NDArray[np.intp],
    best: NDArray[np.float32],
    column: int,
    end_ms: int,
    shortest_ms: int,
) -> list[Sound]:
    first = int(since[column])
    start_ms = first * HOP_MS + (WINDOW_MS - HOP_MS) // 2 if first else 0
    if end_ms - start_ms < shortest_ms:
        return []
    return [Sound(name, start_ms, int(end_ms), min(1.0, float(best[column])))]


def _check(shares: NDArray[Any], heard: NDArray[np.bool_]) -> None:
    if shares.ndim != 2 or heard.shape != shares.shape:
        raise ShapeError(
            f"shares and what is heard are of shape (n, classes), not {shares.shape} and "
            f"{heard.shape}"
        )
