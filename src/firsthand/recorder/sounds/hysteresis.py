"""When a sound is heard: surely once, and likely enough before and after.

One threshold cuts the soft beginning and the dying end off a sound, and where a share hovers about
it makes many sounds of one. So what reaches its threshold is a sound, and it lasts as long as its
share stays above `KEPT` of that (two thresholds, as in a Schmitt trigger; Canny 1986 does the same
with edges).
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from firsthand.errors import ShapeError

Floats = NDArray[np.float32]
Flags = NDArray[np.bool_]

KEPT: Final = 0.5
"""The part of its threshold above which a sound that is sure elsewhere goes on."""

DELAY: Final = 20
"""Windows before a sound is sure for which it may have begun, and by which what is heard lags."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """Shares that those to come decide about, and what was heard in the window before them."""

    shares: Floats | None = None
    heard: Flags | None = None


def step(
    state: Waiting, shares: NDArray[Any], thresholds: NDArray[Any]
) -> tuple[Waiting, Floats, Flags]:
    """Take the next shares (n, classes) of a stream; give those decided by now, and what is heard.

    They come `DELAY` windows late; `finish` gives the rest.
    """
    if shares.ndim != 2 or shares.shape[1:] != thresholds.shape:
        raise ShapeError(f"shares are of shape (n, {len(thresholds)}), not {shares.shape}")
    block = shares.astype(np.float32, copy=False)
    waiting = block if state.shares is None else np.concatenate([state.shares, block])
    count = max(0, len(waiting) - DELAY)
    heard = _heard(waiting, thresholds, state.heard)[:count]
    last = heard[-1].copy() if count else state.heard
    return Waiting(waiting[count:].copy(), last), waiting[:count], heard


def finish(state: Waiting, thresholds: NDArray[Any]) -> tuple[Floats, Flags]:
    """Give the shares still held back when a stream has ended, and what is heard in them."""
    if state.shares is None:
        nothing = np.empty((0, len(thresholds)), np.float32)
        return nothing, nothing.astype(np.bool_)
    return state.shares, _heard(state.shares, thresholds, state.heard)


def heard_in(shares: NDArray[Any], thresholds: NDArray[Any]) -> Flags:
    """Return what is heard in all of a stream, (n, classes)."""
    state, _, heard = step(Waiting(), shares, thresholds)
    return np.concatenate([heard, finish(state, thresholds)[1]])


def _heard(shares: Floats, thresholds: NDArray[Any], before: Flags | None) -> Flags:
    """Tell where each share is sure, or likely from there on, or up to there within `DELAY`."""
    sure, likely = shares >= thresholds, shares >= KEPT * thresholds
    at = np.arange(len(shares))[:, None]
    never = len(shares) + DELAY + 1
    nothing = np.zeros((1, shares.shape[1]), np.bool_)
    started = np.where(nothing if before is None else before[None], -1, -never)
    sure_last = np.maximum.accumulate(np.concatenate([started, np.where(sure, at, -never)]))[1:]
    not_last = np.maximum.accumulate(np.where(likely, 1 - never, at))
    sure_next = np.minimum.accumulate(np.where(sure, at, never)[::-1])[::-1]
    not_next = np.minimum.accumulate(np.where(likely, never - 1, at)[::-1])[::-1]
    soon = (sure_next < not_next) & (sure_next - at <= DELAY)
    return likely & ((sure_last > not_last) | soon)
