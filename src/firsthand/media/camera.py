"""Live frames, from a camera or from anything that can stand in for one."""

from collections.abc import Iterator
from typing import Any, Protocol

import numpy.typing as npt

from firsthand.core.clock import Clock
from firsthand.errors import InputError, MediaError
from firsthand.media.frame import Frame, as_rgb


class FrameSource(Protocol):
    """What OpenCV's `VideoCapture` offers, as far as it is needed; tests give their own."""

    def read(self) -> tuple[bool, npt.NDArray[Any] | None]:
        """Wait for the next picture: (True, height x width x 3 uint8 BGR), or (False, None)."""
        ...

    def release(self) -> None:
        """Let go of the device."""
        ...


def open_camera(index: int, *, size: tuple[int, int] | None = None) -> FrameSource:
    """Open the camera `index` (0 is the first), asking it for `size` (width, height).

    The camera may choose another size; frames come as they are. Raises `MediaError` when there
    is no such camera or it is in use.
    """
    import cv2

    if index < 0:
        raise InputError(f"cameras are numbered from 0, not {index}")
    capture = cv2.VideoCapture(index)
    if not capture.isOpened():
        capture.release()
        raise MediaError(
            f"camera {index} cannot be opened; check that it is plugged in, that no other "
            "program uses it, and that you may read it (on Linux: /dev/video*, group video)"
        )
    capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)  # old pictures are worth nothing in real time
    if size is not None:
        capture.set(cv2.CAP_PROP_FRAME_WIDTH, size[0])
        capture.set(cv2.CAP_PROP_FRAME_HEIGHT, size[1])
    return capture


def frames_from(source: FrameSource, clock: Clock, *, patience: int = 10) -> Iterator[Frame]:
    """Yield the pictures of `source` as frames, timed by `clock` as each arrives.

    Times strictly increase: a picture that arrives within the same microsecond as the last is
    put one later. A picture that cannot be read, or that is no picture, is passed over; after
    `patience` of them in a row the source has ended. It is released at the end, also when the
    caller stops early.

    Raises `MediaError` when not a single picture came.
    """
    last_us: int | None = None
    failures, reason = 0, "it delivers nothing"
    try:
        while failures < patience:
            delivered, picture = source.read()
            if not delivered or picture is None:
                failures += 1
                continue
            now_us = clock.now_us()
            try:
                rgb = as_rgb(picture[..., ::-1] if picture.ndim == 3 else picture)
            except InputError as error:
                failures, reason = failures + 1, str(error)
                continue
            failures = 0
            last_us = now_us if last_us is None else max(now_us, last_us + 1)
            yield Frame(rgb, last_us)
    finally:
        source.release()
    if last_us is None:
        raise MediaError(f"no picture from the camera in {patience} attempts: {reason}")
