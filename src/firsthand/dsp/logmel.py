"""The log-mel spectrogram that audio networks see.

The defaults are those of VGGish, YAMNet and TRILL (Hershey et al. 2017, arXiv:1609.09430; Shor et
al. 2020, arXiv:2002.12764): magnitudes of a 512-point transform of 25 ms under a periodic Hann
window every 10 ms, in 64 triangles from 125 to 7500 Hz on HTK's mel scale, then log(x + 0.001).
"""

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from firsthand.dsp.framing import windows
from firsthand.errors import ConfigError, ShapeError

Floats = NDArray[np.float32]

_AT_ONCE: Final = 256  # frames: what is worked on stays in the cache
_BREAK_HZ: Final = 700.0
_Q: Final = 1127.0


@dataclass(frozen=True, slots=True)
class LogMel:
    """How a log-mel spectrogram is made; lengths in samples at `rate_hz`."""

    rate_hz: int = 16_000
    window: int = 400
    hop: int = 160
    fft: int = 512
    bands: int = 64
    low_hz: float = 125.0
    high_hz: float = 7_500.0
    offset: float = 0.001

    def __post_init__(self) -> None:
        if not (
            0 < self.hop <= self.window <= self.fft
            and 0 <= self.low_hz < self.high_hz <= self.rate_hz / 2
            and self.bands > 0
            and self.offset > 0
        ):
            raise ConfigError(
                "a spectrogram has 0 < hop <= window <= fft, 0 <= low_hz < high_hz <= rate_hz / 2, "
                f"bands and an offset above 0, not {self}"
            )

    def __call__(self, samples: NDArray[Any]) -> Floats:
        """Map (n,) samples to (frames, bands): every whole window has a frame, none is padded."""
        return self.step(LogMelState(), samples)[1]

    def step(self, state: "LogMelState", block: NDArray[Any]) -> tuple["LogMelState", Floats]:
        """Take the next samples of a stream; give the frames whose windows are whole by now.

        Whatever the blocks, their frames together are those of the whole.
        """
        if block.ndim != 1:
            raise ShapeError(f"sound is of shape (n,), not {block.shape}")
        samples = np.concatenate([state.waiting, block.astype(np.float32, copy=False)])
        count = max(0, (len(samples) - self.window) // self.hop + 1)
        if not count:
            return LogMelState(samples), np.empty((0, self.bands), np.float32)
        frames = windows(samples, self.window, self.hop)
        shape, bands = _hann(self.window), mel_bands(self)
        found = np.empty((count, self.bands), np.float32)
        for first in range(0, count, _AT_ONCE):
            last = min(first + _AT_ONCE, count)
            spectrum = np.fft.rfft(frames[first:last] * shape, self.fft)
            np.matmul(np.abs(spectrum), bands, out=found[first:last])
        np.log(np.add(found, np.float32(self.offset), out=found), out=found)
        return LogMelState(samples[count * self.hop :].copy()), found


@dataclass(frozen=True, slots=True)
class LogMelState:
    """Samples that frames to come will need; of a stream that has not begun, none."""

    waiting: Floats = field(default_factory=lambda: np.empty(0, np.float32))


@lru_cache(maxsize=8)
def mel_bands(settings: LogMel) -> Floats:
    """Return weights (fft / 2 + 1, bands): triangles that overlap by half, on the mel scale.

    The lowest bin, the mean, counts nowhere.
    """
    bins = _mel(np.linspace(0.0, settings.rate_hz / 2, settings.fft // 2 + 1))
    edges = np.linspace(_mel(settings.low_hz), _mel(settings.high_hz), settings.bands + 2)
    low, middle, high = edges[:-2], edges[1:-1], edges[2:]
    rising = (bins[:, None] - low) / (middle - low)
    falling = (high - bins[:, None]) / (high - middle)
    weights = np.maximum(0.0, np.minimum(rising, falling))
    weights[0] = 0.0
    found: Floats = weights.astype(np.float32)
    found.flags.writeable = False
    return found


def _mel(hz: Any) -> Any:
    return _Q * np.log1p(np.asarray(hz) / _BREAK_HZ)


@lru_cache(maxsize=8)
def _hann(length: int) -> Floats:
    found = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(length) / length)).astype(np.float32)
    found.flags.writeable = False
    return found
