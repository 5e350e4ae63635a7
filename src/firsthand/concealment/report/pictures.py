"""Sounds as pictures: spectrograms as PNG, waveforms as paths of SVG."""

import struct
import zlib
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

WINDOW: Final = 512
HOP: Final = 160
"""Samples at 16 kHz: a column every 10 ms."""

_RANGE_DB: Final = 66.0
_LEVELS: Final = 64
_QUIET_TO_LOUD: Final = (
    (255, 255, 255), (222, 233, 244), (160, 197, 229), (84, 145, 200), (28, 88, 156), (10, 34, 84),
)  # fmt: skip
"""Red, green and blue, evenly spaced; the page turns them round where it is dark."""


def spectrogram_png(samples: NDArray[Any], loudest: float) -> bytes:
    """Return the spectrogram of a sound (n,), high frequencies on top, as PNG.

    A column every 10 ms, 128 rows up to half the rate, in 66 dB below `loudest`, a power as
    `loudest_of` gives it.
    """
    powers = _powers(samples)
    rows = powers[:, 1:].reshape(len(powers), -1, 2).mean(axis=2).T[::-1]
    decibels = 10 * np.log10(np.maximum(rows, 1e-20) / loudest)
    shares = np.clip(1 + decibels / _RANGE_DB, 0.0, 1.0)
    return _png((shares * (_LEVELS - 1) + 0.5).astype(np.uint8))


def loudest_of(samples: NDArray[Any]) -> float:
    """Return the power of what is loudest in a sound (n,), by frequency and time; above 0."""
    return max(float(_powers(samples).max()), 1e-12)


def wave_path(
    samples: NDArray[Any], width: float, height: float, *, peak: float, start: int = 0, of: int = 0
) -> str:
    """Return a waveform (n,) as the path of an SVG that is `width` x `height`.

    `peak` reaches its edges. The samples are those from `start` on of so many as it shows, `of`;
    they are all that it shows if left out.
    """
    at = (start + np.arange(len(samples))) * width / max(1, (of or len(samples)) - 1)
    heights = height / 2 * (1 - np.clip(samples / peak, -1, 1))
    points = (f"{x:.1f},{y:.1f}" for x, y in zip(at.tolist(), heights.tolist(), strict=True))
    return "M" + "L".join(points)


def _powers(samples: NDArray[Any]) -> NDArray[np.float64]:
    """Return (columns, 257), each from a window around its time."""
    count = max(1, -(-len(samples) // HOP))
    padded = np.zeros((count - 1) * HOP + WINDOW)
    before = (WINDOW - HOP) // 2
    padded[before : before + len(samples)] = samples
    frames = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[::HOP]
    return np.asarray(np.abs(np.fft.rfft(frames * np.hanning(WINDOW))) ** 2)


def _png(levels: NDArray[np.uint8]) -> bytes:
    """Return a picture (height, width) of levels, by the palette, as a file (ISO/IEC 15948)."""
    stops = np.linspace(0, _LEVELS - 1, len(_QUIET_TO_LOUD))
    palette = np.stack(
        [np.interp(np.arange(_LEVELS), stops, each) for each in np.transpose(_QUIET_TO_LOUD)],
        axis=1,
    )
    height, width = levels.shape
    lines = np.concatenate([np.zeros((height, 1), np.uint8), levels], axis=1)  # 0: not filtered
    parts = (
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)),
        (b"PLTE", np.rint(palette).astype(np.uint8).tobytes()),
        (b"IDAT", zlib.compress(lines.tobytes(), 9)),
        (b"IEND", b""),
    )
    chunks = (
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in parts
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)
