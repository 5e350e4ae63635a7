"""A part of a long recording, read without reading what lies before it."""

from pathlib import Path
from typing import Final

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler

from firsthand.errors import InputError, MediaError
from firsthand.media.audio import Samples
from firsthand.media.container import open_container, reason

_EARLIER_S: Final = 1.0  # decoders need a little before they are right


def read_span(path: str | Path, start_s: float, end_s: float, rate_hz: int = 48_000) -> Samples:
    """Return what a file sounds from `start_s` to `end_s`: (n,) float32 of one channel.

    What lies beyond the end is left out, so it may be shorter, or empty. Exact to a sample for
    formats that tell times exactly, such as what `AudioLog` writes. Raises `InputError` for times
    in the wrong order, `MediaError` where nothing decodes.
    """
    if not 0 <= start_s <= end_s:
        raise InputError(
            f"a span goes from a time of 0 s on to a later one, not {start_s}..{end_s}"
        )
    path = Path(path)
    with open_container(path) as container:
        if not container.streams.audio:
            raise MediaError(f"{path}: holds no sound")
        stream = container.streams.audio[0]
        resampler = AudioResampler("flt", "mono", rate_hz, options={"rematrix_maxval": "1.0"})
        parts: list[Samples] = []
        first_s: float | None = None
        try:
            if start_s > _EARLIER_S and stream.time_base is not None:
                container.seek(int((start_s - _EARLIER_S) / stream.time_base), stream=stream)
            for frame in container.decode(stream):
                if frame.time is not None and frame.time >= end_s + _EARLIER_S:
                    break
                if first_s is None:
                    first_s = frame.time or 0.0
                frame.pts = None
                parts += _arrays(resampler.resample(frame))
            parts += _arrays(resampler.resample(None))
        except (av.FFmpegError, ValueError) as error:
            if not parts:
                raise MediaError(f"{path}: no sound decodes: {reason(error)}") from error
    if first_s is None or not parts:  # none, or less than a sample of the wanted rate
        return np.empty(0, np.float32)
    begin, end = (max(0, round((at - first_s) * rate_hz)) for at in (start_s, end_s))
    return np.concatenate(parts)[begin:end]


def _arrays(frames: list[AudioFrame]) -> list[Samples]:
    return [frame.to_ndarray().reshape(-1).astype(np.float32, copy=False) for frame in frames]
