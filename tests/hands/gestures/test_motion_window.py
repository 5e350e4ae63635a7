import fingertip_ways as ways
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firsthand.errors import InputError, ShapeError
from firsthand.hands.gestures.motion_window import (
    FEATURES,
    POINTS,
    SPAN_US,
    STEP_US,
    empty_trail,
    follow,
    window_at,
    window_features,
    windows_at,
)

GAP_US = 250_000
gaps_us = st.lists(st.integers(1_000, 200_000), min_size=1, max_size=40)


def trail_of(times_us, points, palm_px=80.0):
    trail = empty_trail()
    for time_us, point in zip(times_us, points, strict=True):
        trail = follow(trail, ways.pointing_at(point, palm_px), int(time_us), GAP_US)
    return trail


@settings(max_examples=30)
@given(gaps=gaps_us, seed=st.integers(0, 1000))
def test_frame_by_frame_is_what_all_at_once_would_be(gaps, seed):
    times_us = np.cumsum(gaps)
    points = np.random.default_rng(seed).uniform(0, 640, (len(gaps), 2))
    streamed = window_at(trail_of(times_us, points))
    at_once = windows_at(times_us, points, times_us)[-1] / 80
    assert np.allclose(streamed, at_once, atol=1e-9)


def test_only_what_a_window_needs_is_kept():
    times_us = np.arange(0, 5_000_000, 10_000)
    trail = trail_of(times_us, np.zeros((len(times_us), 2)))
    assert trail.seen_us == SPAN_US
    assert len(trail.times_us) == len(trail.points) == len(trail.palms) == SPAN_US // 10_000 + 1


def test_the_frame_before_the_window_is_kept_to_draw_the_line_from():
    times_us = np.arange(0, 2_000_000, 70_000)
    trail = trail_of(times_us, np.stack([times_us, times_us], axis=-1) / 1e4)
    assert SPAN_US <= trail.seen_us < SPAN_US + 70_000
    steps = np.diff(window_at(trail), axis=0) * 80
    assert np.allclose(steps, STEP_US / 1e4)


@pytest.mark.parametrize("fps", [14, 25, 30, 60, 119.88])
def test_the_rate_of_frames_makes_no_difference_on_a_straight_way(fps):
    times_us = np.round(np.arange(0, 1_000_000, 1e6 / fps)).astype(int)
    times_us[-1] = 1_000_000
    points = np.stack([times_us / 4000, 240 - times_us / 9000], axis=-1)
    window = window_at(trail_of(times_us, points))
    assert np.allclose(np.diff(window, axis=0) * 80, [STEP_US / 4000, -STEP_US / 9000])


def test_before_the_first_frame_the_fingertip_was_at_rest():
    window = window_at(trail_of([1000, 81_000], [(0, 0), (80, 0)]))
    assert np.allclose(window[:-2], 0)
    assert np.allclose(window[-2:, 0], [0.5, 1])


def test_a_hand_unseen_for_long_starts_anew():
    trail = trail_of([0, 100_000], [(0, 0), (50, 50)])
    later = follow(trail, ways.pointing_at((9, 9)), 100_001 + GAP_US, GAP_US)
    assert later.seen_us == 0
    at_the_limit = follow(trail, ways.pointing_at((9, 9)), 100_000 + GAP_US, GAP_US)
    assert at_the_limit.seen_us == 100_000 + GAP_US


@settings(max_examples=30)
@given(
    scale=st.floats(0.05, 20),
    x=st.floats(-5000, 5000),
    y=st.floats(-5000, 5000),
    seed=st.integers(0, 100),
)
def test_features_know_neither_place_nor_distance_from_the_camera(scale, x, y, seed):
    times_us = np.arange(20) * 33_000
    points = np.random.default_rng(seed).uniform(-100, 100, (20, 2))
    here = window_features(window_at(trail_of(times_us, points)))
    there = window_features(window_at(trail_of(times_us, points * scale + (x, y), 80 * scale)))
    assert np.allclose(here, there, atol=1e-4)


def test_features_are_the_shape_and_how_large_it_is():
    line = np.stack([np.linspace(-2, 2, POINTS), np.zeros(POINTS)], axis=-1)
    features = window_features(line)
    assert features.shape == (FEATURES,)
    assert features.dtype == np.float32
    assert np.allclose(features[:-1].reshape(POINTS, 2), line / 2, atol=1e-6)
    assert features[-1] == pytest.approx(np.log(2))
    assert np.array_equal(window_features(np.stack([line, line + 7]))[0], features)


def test_features_of_no_movement_at_all_are_finite():
    features = window_features(np.zeros((3, POINTS, 2)))
    assert np.isfinite(features).all()
    assert np.allclose(features[:, :-1], 0)


def test_one_bad_frame_does_not_change_the_unit():
    trail = trail_of(np.arange(9) * 40_000, np.zeros((9, 2)))
    trail = follow(trail, ways.pointing_at((80, 0), palm_px=500), 9 * 40_000, GAP_US)
    assert window_at(trail)[-1, 0] == pytest.approx(1)


@pytest.mark.parametrize("time_us", [0, 999, 1000])
def test_time_must_rise(time_us):
    trail = follow(empty_trail(), ways.pointing_at((0, 0)), 1000, GAP_US)
    with pytest.raises(InputError, match=f"must rise: {time_us} us after 1000 us"):
        follow(trail, ways.pointing_at((0, 0)), time_us, GAP_US)


def test_no_hand_is_refused():
    hand = ways.pointing_at((0, 0))
    for bad, what in (
        (hand[None], "one hand's keypoints"),
        (hand[:20], "shape"),
        (np.full((21, 3), np.nan), "not finite"),
        (np.zeros((21, 2)), "no hand"),
        ("a hand", "real numbers"),
    ):
        with pytest.raises(InputError, match=what):
            follow(empty_trail(), bad, 0, GAP_US)
    with pytest.raises(InputError, match="microseconds below"):
        follow(empty_trail(), hand, 1 << 70, GAP_US)


def test_windows_of_another_length_are_refused():
    with pytest.raises(ShapeError, match=r"\(\.\.\., 16, 2\), got \(15, 2\)"):
        window_features(np.zeros((15, 2)))
