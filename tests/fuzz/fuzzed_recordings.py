"""Audio and video files, as far as this project's own code reads them; FFmpeg does the decoding."""

from contextlib import suppress
from itertools import islice

import fuzz_files as files

from firsthand.errors import MediaError
from firsthand.media.audio import AudioReader
from firsthand.media.audio_span import read_span
from firsthand.media.video_reader import VideoReader
from firsthand.web.live.file_frames import ClipFrames, is_photograph

BLOCKS, FRAMES = 200, 20


def audio(data: bytes) -> None:
    path = files.file("sound", data)
    for mono, rate_hz in ((True, 16_000), (False, None)):
        with suppress(MediaError), AudioReader(path, mono=mono, rate_hz=rate_hz) as reader:
            for block in islice(reader, BLOCKS):
                assert block.dtype == "float32"


def span(data: bytes) -> None:
    with suppress(MediaError):
        read_span(files.file("sound", data), 0.02, 0.1, 16_000)
        read_span(files.file("sound", data), 1.5, 1.6, 16_000)


def video(data: bytes) -> None:
    with suppress(MediaError), VideoReader(files.file("video", data), threads=1) as reader:
        before_us = None
        for frame in islice(reader, FRAMES):
            assert before_us is None or frame.timestamp_us > before_us
            before_us = frame.timestamp_us
        _ = reader.damage, reader.duration_us, reader.fps


def clip(data: bytes) -> None:
    path = files.file("clip", data)
    is_photograph(path)
    with suppress(MediaError):
        frames = ClipFrames(path)
        try:
            for at_us in range(0, 1_000_000, 100_000):
                frames.next(at_us)
            _ = frames.damage
        finally:
            frames.close()


PARSERS = {"a": audio, "s": span, "v": video, "c": clip}
