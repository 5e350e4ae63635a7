from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from firsthand.media.frametimes import FrameTimes

PERIOD = 33_333
stated = st.lists(st.none() | st.integers(-(2**70), 2**70) | st.integers(0, 10_000_000))


@given(stated, st.integers(1, 1_000_000))
def test_times_strictly_increase_whatever_is_stated(times, period):
    given_out = FrameTimes(period)
    result = [given_out.next_us(time) for time in times]
    assert all(a < b for a, b in pairwise(result))


@given(st.lists(st.integers(-(2**60), 2**60), unique=True).map(sorted))
def test_increasing_times_are_kept(times):
    given_out = FrameTimes(PERIOD)
    assert [given_out.next_us(time) for time in times] == times


def test_what_becomes_of_bad_times():
    times = FrameTimes(PERIOD)
    assert times.next_us(None) == 0
    assert times.next_us(100) == 100
    assert times.next_us(100) == 101
    assert times.next_us(40) == 102
    assert times.next_us(None) == 102 + PERIOD
    assert times.next_us(2**80) == 102 + 2 * PERIOD


def test_a_second_recording_follows_the_first():
    times = FrameTimes(PERIOD)
    first = [times.next_us(number * PERIOD) for number in range(100)]
    second = [times.next_us(number * PERIOD) for number in range(100)]
    assert second == [time + 100 * PERIOD for time in first]
