"""Video in: frames at their own times and sizes, for as long as the file can be decoded."""

from collections.abc import Generator, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Final, cast

import av
import numpy as np
from av.buffer import Buffer
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter

from firsthand.core.closing import Closing
from firsthand.errors import MediaError
from firsthand.media.container import open_container, reason
from firsthand.media.frame import Frame, RgbImage
from firsthand.media.frametimes import FrameTimes
from firsthand.media.orientation import UPRIGHT, orient, orientation_from_display_matrix

MAX_FRAME_PIXELS: Final = 67_108_864
"""2**26 pixels a frame: twice 8K. A stream that claims more is refused."""

_DEFAULT_FPS: Final = 30.0
_HIGHEST_FPS: Final = 1000.0
_TOLERANCE_US: Final = 40_000  # a video shorter than stated by less is not called cut off


class VideoReader(Closing):
    """The frames of a video file, once, in order; a context manager.

    Frames are RGB, each at its own size, which may change in mid-stream, with the file's display
    rotation applied. Colours follow the matrix and range that the stream states (BT.601 when it
    states none). Times are the file's presentation times in microseconds, made strictly
    increasing as `FrameTimes` describes; the first is not always 0.

    The first frame is decoded on opening, so a file without any decodable frame raises
    `MediaError` at once. A damaged or cut-off file yields what decodes, and `damage` says what
    was wrong. Nothing is opened but the one regular file.

    Attributes:
        size: (width, height) of the first frame as it is to be shown.
        codec: FFmpeg's name of the decoder.
        truncated: whether the file ended early, as far as it has been read.
    """

    def __init__(self, path: str | Path, *, threads: int = 0) -> None:
        """Open `path` and decode its first frame; `threads` 0 leaves the number to FFmpeg."""
        self._path = Path(path)
        self._container = open_container(self._path)
        self.truncated = False
        self._damaged = 0
        self._first_damage: str | None = None
        try:
            self._first: Frame | None = self._start(threads)
        except BaseException:  # whatever it is, the file is not left open
            self._container.close()
            raise
        height, width, _ = self._first.image.shape
        self.size: tuple[int, int] = (width, height)

    def _start(self, threads: int) -> Frame:
        if not self._container.streams.video:
            raise MediaError(f"{self._path}: holds no video")
        self._stream = self._container.streams.video[0]
        self.codec: str = self._set_up_decoder(threads)
        self._reformatter = VideoReformatter()
        self._times = FrameTimes(round(1_000_000 / self.fps))
        self._frames = self._decode()
        first = next(self._frames, None)
        if first is None:
            raise MediaError(f"{self._path}: no frame decodes: {self.damage or 'there is none'}")
        return first

    def _set_up_decoder(self, threads: int) -> str:
        decoder = self._stream.codec_context
        if decoder is None:
            raise MediaError(f"{self._path}: its video is in a codec this FFmpeg does not know")
        if decoder.width * decoder.height > MAX_FRAME_PIXELS:
            raise MediaError(
                f"{self._path}: frames of {decoder.width} x {decoder.height} pixels, above the "
                f"limit of {MAX_FRAME_PIXELS}"
            )
        decoder.options = {"max_pixels": str(MAX_FRAME_PIXELS)}
        decoder.thread_count = threads
        decoder.thread_type = "AUTO"
        return str(decoder.name)

    @property
    def fps(self) -> float:
        """Frames a second on average, or as the file guesses; 30 where it says nothing sane."""
        for rate in (self._stream.average_rate, self._stream.guessed_rate):
            if rate is not None and 0 < rate <= _HIGHEST_FPS:
                return float(rate)
        return _DEFAULT_FPS

    @property
    def duration_us(self) -> int | None:
        """The length in microseconds that the file states, or None."""
        stream = self._stream
        if stream.duration is not None and stream.time_base is not None:
            return _in_us(stream.duration, stream.time_base)
        return self._container.duration

    @property
    def damage(self) -> str | None:
        """What was wrong with the file, as far as it has been read, or None."""
        parts = []
        if self._first_damage is not None:
            places = (
                "1 damaged place," if self._damaged == 1 else f"{self._damaged} damaged places,"
            )
            first = "" if self._damaged == 1 else " the first"
            parts.append(f"{places}{first} {self._first_damage}")
        if self.truncated:
            parts.append("the file is cut off")
        return "; ".join(parts) or None

    def __iter__(self) -> Iterator[Frame]:
        if self._first is not None:
            first, self._first = self._first, None
            yield first
        yield from self._frames

    def close(self) -> None:
        """Let go of the file; nothing more is yielded."""
        self._first = None
        self._frames.close()
        self._container.close()

    def _decode(self) -> Generator[Frame]:
        first_us = last_us = last_raw = None
        ends_corrupt = False
        try:
            for packet in self._container.demux(self._stream):
                if packet.size:  # the last, empty one flushes the decoder
                    ends_corrupt = packet.is_corrupt
                try:
                    decoded = packet.decode()
                except (av.FFmpegError, ValueError) as error:
                    self._note(last_us, reason(error))
                    continue
                for raw in decoded:
                    frame = self._frame(raw, last_us)
                    if frame is not None:
                        last_us = frame.timestamp_us
                        first_us = last_us if first_us is None else first_us
                        last_raw = raw
                        yield frame
        except (av.FFmpegError, ValueError) as error:
            self._note(last_us, reason(error))
            ends_corrupt = True
        stated_us = self._stated_length_us()
        short = False
        if first_us is not None and last_us is not None and stated_us is not None:
            assert last_raw is not None
            end_us = last_us + self._lasting_us(last_raw)
            short = end_us - first_us < stated_us - _TOLERANCE_US
        self.truncated = ends_corrupt or short

    def _lasting_us(self, raw: VideoFrame) -> int:
        if raw.duration and raw.time_base is not None:
            return _in_us(raw.duration, raw.time_base)
        return round(1_000_000 / self.fps)

    def _frame(self, raw: VideoFrame, last_us: int | None) -> Frame | None:
        if raw.is_corrupt:
            self._note(last_us, "is a frame decoded with errors")
        try:
            image = self._rgb(raw)
        except (av.FFmpegError, ValueError) as error:
            self._note(last_us, reason(error))
            return None
        stated_us = None
        if raw.pts is not None and raw.time_base is not None:
            stated_us = _in_us(raw.pts, raw.time_base)
        return Frame(image, self._times.next_us(stated_us))

    def _rgb(self, raw: VideoFrame) -> RgbImage:
        converted = self._reformatter.reformat(raw, format="rgb24")
        if converted is raw:  # already RGB: a copy, for the decoder may still refer to these pixels
            image = np.array(raw.to_ndarray(), dtype=np.uint8, order="C")
        else:
            plane, row_bytes = converted.planes[0], raw.width * 3
            rows = np.frombuffer(memoryview(plane), np.uint8).reshape(raw.height, plane.line_size)
            # No copy where rows have no padding: every width that is a multiple of 64.
            image = np.ascontiguousarray(rows[:, :row_bytes]).reshape(raw.height, raw.width, 3)
        matrix = raw.side_data.get("DISPLAYMATRIX")
        turn = (
            UPRIGHT
            if matrix is None
            else orientation_from_display_matrix(bytes(cast(Buffer, matrix)))
        )
        return orient(image, turn)

    def _stated_length_us(self) -> int | None:
        """Return what the video alone should last; a container's length may be its sound's."""
        if self._stream.duration is not None or len(self._container.streams) == 1:
            return self.duration_us
        clock = self._stream.metadata.get("DURATION", "").split(":")  # Matroska: 00:00:10.000000000
        try:
            hours, minutes, seconds = (float(part) for part in clock)
            return round((hours * 3600 + minutes * 60 + seconds) * 1_000_000)
        except (ValueError, OverflowError):
            return None

    def _note(self, last_us: int | None, what: str) -> None:
        self._damaged += 1
        if self._first_damage is None:
            place = "at the start" if last_us is None else f"after {last_us / 1_000_000:.3f} s"
            self._first_damage = f"{place}: {what}"


def _in_us(count: int, time_base: Fraction) -> int:
    """Return `count` units of `time_base` seconds in microseconds, to the nearest."""
    denominator = time_base.denominator
    return (count * time_base.numerator * 1_000_000 + denominator // 2) // denominator


def read_video(path: str | Path, *, threads: int = 0) -> Iterator[Frame]:
    """Yield the frames of a video file and close it; see `VideoReader` for what is promised.

    The file is opened when the first frame is asked for, and `MediaError` raised then.
    """
    with VideoReader(path, threads=threads) as reader:
        yield from reader
