"""Frames in the order of their times, whatever a caller has: frames, or images without a time."""

from collections.abc import Iterable, Iterator
from typing import Any

from numpy.typing import NDArray

from firsthand.errors import ConfigError, InputError
from firsthand.media.frame import Frame, as_rgb


def timed(frames: Iterable[Frame | NDArray[Any]], fps: float) -> Iterator[Frame]:
    """Yield frames as they are, and images, whatever `as_rgb` accepts, at `fps` a second.

    Raises `ConfigError` for a rate that is not from 0.001 to a million, `InputError` for a frame
    that is not after the last.
    """
    if not 1e-3 <= fps <= 1e6:
        raise ConfigError(f"fps is a rate from 0.001 to 1,000,000, not {fps}")
    return _timed(frames, fps)


def check_time(last_us: int | None, timestamp_us: int) -> None:
    """Raise `InputError` unless a frame is after the last one, if there was one."""
    if last_us is not None and timestamp_us <= last_us:
        raise InputError(
            f"frame at {timestamp_us} us is not after the last, at {last_us} us; another video "
            "starts with a new track() or TrackerState()"
        )


def _timed(frames: Iterable[Frame | NDArray[Any]], fps: float) -> Iterator[Frame]:
    last_us: int | None = None
    for index, given in enumerate(frames):
        if isinstance(given, Frame):
            frame = given
        else:
            frame = Frame(as_rgb(given), round(index * 1e6 / fps))
        check_time(last_us, frame.timestamp_us)
        last_us = frame.timestamp_us
        yield frame
