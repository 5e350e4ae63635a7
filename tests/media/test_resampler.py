"""A stream at another rate."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firsthand.errors import InputError, ShapeError
from firsthand.media import Resampler


@settings(max_examples=20)
@given(
    st.sampled_from((8_000, 16_000, 44_100, 48_000)),
    st.sampled_from((16_000, 48_000)),
    st.integers(1, 12),
)
def test_blocks_give_what_the_whole_gives(from_hz: int, to_hz: int, count: int) -> None:
    time = np.arange(from_hz // 2) / from_hz
    sound = np.sin(2 * np.pi * 300 * time).astype(np.float32)
    resampler = Resampler(from_hz, to_hz)
    parts = [resampler(block) for block in np.array_split(sound, count)]
    found = np.concatenate([*parts, resampler.end()])
    assert abs(len(found) - to_hz // 2) <= 2
    wanted = np.sin(2 * np.pi * 300 * np.arange(len(found)) / to_hz)
    inner = slice(to_hz // 50, -to_hz // 50)
    np.testing.assert_allclose(found[inner], wanted[inner], atol=0.02)


def test_nothing_gives_nothing_and_no_sound_is_refused() -> None:
    assert Resampler(8_000, 16_000).end().shape == (0,)
    assert Resampler(8_000, 16_000)(np.zeros(0)).shape == (0,)
    with pytest.raises(ShapeError, match=r"\(2, 2\)"):
        Resampler(8_000, 16_000)(np.zeros((2, 2)))
    with pytest.raises(InputError, match="not 0 and 5"):
        Resampler(0, 5)
