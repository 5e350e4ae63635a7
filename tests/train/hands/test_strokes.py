import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firsthand.hands.gestures.motion_window import POINTS, STEP_US
from firsthand.train.hands.strokes import (
    CIRCLES,
    MOVE,
    NAMES,
    STILL,
    SWIPES,
    UNCLEAR,
    WAVE,
    perform,
)

seeds = st.integers(0, 2**32)


def performed(name, seed):
    return perform(name, np.random.default_rng(seed))


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=20)
@given(seed=seeds)
def test_a_performance_is_what_its_seed_says(name, seed):
    one, same = performed(name, seed), performed(name, seed)
    assert one.name == name
    assert np.array_equal(one.points, same.points)
    assert np.array_equal(one.times_us, same.times_us)
    assert np.array_equal(one.labels, same.labels)


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=20)
@given(seed=seeds)
def test_frames_come_in_order_and_never_five_are_missing(name, seed):
    shown = performed(name, seed)
    assert shown.times_us[0] >= 0
    gaps_us = np.diff(shown.times_us)
    assert gaps_us.min() > 0
    assert gaps_us.max() < 5.5 * 1_000_000 / 12
    assert shown.points.shape == (len(shown.times_us), 2)
    assert np.isfinite(shown.points).all()
    assert 0 < shown.began_us < shown.ended_us < shown.times_us[-1] + 200_000


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=20)
@given(seed=seeds)
def test_windows_are_labelled_with_the_name_with_rest_or_a_return_or_not_at_all(name, seed):
    shown = performed(name, seed)
    allowed = {UNCLEAR, NAMES.index(STILL), NAMES.index(name)}
    allowed |= {NAMES.index(MOVE)} if name in SWIPES else set()
    assert set(shown.labels.tolist()) <= allowed
    assert np.all(shown.labels[shown.times_us < shown.began_us - 10_000] == NAMES.index(STILL))


@pytest.mark.parametrize("name", NAMES)
def test_most_performances_show_their_name_for_a_while(name):
    shown = [performed(name, seed) for seed in range(40)]
    assert np.mean([(each.labels == NAMES.index(name)).any() for each in shown]) > 0.9


@pytest.mark.parametrize(("name", "sense"), CIRCLES.items())
@settings(max_examples=20)
@given(seed=seeds)
def test_circles_turn_the_way_they_are_called(name, sense, seed):
    shown = performed(name, seed)
    windows = shown.windows()[shown.labels == NAMES.index(name)]
    area = sum(
        (w[:-1, 0] * w[1:, 1] - w[:-1, 1] * w[1:, 0]).sum()
        for w in [w - w.mean(axis=0) for w in windows]
    )
    assert len(windows) == 0 or sense * area > 0


@pytest.mark.parametrize(("name", "angle"), SWIPES.items())
@settings(max_examples=20)
@given(seed=seeds)
def test_swipes_go_where_they_are_called(name, angle, seed):
    shown = performed(name, seed)
    windows = shown.windows()[shown.labels == NAMES.index(name)]
    for window in windows[:1]:
        went = window[-1] - window[0]
        assert went @ (np.cos(angle), np.sin(angle)) > 0.85 * np.linalg.norm(went) > 0.5


@settings(max_examples=20)
@given(seed=seeds)
def test_stillness_is_small_and_waves_turn_back(seed):
    assert np.ptp(performed(STILL, seed).points, axis=0).max() < 0.5
    wave = performed(WAVE, seed)
    for window in wave.windows()[wave.labels == NAMES.index(WAVE)][:1]:
        assert np.abs(window[-1] - window[0]).max() < np.abs(np.diff(window, axis=0)).sum()


@settings(max_examples=20)
@given(seed=seeds)
def test_windows_end_with_their_frame(seed):
    shown = performed(MOVE, seed)
    windows = shown.windows()
    assert windows.shape == (len(shown.times_us), POINTS, 2)
    assert np.allclose(windows[:, -1], shown.points)
    late = shown.times_us >= (POINTS - 1) * STEP_US + shown.times_us[0]
    start_us = shown.times_us[late] - (POINTS - 1) * STEP_US
    expected = [np.interp(start_us, shown.times_us, axis) for axis in shown.points.T]
    assert np.allclose(windows[late, 0], np.stack(expected, axis=-1))


def test_another_name_is_refused():
    with pytest.raises(ValueError, match="no stroke is called 'jump'"):
        perform("jump", np.random.default_rng(0))
