"""Windows that overlap: NumPy's own, and nothing beyond the sound."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from firsthand.dsp import windows
from firsthand.errors import ShapeError


@given(st.integers(0, 60), st.integers(1, 20), st.integers(1, 9), st.sampled_from([1, -1, 2]))
def test_windows_are_numpys(count, length, hop, stride) -> None:
    sound = np.arange(2 * count, dtype=np.float32)[::stride]
    found = windows(sound, length, hop)
    if length > len(sound):
        assert found.shape == (0, length)
        return
    wanted = np.lib.stride_tricks.sliding_window_view(sound, length)[::hop]
    np.testing.assert_array_equal(found, wanted)


def test_they_are_views_that_cannot_be_written() -> None:
    sound = np.arange(10.0)
    found = windows(sound, 4, 2)
    assert np.shares_memory(found, sound)
    with pytest.raises(ValueError, match="read-only"):
        found[0, 0] = 1
    sound[0] = 7
    assert found[0, 0] == 7


def test_lengths_may_be_numpys_and_hops_beyond_the_sound() -> None:
    sound = np.arange(600.0)
    assert windows(sound, np.uint8(100), np.uint8(100)).shape == (6, 100)
    np.testing.assert_array_equal(windows(sound, 2, 2**62), [[0, 1]])


@pytest.mark.parametrize(
    ("shape", "length", "hop"), [((4, 2), 2, 1), ((), 1, 1), ((4,), 0, 1), ((4,), 2, 0)]
)
def test_what_is_no_sound_is_refused(shape, length, hop) -> None:
    with pytest.raises(ShapeError, match="windows of"):
        windows(np.zeros(shape), length, hop)
