"""The pictures of a file that the page was given: a clip's frames, or one photograph."""

import struct
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from firsthand.errors import MediaError
from firsthand.media.frame import Frame, RgbImage
from firsthand.media.image import encode_jpeg, read_image, within
from firsthand.media.imagesize import read_header
from firsthand.media.video_reader import VideoReader

SHOWN_PX: Final = 1280
"""The longer side of a picture as it is shown; it is looked at as it is."""

MOST_SKIPPED: Final = 8
"""Frames of a clip passed over at once to keep up with its time."""

_JPEG_QUALITY: Final = 85
_HEADER_BYTES: Final = 65_536
_LENGTH: Final = struct.Struct(">I")


@dataclass(frozen=True, slots=True)
class Clip:
    """What is known of a clip before it is played; `duration_us` may be None."""

    width: int
    height: int
    fps: float
    duration_us: int | None


def is_photograph(path: Path) -> bool:
    """Whether the file starts as an image does."""
    with path.open("rb") as file:
        start = file.read(_HEADER_BYTES)
    try:
        read_header(start)
    except MediaError:
        return False
    return True


def read_photograph(path: Path) -> RgbImage:
    """Return a photograph; `MediaError`, which does not say where the file lies."""
    try:
        return read_image(path)
    except MediaError as error:
        raise _without(path, error) from error


class ClipFrames:
    """The frames of a clip in order, those passed over that come too late."""

    def __init__(self, path: Path) -> None:
        """Open the clip; `MediaError` as `VideoReader`, without saying where the file lies."""
        self._path = path
        try:
            self._reader = VideoReader(path)
        except MediaError as error:
            raise _without(path, error) from error
        self._frames: Iterator[Frame] = iter(self._reader)
        width, height = self._reader.size
        self.clip = Clip(width, height, self._reader.fps, self._reader.duration_us)

    def next(self, after_us: int) -> tuple[Frame, int] | None:
        """Return the next frame at `after_us` or later, and how many were passed over.

        At most `MOST_SKIPPED` are, so the frame may be earlier. None at the end.
        """
        last: Frame | None = None
        for skipped, frame in enumerate(self._frames):
            if frame.timestamp_us >= after_us or skipped == MOST_SKIPPED:
                return frame, skipped
            last = frame
        # The last frame is shown even if it is late: it is where the clip stops.
        return None if last is None else (last, 0)

    @property
    def damage(self) -> str | None:
        """What was wrong with the file, as far as it has been read, or None."""
        return self._reader.damage

    def close(self) -> None:
        """Let go of the file."""
        with closing(self._reader):
            self._frames = iter(())


def picture_message(fields: str, image: RgbImage) -> bytes:
    """Return what the page draws: the length of the JSON (4 bytes), the JSON, a JPEG.

    `fields` are JSON fields without braces, in ASCII. The JPEG is at most `SHOWN_PX` wide or high.
    """
    jpeg = encode_jpeg(within(image, SHOWN_PX), _JPEG_QUALITY)
    words = b"{" + fields.encode("ascii") + b"}"
    return _LENGTH.pack(len(words)) + words + jpeg


def _without(path: Path, error: MediaError) -> MediaError:
    return MediaError(str(error).replace(f"{path}: ", "").replace(str(path), "the file"))
