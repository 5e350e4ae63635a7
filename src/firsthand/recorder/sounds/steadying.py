"""Scores without flicker: a median filter as long as it takes, and no longer.

A classifier that looks at each window by itself jumps between classes. A long median filter stops
that and smears short sounds; so each score gets the shortest of several lengths with which no sound
comes and goes more than once nearby. A steady beginning keeps its moment, a flickering one is
calmed.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from firsthand.errors import ShapeError

Floats = NDArray[np.float32]

LENGTHS: Final = (1, 3, 5, 9, 15)
"""Odd lengths in windows, the shortest first: at 50 ms each up to three quarters of a second."""

NEARBY: Final = 10
"""Windows before and after in which a sound may come and go once."""

SHORTEST: Final = 3
"""Windows for which a sound must come, or go, not to be taken for flicker."""

DELAY: Final = NEARBY + SHORTEST + LENGTHS[-1] // 2
"""How many windows must follow before a score is steadied."""

AT_ONCE: Final = 10
"""How many scores are steadied together, as one costs as much as ten."""


@dataclass(frozen=True, slots=True)
class Steadying:
    """Scores that those to come may still change, and as many before them as are looked at.

    `given` are those of `scores` that were given out already.
    """

    scores: Floats | None = None
    given: int = 0


def step(
    state: Steadying, scores: NDArray[Any], thresholds: NDArray[Any]
) -> tuple[Steadying, Floats]:
    """Take the next scores (n, classes) of a stream; give those that are settled by now.

    They come `DELAY` windows late, `AT_ONCE` or more together; `finish` gives the rest.
    """
    if scores.ndim != 2 or scores.shape[1:] != thresholds.shape:
        raise ShapeError(f"scores are of shape (n, {len(thresholds)}), not {scores.shape}")
    block = scores.astype(np.float32, copy=False)
    held = block if state.scores is None else np.concatenate([state.scores, block])
    settled = len(held) - DELAY
    if settled < state.given + AT_ONCE:
        return Steadying(held, state.given), np.empty((0, len(thresholds)), np.float32)
    found = _steadied(held, thresholds, state.given, settled)
    first = max(0, settled - DELAY)
    return Steadying(held[first:].copy(), settled - first), found


def finish(state: Steadying, thresholds: NDArray[Any]) -> Floats:
    """Give the scores still held back when a stream has ended."""
    if state.scores is None:
        return np.empty((0, len(thresholds)), np.float32)
    return _steadied(state.scores, thresholds, state.given, len(state.scores))


def steadied(scores: NDArray[Any], thresholds: NDArray[Any]) -> Floats:
    """Return all scores (n, classes), steadied: what the steps of a stream give together."""
    state, found = step(Steadying(), scores, thresholds)
    return np.concatenate([found, finish(state, thresholds)])


def _steadied(scores: Floats, thresholds: NDArray[Any], first: int, last: int) -> Floats:
    """Steady scores `first` to `last`, from those around them; beyond the ends nothing changes."""
    found = np.empty((last - first, scores.shape[1]), np.float32)
    if not len(found):
        return found
    done = np.zeros(found.shape, np.bool_)
    for length in LENGTHS:
        smooth = _median(scores, length)
        np.copyto(found, smooth[first:last], where=~done)
        done |= _is_calm(smooth >= thresholds, first, last)
    return found


def _is_calm(heard: NDArray[np.bool_], first: int, last: int) -> NDArray[np.bool_]:
    """Tell where a sound comes and goes once at most nearby, and not for a moment only."""
    changes = np.diff(heard.astype(np.int8), axis=0) != 0
    hasty = np.zeros_like(changes)
    for apart in range(1, SHORTEST):
        hasty[apart:] |= changes[apart:] & changes[:-apart]
    at = np.arange(first, last)
    before, after = np.maximum(at - NEARBY, 0), np.minimum(at + NEARBY, len(heard) - 1)
    counted = [
        np.concatenate([np.zeros((1, heard.shape[1]), np.intp), np.cumsum(each, axis=0)])
        for each in (changes, hasty)
    ]
    many, soon = (each[after] - each[before] for each in counted)
    calm: NDArray[np.bool_] = (many <= 2) & (soon == 0)
    return calm


def _median(scores: Floats, length: int) -> Floats:
    """Return running medians of odd `length`; the first and the last go on beyond the ends."""
    if length == 1 or not len(scores):
        return scores
    padded = np.pad(scores, ((length // 2, length // 2), (0, 0)), mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, length, axis=0)
    found: Floats = np.median(windows, axis=2)
    return found
