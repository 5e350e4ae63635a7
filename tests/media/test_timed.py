"""Frames and images in the order of their times."""

import numpy as np
import pytest

from firsthand.errors import ConfigError, InputError
from firsthand.media import Frame
from firsthand.media.timed import check_time, timed

IMAGE = np.zeros((2, 3, 3), np.uint8)


def test_images_get_times_and_frames_keep_theirs():
    given = [IMAGE, IMAGE[..., 0], Frame(IMAGE, 250_000)]
    found = list(timed(given, 10))
    assert [frame.timestamp_us for frame in found] == [0, 100_000, 250_000]
    assert found[2] is given[2]
    assert found[1].image.shape == (2, 3, 3)


def test_frames_are_asked_for_one_at_a_time():
    asked = []
    frames = timed((asked.append(n) or Frame(IMAGE, n) for n in range(3)), 30)
    next(frames)
    assert asked == [0]


@pytest.mark.parametrize("later", [5, 4])
def test_a_frame_that_is_not_after_the_last_is_refused(later):
    with pytest.raises(InputError, match=f"frame at {later} us is not after the last, at 5 us"):
        list(timed([Frame(IMAGE, 5), Frame(IMAGE, later)], 30))
    check_time(None, later)
    check_time(later - 1, later)


@pytest.mark.parametrize("fps", [0, -1, float("nan"), float("inf")])
def test_a_rate_that_is_none_is_refused_at_once(fps):
    with pytest.raises(ConfigError, match="fps is a rate from"):
        timed([], fps)
