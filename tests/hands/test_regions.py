import numpy as np
import pytest
from fake_models import upright_hand
from hypothesis import given
from hypothesis import strategies as st

from firsthand.hands.landmarks import project
from firsthand.hands.placement import place, unplace
from firsthand.hands.regions import (
    UnitRegion,
    in_pixels,
    region_from_landmarks,
    region_from_palm,
)
from firsthand.hands.single import Single, sigmoid, upright, wrapped

angle = st.floats(-3.1, 3.1)
size = st.tuples(st.integers(64, 2000), st.integers(64, 2000))


def region(x, y, side_px, rotation, width, height):
    return UnitRegion(
        *(Single(x), Single(y), Single(side_px / width), Single(side_px / height)),
        Single(rotation),
    )


regions = st.builds(
    lambda x, y, side, rotation, image: (region(x, y, side, rotation, *image), image),
    st.floats(-0.2, 1.2),
    st.floats(-0.2, 1.2),
    st.floats(20, 1500),
    angle,
    size,
)


@given(regions)
def test_a_region_maps_onto_the_whole_input(case) -> None:
    where, (width, height) = case
    placement = place(where, width, height, 224)
    corners = placement.matrix @ np.array([[0, 224, 224, 0], [0, 0, 224, 224], [1, 1, 1, 1]])
    corners = (corners[:2] / corners[2]).T
    pixels = in_pixels(where, width, height)
    np.testing.assert_allclose(corners.mean(axis=0), (pixels.x, pixels.y), atol=2e-2)
    np.testing.assert_allclose(
        np.linalg.norm(np.diff(corners, axis=0), axis=1), pixels.width, rtol=1e-4
    )
    across = corners[1] - corners[0]
    assert wrapped(Single(np.arctan2(across[1], across[0]) - pixels.rotation)) == pytest.approx(
        0, abs=1e-4
    )


@given(regions)
def test_landmarks_land_where_the_crop_took_them_from(case) -> None:
    where, (width, height) = case
    placement = place(where, width, height, 224)
    points = upright_hand()
    units = project(points, placement, where, 224)
    ends = placement.matrix @ np.vstack([points[:, :2].T, np.ones(21)])
    expected = (ends[:2] / ends[2]).T
    np.testing.assert_allclose(units[:, :2] * (width, height), expected, atol=5e-2, rtol=1e-4)


@given(st.integers(16, 3000), st.integers(16, 3000), st.floats(0, 1), st.floats(0, 1))
def test_a_letterbox_is_undone(width: int, height: int, x: float, y: float) -> None:
    whole = UnitRegion(Single(0.5), Single(0.5), Single(1), Single(1), Single(0))
    placement = place(whole, width, height, 192)
    assert min(placement.left, placement.top) == 0
    shares = np.array(placement.shares)
    padding = np.array([placement.left, placement.top])
    inside = (np.array([x, y]) * shares + padding).astype(np.float32)
    np.testing.assert_allclose(unplace(inside, placement), (x, y), atol=1e-4)
    pixel = placement.matrix @ (*(inside * 192), 1)
    np.testing.assert_allclose(pixel[:2] / pixel[2], (x * width, y * height), atol=0.5)


@given(angle, st.floats(0.3, 0.7), st.floats(0.3, 0.7), st.floats(30, 300))
def test_a_turned_hand_gives_a_turned_region(turn, x, y, scale) -> None:
    width, height = 640, 480
    hand = (upright_hand(1) - (0.5, 0.5, 0)) * scale
    straight = hand[:, :2] + (x * width, y * height)
    c, s = np.cos(turn), np.sin(turn)
    turned = hand[:, :2] @ np.array([[c, s], [-s, c]]) + (x * width, y * height)
    one = region_from_landmarks((straight / (width, height)).astype(np.float32), width, height)
    two = region_from_landmarks((turned / (width, height)).astype(np.float32), width, height)
    assert one is not None
    assert two is not None
    a, b = in_pixels(one, width, height), in_pixels(two, width, height)
    assert wrapped(Single(b.rotation - a.rotation - turn)) == pytest.approx(0, abs=1e-2)
    np.testing.assert_allclose(b.width, a.width, rtol=1e-2)
    moved = np.array([[c, -s], [s, c]]) @ (a.x - x * width, a.y - y * height)
    np.testing.assert_allclose((b.x - x * width, b.y - y * height), moved, atol=0.02 * scale)


def test_an_upright_hand_has_an_upright_square_region_above_its_wrist() -> None:
    points = (upright_hand(1) * (0.5, 0.5, 1) + (0.25, 0.25, 0)).astype(np.float32)
    found = region_from_landmarks(points, 400, 400)
    assert found is not None
    assert found.rotation == pytest.approx(0, abs=0.01)
    assert found.width * 400 == pytest.approx(found.height * 400)
    assert found.y < points[0, 1]


def test_a_palm_region_is_larger_and_further_up_than_the_palm() -> None:
    keypoints = np.full((7, 2), 0.5, np.float32)
    keypoints[0], keypoints[2] = (0.5, 0.6), (0.5, 0.4)
    found = region_from_palm(np.array([0.4, 0.4, 0.2, 0.2], np.float32), keypoints, 100, 100)
    assert found is not None
    assert found.rotation == 0
    assert (found.width, found.height) == pytest.approx((0.52, 0.52))
    assert (found.x, found.y) == pytest.approx((0.5, 0.4))


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_no_region_from_nonsense(bad: float) -> None:
    points = upright_hand(1).astype(np.float32)
    points[7] = 0.3  # a fingertip joint does not matter
    assert region_from_landmarks(np.full((21, 3), 0.5, np.float32), 640, 480) is None
    points[5] = bad
    with np.errstate(invalid="ignore"):
        assert region_from_landmarks(points, 640, 480) is None
        box = np.array([0, 0, bad, 1], np.float32)
        assert region_from_palm(box, np.zeros((7, 2), np.float32), 640, 480) is None


@given(st.floats(-300, 300, width=32))
def test_wrapped_angles(turn: float) -> None:
    found = wrapped(Single(turn))
    assert -np.pi - 1e-6 <= found <= np.pi + 1e-6
    assert np.cos(found) == pytest.approx(np.cos(turn), abs=1e-4)


def test_directions_become_upright() -> None:
    zero, one = Single(0), Single(1)
    assert upright(zero, -one) == 0
    assert upright(one, zero) == pytest.approx(np.pi / 2)
    assert upright(-one, zero) == pytest.approx(-np.pi / 2)


@given(st.floats(-100, 100))
def test_sigmoid(logit: float) -> None:
    assert sigmoid(logit) == pytest.approx(1 / (1 + np.exp(-logit)), abs=1e-6)
    assert sigmoid(-logit) == pytest.approx(1 - sigmoid(logit), abs=1e-6)
