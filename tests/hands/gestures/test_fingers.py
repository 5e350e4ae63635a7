import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from posed_hands import (
    BENT,
    HOOKED,
    THUMB_IN,
    THUMB_OUT,
    hand,
    kinivi_rows,
    letters,
    rotation_in_space,
    sign_digits,
    turned,
)

from firsthand.errors import InputError, ShapeError
from firsthand.hands.gestures.fingers import (
    FingerThresholds,
    accumulated_angles_deg,
    finger_states,
    joint_angles_deg,
    palm_size,
)

bends = st.tuples(st.floats(0, 90), st.floats(0, 110), st.floats(0, 80))
seeds = st.integers(0, 2**32 - 1)


@given(index=bends, middle=bends, ring=bends, pinky=bends)
def test_angles_are_those_the_hand_was_posed_with(index, middle, ring, pinky):
    points = hand(index=index, middle=middle, ring=ring, pinky=pinky)
    posed = np.array([index, middle, ring, pinky])
    np.testing.assert_allclose(joint_angles_deg(points)[1:], posed, atol=1e-6)
    np.testing.assert_allclose(accumulated_angles_deg(points)[1:], posed.sum(axis=1), atol=1e-6)


@given(line=st.floats(0, 150), middle=st.floats(0, 60), end=st.floats(0, 60))
def test_a_thumb_adds_its_turn_across_the_palm_to_its_two_bends(line, middle, end):
    total = accumulated_angles_deg(hand(thumb=(line, middle, end)))[0]
    assert total == pytest.approx(line + middle + end, abs=1e-6)


@given(seed=seeds, scale=st.floats(1e-6, 1e6), shift=st.floats(-1e3, 1e3))
def test_states_ignore_place_size_turn_in_space_and_mirroring(seed, scale, shift):
    rng = np.random.default_rng(seed)
    points = hand(**_random_pose(rng))
    changed = (points @ rotation_in_space(rng).T * [rng.choice([-1, 1]), 1, 1] + shift) * scale
    first, second = finger_states(points), finger_states(changed)
    np.testing.assert_allclose(second.angle_deg, first.angle_deg, atol=1e-4)
    np.testing.assert_allclose(second.straightness, first.straightness, atol=1e-5)
    np.testing.assert_allclose(second.openness, first.openness, atol=1e-5)


@given(seed=seeds, degrees=st.floats(-180, 180))
def test_flat_keypoints_may_be_turned_in_the_plane(seed, degrees):
    points = hand(**_random_pose(np.random.default_rng(seed)))[:, :2]
    np.testing.assert_allclose(
        accumulated_angles_deg(turned(points, degrees)), accumulated_angles_deg(points), atol=1e-6
    )


@given(seed=seeds, flat=st.booleans())
def test_angles_and_memberships_are_bounded_for_any_points(seed, flat):
    points = np.random.default_rng(seed).normal(size=(7, 21, 2 if flat else 3))
    angles = joint_angles_deg(points)
    states = finger_states(points)
    assert angles.shape == (7, 5, 3)
    assert np.all((angles >= 0) & (angles <= 180))
    assert np.all((states.angle_deg >= 0) & (states.angle_deg <= 540))
    for share in (states.straightness, states.openness, states.margin):
        assert share.shape == (7, 5)
        assert np.all((share >= 0) & (share <= 1))


@given(index=bends)
def test_the_margin_is_zero_at_the_threshold_and_grows_away_from_it(index):
    states = finger_states(hand(index=index), FingerThresholds(finger_deg=sum(index)))
    assert states.margin[1] == pytest.approx(0, abs=1e-6)
    clearer = [
        finger_states(hand(index=index), FingerThresholds(finger_deg=sum(index) + away)).margin[1]
        for away in (5, 10, 40)
    ]
    assert clearer == sorted(clearer)
    assert clearer[0] > 0.1


def test_straight_and_bent_are_told_apart_in_every_combination():
    for code in range(32):
        expected = np.array([bool(code & 1 << finger) for finger in range(5)])
        points = letters("".join("s" if straight else "b" for straight in expected))
        np.testing.assert_array_equal(finger_states(points).straight, expected)


def test_a_hooked_finger_is_open_and_a_clenched_one_is_not():
    states = finger_states(hand(index=HOOKED, middle=BENT))
    assert not states.straight[1]
    assert not states.straight[2]
    assert states.openness[1] > 0.9
    assert states.openness[2] < 0.1


def test_many_hands_at_once_give_what_each_gives_alone():
    batch = np.array([letters("sssss"), letters("bbbbb"), letters("bsbbs")]).reshape(3, 1, 21, 3)
    together = finger_states(batch)
    assert together.angle_deg.shape == (3, 1, 5)
    for place in range(3):
        alone = finger_states(batch[place, 0])
        np.testing.assert_array_equal(together.angle_deg[place, 0], alone.angle_deg)
        np.testing.assert_array_equal(together.openness[place, 0], alone.openness)


def test_the_palm_keeps_its_size_when_fingers_bend():
    assert palm_size(letters("sssss")) == pytest.approx(palm_size(letters("bbbbb")))


def test_a_bone_without_length_counts_as_in_line():
    points = letters("sssss")
    points[8] = points[7]
    assert joint_angles_deg(points)[1, 2] == 0


def test_real_photographs_show_the_fingers_that_their_digit_straightens():
    keypoints, digits = sign_digits()
    shown = {1: "bsbbb", 2: "bssbb", 3: "sssbb", 4: "bssss", 5: "sssss", 6: "bsssb", 7: "bssbs"}
    keep = np.isin(digits, list(shown))
    expected = np.array([[letter == "s" for letter in shown[digit]] for digit in digits[keep]])
    for points in (keypoints[keep], keypoints[keep][..., :2]):
        assert np.mean(finger_states(points).straight == expected) > 0.985


def test_flat_rows_of_open_and_closed_hands():
    keypoints, classes = kinivi_rows()
    straight = finger_states(keypoints).straight[:, 1:]
    assert np.mean(straight[classes == 0]) > 0.9
    assert np.mean(straight[classes == 1]) < 0.1


@pytest.mark.parametrize("shape", [(21,), (20, 3), (21, 4), (3, 21), (2, 22, 3), (0,)])
def test_other_shapes_are_refused_and_named(shape):
    with pytest.raises(ShapeError, match="21"):
        finger_states(np.ones(shape))


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_values_that_are_not_finite_are_refused(bad):
    points = letters("sssss")
    points[3, 1] = bad
    with pytest.raises(InputError, match="1 of 63"):
        finger_states(points)


@pytest.mark.parametrize(
    "bad",
    [
        [["a", "b", "c"]] * 21,
        [[None, None, None]] * 21,
        [[1, 2, 3]] * 20 + [[1, 2]],
        [[1j, 0, 0]] * 21,
        [[10**400, 0, 0]] * 21,
        "keypoints",
    ],
)
def test_what_is_no_array_of_numbers_is_refused(bad):
    with pytest.raises(InputError):
        finger_states(bad)


def test_points_that_are_no_hand_are_refused():
    with pytest.raises(InputError, match="coincide"):
        finger_states(np.full((21, 3), 7.0))
    with pytest.raises(InputError, match="so large"):
        finger_states(letters("sssss") * 1e200)


def _random_pose(rng):
    limits = np.array([90, 110, 80])
    pose = {name: rng.uniform(0, limits) for name in ("index", "middle", "ring", "pinky")}
    between = rng.uniform()
    thumb = between * np.array(THUMB_IN) + (1 - between) * np.array(THUMB_OUT)
    return {"thumb": tuple(thumb), **pose}
