"""Photographs and rows of gestures for `hands_gestures.py`, and the hands our pipeline finds."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from firsthand.hands import Hand, Hands
from firsthand.media import RgbImage, read_image

Find = Callable[[RgbImage], tuple[Hand, ...]]

BORDER_PX = 50


@dataclass(frozen=True)
class Photographs:
    """Hands found in labelled photographs; `missed` counts those without any."""

    names: tuple[str, ...]
    labels: NDArray[np.str_]
    image: NDArray[np.float64]
    world: NDArray[np.float64]
    people: NDArray[np.int64]
    tuning: NDArray[np.bool_]
    missed: int

    def __len__(self) -> int:
        return len(self.labels)


def pipeline() -> Find:
    """Our pipeline with MediaPipe's full models, each photograph on its own."""
    hands = Hands.load()
    return lambda image: hands.detect(image).hands


def sign_digits(root: Path, find: Find, per_class: int | None) -> Photographs:
    """Find the hand in each photograph of 100 x 100, given a border and doubled in size."""
    found, missed = [], 0
    for path in _photographs(root / "hands" / "sign_digits", per_class):
        image = cv2.copyMakeBorder(read_image(path), *[BORDER_PX] * 4, cv2.BORDER_REPLICATE)
        seen = find(cv2.resize(image, None, fx=2, fy=2, interpolation=cv2.INTER_LINEAR))
        if seen:
            found.append((path, max(seen, key=lambda hand: hand.presence)))
        else:
            missed += 1
    names = tuple(path.name for path, _ in found)
    labels = np.array([path.parent.name for path, _ in found])
    image = np.array([hand.keypoints for _, hand in found], np.float64)
    world = np.array([hand.world for _, hand in found], np.float64)
    people = _people(root / "hands" / "sign_digits", names)
    tuning = np.array([_is_tuning(person) for person in people])
    return Photographs(names, labels, image, world, people, tuning, missed)


def hagrid(root: Path, find: Find) -> list[tuple[str, NDArray[np.float64]]]:
    """Return the label and all hands (n, 21, 3) of each photograph of the HaGRID sample."""
    photographs = _photographs(root / "hands" / "mediapipe_hagrid_sample", None)
    return [
        (
            path.parent.name,
            np.array([hand.keypoints for hand in find(read_image(path))], np.float64),
        )
        for path in photographs
    ]


def kinivi(root: Path) -> tuple[NDArray[np.float64], NDArray[np.str_]]:
    """Return keypoints (n, 21, 2) and class names (n,) in the order of the file."""
    folder = root / "hands" / "kinivi_keypoints"
    rows = np.loadtxt(folder / "keypoint.csv", delimiter=",", encoding="utf-8-sig")
    names = (folder / "keypoint_classifier_label.csv").read_text("utf-8-sig").split()
    return rows[:, 1:].reshape(-1, 21, 2), np.array(names)[rows[:, 0].astype(int)]


def _photographs(folder: Path, per_class: int | None) -> list[Path]:
    chosen = []
    for kind in sorted(path for path in folder.iterdir() if path.is_dir()):
        files = sorted(path for path in kind.iterdir() if path.suffix.lower() == ".jpg")
        files.sort(key=lambda path: hashlib.sha256(path.name.encode()).digest())
        chosen += sorted(files[:per_class])
    return chosen


def _people(folder: Path, names: tuple[str, ...]) -> NDArray[np.int64]:
    """Number the likely people: file numbers follow each person from digit 0 to 9.

    The files carry no name of a person. A new one is assumed where the digit does not rise, or
    the file number leaps. All files count, those not drawn or not found too.
    """
    files = {path.name: int(path.parent.name) for path in folder.glob("*/*.JPG")}
    person, last_number, last_digit, of_file = 0, 0, -1, {}
    for name in sorted(files):
        number, digit = int(name[4:8]), files[name]
        if digit <= last_digit or number > last_number + 9:
            person = number
        of_file[name], last_number, last_digit = person, number, digit
    return np.array([of_file[name] for name in names], dtype=np.int64)


def _is_tuning(person: int) -> bool:
    return hashlib.sha256(str(person).encode()).digest()[0] % 4 == 0
