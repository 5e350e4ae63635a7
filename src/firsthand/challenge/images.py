"""The challenge's images: a folder of them with labels, made fit for a model's input."""

import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from firsthand.errors import InputError, ModelError
from firsthand.media.image import IMAGE_SUFFIXES
from firsthand.runtime import ModelCard

CROP: Final = 0.875
"""The middle of the image that is seen, as a share of its shorter side, as for MobileNets."""

_LABELS: Final = "labels.csv"
_INDEX_NAMES: Final = ("class_index", "label", "class")
_BOUND: Final = r"-?\d{1,12}(?:\.\d{1,12})?"
_RANGE: Final = re.compile(rf"({_BOUND})\s{{0,9}}(?:\.\.|to)\s{{0,9}}({_BOUND})")


@dataclass(frozen=True, slots=True)
class ImageSet:
    """Images and their classes, 0..`classes` - 1, in an order that does not follow the classes."""

    files: tuple[Path, ...]
    labels: tuple[int, ...]
    classes: int
    names: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.files)


def open_images(folder: Path, *, seed: int = 0, most: int | None = None) -> ImageSet:
    """Return the images of a folder.

    It has a `labels.csv` with a column `file` (in the folder or its `images/`) and one of
    `class_index`, `label` or `class`, numbers from 0 on; or a folder for each class. `most`: so
    many of them. Raises `InputError` for a folder without images or with labels that are none.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise InputError(f"{folder}: is no folder of images")
    try:
        table = folder / _LABELS
        found = _from_table(table) if table.is_file() else _from_folders(folder)
    except OSError as error:
        raise InputError(f"{folder}: cannot be read: {error.strerror or error}") from error
    order = np.random.default_rng(seed).permutation(len(found))[:most]
    return ImageSet(
        tuple(found.files[at] for at in order),
        tuple(found.labels[at] for at in order),
        found.classes,
        found.names,
    )


def _from_table(table: Path) -> ImageSet:
    try:
        with table.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{table}: cannot be read as a table: {error}") from error
    column = next((name for name in _INDEX_NAMES if rows and name in rows[0]), None)
    if column is None or "file" not in rows[0]:
        raise InputError(f"{table}: needs the columns file and one of {', '.join(_INDEX_NAMES)}")
    files, labels = [], []
    for line, row in enumerate(rows, 2):
        name, said = row["file"] or "", row[column] or ""
        if not re.fullmatch(r"\d{1,7}", said.strip()):
            raise InputError(f"{table}, line {line}: a class is a number from 0 on, not {said!r}")
        path = next(
            (each for each in (table.parent / name, table.parent / "images" / name)
             if name and each.is_file() and table.parent.resolve() in each.resolve().parents),
            None,
        )  # fmt: skip
        if path is None:
            raise InputError(f"{table}, line {line}: there is no image {name!r}")
        files.append(path)
        labels.append(int(said))
    return ImageSet(tuple(files), tuple(labels), max(labels) + 1)


def _from_folders(folder: Path) -> ImageSet:
    names = sorted(each.name for each in folder.iterdir() if each.is_dir())
    files, labels = [], []
    for label, name in enumerate(names):
        inside = sorted(p for p in (folder / name).iterdir() if p.suffix.lower() in IMAGE_SUFFIXES)
        files += inside
        labels += [label] * len(inside)
    if not files:
        raise InputError(
            f"{folder}: has no images: it needs {_LABELS}, or a folder of images for each class"
        )
    return ImageSet(tuple(files), tuple(labels), len(names), tuple(names))


@dataclass(frozen=True, slots=True)
class Prepared:
    """What a model wants its image to be: (1, height, width, 3) of `dtype`.

    Real values lie from `low` (black) to `high` (white). Whole numbers are real ones by `scale` and
    `zero_point`; without, uint8 takes the pixels as they are and int8 those less 128.
    """

    height: int
    width: int
    dtype: np.dtype[Any]
    low: float = -1.0
    high: float = 1.0
    scale: float | None = None
    zero_point: int | None = None

    def __call__(self, pixels: NDArray[np.uint8]) -> NDArray[Any]:
        """Return the input (height, width, 3) made of pixels (h, w, 3), RGB."""
        h, w = pixels.shape[:2]
        side = max(1, round(CROP * min(h, w)))
        top, left = (h - side) // 2, (w - side) // 2
        size = (self.width, self.height)
        smaller = side >= max(size)
        seen: NDArray[Any] = cv2.resize(
            pixels[top : top + side, left : left + side],
            size,
            interpolation=cv2.INTER_AREA if smaller else cv2.INTER_LINEAR,
        )
        return self.valued(seen)

    def valued(self, seen: NDArray[Any]) -> NDArray[Any]:
        """Return pixels (height, width, 3), 0..255, as the values that the model takes."""
        limits = None if self.dtype.kind == "f" else np.iinfo(self.dtype)
        if self.dtype == np.uint8 and self._plain:
            return np.asarray(seen, np.uint8)
        if self.dtype == np.int8 and self._plain:
            return (seen.astype(np.int16) - 128).astype(np.int8)
        real = seen.astype(np.float32) * ((self.high - self.low) / 255) + self.low
        if limits is None or self.scale is None:
            return np.asarray(real, self.dtype)
        whole = np.rint(real / self.scale) + (self.zero_point or 0)
        return np.asarray(np.clip(whole, limits.min, limits.max), self.dtype)

    @property
    def _plain(self) -> bool:
        """Whether pixels are whole numbers as the model wants them."""
        if not self.scale:
            return True
        zero = self.zero_point or 0
        least = -128 if self.dtype == np.int8 else 0
        step = self.scale * 255 / (self.high - self.low)
        black = self.scale * (least - zero)
        return bool(abs(step - 1) < 0.02 and abs(black - self.low) < 1.5 * self.scale)


def prepared_for(
    inputs: Sequence[Mapping[str, Any]],
    card: ModelCard,
    value_range: tuple[float, float] | None = None,
) -> Prepared:
    """Return how images are prepared for a model with these inputs.

    `value_range`, from black to white, is by default what the card says of its input, such as
    "0..1", and otherwise -1..1, as the challenge gave images to float models. `ModelError` for
    a model that is no image classifier: of several inputs, of open sizes, or of another type.
    """
    if len(inputs) != 1:
        raise ModelError(f"it has {len(inputs)} inputs; one image is what it gets")
    (spec,) = inputs
    shape, dtype = tuple(spec["shape"]), np.dtype(spec["dtype"])
    if any(side < 1 for side in shape):
        raise ModelError(f"its input has the open shape {shape}; it must be fixed")
    if len(shape) != 4 or shape[0] != 1 or shape[3] != 3:
        raise ModelError(f"its input has shape {shape}; (1, height, width, 3) is wanted")
    if not 1 <= shape[1] <= 1000 or not 1 <= shape[2] <= 1000:
        raise ModelError(f"its input is {shape[1]} x {shape[2]} pixels; 1 to 1000 are allowed")
    if dtype not in (np.uint8, np.int8, np.float32, np.float16):
        raise ModelError(f"its input is {dtype}; uint8, int8, float16 or float32 are wanted")
    low, high = value_range or _range_in(card) or (-1.0, 1.0)
    if not low < high:
        raise InputError(f"a range goes from a lower to a higher value, not from {low} to {high}")
    return Prepared(shape[1], shape[2], dtype, low, high, spec.get("scale"), spec.get("zero_point"))


def _range_in(card: ModelCard) -> tuple[float, float] | None:
    words = " ".join([card.preprocessing, *(each.meaning for each in card.inputs)])
    found = _RANGE.search(words)
    return (float(found[1]), float(found[2])) if found else None
