"""Sound written as it comes, so that a file cut off at any moment opens with all but its end."""

import os
from pathlib import Path
from typing import Any, Final

import av
import numpy as np
import numpy.typing as npt
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream

from firsthand.core.closing import Closing
from firsthand.errors import InputError, MediaError, ShapeError
from firsthand.media.container import reason

STORED_HZ: Final = 48_000
"""Opus knows no other full rate; `AudioLog` resamples to it."""

_BITS_PER_S: Final = 64_000
_PAGE_US: Final = 200_000
_FLUSH_S: Final = 1


class AudioLog(Closing):
    """A new Ogg Opus file of one channel, written page by page; a context manager.

    Each fifth of a second is one page, handed to the system once the next is full, and the disk is
    made to keep it every second: a process that is killed loses at most the half second at its end,
    what the encoder holds back included, a machine without power at most another one. What was
    written can be read meanwhile.

    Raises `MediaError` when the file exists already or cannot be written, from the constructor,
    `write` or `close`; what was written before stays.
    """

    def __init__(self, path: str | Path, rate_hz: int) -> None:
        if not 1 <= rate_hz <= 768_000:
            raise InputError(f"rate_hz is 1 to 768000, not {rate_hz}")
        self._path = Path(path)
        self._rate_hz = rate_hz
        try:
            self._file = self._path.open("xb", buffering=0)
        except (OSError, ValueError) as error:
            raise self._unwritten(error) from error
        options = {"page_duration": str(_PAGE_US), "flush_packets": "1"}
        self._container = av.open(_Pages(self._file), "w", format="ogg", options=options)
        stream = self._container.add_stream("libopus", rate=STORED_HZ, layout="mono")
        assert isinstance(stream, AudioStream)
        stream.bit_rate = _BITS_PER_S
        self._stream = stream
        self._resampler = AudioResampler("flt", "mono", STORED_HZ)
        self._since_flush = 0
        self._failed = False
        self.samples = 0
        """How many were written so far, at the rate that they came in."""

    def write(self, samples: npt.NDArray[Any]) -> None:
        """Append floats of shape (n,), 1.0 being full scale; what lies beyond is clipped.

        `ShapeError` and `InputError` for what is no sound; then nothing of it is written.
        """
        if samples.ndim != 1 or not np.issubdtype(samples.dtype, np.floating):
            raise ShapeError(f"sound is floats of shape (n,), not {samples.dtype} {samples.shape}")
        if not len(samples):
            return
        if not np.isfinite(samples).all():
            raise InputError("sound has finite samples; these hold NaN or infinity")
        block = np.clip(samples, -1.0, 1.0).astype(np.float32)
        frame = AudioFrame.from_ndarray(block[np.newaxis], format="flt", layout="mono")
        frame.sample_rate, frame.pts = self._rate_hz, self.samples
        try:
            self._encode(self._resampler.resample(frame))
            self.samples += len(block)
            self._since_flush += len(block)
            if self._since_flush >= _FLUSH_S * self._rate_hz:
                os.fsync(self._file.fileno())
                self._since_flush = 0
        except (av.FFmpegError, OSError, ValueError) as error:
            self._failed = True
            raise self._unwritten(error) from error

    def close(self) -> None:
        """Write what is still held back, and let go of the file.

        After a `write` that failed nothing more is said: that has told why.
        """
        if self._file.closed:
            return
        try:
            if self.samples:
                self._encode(self._resampler.resample(None))
                self._container.mux(self._stream.encode(None))
            self._container.close()
            os.fsync(self._file.fileno())
        except (av.FFmpegError, OSError, ValueError) as error:
            if not self._failed:
                raise self._unwritten(error) from error
        finally:
            self._file.close()

    def _encode(self, frames: list[AudioFrame]) -> None:
        for frame in frames:
            self._container.mux(self._stream.encode(frame))

    def _unwritten(self, error: Exception) -> MediaError:
        return MediaError(f"{self._path}: cannot be written: {reason(error)}")


class _Pages:
    """What a muxer may do with the file: append and tell; so it never goes back over a page."""

    def __init__(self, file: Any) -> None:
        self.write = file.write
        self.tell = file.tell
