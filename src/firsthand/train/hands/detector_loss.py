"""Losses of the palm detector: is there a palm, and where."""

from collections.abc import Callable
from typing import Final, Literal

import torch
from torch import Tensor
from torch.nn import functional

ScoreLoss = Callable[[Tensor, Tensor], Tensor]
"""From logits (b, n) and labels (b, n) of 1, 0 and -1 (does not count) to a scalar."""

LossName = Literal["focal", "cross_entropy", "hard_negatives"]

_ALPHA: Final = 0.6
_GAMMA: Final = 2.0
_HARD_PER_PALM: Final = 3
_BEND: Final = 0.1  # palm sizes: up to here the error's square counts, then its size


def focal_loss(logits: Tensor, labels: Tensor) -> Tensor:
    """Return the focal loss (Lin et al. 2017, arXiv:1708.02002) over the number of positives.

    gamma 2 as in the paper: anchors that are already right hardly count. alpha, the weight of the
    positives, is 0.6, not the paper's 0.25: an anchor that is a palm four times in ten then gets
    the score 0.5, where the pipeline's threshold is, instead of 0.36; the landmark model refuses
    the false ones.
    """
    positive = labels == 1
    chance = torch.sigmoid(logits)
    wrong = torch.where(positive, 1 - chance, chance)
    weight = torch.where(positive, _ALPHA, 1 - _ALPHA) * wrong**_GAMMA * (labels >= 0)
    return (weight * _cross_entropy(logits, positive)).sum() / _count(positive)


def cross_entropy_loss(logits: Tensor, labels: Tensor) -> Tensor:
    """Return the plain cross-entropy, every anchor alike, over the number of positives."""
    positive = labels == 1
    return (_cross_entropy(logits, positive) * (labels >= 0)).sum() / _count(positive)


def hard_negatives_loss(logits: Tensor, labels: Tensor) -> Tensor:
    """Return the cross-entropy of the positives and of the three worst negatives to each.

    As SSD mines them (Liu et al. 2016, section 2.2), over the whole batch; with no positive, the
    three worst of each image.
    """
    positive, negative = labels == 1, labels == 0
    each = _cross_entropy(logits, positive)
    palms = int(positive.sum()) or len(labels)
    worst = each[negative]
    kept = torch.topk(worst, min(_HARD_PER_PALM * palms, worst.numel())).values
    return (each[positive].sum() + kept.sum()) / _count(positive)


SCORE_LOSSES: Final[dict[LossName, ScoreLoss]] = {
    "focal": focal_loss,
    "cross_entropy": cross_entropy_loss,
    "hard_negatives": hard_negatives_loss,
}


def values_loss(offsets: Tensor, wanted: Tensor, sides: Tensor, labels: Tensor) -> Tensor:
    """Return the smooth-L1 of boxes and keypoints (Girshick 2015) in palm sizes.

    `offsets` and `wanted` (b, n, 18) in pixels, `sides` (b, n) of the true palms, `labels` (b, n):
    the mean over the 18 values of all positive anchors, 0 where there is none.
    """
    positive = labels == 1
    if not bool(positive.any()):
        return offsets.sum() * 0
    size = sides[positive].unsqueeze(1)
    return functional.smooth_l1_loss(
        offsets[positive] / size, wanted[positive] / size, beta=_BEND, reduction="mean"
    )


def _cross_entropy(logits: Tensor, positive: Tensor) -> Tensor:
    return functional.binary_cross_entropy_with_logits(
        logits, positive.to(logits.dtype), reduction="none"
    )


def _count(positive: Tensor) -> Tensor:
    return positive.sum().clamp(min=1)
