import math

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from palm_truths import blob_sample, hand

from firsthand.train.hands.detector_views import (
    LARGEST_PX,
    draw_view,
    letterboxed,
    palms_seen,
    turned,
    warp,
)
from firsthand.train.hands.palm_boxes import PALM_JOINTS
from firsthand.train.hands.samples import Sample

IDENTITY = np.array([[1.0, 0, 0], [0, 1, 0]])


def turn(angle: float, scale: float, dx: float, dy: float, mirror: bool = False) -> np.ndarray:
    c, s = math.cos(angle) * scale, math.sin(angle) * scale
    flip = -1 if mirror else 1
    return np.array([[c * flip, -s, dx], [s * flip, c, dy]])


@given(
    st.floats(-math.pi, math.pi),
    st.floats(0.05, 3),
    st.floats(40, 160),
    st.floats(40, 160),
    st.booleans(),
)
@settings(max_examples=40, deadline=None)
def test_pixels_go_where_the_truth_goes(angle, scale, x, y, mirror) -> None:
    image = np.zeros((201, 200, 3), np.uint8)
    cv2.circle(image, (round(x * 16), round(y * 16)), 24 * 16, (255, 255, 255), -1, shift=4)
    matrix = turn(angle, scale, 0, 0, mirror)
    matrix[:, 2] = 128 - matrix[:, :2] @ (x, y)
    found = warp(image, matrix, 256, 256)[..., 0].astype(np.float64)
    if 24 * scale > 100 or found.sum() == 0:
        return
    rows, columns = np.indices(found.shape) + 0.5
    middle = np.array([(found * columns).sum(), (found * rows).sum()]) / found.sum()
    # circle's middle is a pixel's middle: half a pixel beyond its number
    expected = turned(matrix, np.array([[x + 0.5, y + 0.5]]))[0]
    np.testing.assert_allclose(middle, expected, atol=max(0.3, 0.1 * scale))


def test_shrinking_averages_and_does_not_pick_pixels() -> None:
    board = (np.indices((256, 256)).sum(axis=0) % 2 * 255).astype(np.uint8)
    small = warp(np.stack([board] * 3, axis=2), IDENTITY / 8, 32, 32)
    assert np.abs(small[2:-2, 2:-2].astype(int) - 127).max() <= 2


@given(st.floats(-math.pi, math.pi), st.floats(0.1, 2), st.booleans())
def test_keypoints_of_a_palm_are_the_transformed_joints(angle, scale, mirror) -> None:
    truth = hand(100, 100, 40)
    matrix = turn(angle, scale, 0, 0, mirror)
    matrix[:, 2] = 128 - matrix[:, :2] @ (100, 100)
    found = palms_seen([truth], matrix, 256, 256)
    expected = turned(matrix, truth.keypoints[list(PALM_JOINTS), :2])
    np.testing.assert_allclose(found.keypoints[0], expected, atol=1e-3)
    low, high = expected.min(axis=0), expected.max(axis=0)
    assert found.sides[0] == pytest.approx((high - low).max(), rel=0.05)


def test_a_hand_outside_is_left_out_and_a_cut_one_is_unclear() -> None:
    assert len(palms_seen([hand(400, 400, 20)], IDENTITY, 256, 256)) == 0
    cut = palms_seen([hand(260, 100, 20)], IDENTITY, 256, 256)
    assert cut.clear.tolist() == [False]
    assert palms_seen([hand(100, 100, 20)], IDENTITY, 256, 256).clear.tolist() == [True]


@pytest.mark.parametrize("seen", [0.0, 0.3])
def test_a_hidden_hand_is_unclear(seen: float) -> None:
    found = palms_seen([hand(100, 100, 20, seen=seen)], IDENTITY, 256, 256)
    assert found.clear.tolist() == [False]


def test_a_hand_with_an_unlabelled_palm_joint_is_unclear_where_its_joints_are() -> None:
    known = np.ones(21, np.bool_)
    known[9] = False
    keypoints = hand(100, 100, 20).keypoints.copy()
    keypoints[9] = np.nan
    found = palms_seen([hand(0, 0, 1, keypoints=keypoints, known=known)], IDENTITY, 256, 256)
    assert found.clear.tolist() == [False]
    assert np.isfinite(found.keypoints).all()
    np.testing.assert_allclose(found.centers[0], (100, 100), atol=15)


def test_a_hand_nobody_labelled_a_joint_of_is_left_out() -> None:
    nowhere = hand(100, 100, 20, known=np.zeros(21, np.bool_))
    assert len(palms_seen([nowhere], IDENTITY, 256, 256)) == 0


@pytest.mark.parametrize("size", [1.0, 600.0])
def test_a_palm_too_small_or_too_large_is_unclear(size: float) -> None:
    found = palms_seen([hand(128, 128, size)], IDENTITY, 256, 256)
    assert not found.clear.any()


@pytest.mark.parametrize(("width", "height"), [(256, 256), (640, 480), (100, 300)])
def test_a_letterbox_is_what_the_detector_gets(width: int, height: int) -> None:
    image = np.full((height, width, 3), 200, np.uint8)
    view = letterboxed(Sample(image, (hand(width / 2, height / 2, 20),), "plain"), 256)
    scale = 256 / max(width, height)
    inside = (view.image[..., 0] == 200).sum()
    assert inside == pytest.approx(width * height * scale**2, rel=0.03)
    np.testing.assert_allclose(view.palms.centers[0], (128, 128), atol=20 * scale)


def test_views_are_the_same_for_the_same_seed_and_differ_for_another() -> None:
    def view(seed: int):
        rng = np.random.default_rng(seed)
        samples = [blob_sample(np.random.default_rng(i), i % 4) for i in range(8)]
        return draw_view(lambda: samples[int(rng.integers(8))], rng, 256)

    one, again, other = view(1), view(1), view(2)
    np.testing.assert_array_equal(one.image, again.image)
    np.testing.assert_array_equal(one.palms.keypoints, again.palms.keypoints)
    assert (one.image != other.image).any()


def test_views_show_palms_of_all_sizes_each_near_its_skin() -> None:
    rng = np.random.default_rng(0)
    samples = [blob_sample(np.random.default_rng(i), i % 4) for i in range(8)]
    sides, bright = [], []
    for _ in range(150):
        view = draw_view(lambda: samples[int(rng.integers(8))], rng, 256)
        assert view.image.shape == (256, 256, 3)
        clear = view.palms.clear
        sides += view.palms.sides[clear].tolist()
        for x, y in view.palms.keypoints[clear].reshape(-1, 2):
            if 1 < x < 255 and 1 < y < 255:
                near = view.image[int(y) - 1 : int(y) + 2, int(x) - 1 : int(x) + 2].astype(int)
                bright.append(near[..., 0].max() > 100)  # dots are, the ground is not
    # all but those that another tile covers, and dots made very small
    assert np.mean(bright) > 0.9
    assert min(sides) < 10
    assert max(sides) > 50
    assert max(sides) < 1.3 * LARGEST_PX
