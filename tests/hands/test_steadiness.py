import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from firsthand.errors import InputError, ShapeError
from firsthand.hands.steadiness import jitter_px, lag_s, velocity_error_px

TIMES = np.arange(60) / 30
HAND = np.random.default_rng(0).uniform(0, 100, (21, 2))


def path(times):
    return np.stack([40 * np.sin(3 * times) + 10 * times, 25 * np.cos(5 * times)], axis=-1)


def seen(delay_s=0.0, offset=0.0):
    return HAND + offset + path(TIMES - delay_s)[:, np.newaxis]


def test_what_follows_the_picture_exactly_does_not_jitter() -> None:
    assert jitter_px(seen(offset=7), path(TIMES)) < 1e-9
    assert velocity_error_px(seen(offset=7), path(TIMES)) < 1e-9


@given(st.floats(0.01, 5), st.integers(0, 2**32 - 1))
def test_noise_is_told_by_its_size(sigma: float, seed: int) -> None:
    noise = np.random.default_rng(seed).normal(0, sigma, (60, 21, 2))
    points = seen() + noise
    # Two axes make sqrt(2); the difference of two frames another sqrt(2).
    assert jitter_px(points, path(TIMES)) == pytest.approx(sigma * 2**0.5, rel=0.15)
    assert velocity_error_px(points, path(TIMES)) == pytest.approx(sigma * 2, rel=0.15)


@given(st.floats(-0.4, 0.4), st.floats(-20, 20))
def test_a_delay_is_found_to_a_fraction_of_a_frame(delay_s: float, offset: float) -> None:
    assert lag_s(TIMES, seen(delay_s, offset), path) == pytest.approx(delay_s, abs=1e-4)


def test_noise_and_missing_frames_hardly_move_the_delay() -> None:
    points = seen(0.05) + np.random.default_rng(0).normal(0, 1, (60, 21, 2))
    points[[3, 4, 20]] = np.nan
    assert lag_s(TIMES, points, path) == pytest.approx(0.05, abs=0.005)


def test_frames_without_a_hand_are_left_out() -> None:
    points = seen()
    points[10:20] = np.nan
    assert jitter_px(points, path(TIMES)) < 1e-9
    assert velocity_error_px(points, path(TIMES)) < 1e-9


def test_too_little_to_tell_is_refused() -> None:
    points = np.full((60, 21, 2), np.nan)
    points[:7] = 0
    for measure in (jitter_px, velocity_error_px):
        with pytest.raises(InputError, match="only 7 of 60 frames"):
            measure(points, path(TIMES))
    with pytest.raises(InputError, match="does not move"):
        lag_s(TIMES, seen(), lambda times: np.zeros((len(times), 2)))
    with pytest.raises(ShapeError, match=r"\(60, 21, 3\)"):
        jitter_px(np.zeros((60, 21, 3)), path(TIMES))
    scattered = seen()
    scattered[::2] = np.nan
    with pytest.raises(InputError, match="no two frames"):
        velocity_error_px(scattered, path(TIMES))
