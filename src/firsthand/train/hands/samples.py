"""Labelled images to train hand models on, whoever labelled them, and folders of them on disk.

A folder holds `samples-NNNNN.npz` files, each some hundreds of images (as JPEG) with their truth
in plain arrays: nothing in them is executed when read.
"""

import io
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, get_args

import cv2
import numpy as np
from numpy.typing import NDArray

from firsthand.core import damage
from firsthand.errors import InputError
from firsthand.hands.skeleton import JOINTS
from firsthand.media.frame import RgbImage
from firsthand.media.image import encode_jpeg

Origin = Literal["synthetic", "teacher", "people"]
"""Who says where the joints are: the renderer, MediaPipe's models, or people who marked them."""

_ORIGINS: Final = get_args(Origin)
_N: Final = len(JOINTS)
_QUALITY: Final = 92
_PER_FILE: Final = 500


@dataclass(frozen=True, slots=True, eq=False)
class HandTruth:
    """One hand in one image.

    - `keypoints` float32 (21, 3): x, y in pixels of the image, and depth beyond the wrist's in the
      same scale (a hand seen from the side is as deep in it as it would be wide), nearer is less.
    - `metres` float32 (21, 3): x to the right, y down, z away from the camera, from any origin;
      NaN throughout where nobody knows.
    - `known` bool (21,): joints that have a label. `seen`: the share of the hand that nothing
      hides and that lies in the image, 0..1.
    - `right`: whether it is the person's right hand, the image not being mirrored.
    """

    keypoints: NDArray[np.float32]
    metres: NDArray[np.float32]
    known: NDArray[np.bool_]
    seen: float
    right: bool
    origin: Origin


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """An RGB image, all hands in it, and a name that says where it came from."""

    image: RgbImage
    hands: tuple[HandTruth, ...]
    name: str


def write_samples(folder: Path, samples: Iterable[Sample], per_file: int = _PER_FILE) -> int:
    """Write samples into `folder`, after those that are there; return how many.

    A file appears whole or not at all, so an interrupted run keeps what it has finished.
    """
    folder.mkdir(parents=True, exist_ok=True)
    number = len(list(folder.glob("samples-*.npz")))
    waiting: list[Sample] = []
    count = 0
    for sample in samples:
        waiting.append(sample)
        count += 1
        if len(waiting) == per_file:
            write_sample_file(folder / f"samples-{number:05}.npz", waiting)
            number, waiting = number + 1, []
    if waiting:
        write_sample_file(folder / f"samples-{number:05}.npz", waiting)
    return count


@dataclass(frozen=True, slots=True, eq=False)
class SampleFolder:
    """Samples of one or several folders, compressed in memory and decoded one by one."""

    images: tuple[NDArray[np.uint8], ...]
    names: tuple[str, ...]
    hands: tuple[tuple[HandTruth, ...], ...]

    @classmethod
    def open(cls, *folders: Path) -> "SampleFolder":
        """Read what `write_samples` wrote; `InputError` names a file that is damaged."""
        images: list[NDArray[np.uint8]] = []
        names: list[str] = []
        hands: list[tuple[HandTruth, ...]] = []
        for folder in folders:
            files = sorted(folder.glob("samples-*.npz"))
            if not files:
                raise InputError(f"{folder} holds no samples-*.npz: nothing to train on")
            for path in files:
                for image, name, truth in _read(path):
                    images.append(image)
                    names.append(name)
                    hands.append(truth)
        return cls(tuple(images), tuple(names), tuple(hands))

    def first(self, count: int) -> "SampleFolder":
        """Return the first `count` of them; `InputError` if there are fewer."""
        if count > len(self):
            raise InputError(f"{count} samples are wanted, there are {len(self)}")
        return SampleFolder(self.images[:count], self.names[:count], self.hands[:count])

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: int) -> Sample:
        """Decode a sample; `InputError` if its bytes are no image."""
        decoded = cv2.imdecode(self.images[index], cv2.IMREAD_COLOR_RGB)
        if decoded is None:
            raise InputError(f"sample {self.names[index]!r} is no readable image")
        return Sample(np.asarray(decoded, np.uint8), self.hands[index], self.names[index])

    def __iter__(self) -> Iterator[Sample]:
        return (self[index] for index in range(len(self)))


def write_sample_file(path: Path, samples: Sequence[Sample]) -> int:
    """Write one file, whole or not at all; return how many samples it holds."""
    encoded = [np.frombuffer(encode_jpeg(sample.image, _QUALITY), np.uint8) for sample in samples]
    hands = [hand for sample in samples for hand in sample.hands]
    buffer = io.BytesIO()
    np.savez(
        buffer,
        jpeg=np.concatenate(encoded),
        jpeg_sizes=np.array([len(each) for each in encoded], np.int64),
        names=np.array([sample.name for sample in samples]),
        hands_each=np.array([len(sample.hands) for sample in samples], np.int64),
        keypoints=np.array([hand.keypoints for hand in hands], np.float32).reshape(-1, _N, 3),
        metres=np.array([hand.metres for hand in hands], np.float32).reshape(-1, _N, 3),
        known=np.array([hand.known for hand in hands], np.bool_).reshape(-1, _N),
        seen=np.array([hand.seen for hand in hands], np.float32),
        right=np.array([hand.right for hand in hands], np.bool_),
        origin=np.array([_ORIGINS.index(hand.origin) for hand in hands], np.int64),
    )
    unfinished = path.with_suffix(f".{os.getpid()}.part")
    unfinished.write_bytes(buffer.getvalue())
    unfinished.replace(path)
    return len(samples)


def _read(path: Path) -> Iterator[tuple[NDArray[np.uint8], str, tuple[HandTruth, ...]]]:
    try:
        with path.open("rb") as raw, np.load(raw, allow_pickle=False) as file:
            table = {key: file[key] for key in file.files}
        bounds = np.cumsum(table["jpeg_sizes"])[:-1]
        images = np.split(table["jpeg"], bounds)
        first = 0
        rows = zip(images, table["names"], table["hands_each"], strict=True)
        for image, name, count in rows:
            hands = tuple(_hand(table, row) for row in range(first, first + int(count)))
            first += int(count)
            yield image, str(name), hands
    except damage.ARRAYS as error:
        raise InputError(f"{path} is no file of samples, or damaged: {error}") from error


def _hand(table: dict[str, NDArray[np.generic]], row: int) -> HandTruth:
    return HandTruth(
        np.asarray(table["keypoints"][row], np.float32),
        np.asarray(table["metres"][row], np.float32),
        np.asarray(table["known"][row], np.bool_),
        float(table["seen"][row]),
        bool(table["right"][row]),
        _ORIGINS[int(table["origin"][row])],
    )
