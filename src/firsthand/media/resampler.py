"""A stream of sound at another rate, block by block."""

from typing import Any

import numpy as np
import numpy.typing as npt
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler

from firsthand.errors import InputError, ShapeError
from firsthand.media.audio import Samples


class Resampler:
    """Takes samples (n,) at `from_hz`, gives samples (m,) at `to_hz`, by FFmpeg's resampler.

    Over a whole stream m / n is `to_hz / from_hz`; a block gives some samples late.
    """

    def __init__(self, from_hz: int, to_hz: int) -> None:
        if not (1 <= from_hz <= 768_000 and 1 <= to_hz <= 768_000):
            raise InputError(f"rates are 1 to 768000 Hz, not {from_hz} and {to_hz}")
        self._from_hz = from_hz
        self._same = from_hz == to_hz
        self._resampler = AudioResampler("flt", "mono", to_hz)
        self._given = 0

    def __call__(self, block: npt.NDArray[Any]) -> Samples:
        """Give what is settled with the next samples."""
        if block.ndim != 1:
            raise ShapeError(f"sound is of shape (n,), not {block.shape}")
        samples = block.astype(np.float32, copy=False)
        if self._same or not len(samples):
            return samples
        frame = AudioFrame.from_ndarray(samples[np.newaxis], format="flt", layout="mono")
        frame.sample_rate, frame.pts = self._from_hz, self._given
        self._given += len(samples)
        return self._joined(self._resampler.resample(frame))

    def end(self) -> Samples:
        """Give what was still held back."""
        if self._same or not self._given:
            return np.empty(0, np.float32)
        return self._joined(self._resampler.resample(None))

    @staticmethod
    def _joined(frames: list[AudioFrame]) -> Samples:
        arrays = [frame.to_ndarray().reshape(-1) for frame in frames]
        return np.concatenate([np.empty(0, np.float32), *arrays]).astype(np.float32, copy=False)
