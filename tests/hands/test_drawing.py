from dataclasses import replace

import numpy as np
import pytest
from seen_hands import hand, result

from firsthand.hands.drawing import LEFT, RIGHT, depth_grays, draw_hands, draw_photograph


def black(height=300, width=400):
    return np.zeros((height, width, 3), np.uint8)


def test_the_image_itself_is_left_alone():
    image = black()
    drawn = draw_hands(image, result(0, [hand(at=(200, 200))]), ("ok",))
    assert not image.any()
    assert drawn.any()
    np.testing.assert_array_equal(draw_hands(image, result(0, [])), image)


@pytest.mark.parametrize(("side", "color"), [("left", LEFT), ("right", RIGHT)])
def test_bones_have_the_colour_of_the_side(side, color):
    drawn = draw_hands(black(), result(0, [hand(handedness=side, at=(200, 200))]))
    assert (drawn == color).all(axis=2).sum() > 100


def test_nearer_joints_are_lighter():
    seen = hand()
    depth = np.linspace(-30, 30, 21, dtype=np.float32)
    seen = replace(seen, keypoints=np.column_stack([seen.keypoints[:, :2], depth]))
    grays = depth_grays(seen)
    assert grays == sorted(grays, reverse=True)
    assert (grays[0], grays[-1]) == (255, 40)
    flat = replace(seen, keypoints=np.column_stack([seen.keypoints[:, :2], 0 * depth]))
    assert depth_grays(flat) == [255] * 21


@pytest.mark.parametrize("at", [(0, 0), (-500, -500), (1e5, 10), (399, 299)])
@pytest.mark.parametrize("size", [(300, 400), (1, 1)])
def test_hands_outside_the_image_do_no_harm(at, size):
    image = black(*size)
    drawn = draw_hands(image, result(0, [hand(at=at)]), ("none",))
    assert drawn.shape == image.shape


def test_the_plate_stays_within_the_image():
    seen = result(0, [hand(at=(200, 200))])
    plain, named = draw_hands(black(), seen), draw_hands(black(), seen, ("thumb_up",))
    rows, columns = np.nonzero((plain != named).any(axis=2))
    assert len(rows) > 50
    assert columns.min() >= 0
    assert np.ptp(columns) > np.ptp(rows)


def test_a_small_photograph_is_enlarged_under_its_hand():
    size = (60, 100)
    found = result(0, [hand(at=(30, 70))], size=size)
    small = replace(found.hands[0], keypoints=found.hands[0].keypoints * np.float32(0.4))
    drawn = draw_photograph(black(100, 60), replace(found, hands=(small,)))
    assert drawn.shape == (500, 300, 3)
    for x, y in small.keypoints[:, :2] * 5 + 2:
        if 4 < x < 296 and 4 < y < 496:
            assert drawn[round(float(y)), round(float(x))].max() >= 40


def test_a_large_photograph_keeps_its_size():
    found = result(0, [hand(at=(200, 200))], size=(500, 480))
    image = black(480, 500)
    np.testing.assert_array_equal(
        draw_photograph(image, found, ("ok",)), draw_hands(image, found, ("ok",))
    )
