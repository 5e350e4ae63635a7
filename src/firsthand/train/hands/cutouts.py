"""Hands cut out of photographs with plain backgrounds, to be pasted into others."""

import shutil
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from firsthand.core import damage
from firsthand.errors import InputError
from firsthand.media.frame import RgbImage
from firsthand.train.hands.hand_masks import Mask, hand_mask
from firsthand.train.hands.samples import HandTruth, Sample, SampleFolder, write_samples

_ALPHAS: Final = "alphas.npz"
_OPAQUE: Final = 250
_SOFT: Final = 0.4


@dataclass(frozen=True, slots=True, eq=False)
class Cutout:
    """An RGB image, uint8 `alpha` (height, width) of the hand in it, and the hand's truth.

    `arm` (2,) is the direction, of length 1 in the image, in which the forearm leaves the hand.
    """

    image: RgbImage
    alpha: Mask
    truth: HandTruth
    arm: NDArray[np.float32]
    name: str


@dataclass(frozen=True, slots=True, eq=False)
class CutOuts:
    """Hands cut out, and the name of each photograph that was dropped with the reason."""

    cutouts: tuple[Cutout, ...]
    dropped: tuple[tuple[str, str], ...]

    def reasons(self) -> dict[str, int]:
        """Return how many were dropped for each reason."""
        return dict(Counter(reason for _, reason in self.dropped))


def cut_out(sample: Sample) -> Cutout | str:
    """Cut the only hand out of a sample, or return why that cannot be done well."""
    if len(sample.hands) != 1:
        return f"{len(sample.hands)} hands, not one"
    truth = sample.hands[0]
    found = hand_mask(sample.image, truth.keypoints)
    if found.fault is not None:
        return found.fault
    height, width = sample.image.shape[:2]
    soft = cv2.GaussianBlur(found.mask * np.uint8(255), (0, 0), max(0.1, _SOFT * found.scale))
    alpha = np.asarray(cv2.resize(soft, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
    arm = truth.keypoints[0, :2] - truth.keypoints[9, :2]
    arm = arm / max(float(np.hypot(*arm)), 1e-6)
    return Cutout(_unmixed(sample.image, alpha), alpha, truth, arm.astype(np.float32), sample.name)


def cut_outs(samples: Iterable[Sample]) -> CutOuts:
    """Cut the hands out of samples that show one each."""
    kept, dropped = [], []
    for sample in samples:
        found = cut_out(sample)
        if isinstance(found, str):
            dropped.append((sample.name, found))
        else:
            kept.append(found)
    return CutOuts(tuple(kept), tuple(dropped))


def write_cutouts(folder: Path, cutouts: Sequence[Cutout]) -> None:
    """Write cut-outs into a new folder: samples, and their alphas beside them.

    The folder appears whole or not at all. `InputError` without cut-outs, or if it is not empty.
    """
    if not cutouts:
        raise InputError(f"there is no cut-out to be written into {folder}")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError(f"{folder} is not empty; name another folder, or delete it")
    encoded = [np.asarray(cv2.imencode(".png", each.alpha)[1]).ravel() for each in cutouts]
    unfinished = folder.with_name(f"{folder.name}.part")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    np.savez(
        unfinished / _ALPHAS,
        png=np.concatenate(encoded),
        sizes=np.array([len(each) for each in encoded], np.int64),
        arms=np.array([each.arm for each in cutouts], np.float32),
    )
    write_samples(unfinished, (Sample(each.image, (each.truth,), each.name) for each in cutouts))
    unfinished.replace(folder)


def open_cutouts(folder: Path) -> tuple[Cutout, ...]:
    """Read what `write_cutouts` wrote; `InputError` names what is damaged or does not match."""
    samples = SampleFolder.open(folder)
    path = folder / _ALPHAS
    try:
        with path.open("rb") as raw, np.load(raw, allow_pickle=False) as file:
            png, sizes, arms = file["png"], file["sizes"], file["arms"]
        parts = np.split(np.asarray(png, np.uint8), np.cumsum(sizes)[:-1])
        arms = np.asarray(arms, np.float32).reshape(-1, 2)
    except damage.ARRAYS as error:
        raise InputError(f"{path} is missing or damaged: {error}") from error
    if not len(samples) == len(parts) == len(arms):
        raise InputError(f"{path} has {len(parts)} alphas for {len(samples)} samples")
    return tuple(_joined(samples[i], parts[i], arms[i], path) for i in range(len(parts)))


def _joined(sample: Sample, png: Mask, arm: NDArray[np.float32], path: Path) -> Cutout:
    alpha = cv2.imdecode(png, cv2.IMREAD_GRAYSCALE) if png.size else None
    if alpha is None or alpha.shape != sample.image.shape[:2] or len(sample.hands) != 1:
        raise InputError(f"{path}: the alpha of {sample.name!r} does not fit it")
    return Cutout(sample.image, np.asarray(alpha, np.uint8), sample.hands[0], arm, sample.name)


def _unmixed(image: RgbImage, alpha: Mask) -> RgbImage:
    """Return the image with the hand's own colours at and beyond its edge, not the background's."""
    sure = (alpha >= _OPAQUE).astype(np.float32)
    inner = np.asarray(cv2.erode(sure, np.ones((3, 3), np.uint8)), np.float32)
    if inner.sum() > 0.5 * sure.sum():
        sure = inner  # the outermost pixels are mixed with the background's, too
    colour = image.astype(np.float32)
    found = colour * sure[..., None]
    filled = found.copy()
    done = sure > 0
    for sigma in (1.0, 2.0, 4.0, 8.0):
        blurred = cv2.GaussianBlur(found, (0, 0), sigma)
        share = cv2.GaussianBlur(sure, (0, 0), sigma)
        new = ~done & (share > 0.02)
        filled[new] = blurred[new] / share[new, None]
        done |= new
    return np.where(done[..., None], np.clip(filled, 0, 255), colour).astype(np.uint8)
