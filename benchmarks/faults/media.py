"""Videos, sounds and cameras that end, are cut, or change in mid-stream."""

import os
from functools import partial
from pathlib import Path

import numpy as np

from faults import Outcome, fault, refusal
from firsthand.core import ManualClock
from firsthand.errors import MediaError
from firsthand.media import (
    AudioLog,
    Frame,
    VideoReader,
    VideoWriter,
    frames_from,
    read_audio,
    read_image,
    read_video,
)

FRAMES = 90
SHAPE = (120, 160, 3)


def clip(folder: Path) -> Path:
    """Three seconds of noise that moves, so that every frame has some bytes."""
    path, rng = folder / "clip.mp4", np.random.default_rng(0)
    image = rng.integers(0, 255, SHAPE, np.uint8)
    with VideoWriter(path, fps=30) as writer:
        for number in range(FRAMES):
            writer.write(np.roll(image, 3 * number, axis=1))
    return path


def seen(path: Path) -> tuple[int, str]:
    """How many frames a video gives, and what it says of damage."""
    with VideoReader(path) as reader:
        return sum(1 for _ in reader), reader.damage or ""


@fault("media", "A video cut in the middle of a frame")
def video_cut(folder: Path) -> Outcome:
    path = clip(folder)
    os.truncate(path, path.stat().st_size * 6 // 10 + 5)
    count, damage = seen(path)
    ok = FRAMES // 3 < count < FRAMES and "cut off" in damage
    return Outcome(ok, f"{count} of {FRAMES} frames come; then it says {damage!r}", "the rest")


@fault("media", "A tenth of a video overwritten with noise")
def video_noisy(folder: Path) -> Outcome:
    path = clip(folder)
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(size // 2)
        file.write(np.random.default_rng(0).bytes(size // 10))
    count, damage = seen(path)
    return Outcome(
        count > FRAMES // 2 and bool(damage),
        f"{count} of {FRAMES} frames come; it says {damage!r}",
        f"{max(0, FRAMES - count)} frames",
    )


@fault("media", "Empty files, text and noise for a video, a sound and a picture")
def no_media(folder: Path) -> Outcome:
    told = []
    for name, data in {
        "empty": b"",
        "text": b"frames, many of them\n" * 100,
        "noise": np.random.default_rng(0).bytes(10_000),
    }.items():
        path = folder / name
        path.write_bytes(data)
        reads = (lambda p: list(read_video(p)), read_audio, read_image)
        told += [refusal(partial(read, path), MediaError) for read in reads]
    return Outcome(all(told), f"{sum(map(bool, told))} of {len(told)} refused; such as {told[3]}")


@fault("media", "A camera that is unplugged, and one that drops pictures and changes its size")
def camera(folder: Path) -> Outcome:
    _ = folder
    small, large = np.zeros(SHAPE, np.uint8), np.zeros((240, 320, 3), np.uint8)

    class Camera:
        """Pictures, some of them none, another size, and then nothing more."""

        released = 0

        def __init__(self) -> None:
            self._pictures = iter([small, None, small[0, 0], large, None, None, large])

        def read(self):
            picture = next(self._pictures, None)
            return picture is not None, picture

        def release(self) -> None:
            self.released += 1

    source = Camera()
    came = list(frames_from(source, ManualClock()))
    times = [frame.timestamp_us for frame in came]
    ok = [frame.image.shape for frame in came] == [SHAPE, large.shape, large.shape]
    ok = ok and source.released == 1 and times == sorted(set(times))
    return Outcome(ok, "3 of 3 pictures come, at times that increase; then it ends, let go of")


@fault("media", "A video written onto a place that goes away in the middle")
def writing_fails(folder: Path) -> Outcome:
    there = folder / "there"
    there.mkdir()

    def write() -> None:
        with VideoWriter(there / "a.mp4", fps=30) as writer:
            for number in range(FRAMES):
                writer.write(Frame(np.full(SHAPE, number, np.uint8), number * 33_333))
                if number == FRAMES // 2:
                    for each in there.iterdir():
                        each.unlink()
                    there.rmdir()

    said = refusal(write, MediaError)
    return Outcome(bool(said) and not there.exists(), said, "the video, and it is told")


@fault("media", "A sound's bytes flipped, one in ten thousand")
def sound_noisy(folder: Path) -> Outcome:
    path = folder / "a.ogg"
    with AudioLog(path, 16_000) as log:
        log.write(0.1 * np.random.default_rng(0).standard_normal(160_000))
    data = bytearray(path.read_bytes())
    for at in np.random.default_rng(1).integers(200, len(data), len(data) // 10_000):
        data[at] ^= 255
    path.write_bytes(data)
    samples, rate_hz = read_audio(path)
    share = len(samples) / rate_hz / 10
    ok = bool(np.isfinite(samples).all()) and 0.5 < share < 1
    return Outcome(ok, f"{share:.0%} of it comes, all of it numbers", "pages that were hit")
