"""The landmark model's training: batches of crops, and the loss."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from firsthand.errors import InputError
from firsthand.hands.skeleton import BONES, JOINTS
from firsthand.hands.types import Region
from firsthand.media.frame import RgbImage
from firsthand.train.disturbance import disturb, hidden
from firsthand.train.hands.crops import (
    Crop,
    Jitter,
    apart,
    cut,
    detected_region,
    followed_region,
    strayed,
    to_crop,
    warp,
)
from firsthand.train.hands.landmark_net import INPUT_PX, LandmarkOutputs, outputs_of
from firsthand.train.hands.landmark_preview import draw_found
from firsthand.train.hands.mixture import Mixture
from firsthand.train.hands.samples import Sample
from firsthand.train.task import Batch

_N: Final = len(JOINTS)
_PARENTS: Final = torch.tensor([bone[0] for bone in BONES])
_CHILDREN: Final = torch.tensor([bone[1] for bone in BONES])
_LEAST_SEEN: Final = 0.3
_NEGATIVES: Final = 0.25
_SQUARES: Final = 4
_TRIES: Final = 20


@dataclass(frozen=True, slots=True, eq=False)
class LandmarkTask:
    """What `fit` trains: see `loop.Task`. `shown` are samples for previews."""

    model: nn.Module
    recipe: str
    mixture: Mixture
    seed: int
    batch_size: int
    shown: Sequence[Sample] = ()
    jitter: Jitter = Jitter()  # noqa: RUF009 # frozen

    def batch(self, step: int) -> Batch:
        """Return the crops of a step and their truth."""
        rng = np.random.default_rng([self.seed, step])
        return stacked([self._crop(rng) for _ in range(self.batch_size)])

    def loss(self, batch: Batch) -> Mapping[str, Tensor]:
        """Return the weighted sum and its parts."""
        return landmark_loss(outputs_of(self.model(batch["image"].float() / 255)), batch)

    def preview(self, folder: Path, step: int) -> None:
        """Draw what is found in the samples to be shown."""
        draw_found(self.model, self.shown, folder / f"preview-{step:06}.jpg")

    def _crop(self, rng: np.random.Generator) -> Crop:
        for _ in range(_TRIES):
            sample = self.mixture.draw(rng)
            if not sample.hands or rng.random() < _NEGATIVES:
                crop = without_hand(sample, rng)
            else:
                crop = with_hand(sample, rng, self.jitter)
            if crop is not None:
                return crop
        raise InputError(f"{_TRIES} samples in a row gave no crop, the last one {sample.name!r}")


def with_hand(sample: Sample, rng: np.random.Generator, jitter: Jitter) -> Crop | None:
    """Cut out one of a sample's hands, misplaced and disturbed; None if none is seen enough."""
    hands = [hand for hand in sample.hands if hand.seen >= _LEAST_SEEN]
    if not hands:
        return None
    truth = hands[int(rng.integers(len(hands)))]
    height, width = sample.image.shape[:2]
    find = followed_region if rng.random() < 0.75 else detected_region
    region = find(truth, width, height)
    if region is None:
        return None
    placed = strayed(region, rng, jitter)
    crop = cut(sample.image, truth, placed, INPUT_PX, bool(rng.random() < 0.5))
    image = hidden(crop.image, rng) if rng.random() < 0.1 else crop.image
    return Crop(disturb(image, rng), crop.points, crop.world, crop.known, crop.right, crop.palm_px)


def without_hand(sample: Sample, rng: np.random.Generator) -> Crop | None:
    """Cut out a square that no hand's region comes near; None where there is no room for one.

    Of a few such squares the one with most in it: a detector is seldom misled by a plain wall.
    """
    height, width = sample.image.shape[:2]
    taken = [followed_region(hand, width, height) for hand in sample.hands]
    found: list[RgbImage] = []
    for _ in range(_TRIES):
        share = (
            rng.uniform(0.5, 1.0) if not taken else np.exp(rng.uniform(np.log(0.08), np.log(0.8)))
        )
        side = float(min(width, height) * share)
        x, y = (float(rng.uniform(side / 2, length - side / 2)) for length in (width, height))
        if all(region is None or apart(region, x, y, side) for region in taken):
            region = Region(x, y, side, side, float(rng.uniform(-np.pi, np.pi)))
            found.append(warp(sample.image, to_crop(region, INPUT_PX, False), INPUT_PX))
            if len(found) == _SQUARES:
                break
    if not found:
        return None
    image = max(found, key=_busy)
    nothing = np.zeros((_N, 3), np.float32)
    return Crop(disturb(image, rng), nothing, nothing, np.zeros(_N, np.bool_), False, 1.0)


def _busy(image: RgbImage) -> float:
    """Return how much a picture changes at the coarseness of fingers."""
    small = cv2.resize(image, (24, 24), interpolation=cv2.INTER_AREA)
    return float(cv2.Laplacian(small, cv2.CV_32F).std())


def stacked(crops: Sequence[Crop]) -> dict[str, Tensor]:
    """Return crops as tensors: image uint8 (b, 3, n, n) and what `landmark_loss` reads."""
    world = np.stack([crop.world for crop in crops])
    measured = np.asarray(np.isfinite(world).all(axis=(1, 2)), np.bool_)
    return {
        "image": torch.from_numpy(np.stack([crop.image for crop in crops])).permute(0, 3, 1, 2),
        "points": torch.from_numpy(np.stack([crop.points for crop in crops])),
        "world": torch.from_numpy(np.where(measured[:, None, None], world, 0).astype(np.float32)),
        "measured": torch.from_numpy(measured),
        "known": torch.from_numpy(np.stack([crop.known for crop in crops])),
        "right": torch.tensor([float(crop.right) for crop in crops]),
        "palm_px": torch.tensor([max(crop.palm_px, 1.0) for crop in crops]),
    }


def landmark_loss(out: LandmarkOutputs, batch: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return the loss of a batch and its parts.

    Distances are in palm sizes; each is sqrt-like near nothing and straight beyond, so that the
    last percent counts. Heat: cross-entropy with a small Gaussian about the true place (Nibali et
    al. 2018, arXiv:1801.07372, regularise the same maps by divergence). What is not known, such as
    depth without metres or anything of a crop without a hand, counts nothing.
    """
    known = batch["known"].float()
    present = known.amax(dim=1)
    palm = batch["palm_px"][:, None]
    away = out.points[:, :, :2] - batch["points"][:, :, :2]
    flat = _mean(_bent(torch.linalg.vector_norm(away, dim=2) / palm), known)
    metric = known * batch["measured"][:, None]
    deep = (out.points[:, :, 2] - batch["points"][:, :, 2]).abs() / (0.4 * palm)
    depth = _mean(_bent(deep), metric)
    world = _mean(torch.linalg.vector_norm(out.world - batch["world"], dim=2) / 0.1, metric)
    bones = (out.world[:, _CHILDREN] - out.world[:, _PARENTS]) - (
        batch["world"][:, _CHILDREN] - batch["world"][:, _PARENTS]
    )
    bone = _mean(torch.linalg.vector_norm(bones, dim=2) / 0.1, metric[:, _CHILDREN])
    if out.heat is None:
        heat = torch.zeros(())
    else:
        heat = _mean(_heat_loss(out.heat, batch["points"][:, :, :2]), known)
    presence = functional.binary_cross_entropy_with_logits(out.presence[:, 0], present)
    sides = functional.binary_cross_entropy_with_logits(
        out.left[:, 0], batch["right"], reduction="none"
    )
    side = _mean(sides, present)
    total = (
        2.0 * flat
        + 0.5 * depth
        + 0.5 * world
        + 0.5 * bone
        + 0.05 * heat
        + 0.3 * presence
        + 0.2 * side
    )
    return {
        "total": total,
        "flat": flat,
        "depth": depth,
        "world": world,
        "bone": bone,
        "heat": heat,
        "presence": presence,
        "side": side,
    }


def _bent(distance: Tensor) -> Tensor:
    """Grow as log(1 + d / e) up to a palm and straight beyond (Feng et al. 2018, Wing loss)."""
    near = 0.3 * torch.log1p(distance / 0.1)
    offset = 1.0 - 0.3 * float(np.log1p(10.0))
    return torch.where(distance < 1.0, near, distance - offset)


def _mean(values: Tensor, weights: Tensor) -> Tensor:
    return (values * weights).sum() / weights.sum().clamp(min=1.0)


def _heat_loss(heat: Tensor, points: Tensor) -> Tensor:
    cells = round(heat.shape[2] ** 0.5)
    stride = INPUT_PX / (cells - 2)
    at = (torch.arange(cells, dtype=torch.float32) - 0.5) * stride
    x = torch.exp(-0.5 * ((points[:, :, :1] - at) / stride) ** 2)
    y = torch.exp(-0.5 * ((points[:, :, 1:] - at) / stride) ** 2)
    wanted = (y[:, :, :, None] * x[:, :, None, :]).flatten(2)
    mass = wanted.sum(dim=2, keepdim=True)
    wanted = torch.where(mass > 0.5, wanted / mass.clamp(min=0.5), torch.zeros_like(wanted))
    return -(wanted * heat).sum(dim=2)
