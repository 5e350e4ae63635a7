from dataclasses import replace

import numpy as np
import pytest

from firsthand.train.hands.cutouts import Cutout
from firsthand.train.hands.forearms import sleeved, with_forearm

from .drawn_hands import cutout, truth


def turned(found: Cutout, quarters: int) -> Cutout:
    """A cut-out turned by quarters, anticlockwise."""
    side = found.image.shape[0]
    points = found.truth.keypoints.copy()
    arm = found.arm
    for _ in range(quarters):
        points[:, 0], points[:, 1] = points[:, 1].copy(), side - points[:, 0]
        arm = np.array([arm[1], -arm[0]])
    return Cutout(
        np.ascontiguousarray(np.rot90(found.image, quarters)),
        np.ascontiguousarray(np.rot90(found.alpha, quarters)),
        truth(keypoints=points),
        arm.astype(np.float32),
        found.name,
    )


@pytest.mark.parametrize("quarters", range(4))
def test_the_forearm_goes_on_beyond_the_edge_that_cuts_it(quarters: int) -> None:
    found = turned(cutout(), quarters)
    layer = with_forearm(found, 40)
    assert sorted(layer.alpha.shape) == [100, 140]
    left, top = layer.origin.astype(int)
    own = (slice(top, top + 100), slice(left, left + 100))
    np.testing.assert_allclose(layer.alpha[own] * 255, found.alpha, atol=0.01)
    added = layer.alpha.copy()
    added[own] = 0
    assert added.sum() == pytest.approx(40 * 16, rel=0.15)
    assert layer.hand.sum() == pytest.approx(found.alpha.sum() / 255, rel=1e-5)
    assert layer.hand[added > 0].max() == 0


def test_a_hand_that_no_edge_cuts_stays_as_it_is() -> None:
    found = cutout()
    alpha = found.alpha.copy()
    alpha[90:] = 0
    layer = with_forearm(replace(found, alpha=alpha), 40)
    assert layer.alpha.shape == found.alpha.shape


def test_colours_are_premultiplied() -> None:
    layer = with_forearm(cutout(), 40)
    assert layer.colour[layer.alpha == 0].max() == 0
    assert (layer.colour <= 255 * layer.alpha[..., None] + 0.01).all()


def test_a_sleeve_covers_the_arm_and_leaves_the_hand() -> None:
    found = cutout()
    layer = with_forearm(found, 60)
    cloth = np.full((*layer.alpha.shape, 3), (0, 0, 255), np.uint8)
    dressed = sleeved(layer, found, cloth, start=0.6, loose=1.3)
    bottom = layer.alpha.shape[0] - 10
    assert dressed.colour[bottom, 50, 2] > 150
    assert dressed.colour[bottom, 50, 0] < 10
    assert (dressed.alpha[bottom] > 0.5).sum() > (layer.alpha[bottom] > 0.5).sum()
    np.testing.assert_allclose(dressed.colour[:80], layer.colour[:80], atol=0.5)
    assert dressed.hand.sum() < layer.hand.sum()


def test_a_sleeve_below_all_that_is_seen_changes_nothing() -> None:
    found = cutout()
    layer = with_forearm(found, 5)
    cloth = np.zeros((*layer.alpha.shape, 3), np.uint8)
    assert sleeved(layer, found, cloth, start=9.0, loose=1.3) is layer
