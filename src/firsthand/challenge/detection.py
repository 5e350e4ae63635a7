"""The challenge's other task: objects found in images within 100 ms each, by COCO's measure.

A detector gives what LiteRT's detection models give: boxes (1, n, 4) as top, left, bottom, right in
shares of the image, classes (1, n) from 0 on, scores (1, n) and how many there are (1,).
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final, Unpack

import cv2
import numpy as np
from numpy.typing import NDArray

from firsthand.challenge.asking import Asked, Options, asked_and_timed
from firsthand.challenge.images import Prepared
from firsthand.challenge.scores import DETECTION_LIMIT_S
from firsthand.core import damage
from firsthand.errors import InputError, ModelError
from firsthand.measure import ImageBoxes, StreamLatency, Streams, average_precision
from firsthand.measure.single_stream import RULES, Rules
from firsthand.media import RgbImage
from firsthand.runtime import Model

OVERLAPS: Final = tuple(np.linspace(0.5, 0.95, 10).tolist())
MOST_FOUND: Final = 100

_ANNOTATIONS: Final = "annotations.json"


@dataclass(frozen=True, slots=True, eq=False)
class Boxes:
    """Objects in an image: `boxes` (n, 4), left, top, width, height in pixels, and `kinds` (n,)."""

    boxes: NDArray[np.float64]
    kinds: NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """What a detector found in an image: as `Boxes`, with `scores` (n,)."""

    boxes: NDArray[np.float64]
    kinds: NDArray[np.int64]
    scores: NDArray[np.float64]


NOTHING: Final = Found(np.zeros((0, 4)), np.zeros(0, np.int64), np.zeros(0))


@dataclass(frozen=True, slots=True, eq=False)
class DetectionSet:
    """Images and the objects in them; a model's class k is `kinds[k]` of the annotations."""

    files: tuple[Path, ...]
    truth: tuple[Boxes, ...]
    kinds: tuple[int, ...]
    names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.files)


def is_detection(folder: Path) -> bool:
    """Tell whether a folder of images has objects' boxes, in COCO's format."""
    return (Path(folder) / _ANNOTATIONS).is_file()


def open_detections(folder: Path, *, most: int | None = None) -> DetectionSet:
    """Return the images of a folder with an `annotations.json` in COCO's format.

    Images lie in the folder or its `images/`; crowds are left out. Raises `InputError`.
    """
    folder = Path(folder)
    path = folder / _ANNOTATIONS
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        kinds = sorted((int(each["id"]), str(each["name"])) for each in document["categories"])
        numbers = [number for number, _ in kinds]
        boxes: dict[int, list[tuple[list[float], int]]] = {}
        for each in document["annotations"]:
            if each.get("iscrowd"):
                continue
            box = [float(side) for side in each["bbox"]]
            if len(box) != 4 or not np.isfinite(box).all() or min(box[2:]) < 0:
                raise InputError(f"{path}: {each['bbox']} is no box")
            kind = numbers.index(int(each["category_id"]))
            boxes.setdefault(int(each["image_id"]), []).append((box, kind))
        rows = [(int(each["id"]), str(each["file_name"])) for each in document["images"]]
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}") from error
    except damage.JSON as error:
        raise InputError(f"{path}: is not in COCO's format: {error!r}") from error
    files, truth = [], []
    for number, name in rows[:most]:
        places = (folder / name, folder / "images" / name)
        file = next((p for p in places if _inside(p, folder)), None)
        if file is None:
            raise InputError(f"{path}: there is no image {name!r}")
        here = boxes.get(number, [])
        files.append(file)
        truth.append(
            Boxes(
                np.array([box for box, _ in here], np.float64).reshape(-1, 4),
                np.array([kind for _, kind in here], np.int64),
            )
        )
    if not files:
        raise InputError(f"{path}: names no image")
    return DetectionSet(
        tuple(files), tuple(truth), tuple(numbers), tuple(name for _, name in kinds)
    )


def stretched(prepared: Prepared, pixels: NDArray[np.uint8]) -> NDArray[Any]:
    """Return the input made of a whole image, whatever its shape: boxes are shares of it."""
    size = (prepared.width, prepared.height)
    return prepared.valued(cv2.resize(pixels, size, interpolation=cv2.INTER_LINEAR))


def found_in(outputs: Sequence[NDArray[Any]], width: int, height: int) -> Found:
    """Return what a detector's four outputs say of an image of so many pixels.

    `ModelError` for outputs of other shapes; what is not a number is not found.
    """
    if len(outputs) != 4:
        raise ModelError(f"it has {len(outputs)} outputs; boxes, classes, scores, count are wanted")
    boxes, kinds, scores, count = (np.asarray(each, np.float64) for each in outputs)
    boxes, kinds, scores = boxes.reshape(-1, 4), kinds.reshape(-1), scores.reshape(-1)
    if not len(boxes) == len(kinds) == len(scores) or count.size != 1:
        raise ModelError(
            f"its outputs have shapes {[tuple(np.shape(each)) for each in outputs]}; "
            "(1, n, 4), (1, n), (1, n) and (1,) are wanted"
        )
    some = int(np.nan_to_num(count.reshape(-1)[0]))
    top, left, bottom, right = boxes[: max(0, some)].T
    sides = np.stack([left, top, np.maximum(right - left, 0), np.maximum(bottom - top, 0)], axis=1)
    pixels = sides * [width, height, width, height]
    kinds, scores = kinds[: len(pixels)], scores[: len(pixels)]
    sound = np.isfinite(pixels).all(axis=1) & np.isfinite(scores) & np.isfinite(kinds)
    best = np.flatnonzero(sound)[np.argsort(-scores[sound], kind="stable")][:MOST_FOUND]
    return Found(pixels[best], kinds[best].astype(np.int64), scores[best])


def coco_average_precision(found: Sequence[Found], truth: Sequence[Boxes]) -> float:
    """Return COCO's average precision, 0..1: over overlaps 0.50, 0.55 .. 0.95, and over kinds.

    Kinds that no image has do not count.
    """
    if len(found) != len(truth):
        raise InputError(f"{len(found)} answers to {len(truth)} images")
    present = sorted({int(kind) for each in truth for kind in each.kinds})
    if not present:
        raise InputError("there is no object to be found in any image")
    values = []
    for kind in present:
        images = [_of_kind(got, here, kind) for got, here in zip(found, truth, strict=True)]
        values += [average_precision(images, overlap) for overlap in OVERLAPS]
    return float(np.mean(values))


def precision_within(
    found: Sequence[Found],
    truth: Sequence[Boxes],
    seconds: NDArray[np.float64],
    limit_s: float = DETECTION_LIMIT_S,
) -> float:
    """Return the average precision of what is found within `limit_s` times n seconds.

    Images that are not reached count as those in which nothing was found.
    """
    in_time = np.cumsum(seconds) <= limit_s * len(truth)
    reached = [each if there else NOTHING for each, there in zip(found, in_time, strict=True)]
    return coco_average_precision(reached, truth)


def check_detector(outputs: Sequence[Mapping[str, Any]]) -> None:
    """Raise `ModelError` unless outputs are those of a detector."""
    if len(outputs) != 4 or tuple(outputs[0]["shape"])[-1:] != (4,):
        shapes = [tuple(each["shape"]) for each in outputs]
        raise ModelError(
            f"its outputs have shapes {shapes}; boxes (1, n, 4), classes, scores and a count are "
            "wanted"
        )


@dataclass(frozen=True, slots=True, eq=False)
class DetectorVerdict:
    """What a detector found: COCO's average precision, 0..1, of all of it and of that in time."""

    name: str
    model: Model
    precision: float
    precision_in_time: float
    found: tuple[Found, ...]
    seconds: NDArray[np.float64]
    latency: StreamLatency


def judge_detectors(
    models: Mapping[str, Path],
    images: DetectionSet,
    rules: Rules = RULES,
    **options: Unpack[Options],
) -> tuple[dict[str, DetectorVerdict], Streams]:
    """Judge detectors one beside the other, as `judge` does classifiers; the truth stays here."""
    opened, asked, streams = asked_and_timed(
        models, images.files, partial(_Detector, len(images)), rules, options
    )
    verdicts = {
        name: DetectorVerdict(
            name=name,
            model=opened[name],
            precision=coco_average_precision(each.found, images.truth),
            precision_in_time=precision_within(each.found, images.truth, each.seconds),
            found=tuple(each.found),
            seconds=each.seconds,
            latency=streams.latency(name),
        )
        for name, each in asked.items()
    }
    return verdicts, streams


class _Detector(Asked):
    """A model that finds objects."""

    def __init__(self, count: int, name: str, model: Model, rules: Rules, **options: Any) -> None:
        super().__init__(name, model, count, rules, **options)
        self.found: list[Found] = [NOTHING] * count

    def check(self, outputs: Sequence[Mapping[str, Any]]) -> None:
        """See that there are boxes, classes, scores and a count."""
        check_detector(outputs)

    def shown(self, prepared: Prepared, pixels: RgbImage) -> NDArray[Any]:
        """Show the whole image."""
        return stretched(prepared, pixels)

    def keep(self, at: int, outputs: list[NDArray[Any]], pixels: RgbImage) -> None:
        """Keep the boxes."""
        height, width = pixels.shape[:2]
        self.found[at] = found_in(outputs, width, height)


def _of_kind(found: Found, truth: Boxes, kind: int) -> ImageBoxes:
    mine, there = found.kinds == kind, truth.kinds == kind
    return ImageBoxes(found.boxes[mine], found.scores[mine], truth.boxes[there])


def _inside(path: Path, folder: Path) -> bool:
    try:
        return path.is_file() and folder.resolve() in path.resolve().parents
    except OSError:  # a name longer than any file has
        return False
