"""Photographs of things that are no hands: CIFAR-10's planes, cars, animals and ships, enlarged.

Backgrounds teach what is around hands; these teach what a hand is not, at the coarseness of a far
hand that is enlarged. Of CIFAR-10 (Krizhevsky 2009) only the training half is used.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from firsthand.core import damage
from firsthand.errors import InputError
from firsthand.media.frame import RgbImage
from firsthand.train.hands.samples import Sample

SIDE_PX: Final = 192
_FILE: Final = Path("cifar10") / "cifar10_jpegq75_train.npz"
_END: Final = b"\xff\xd9"
_PX: Final = 32
_ACROSS: Final = (1, 2, 3, 4)
_SHARES: Final = (0.5, 0.3, 0.1, 0.1)


@dataclass(frozen=True, slots=True, eq=False)
class Things:
    """Photographs of 32 x 32 pixels, still encoded: a common `header`, and what follows it."""

    header: bytes
    payload: bytes
    offsets: NDArray[np.int64]
    path: Path

    @classmethod
    def open(cls, data: Path) -> "Things":
        """Read the photographs of a data folder; `InputError` says what is wrong with the file."""
        path = data / _FILE
        try:
            with path.open("rb") as file, np.load(file) as arrays:
                header, payload = (arrays[name].tobytes() for name in ("header", "payload"))
                offsets = arrays["offsets"].astype(np.int64)
        except damage.ARRAYS as error:
            raise InputError(f"{path}: photographs of things cannot be read: {error}") from error
        rising = offsets.ndim == 1 and len(offsets) > 1 and bool((np.diff(offsets) > 0).all())
        if not rising or offsets[0] < 0 or offsets[-1] > len(payload):
            raise InputError(f"{path}: its offsets do not divide {len(payload)} bytes of payload")
        return cls(header, payload, offsets, path)

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, index: int) -> RgbImage:
        start, end = self.offsets[index], self.offsets[index + 1]
        data = np.frombuffer(self.header + self.payload[start:end] + _END, np.uint8)
        image = cv2.imdecode(data, cv2.IMREAD_COLOR_RGB)
        if image is None or image.shape != (_PX, _PX, 3):
            raise InputError(f"{self.path}: photograph {index} is damaged")
        return np.asarray(image, np.uint8)


def thing_samples(seed: int, count: int, things: Things, *, first: int = 0) -> Iterator[Sample]:
    """Yield pictures `first` to `first + count` of one thing or several side by side, no hands."""
    for number in range(first, first + count):
        rng = np.random.default_rng([seed, number])
        across = int(rng.choice(_ACROSS, p=_SHARES))
        rows = [
            np.hstack([things[int(rng.integers(len(things)))] for _ in range(across)])
            for _ in range(across)
        ]
        image = cv2.resize(np.vstack(rows), (SIDE_PX, SIDE_PX), interpolation=cv2.INTER_CUBIC)
        yield Sample(np.asarray(image, np.uint8), (), f"things/{seed}/{number}")
