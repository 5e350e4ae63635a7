"""Labelled pictures of one size in memory, and how training sees them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from firsthand.core import damage
from firsthand.errors import InputError
from firsthand.media import read_image
from firsthand.media.image import IMAGE_SUFFIXES
from firsthand.train.task import Batch

_END: Final = b"\xff\xd9"


@dataclass(frozen=True, slots=True, eq=False)
class Pictures:
    """Pictures (n, height, width, 3), uint8 RGB, and their classes (n,), 0..`classes` - 1."""

    pixels: NDArray[np.uint8]
    labels: NDArray[np.int64]
    classes: int
    names: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.pixels.ndim != 4 or self.pixels.shape[3] != 3 or self.pixels.dtype != np.uint8:
            raise InputError(
                f"pictures are uint8 (n, height, width, 3), not {self.pixels.dtype} "
                f"{self.pixels.shape}"
            )
        if self.labels.shape != (len(self.pixels),) or not len(self.labels):
            raise InputError(f"{len(self.pixels)} pictures and labels {self.labels.shape}")
        if self.labels.min() < 0 or self.labels.max() >= self.classes:
            at = int(((self.labels < 0) | (self.labels >= self.classes)).argmax())
            raise InputError(
                f"picture {at} has label {self.labels[at]}; there are {self.classes} classes"
            )

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def size_px(self) -> tuple[int, int]:
        """(height, width)."""
        return self.pixels.shape[1], self.pixels.shape[2]

    def taken(self, places: NDArray[np.int64]) -> "Pictures":
        """Return those at some places."""
        return Pictures(self.pixels[places], self.labels[places], self.classes, self.names)

    def split(self, share: float, seed: int) -> tuple["Pictures", "Pictures"]:
        """Return two parts, the second with `share` of each class."""
        rng, first, second = np.random.default_rng(seed), [], []
        for label in range(self.classes):
            places = rng.permutation(np.flatnonzero(self.labels == label))
            cut = round(share * len(places))
            second.append(places[:cut])
            first.append(places[cut:])
        return self.taken(np.concatenate(first)), self.taken(np.concatenate(second))


def gathered(loader: Iterable[Sequence[Tensor]], classes: int) -> Pictures:
    """Return the pictures of a loader, such as torch's: batches of pictures and of labels.

    Pictures are (b, 3, height, width), uint8 or 0..1, undisturbed, since training disturbs them;
    labels are whole numbers (b,). Raises `InputError` naming the batch that is something else.
    """
    pixels: list[NDArray[np.uint8]] = []
    labels: list[NDArray[np.int64]] = []
    for at, batch in enumerate(loader):
        try:
            some, right = (np.asarray(each) for each in batch)
        except (TypeError, ValueError) as error:
            raise InputError(f"batch {at} is no pair of pictures and labels: {error}") from error
        if some.ndim != 4 or some.shape[1] != 3:
            raise InputError(f"batch {at}: pictures are (b, 3, height, width), not {some.shape}")
        if right.shape != some.shape[:1] or right.dtype.kind not in "iu":
            raise InputError(f"batch {at}: labels are {right.dtype} {right.shape}, of {len(some)}")
        if some.dtype != np.uint8:
            if not (some.dtype.kind == "f" and some.min() >= 0 and some.max() <= 1):
                raise InputError(
                    f"batch {at}: pictures are uint8 or from 0 to 1, not {some.dtype} from "
                    f"{some.min():g} to {some.max():g}: leave normalisation to the network"
                )
            some = np.rint(some * 255).astype(np.uint8)
        if pixels and some.shape[1:] != pixels[0].shape[1:]:
            raise InputError(f"batch {at}: pictures are {some.shape[2:]}, those before it others")
        pixels.append(some)
        labels.append(right.astype(np.int64))
    if not pixels:
        raise InputError("the loader has no batches")
    joined = np.ascontiguousarray(np.concatenate(pixels).transpose(0, 2, 3, 1))
    return Pictures(joined, np.concatenate(labels), classes)


def read_packed(path: Path) -> Pictures:
    """Return pictures packed as JPEG bodies that share a header: `header`, `payload`, `offsets`.

    `InputError` for what is no such file, `MediaError` for a picture that cannot be decoded.
    """
    try:
        with path.open("rb") as file, np.load(file) as packed:
            header, payload = packed["header"].tobytes(), packed["payload"].tobytes()
            offsets, labels = packed["offsets"], packed["labels"].astype(np.int64)
    except damage.ARRAYS as error:
        raise InputError(f"{path}: holds no packed pictures: {error}") from error
    bodies = zip(offsets[:-1].tolist(), offsets[1:].tolist(), strict=True)
    pixels = np.stack([read_image(header + payload[a:b] + _END) for a, b in bodies])
    return Pictures(pixels, labels, int(labels.max()) + 1)


def read_folder(folder: Path, size_px: tuple[int, int]) -> Pictures:
    """Return the pictures of a folder for each class, scaled to `size_px` (height, width).

    Raises `InputError` for a folder without any, `MediaError` naming a picture that is damaged.
    """
    names = sorted(each.name for each in folder.iterdir() if each.is_dir())
    pixels, labels = [], []
    for label, name in enumerate(names):
        for path in sorted((folder / name).iterdir()):
            if path.suffix.lower() in IMAGE_SUFFIXES:
                pixels.append(scaled_to(read_image(path), size_px))
                labels.append(label)
    if not pixels:
        raise InputError(f"{folder}: has no pictures in folders, one for each class")
    return Pictures(np.stack(pixels), np.array(labels), len(names), tuple(names))


def scaled_to(pixels: NDArray[np.uint8], size_px: tuple[int, int]) -> NDArray[np.uint8]:
    """Return a picture scaled to `size_px` (height, width), whatever its shape was."""
    height, width = size_px
    smaller = pixels.shape[0] >= height and pixels.shape[1] >= width
    how = cv2.INTER_AREA if smaller else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(pixels, (width, height), interpolation=how), np.uint8)


@dataclass(frozen=True, slots=True)
class Disturbance:
    """How a picture is changed each time it is seen: shifted, mirrored, a square of it hidden.

    Shifts are up to `shift_px` in both directions, what comes in is mirrored from inside
    (He et al. 2016, arXiv:1512.03385); the square is that of DeVries and Taylor 2017
    (arXiv:1708.04552), `hidden_px` wide.
    """

    shift_px: int = 4
    mirrored: bool = True
    hidden_px: int = 8

    def __call__(self, pixels: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
        """Return pictures (n, height, width, 3) disturbed, each in its own way."""
        n, height, width, _ = pixels.shape
        pad = self.shift_px
        wide = np.pad(pixels, ((0, 0), (pad, pad), (pad, pad), (0, 0)), mode="reflect")
        down, across = rng.integers(0, 2 * pad + 1, (2, n, 1))
        rows, columns = down + np.arange(height), across + np.arange(width)
        if self.mirrored:
            turned = rng.random(n) < 0.5
            columns[turned] = columns[turned, ::-1]
        seen = wide[np.arange(n)[:, None, None], rows[:, :, None], columns[:, None, :]]
        if self.hidden_px:
            half = self.hidden_px // 2
            at = np.stack([rng.integers(0, side, n) for side in (height, width)], axis=1)
            inside_rows = np.abs(np.arange(height) - at[:, :1]) <= half
            inside_columns = np.abs(np.arange(width) - at[:, 1:]) <= half
            seen[inside_rows[:, :, None] & inside_columns[:, None, :]] = 128
        return np.asarray(seen, np.uint8)


class Batches:
    """Batches of disturbed pictures: each epoch all of them once, in an order of its own.

    After `views` epochs the same batches come again, so that what a teacher says of them needs to
    be computed but once; 0 has them never come again.
    """

    def __init__(
        self, pictures: Pictures, size: int, disturb: Disturbance, seed: int, *, views: int = 0
    ) -> None:
        if not 0 < size <= len(pictures):
            raise InputError(f"batches of {size} of {len(pictures)} pictures")
        self._pictures, self._size, self._disturb, self._seed = pictures, size, disturb, seed
        self.per_epoch = len(pictures) // size
        self._cycle = views * self.per_epoch

    def __call__(self, step: int) -> Batch:
        """Return `pictures` (b, 3, height, width) in 0..1, `labels` (b,), and the step's `place`.

        That is its number among those that come again, or -1.
        """
        place = step % self._cycle if self._cycle else -1
        step = place if self._cycle else step
        epoch, at = divmod(step, self.per_epoch)
        order = np.random.default_rng([self._seed, 0, epoch]).permutation(len(self._pictures))
        places = order[at * self._size : (at + 1) * self._size]
        rng = np.random.default_rng([self._seed, 1, step])
        seen = self._disturb(self._pictures.pixels[places], rng)
        return {
            "pictures": as_input(seen),
            "labels": torch.from_numpy(self._pictures.labels[places]),
            "place": torch.tensor(place),
        }


def as_input(pixels: NDArray[np.uint8]) -> torch.Tensor:
    """Return pictures (n, height, width, 3) as networks take them: (n, 3, height, width), 0..1."""
    return torch.from_numpy(pixels).permute(0, 3, 1, 2).float().div_(255)
