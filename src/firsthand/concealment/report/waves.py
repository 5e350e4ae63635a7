"""Waveforms of what was made up, drawn over what was sent, as the article draws them."""

import base64
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from firsthand.concealment.attempts import Attempt, predictions
from firsthand.concealment.concealer import BLOCKS_PER_S, Floats
from firsthand.concealment.losses import Lost, stretches
from firsthand.concealment.metrics import RATE_HZ
from firsthand.concealment.opening import open_concealer
from firsthand.concealment.report.pictures import wave_path

WIDTH: Final = 1000
HEIGHT: Final = 200
"""Of the pictures, in units of their own."""

_MS: Final = RATE_HZ // 1000
_BLOCK: Final = RATE_HZ // BLOCKS_PER_S
_AROUND: Final = 40 * _MS
_LONGEST: Final = 160 * _MS
_RESUMED: Final = 20 * _MS
_BESIDE: Final = 80 * _MS
"""Shown on both sides of where the audio is cut."""

_EVERY_BLOCKS: Final = 2
_MOST_CUTS: Final = 50
_SPAN_BLOCKS: Final = 6
_FULL: Final = 127


def lost_stretch(
    clean: Floats, lost: Lost, attempts: Sequence[Attempt], *, packet_ms: int
) -> dict[str, Any] | None:
    """Return the pictures of a lost stretch, whole and with some sound on both sides.

    It is the one where the sound is loudest both before and within it. Of one that lasts longer the
    first 160 ms are shown. None where there is none to be shown.
    """
    packet = packet_ms * _MS
    best, found = 0.0, None
    for first, end in (stretches(lost) * packet).tolist():
        last = min(end, first + _LONGEST)
        if first >= _AROUND and last + _AROUND <= len(clean):
            power = min(_power(clean[first - _AROUND : first]), _power(clean[first:last]))
            if power > best:
                best, found = power, (first, last)
    if found is None or not attempts:
        return None
    first, last = found
    shown = slice(first - _AROUND, last + _AROUND)
    peak = 1.1 * _peak(clean[shown])
    width = last - first + 2 * _AROUND
    return {
        "at_s": f"{first / RATE_HZ:.2f}",
        "ms": (last - first) // _MS,
        "x": round(WIDTH * _AROUND / width, 1),
        "lost": round(WIDTH * (last - first) / width, 1),
        "sent": wave_path(clean[shown], WIDTH, HEIGHT, peak=peak),
        "made": [
            (each.name, wave_path(each.samples[first:last + _RESUMED], WIDTH, HEIGHT, peak=peak,
                                  start=_AROUND, of=width))
            for each in attempts
        ],
    }  # fmt: skip


def moving_span(clean: Floats, names: Sequence[str]) -> dict[str, Any] | None:
    """Return what concealers predict at every 20 ms of the loudest second, 60 ms ahead each.

    As bytes for the page's script, and as paths for one place. None for a sound too short.
    """
    cuts = _cuts(clean)
    if not len(cuts) or not names:
        return None
    start = int(cuts[0]) * _BLOCK - _BESIDE
    true = np.zeros(int(cuts[-1] - cuts[0]) * _BLOCK + 2 * _BESIDE, np.float32)
    sent = clean[start : start + len(true)]
    true[: len(sent)] = sent
    peak = 1.15 * _peak(true)
    made = {
        name: predictions(clean, cuts, open_concealer(name, RATE_HZ), blocks=_SPAN_BLOCKS)
        for name in names
    }
    window = 2 * _BESIDE
    step = _EVERY_BLOCKS * _BLOCK
    loud = [
        min(_power(true[at : at + _BESIDE]), _power(true[at + _BESIDE : at + window]))
        for at in range(0, len(cuts) * step, step)
    ]
    place = int(np.argmax(loud))
    shown = true[place * step : place * step + window]
    return {
        "first": place,
        "last": len(cuts) - 1,
        "sent": wave_path(shown, WIDTH, HEIGHT, peak=peak),
        "made": [
            (name, wave_path(each[place], WIDTH, HEIGHT, peak=peak, start=_BESIDE, of=window))
            for name, each in made.items()
        ],
        "data": {
            "start": float(cuts[0]) / BLOCKS_PER_S,
            "step": step,
            "rate": RATE_HZ,
            "beside": _BESIDE,
            "span": _SPAN_BLOCKS * _BLOCK,
            "full": _FULL,
            "sent": _packed(true, peak),
            "made": {name: _packed(each, peak) for name, each in made.items()},
        },
    }


def _cuts(clean: Floats) -> NDArray[np.int64]:
    """Return places of the loudest second, in blocks of 10 ms."""
    first = _BESIDE // _BLOCK
    last = len(clean) // _BLOCK - _SPAN_BLOCKS
    count = min(_MOST_CUTS, (last - first) // _EVERY_BLOCKS + 1)
    if count < 1:
        return np.zeros(0, np.int64)
    blocks = clean[: len(clean) // _BLOCK * _BLOCK].reshape(-1, _BLOCK).astype(np.float64)
    sums = np.concatenate([[0.0], np.cumsum((blocks**2).sum(axis=1))])
    length = (count - 1) * _EVERY_BLOCKS + 1
    starts = np.arange(first, last - length + 2)
    loudest = int(starts[np.argmax(sums[starts + length] - sums[starts])])
    return loudest + _EVERY_BLOCKS * np.arange(count)


def _power(samples: Floats) -> float:
    return float(np.mean(samples.astype(np.float64) ** 2))


def _peak(samples: Floats) -> float:
    return max(float(np.abs(samples).max()), 1e-4)


def _packed(samples: NDArray[Any], peak: float) -> str:
    """Return samples as signed bytes, of which 127 is `peak`."""
    levels = np.clip(np.rint(samples / peak * _FULL), -_FULL, _FULL).astype(np.int8)
    return base64.b64encode(levels.tobytes()).decode()
