"""What representations are compared with: plain statistics of spectra, nothing learnt."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from firsthand.dsp import LogMel, cepstra, slopes
from firsthand.speech.representation import RATE_HZ, Floats, Frames, checked, padded, statistics

_SPECTROGRAM: Final = LogMel()
_COEFFICIENTS: Final = 20


class LogMelStatistics:
    """The mean and deviation of 64 log-mel bands."""

    identity: Final = "log-mel 1"
    frame_size: Final = _SPECTROGRAM.bands
    size: Final = 2 * frame_size

    def scene(self, samples: NDArray[Any]) -> Floats:
        """Map a sound (n,) to (128,)."""
        return statistics(self.frames(samples).vectors)

    def frames(self, samples: NDArray[Any]) -> Frames:
        """Map a sound to its spectrogram, a frame every 10 ms."""
        return _at(_spectrogram(samples))


class Cepstra:
    """The mean and deviation of 20 mel-frequency cepstra, their slopes, and the slopes' slopes."""

    identity: Final = "mfcc 1"
    frame_size: Final = 3 * _COEFFICIENTS
    size: Final = 2 * frame_size

    def scene(self, samples: NDArray[Any]) -> Floats:
        """Map a sound (n,) to (120,)."""
        return statistics(self.frames(samples).vectors)

    def frames(self, samples: NDArray[Any]) -> Frames:
        """Map a sound to coefficients every 10 ms."""
        found = cepstra(_spectrogram(samples), _COEFFICIENTS)
        changing = slopes(found)
        return _at(np.concatenate([found, changing, slopes(changing)], axis=1))


def _spectrogram(samples: NDArray[Any]) -> Floats:
    return _SPECTROGRAM(padded(checked(samples), _SPECTROGRAM.window))


def _at(vectors: Floats) -> Frames:
    """Return the frames of a spectrogram with the times of their middles."""
    first, step = (1000 * n / RATE_HZ for n in (_SPECTROGRAM.window / 2, _SPECTROGRAM.hop))
    return Frames(vectors, (first + step * np.arange(len(vectors))).astype(np.float32))
