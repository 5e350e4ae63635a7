"""The triplet loss of TRILL, on directions: what is of one clip is alike, what is of others is not.

Schroff et al. 2015 (arXiv:1503.03832): negatives are taken from the batch, the hardest of those
that are farther from the anchor than its positive, yet within the margin.
"""

from typing import Final

import torch
from torch import Tensor

from firsthand.errors import ShapeError

MARGIN: Final = 0.2


def triplet_loss(
    anchors: Tensor, positives: Tensor, origins: Tensor, margin: float = MARGIN
) -> tuple[Tensor, Tensor]:
    """Return the mean hinge loss of a batch, and the share of anchors that it is above 0 for.

    `anchors` and `positives` (b, size) have length one, a pair of each of the clips `origins` (b,).
    A negative is a positive of another clip. Squared distances: |a - p|^2 - |a - n|^2 + margin.
    Where nothing is semi-hard the farthest negative is taken, which is the easiest: nothing is
    learnt from negatives that are nearer than the positive, as that may collapse all to a point.
    """
    if anchors.shape != positives.shape or anchors.ndim != 2 or origins.shape != anchors.shape[:1]:
        raise ShapeError(
            f"anchors and positives (b, size) of origins (b,), not {tuple(anchors.shape)}, "
            f"{tuple(positives.shape)} of {tuple(origins.shape)}"
        )
    apart = (2 - 2 * anchors @ positives.t()).clamp(min=0)
    own = apart.diagonal()
    other = origins[:, None] != origins
    if not bool(other.any(dim=1).all()):
        raise ShapeError("a batch of triplets is of two clips at least")
    farther = other & (apart > own[:, None])
    semi_hard = torch.where(farther, apart, torch.inf).amin(dim=1)
    easiest = torch.where(other, apart, -torch.inf).amax(dim=1)
    negative = torch.where(farther.any(dim=1), semi_hard, easiest)
    loss = (own - negative + margin).clamp(min=0)
    return loss.mean(), (loss.detach() > 0).float().mean()
