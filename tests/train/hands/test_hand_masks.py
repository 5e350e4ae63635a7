import cv2
import numpy as np
import pytest

from firsthand.train.hands.hand_masks import hand_mask

from .drawn_hands import SKIN, WALL, drawn, keypoints


def skin_of(image: np.ndarray) -> np.ndarray:
    to_skin = np.abs(image.astype(int) - SKIN).sum(axis=2)
    return to_skin < np.abs(image.astype(int) - WALL).sum(axis=2)


@pytest.mark.parametrize("scale", [0.8, 1.0, 2.5])
def test_the_mask_is_the_drawn_hand(scale: float) -> None:
    sample = drawn(scale)
    found = hand_mask(sample.image, sample.hands[0].keypoints)
    assert found.fault is None
    size = sample.image.shape[1::-1]
    mask = cv2.resize(found.mask * 255, size, interpolation=cv2.INTER_AREA) > 127
    true = skin_of(sample.image)
    assert (mask & true).sum() > 0.93 * (mask | true).sum()


def test_the_gap_between_two_fingers_stays_open() -> None:
    sample = drawn(2.0)
    found = hand_mask(sample.image, sample.hands[0].keypoints)
    middle = keypoints(2.0)[[7, 11], :2].mean(axis=0) * found.scale
    assert found.mask[int(middle[1]), int(middle[0])] == 0


def test_the_same_photograph_gives_the_same_mask() -> None:
    sample = drawn()
    first, second = (hand_mask(sample.image, sample.hands[0].keypoints) for _ in range(2))
    np.testing.assert_array_equal(first.mask, second.mask)


def test_a_hand_before_its_own_colour_is_at_fault() -> None:
    sample = drawn(wall=SKIN)
    found = hand_mask(sample.image, sample.hands[0].keypoints)
    assert found.fault is not None


def test_a_hand_partly_outside_is_found() -> None:
    whole = drawn(2.0)
    sample = whole.image[:, : (2 * 62)]
    found = hand_mask(np.ascontiguousarray(sample), whole.hands[0].keypoints)
    assert found.fault is None


@pytest.mark.parametrize("value", [0.0, np.nan, 1e-9])
def test_a_hand_without_extent_is_at_fault(value: float) -> None:
    found = hand_mask(drawn().image, np.full((21, 2), value))
    assert found.fault == "hand without extent"
    assert not found.mask.any()


@pytest.mark.parametrize("away", [500.0, -500.0])
def test_a_hand_outside_the_photograph_is_at_fault(away: float) -> None:
    found = hand_mask(drawn().image, keypoints()[:, :2] + away)
    assert found.fault is not None


def test_a_hand_that_fills_all_of_the_photograph_is_at_fault() -> None:
    points = (keypoints()[:, :2] - 50) * 20 + 50
    assert hand_mask(drawn().image, points).fault is not None


@pytest.mark.parametrize("shape", [(1, 1, 3), (1, 40, 3), (300, 2, 3)])
def test_odd_photographs_do_no_harm(shape: tuple[int, ...]) -> None:
    assert hand_mask(np.zeros(shape, np.uint8), keypoints()).fault is not None
