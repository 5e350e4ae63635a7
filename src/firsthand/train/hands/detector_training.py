"""The palm detector's training: batches of views, and the loss."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import torch
from torch import Tensor, nn

from firsthand.train.disturbance import disturb
from firsthand.train.hands.detector_loss import SCORE_LOSSES, LossName, values_loss
from firsthand.train.hands.detector_net import SIZE_PX
from firsthand.train.hands.detector_preview import draw_found
from firsthand.train.hands.detector_targets import targets
from firsthand.train.hands.detector_views import View, draw_view
from firsthand.train.hands.mixture import Mixture
from firsthand.train.hands.samples import Sample
from firsthand.train.loop import Batch

_VALUES_WEIGHT: Final = 4.0
_SMALL_PX: Final = 160
_DISTURBED: Final = 0.6


@dataclass(frozen=True, slots=True, eq=False)
class DetectorTask:
    """What `fit` trains: see `loop.Task`. `shown` are samples for previews.

    `model` is a `PalmNet`, or what `quantise.prepare` made of one; `score_loss` names one of
    `detector_loss.SCORE_LOSSES`. The views of the steps before `small_until` are of 160 pixels: of
    the same palms, but for the largest, and learnt from 2.5 times as fast.
    """

    model: nn.Module
    recipe: str
    mixture: Mixture
    seed: int
    batch_size: int
    score_loss: LossName = "focal"
    small_until: int = 0
    shown: Sequence[Sample] = ()

    def batch(self, step: int) -> Batch:
        """Return the views of a step and what is to be said of them."""
        rng = np.random.default_rng([self.seed, step])
        size_px = _SMALL_PX if step < self.small_until else SIZE_PX
        return stacked([self._view(rng, size_px) for _ in range(self.batch_size)])

    def loss(self, batch: Batch) -> Mapping[str, Tensor]:
        """Return the weighted sum and its parts."""
        offsets, logits = self.model(batch["image"].float() / 255)
        labels = batch["labels"]
        score = SCORE_LOSSES[self.score_loss](logits[..., 0], labels)
        values = values_loss(offsets, batch["values"], batch["sides"], labels)
        return {"total": score + _VALUES_WEIGHT * values, "score": score, "values": values}

    def preview(self, folder: Path, step: int) -> None:
        """Draw what is found in the samples to be shown."""
        draw_found(self.model, self.shown, folder / f"preview-{step:06}.jpg")

    def _view(self, rng: np.random.Generator, size_px: int) -> View:
        view = draw_view(lambda: self.mixture.draw(rng), rng, size_px)
        return View(disturb(view.image, rng), view.palms) if rng.random() < _DISTURBED else view


def stacked(views: Sequence[View]) -> dict[str, Tensor]:
    """Return views as tensors: image uint8 (b, 3, n, n), and `Targets` with a first axis b."""
    wanted = [targets(view.palms, view.image.shape[0]) for view in views]
    images = torch.from_numpy(np.stack([view.image for view in views]))
    return {
        "image": images.permute(0, 3, 1, 2),
        "labels": torch.from_numpy(np.stack([each.labels for each in wanted])),
        "values": torch.from_numpy(np.stack([each.values for each in wanted])),
        "sides": torch.from_numpy(np.stack([each.sides for each in wanted])),
    }
