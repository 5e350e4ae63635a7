from itertools import pairwise

import numpy as np
import pytest

from firsthand.core import ManualClock
from firsthand.errors import InputError, MediaError
from firsthand.media import frames_from, open_camera, open_frames, write_image

from .made_media import make_video, moving, picture


class Script:
    """A camera that plays what it is given, and moves a clock as it does."""

    def __init__(self, pictures, clock, step_us=33_000):
        self.pictures, self.clock, self.step_us = list(pictures), clock, step_us
        self.released = 0

    def read(self):
        self.clock.advance(self.step_us)
        return self.pictures.pop(0) if self.pictures else (False, None)

    def release(self):
        self.released += 1


def bgr(number: int) -> np.ndarray:
    return np.ascontiguousarray(picture(16, 12, number)[..., ::-1])


def test_pictures_become_rgb_frames_timed_by_the_clock():
    clock = ManualClock(1000)
    source = Script([(True, bgr(n)) for n in range(5)], clock)
    frames = list(frames_from(source, clock))
    assert [f.timestamp_us for f in frames] == [1000 + 33_000 * n for n in range(1, 6)]
    for number, frame in enumerate(frames):
        assert np.array_equal(frame.image, picture(16, 12, number))
    assert source.released == 1


def test_times_increase_under_a_clock_that_stands_still():
    clock = ManualClock()
    source = Script([(True, bgr(n)) for n in range(5)], clock, step_us=0)
    times = [frame.timestamp_us for frame in frames_from(source, clock)]
    assert all(a < b for a, b in pairwise(times))


def test_failures_are_passed_over_but_not_for_ever():
    clock = ManualClock()
    bad = [(False, None), (True, None), (True, np.zeros((0, 0, 3), np.uint8)), (False, bgr(0))]
    good = [(True, bgr(1))]
    source = Script(bad + good + bad + good + bad * 9 + good, clock)
    assert len(list(frames_from(source, clock, patience=5))) == 2
    assert source.released == 1


def test_grayscale_pictures():
    clock = ManualClock()
    source = Script([(True, np.full((4, 4), 7, np.uint8))], clock)
    (frame,) = frames_from(source, clock)
    assert frame.image.tolist() == np.full((4, 4, 3), 7).tolist()


def test_a_dead_camera_is_an_error_and_is_released():
    clock = ManualClock()
    for pictures, reason in (
        ([], "nothing"),
        ([(True, np.zeros((4, 4, 2), np.uint8))] * 9, "shape"),
    ):
        source = Script(pictures, clock)
        with pytest.raises(MediaError, match=reason):
            list(frames_from(source, clock, patience=3))
        assert source.released == 1


def test_a_camera_is_released_when_the_caller_stops_or_it_breaks():
    clock = ManualClock()
    source = Script([(True, bgr(n)) for n in range(5)], clock)
    frames = frames_from(source, clock)
    next(frames)
    frames.close()
    assert source.released == 1

    class Broken(Script):
        def read(self):
            raise OSError("unplugged")

    broken = Broken([], clock)
    with pytest.raises(OSError, match="unplugged"):
        list(frames_from(broken, clock))
    assert broken.released == 1


def test_a_camera_that_is_not_there():
    with pytest.raises(MediaError, match="camera 731"):
        open_camera(731)
    with pytest.raises(InputError, match="-1"):
        open_camera(-1)
    with pytest.raises(MediaError, match="camera 731"):
        open_frames(731)


def test_a_photograph_a_folder_and_a_video(tmp_path):
    for name in ("b.png", "a.jpg", "c.PNG"):
        write_image(tmp_path / name, picture(16, 12))
    (tmp_path / "notes.txt").write_text("not an image")
    (tmp_path / ".hidden.png").write_bytes(b"")
    (tmp_path / "more").mkdir()
    assert [f.timestamp_us for f in open_frames(tmp_path / "b.png")] == [0]
    assert [f.timestamp_us for f in open_frames(str(tmp_path))] == [0, 1_000_000, 2_000_000]
    assert [f.timestamp_us for f in open_frames(tmp_path, still_interval_us=5)] == [0, 5, 10]
    make_video(tmp_path / "v.mp4", moving(4))
    assert len(list(open_frames(tmp_path / "v.mp4"))) == 4


def test_what_holds_no_frame(tmp_path):
    (tmp_path / "empty.mp4").touch()
    with pytest.raises(MediaError, match="holds no image"):
        list(open_frames(tmp_path))
    for name in ("empty.mp4", "missing.mp4", "missing.png", "missing"):
        with pytest.raises(MediaError, match=name):
            list(open_frames(tmp_path / name))
