"""How good a filled sound is: by estimates of what listeners would say, and by its spectra.

PLCMOS, PESQ and ESTOI are in packages of the extra `concealment`, loaded when first asked for.
Where a sound is too short or too quiet for a metric, that metric is NaN.
"""

import math
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from firsthand.concealment.losses import Lost
from firsthand.errors import InputError, MissingDependencyError, ShapeError

RATE_HZ: Final = 16_000
"""All metrics are of mono sound at this rate, (n,) in -1..1."""


@dataclass(frozen=True, slots=True)
class Metric:
    """One of `METRICS`: what it is called and means, and how many digits of it count."""

    name: str
    title: str
    means: str
    higher_is_better: bool = True
    digits: int = 2


METRICS: Final = (
    Metric("plcmos", "PLCMOS", "what listeners would say of the concealment, estimated, 1 to 5"),
    Metric("pesq_wb", "PESQ-WB", "how like the clean sound it seems, 1 to 4.64 (ITU-T P.862.2)"),
    Metric("estoi", "ESTOI", "how intelligible it is, 0 to 1", digits=3),
    Metric(
        "distance_db", "Distance, dB",
        "between the logarithms of the spectra of the lost stretches and of the true ones",
        higher_is_better=False, digits=1,
    ),
)  # fmt: skip

_LEAST: Final = RATE_HZ // 4
"""Samples: PESQ has nothing to say of shorter ones."""

_MOST: Final = 15 * RATE_HZ
"""PESQ's code has room for 50 utterances and ends the process at more: 15 s cannot hold as many."""

_ESTOI_FAILED: Final = 1e-5
_WINDOW: Final = 320
_HOP: Final = 160
_FLOOR_DB: Final = 60.0


def measured(
    clean: NDArray[Any], filled: NDArray[Any], lost: Lost, *, packet_ms: int = 20, seed: int = 0
) -> dict[str, float]:
    """Return the `METRICS` of a `filled` sound (n,) by name, those of missing packages left out.

    Raises `ShapeError` and `InputError` for what is no sound or not as long as the `clean` one.
    """
    _check(clean, filled)
    asked: dict[str, Callable[[], float]] = {
        "plcmos": lambda: plcmos(filled, seed=seed),
        "pesq_wb": lambda: pesq_wb(clean, filled),
        "estoi": lambda: estoi(clean, filled),
        "distance_db": lambda: distance_db(clean, filled, lost, packet_ms=packet_ms),
    }
    found = {}
    for name, ask in asked.items():
        try:
            found[name] = ask()
        except MissingDependencyError:
            continue
    return found


def plcmos(samples: NDArray[Any], *, seed: int = 0) -> float:
    """Return PLCMOS v2 of a sound (n,), 1 to 5 (Diener et al. 2023, arXiv:2305.15127).

    It is the mean over listeners that are drawn from `seed`. Raises `MissingDependencyError` where
    `speechmos` is not installed.
    """
    run = _imported("speechmos.plcmos", "run", "PLCMOS")
    _check(samples, samples)
    if len(samples) < _LEAST:
        return math.nan
    with _seeded(seed):
        found = run(np.clip(samples, -1.0, 1.0).astype(np.float32, copy=False), RATE_HZ)
    return float(found["plcmos"])


def pesq_wb(clean: NDArray[Any], filled: NDArray[Any]) -> float:
    """Return wide-band PESQ of a sound (n,) beside the clean one, 1 to 4.64 (ITU-T P.862.2, 2007).

    Of a sound above 15 s it is the mean over equal parts that are not. Raises
    `MissingDependencyError` where `pesq` is not installed.
    """
    pesq = _imported("pesq", "pesq", "PESQ-WB")
    refusals = tuple(
        _imported("pesq", name, "PESQ-WB") for name in ("BufferTooShortError", "NoUtterancesError")
    )
    _check(clean, filled)
    count = max(1, -(-len(clean) // _MOST))
    scores = []
    for true, heard in zip(
        np.array_split(clean, count), np.array_split(filled, count), strict=True
    ):
        if len(true) < _LEAST or not true.any() or not heard.any():
            continue
        try:
            with np.errstate(all="ignore"):
                scores.append(pesq(RATE_HZ, true, heard, "wb"))
        except (*refusals, ValueError):  # no speech, or so little that it divides by 0
            continue
    return float(np.mean(scores)) if scores else math.nan


def estoi(clean: NDArray[Any], filled: NDArray[Any]) -> float:
    """Return how intelligible a sound (n,) is beside the clean one (Jensen & Taal 2016, ESTOI).

    Raises `MissingDependencyError` where `pystoi` is not installed.
    """
    stoi = _imported("pystoi", "stoi", "ESTOI")
    _check(clean, filled)
    if len(clean) < _LEAST or not clean.any():
        return math.nan
    with warnings.catch_warnings(), _seeded(0):
        warnings.simplefilter("ignore", RuntimeWarning)
        found = float(stoi(clean, filled, RATE_HZ, extended=True))
    return math.nan if found == _ESTOI_FAILED else found


def distance_db(
    clean: NDArray[Any], filled: NDArray[Any], lost: Lost, *, packet_ms: int = 20
) -> float:
    """Return how far the spectra of lost stretches are from the true ones, in dB.

    It is the log-spectral distance (Gray & Markel 1976, "Distance measures for speech processing"):
    the root mean square over frequencies of the difference in dB, as mean over windows of 20 ms,
    every 10 ms, whose middle was lost. What is more than 60 dB below the loudest of the clean sound
    counts as that loud. NaN where nothing was lost.
    """
    _check(clean, filled)
    middles = np.arange(_WINDOW // 2, len(clean) - _WINDOW // 2 + 1, _HOP)
    packets = middles // (packet_ms * RATE_HZ // 1000)
    known = packets < len(lost)
    starts = middles[known][lost[packets[known]]] - _WINDOW // 2
    if not len(starts) or not clean.any():
        return math.nan
    window = np.hanning(_WINDOW + 1)[:-1]

    def powers(samples: NDArray[Any], at: NDArray[np.int64]) -> NDArray[np.float64]:
        frames = samples[at[:, np.newaxis] + np.arange(_WINDOW)].astype(np.float64)
        return np.asarray(np.abs(np.fft.rfft(frames * window)) ** 2)

    floor = powers(clean, middles - _WINDOW // 2).max() * 10 ** (-_FLOOR_DB / 10)
    true, made = (
        10 * np.log10(np.maximum(powers(each, starts), floor)) for each in (clean, filled)
    )
    return float(np.sqrt(((true - made) ** 2).mean(axis=1)).mean())


def _check(clean: NDArray[Any], filled: NDArray[Any]) -> None:
    if clean.ndim != 1 or clean.shape != filled.shape:
        raise ShapeError(
            f"metrics are of two sounds of one shape (n,), not {clean.shape} and {filled.shape}"
        )
    if not (np.isfinite(clean).all() and np.isfinite(filled).all()):
        raise InputError("metrics are of finite samples; these hold NaN or infinity")


def _imported(module: str, name: str, title: str) -> Any:
    try:
        return getattr(import_module(module), name)
    except ImportError as error:
        raise MissingDependencyError(
            f"{title} is not installed: pip install 'firsthand[concealment]'"
        ) from error


@contextmanager
def _seeded(seed: int) -> Iterator[None]:
    """Let packages draw from numpy's global generator as `seed` has it, and put it back."""
    before = np.random.get_state()
    np.random.seed(seed % 2**32)  # it takes no larger ones
    try:
        yield
    finally:
        np.random.set_state(before)
