"""The single-stage network's training: batches of views, and the loss."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from firsthand.objects.single_stage import PLACES, TURNS, UNIT_PX
from firsthand.train.loop import Batch
from firsthand.train.objects.lessons import Lesson
from firsthand.train.objects.preview import draw_found
from firsthand.train.objects.targets import targets
from firsthand.train.objects.views import view

_PLACES_WEIGHT: Final = 4.0
MASK_WEIGHT: Final = 0.5
_TURN_WEIGHT: Final = 0.5
_BEND: Final = 0.05  # box sizes: up to here the error's square counts, then its size


@dataclass(frozen=True, slots=True, eq=False)
class BoxTask:
    """What `fit` trains: see `loop.Task`. `shown` are lessons for previews.

    With a `mask_weight` of 0 the head of shapes learns nothing, and teaches nothing.
    """

    model: nn.Module
    recipe: str
    lessons: Sequence[Lesson]
    seed: int
    batch_size: int
    side: int
    shown: Sequence[Lesson] = ()
    mask_weight: float = MASK_WEIGHT

    def batch(self, step: int) -> Batch:
        """Return the views of a step and what is to be said of them."""
        rng = np.random.default_rng([self.seed, step])
        chosen = rng.integers(len(self.lessons), size=self.batch_size)
        return stacked([view(self.lessons[int(at)], rng, self.side) for at in chosen])

    def loss(self, batch: Batch) -> Mapping[str, Tensor]:
        """Return the weighted sum and its parts."""
        heat, places, turns, mask = self.model(batch["image"].float() / 255)
        middles = heat_loss(heat[..., 0], batch["heat"])
        mine = of_turn(places, batch["turns"]) * UNIT_PX
        corners = places_loss(mine, batch["places"], batch["weights"], batch["sizes"])
        turn = turn_loss(turns, batch["turns"], batch["weights"])
        seen = functional.binary_cross_entropy_with_logits(mask[..., 0], batch["mask"])
        total = middles + _PLACES_WEIGHT * corners + _TURN_WEIGHT * turn + self.mask_weight * seen
        return {"total": total, "middles": middles, "places": corners, "turn": turn, "mask": seen}

    def preview(self, folder: Path, step: int) -> None:
        """Draw what is found in the lessons to be shown."""
        draw_found(self.model, self.shown, folder / f"preview-{step:06}.jpg", self.side)


def heat_loss(logits: Tensor, heat: Tensor) -> Tensor:
    """Return the focal loss of a heat map over the number of middles (Law & Deng 2018, eq. 1).

    (arXiv:1808.01244; Zhou et al. 2019, arXiv:1904.07850, take it for middles.) `heat` (b, h, w)
    is 1 at middles and -1 where nothing is asked; near a middle a false alarm costs less.
    """
    chance = torch.sigmoid(logits)
    middle = heat >= 1
    asked = heat >= 0
    right = functional.logsigmoid(logits) * (1 - chance) ** 2 * middle
    wrong = functional.logsigmoid(-logits) * chance**2 * (1 - heat.clamp(min=0)) ** 4
    return -(right + wrong * (asked & ~middle)).sum() / middle.sum().clamp(min=1)


def of_turn(places: Tensor, turns: Tensor) -> Tensor:
    """Return of places (b, h, w, 8 * 18) those (b, h, w, 18) of the turn (b, h, w) of each cell."""
    each = places.reshape(*turns.shape, TURNS, PLACES)
    chosen = turns[..., None, None].expand(*turns.shape, 1, PLACES)
    found: Tensor = each.gather(3, chosen).squeeze(3)
    return found


def places_loss(places: Tensor, wanted: Tensor, weights: Tensor, sizes: Tensor) -> Tensor:
    """Return the smooth-L1 of places (b, h, w, 18), in pixels, as shares of `sizes` (b, h, w).

    Cells count as much as `weights` (b, h, w) has it.
    """
    asked = weights > 0
    if not bool(asked.any()):
        return places.sum() * 0
    size = sizes[asked].unsqueeze(1)
    each = functional.smooth_l1_loss(
        places[asked] / size, wanted[asked] / size, beta=_BEND, reduction="none"
    )
    share = weights[asked]
    return (each.mean(1) * share).sum() / share.sum()


def turn_loss(logits: Tensor, turns: Tensor, weights: Tensor) -> Tensor:
    """Return the cross entropy of turns (b, h, w, 8), cells counting as `weights` (b, h, w)."""
    asked = weights > 0
    if not bool(asked.any()):
        return logits.sum() * 0
    each = functional.cross_entropy(logits[asked], turns[asked], reduction="none")
    return (each * weights[asked]).sum() / weights[asked].sum()


def stacked(lessons: Sequence[Lesson]) -> dict[str, Tensor]:
    """Return views as tensors: image uint8 (b, 3, n, n), and `Targets` with a first axis b."""
    wanted = [targets(lesson) for lesson in lessons]
    images = torch.from_numpy(np.stack([lesson.image for lesson in lessons]))
    found = {"image": images.permute(0, 3, 1, 2)}
    for name in ("heat", "places", "weights", "sizes", "mask", "turns"):
        found[name] = torch.from_numpy(np.stack([getattr(each, name) for each in wanted]))
    return found
