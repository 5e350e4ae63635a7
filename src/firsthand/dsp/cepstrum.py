"""Mel-frequency cepstra (Davis and Mermelstein 1980, doi:10.1109/TASSP.1980.1163420)."""

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from firsthand.errors import ShapeError

Floats = NDArray[np.float32]


def cepstra(spectrogram: NDArray[Any], count: int) -> Floats:
    """Map log-mel frames (n, bands) to their first `count` coefficients (n, count).

    They are of the orthonormal cosine transform, the lowest one, how loud it is, included.
    """
    if spectrogram.ndim != 2 or not 0 < count <= spectrogram.shape[1]:
        raise ShapeError(f"{count} coefficients of frames of shape {spectrogram.shape}")
    found: Floats = spectrogram.astype(np.float32, copy=False) @ cosines(
        spectrogram.shape[1], count
    )
    return found


def slopes(frames: NDArray[Any], reach: int = 2) -> Floats:
    """Return how fast each column of (n, k) changes, per frame: fitted lines over 2 `reach` + 1.

    The first and the last frame go on before and after (Furui 1986).
    """
    if frames.ndim != 2 or not len(frames):
        raise ShapeError(f"slopes are of frames (n, k), not of shape {frames.shape}")
    wide = np.pad(frames.astype(np.float32, copy=False), ((reach, reach), (0, 0)), mode="edge")
    count = len(frames)
    steps = np.arange(1, reach + 1, dtype=np.float32)
    found = np.zeros(frames.shape, np.float32)
    for step in range(1, reach + 1):
        later = wide[reach + step : reach + step + count]
        found += step * (later - wide[reach - step : reach - step + count])
    return found / np.float32(2 * (steps**2).sum())


@lru_cache(maxsize=16)
def cosines(size: int, count: int) -> Floats:
    """Return the first `count` rows of the orthonormal DCT-II, as columns: (size, count)."""
    angles = np.pi / size * (np.arange(size)[:, None] + 0.5) * np.arange(count)
    found = np.cos(angles) * np.sqrt(2 / size)
    found[:, 0] /= np.sqrt(2)
    weights: Floats = found.astype(np.float32)
    weights.flags.writeable = False
    return weights
