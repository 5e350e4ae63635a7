"""Video out: H.264 in MP4 that every browser plays."""

from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import av
import cv2
import numpy as np
import numpy.typing as npt
from av.container import OutputContainer
from av.video.frame import VideoFrame
from av.video.reformatter import (
    ColorPrimaries,
    ColorRange,
    Colorspace,
    ColorTrc,
    VideoReformatter,
)
from av.video.stream import VideoStream

from firsthand.errors import InputError, MediaError
from firsthand.media.container import reason
from firsthand.media.files import discard, require_place, temporary_beside
from firsthand.media.frame import Frame, RgbImage, as_rgb

_SUFFIXES: Final = (".mp4", ".m4v")
_MICROSECOND: Final = Fraction(1, 1_000_000)
_ENCODERS: Final = ("libx264", "libopenh264", "mpeg4")  # the last plays in fewer browsers
_LARGEST_SIDE_PX: Final = 16_384


class VideoWriter:
    """Writes RGB frames to an MP4 (H.264, 4:2:0, BT.709, index at the front); a context manager.

    Give each frame its own time (`write(frame)` or `write(image, timestamp_us)`), or none, and
    frames follow each other at `fps`. Times must increase; their distances are kept to the
    microsecond, and the video starts at 0 with the first. `fps` also says how long the last
    frame lasts.

    `size` is (width, height), by default the first frame's. A frame of another size is scaled to
    fit and centred on black. An odd side is padded to an even one by repeating its last row or
    column, as 4:2:0 demands.

    The file appears under its name when the block ends well; after an error nothing is left and
    what was there before stays. `crf` is the quality: 0 (lossless, large) to 51.

    Raises `MediaError` when the file cannot be written or no frame was, `InputError` for frames
    or times that are wrong.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        fps: float = 30.0,
        size: tuple[int, int] | None = None,
        crf: int = 20,
        threads: int = 0,
    ) -> None:
        self._path = Path(path)
        if self._path.suffix.lower() not in _SUFFIXES:
            raise MediaError(f"{path}: video is written to {', '.join(_SUFFIXES)} only")
        if not 0 < fps <= 1000:
            raise InputError(f"fps is above 0 and at most 1000, not {fps}")
        if not 0 <= crf <= 51:
            raise InputError(f"crf is 0 to 51, not {crf}")
        require_place(self._path)
        self._period_us = 1_000_000 / fps
        self._rate = Fraction(fps).limit_denominator(1001)
        self._crf = crf
        self._threads = threads
        self._size = None if size is None else _checked(size)
        self._temporary = temporary_beside(self._path)
        self._container: OutputContainer | None = None
        self._stream: VideoStream
        self._reformatter = VideoReformatter()
        self._first_us = 0
        self._last_us: int | None = None
        self._count = 0

    def write(self, image: Frame | npt.NDArray[Any], timestamp_us: int | None = None) -> None:
        """Add one frame: a `Frame`, or any image that `as_rgb` accepts with its time."""
        if isinstance(image, Frame):
            rgb, timestamp_us = image.image, image.timestamp_us
        else:
            rgb = as_rgb(image)
            if timestamp_us is None:
                timestamp_us = self._first_us + round(self._count * self._period_us)
        if self._last_us is not None and timestamp_us <= self._last_us:
            raise InputError(
                f"frame at {timestamp_us} us after one at {self._last_us} us; times must increase"
            )
        if self._size is None:
            self._size = _checked((rgb.shape[1], rgb.shape[0]))
        try:
            if self._container is None:
                self._open(*self._size)
                self._first_us = timestamp_us
            self._encode(_even(_fitted(rgb, *self._size)), timestamp_us - self._first_us)
        except (av.FFmpegError, OSError) as error:
            raise MediaError(f"{self._path}: cannot be written: {reason(error)}") from error
        self._last_us = timestamp_us
        self._count += 1

    def close(self) -> None:
        """Finish the file and give it its name; called once, by the end of the block."""
        self.__exit__(None, None, None)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        container, temporary = self._container, self._temporary
        if container is None:
            if error is None:
                raise MediaError(f"{self._path}: not written, for no frame was given")
            return
        self._container = None
        try:
            if error is None:
                container.mux(self._stream.encode(None))
            container.close()
            if error is None:
                temporary.replace(self._path)
        except (av.FFmpegError, OSError) as failure:
            if error is None:  # else the first error is the one to tell
                raise MediaError(f"{self._path}: cannot be written: {reason(failure)}") from failure
        finally:
            discard(temporary)

    def _open(self, width: int, height: int) -> None:
        container = av.open(
            f"file:{self._temporary.absolute()}",
            "w",
            format="mp4",
            options={"movflags": "+faststart", "video_track_timescale": "1000000"},
        )
        self._container = container
        encoder = _first_encoder()
        x264 = {"preset": "veryfast", "crf": str(self._crf)} if encoder == "libx264" else {}
        stream = container.add_stream(encoder, rate=self._rate, options=x264)
        assert isinstance(stream, VideoStream)
        stream.width, stream.height = width + width % 2, height + height % 2
        stream.pix_fmt = "yuv420p"
        stream.time_base = _MICROSECOND
        stream.codec_context.time_base = _MICROSECOND
        stream.codec_context.thread_count = self._threads
        stream.codec_context.color_range = ColorRange.MPEG
        stream.codec_context.colorspace = Colorspace.ITU709
        stream.codec_context.color_primaries = ColorPrimaries.BT709
        stream.codec_context.color_trc = ColorTrc.BT709
        self._stream = stream

    def _encode(self, rgb: RgbImage, timestamp_us: int) -> None:
        assert self._container is not None
        frame = self._reformatter.reformat(
            VideoFrame.from_numpy_buffer(rgb, "rgb24"),
            format="yuv420p",
            dst_colorspace=Colorspace.ITU709,
            dst_color_range=ColorRange.MPEG,
        )
        frame.pts, frame.time_base = timestamp_us, _MICROSECOND
        frame.duration = round(self._period_us)
        self._container.mux(self._stream.encode(frame))


def _checked(size: tuple[int, int]) -> tuple[int, int]:
    if not all(1 <= side <= _LARGEST_SIDE_PX for side in size):
        raise InputError(f"a video's sides are 1 to {_LARGEST_SIDE_PX} px, not {size}")
    return size


def _first_encoder() -> str:
    for name in _ENCODERS:
        if name in av.codecs_available:
            return name
    raise MediaError(f"this build of PyAV has none of the encoders {', '.join(_ENCODERS)}")


def _fitted(rgb: RgbImage, width: int, height: int) -> RgbImage:
    """Return `rgb`, scaled to fit and centred on black if its size is another."""
    given_height, given_width, _ = rgb.shape
    if (given_width, given_height) == (width, height):
        return rgb
    scale = min(width / given_width, height / given_height)
    inner = (max(1, round(given_width * scale)), max(1, round(given_height * scale)))
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    canvas = np.zeros((height, width, 3), np.uint8)
    left, top = (width - inner[0]) // 2, (height - inner[1]) // 2
    canvas[top : top + inner[1], left : left + inner[0]] = cv2.resize(rgb, inner, interpolation=way)
    return canvas


def _even(rgb: RgbImage) -> RgbImage:
    """Return `rgb` with an odd side made even by repeating its last row or column."""
    height, width, _ = rgb.shape
    if height % 2 == 0 and width % 2 == 0:
        return rgb
    padded = cv2.copyMakeBorder(rgb, 0, height % 2, 0, width % 2, cv2.BORDER_REPLICATE)
    return np.ascontiguousarray(padded, dtype=np.uint8)
