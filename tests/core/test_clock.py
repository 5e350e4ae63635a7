import pytest

from firsthand.core import ManualClock, MonotonicClock


def test_manual_clock_moves_only_when_told():
    clock = ManualClock(5)
    assert clock.now_us() == 5
    clock.advance(10)
    assert clock.now_us() == 15
    with pytest.raises(ValueError, match="delta_us=-1"):
        clock.advance(-1)


def test_monotonic_clock_never_goes_back():
    clock = MonotonicClock()
    assert clock.now_us() <= clock.now_us()
