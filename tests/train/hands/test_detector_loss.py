import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from firsthand.train.hands.detector_loss import (
    SCORE_LOSSES,
    cross_entropy_loss,
    focal_loss,
    hard_negatives_loss,
    values_loss,
)

LOGITS = torch.tensor([[2.0, -1.0, 0.5, 9.0]])
LABELS = torch.tensor([[1, 0, 0, -1]], dtype=torch.int8)


def sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x))


def test_focal_loss_is_the_papers_formula() -> None:
    p, q, r = sigmoid(2), sigmoid(-1), sigmoid(0.5)
    expected = (
        -0.6 * (1 - p) ** 2 * math.log(p)
        - 0.4 * q**2 * math.log(1 - q)
        - 0.4 * r**2 * math.log(1 - r)
    )
    assert float(focal_loss(LOGITS, LABELS)) == pytest.approx(expected, rel=1e-5)


def test_focal_loss_is_least_at_a_half_for_a_palm_four_times_in_ten() -> None:
    chances = torch.linspace(0.01, 0.99, 99)
    losses = [
        0.4 * focal_loss(logit.reshape(1, 1), torch.ones(1, 1, dtype=torch.int8))
        + 0.6 * focal_loss(logit.reshape(1, 1), torch.zeros(1, 1, dtype=torch.int8))
        for logit in torch.logit(chances)
    ]
    assert float(chances[torch.stack(losses).argmin()]) == pytest.approx(0.5)


def test_cross_entropy_counts_every_anchor_that_counts() -> None:
    expected = -sum(math.log(v) for v in (sigmoid(2), 1 - sigmoid(-1), 1 - sigmoid(0.5)))
    assert float(cross_entropy_loss(LOGITS, LABELS)) == pytest.approx(expected, rel=1e-5)


def test_hard_negatives_are_the_worst_three_to_each_palm() -> None:
    logits = torch.tensor([[3.0, -5.0, -4.0, 1.0, 2.0, -3.0, 8.0]])
    labels = torch.tensor([[1, 0, 0, 0, 0, 0, -1]], dtype=torch.int8)
    kept = (1 - sigmoid(2), 1 - sigmoid(1), 1 - sigmoid(-3))
    expected = -math.log(sigmoid(3)) - sum(math.log(v) for v in kept)
    assert float(hard_negatives_loss(logits, labels)) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("name", sorted(SCORE_LOSSES))
def test_without_a_palm_the_negatives_alone_count(name: str) -> None:
    logits = torch.zeros(2, 50, requires_grad=True)
    loss = SCORE_LOSSES[name](logits, torch.zeros(2, 50, dtype=torch.int8))
    loss.backward()
    assert float(loss.detach()) > 0
    assert float(logits.grad.min()) >= 0


@pytest.mark.parametrize("name", sorted(SCORE_LOSSES))
@given(st.lists(st.floats(-60, 60), min_size=4, max_size=4))
def test_losses_and_gradients_stay_finite(name: str, values: list[float]) -> None:
    logits = torch.tensor([values], requires_grad=True)
    loss = SCORE_LOSSES[name](logits, LABELS)
    loss.backward()
    assert math.isfinite(float(loss.detach()))
    assert bool(torch.isfinite(logits.grad).all())
    assert float(logits.grad[0, 3]) == 0


def test_places_are_smooth_l1_in_palm_sizes() -> None:
    offsets, wanted = torch.zeros(1, 2, 18), torch.zeros(1, 2, 18)
    offsets[0, 0, 0] = 5.0  # of a palm of 100: 0.05, where the square counts
    offsets[0, 0, 7] = -50.0  # 0.5, where the size counts
    offsets[0, 1] = 1e6
    sides = torch.tensor([[100.0, 1.0]])
    labels = torch.tensor([[1, 0]], dtype=torch.int8)
    expected = (0.5 * 0.05**2 / 0.1 + 0.5 - 0.05) / 18
    assert float(values_loss(offsets, wanted, sides, labels)) == pytest.approx(expected, rel=1e-5)


def test_without_a_palm_places_cost_nothing_and_still_have_a_gradient() -> None:
    offsets = torch.ones(1, 3, 18, requires_grad=True)
    loss = values_loss(
        offsets, torch.zeros(1, 3, 18), torch.ones(1, 3), torch.zeros(1, 3, dtype=torch.int8)
    )
    loss.backward()
    assert float(loss.detach()) == 0
    np.testing.assert_array_equal(offsets.grad.numpy(), 0)
