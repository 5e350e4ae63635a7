"""Optical flow made one motion, and points between flow and model."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from marked_things import backdrop

from firsthand.errors import ConfigError
from firsthand.objects import flow
from firsthand.objects.steadying import Steadied, Steadiness, first, steadied

POINTS = np.arange(18.0).reshape(9, 2) * 10


@pytest.mark.parametrize("height", [240, 480])
@pytest.mark.parametrize(
    ("x", "y", "scale", "turn"), [(4, -3, 1, 0), (0, 0, 1.04, 0), (2, 1, 1, 0.05)]
)
def test_a_motion_is_found(height, x, y, scale, turn):
    cv2 = pytest.importorskip("cv2")
    before = np.ascontiguousarray(backdrop()[:height, : height * 4 // 3])
    matrix = cv2.getRotationMatrix2D((height / 2, height / 2), np.degrees(turn), scale)
    matrix[:, 2] += (x, y)
    after = cv2.warpAffine(before, matrix, before.shape[1::-1], borderMode=cv2.BORDER_REFLECT)
    one, other = flow.small_gray(before), flow.small_gray(after)
    points = flow.features(one, flow.within(one, (60, 50, 150, 130)))
    assert flow.is_enough(points)
    found = flow.motion(one, other, points)
    there = np.array([[80.0, 60], [190, 60], [120, 170]])
    np.testing.assert_allclose(
        flow.moved(there, found), there @ matrix[:, :2].T + matrix[:, 2], atol=0.7
    )


def test_features_are_where_they_are_looked_for():
    gray = flow.small_gray(backdrop())
    left, top, width, height = 100, 80, 220, 160
    found = flow.features(gray, flow.within(gray, (left, top, width, height))) / gray.scale
    assert len(found) > 10
    assert (found >= (left - 2, top - 2)).all()
    assert (found <= (left + width + 2, top + height + 2)).all()


def test_nothing_to_hold_on_to_is_no_motion():
    flat = flow.small_gray(np.full((60, 80, 3), 90, np.uint8))
    points = flow.features(flat, flow.within(flat, (0, 0, 80, 60)))
    assert len(points) == 0
    assert not flow.is_enough(points)
    assert flow.motion(flat, flat, points) is None


def test_another_picture_is_no_motion():
    one, other = (flow.small_gray(backdrop(seed)[:240, :320].copy()) for seed in (0, 1))
    points = flow.features(one, flow.within(one, (0, 0, 320, 240)))
    assert flow.motion(one, other, points) is None


def test_a_rectangle_beyond_the_picture_masks_nothing():
    gray = flow.small_gray(np.zeros((60, 80, 3), np.uint8))
    for box in ((100, 0, 5, 5), (-50, -50, 20, 20), (10, 10, 0, 5)):
        assert flow.within(gray, np.array(box)).sum() == 0
    assert flow.within(gray, np.array((-5, -5, 500, 500))).all()


@given(st.floats(0.001, 3), st.floats(-20, 20))
def test_steadied_points_lie_between_flow_and_model(elapsed_s, off):
    after = steadied(first(POINTS), POINTS + off, elapsed_s, Steadiness())
    share = (after.points - POINTS).mean() / off if off else 0.5
    assert -1e-9 <= share <= 1 + 1e-9


def test_where_flow_and_model_agree_nothing_lags():
    state = first(POINTS)
    for number in range(1, 20):
        seen = POINTS + number * 7.0
        state = steadied(Steadied(state.points + 7.0, state.drift), seen, 1 / 30, Steadiness())
        np.testing.assert_allclose(state.points, seen)


def test_what_the_model_keeps_saying_is_believed_within_half_a_second():
    state = first(POINTS)
    for _ in range(15):
        state = steadied(state, POINTS + 8.0, 1 / 30, Steadiness())
    assert np.abs(state.points - POINTS - 8).max() < 0.8


def test_single_outliers_hardly_show():
    state = steadied(first(POINTS), POINTS + 8.0, 1 / 30, Steadiness())
    assert np.abs(state.points - POINTS).max() < 4


def test_twice_the_rate_is_about_as_steady_in_time():
    slow = fast = first(POINTS)
    for _ in range(6):
        slow = steadied(slow, POINTS + 8.0, 1 / 30, Steadiness())
    for _ in range(12):
        fast = steadied(fast, POINTS + 8.0, 1 / 60, Steadiness())
    assert np.abs(slow.points - fast.points).max() < 1.0


@pytest.mark.parametrize(
    "wrong", [{"least_hz": 0}, {"per_size_hz": -1}, {"drift_hz": float("nan")}]
)
def test_a_filter_without_frequencies_is_refused(wrong):
    with pytest.raises(ConfigError, match="frequencies"):
        Steadiness(**wrong)
