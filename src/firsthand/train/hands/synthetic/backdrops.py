"""Backgrounds that come with scikit-image, and drawn ones where no photograph is needed."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from firsthand.errors import MissingDependencyError
from firsthand.media.frame import RgbImage

Background = Callable[[np.random.Generator, int, int], RgbImage]
"""Draws an RGB image of a width and height."""

_PHOTOGRAPHS: Final = (
    *("chelsea.png", "coffee.png", "rocket.jpg", "hubble_deep_field.jpg"),
    *("brick.png", "grass.png", "gravel.png", "coins.png"),
)
"""Without those that show people's hands or faces, or an instrument's picture."""


def backdrop(rng: np.random.Generator, width: int, height: int) -> RgbImage:
    """Draw a cut out of a photograph, or a plain or cloudy wall."""
    if rng.random() < 0.5:
        return wall(rng, width, height)
    photographs = _photographs()
    picture = photographs[int(rng.integers(len(photographs)))]
    tall, wide = picture.shape[:2]
    share = rng.uniform(0.3, 1.0)
    side = int(min(tall / height, wide / width) * share * min(width, height))
    across, down = side * width // min(width, height), side * height // min(width, height)
    left = int(rng.integers(0, max(wide - across, 0) + 1))
    top = int(rng.integers(0, max(tall - down, 0) + 1))
    cut = picture[top : top + down, left : left + across]
    if rng.random() < 0.5:
        cut = cut[:, ::-1]
    scaled = cv2.resize(np.ascontiguousarray(cut), (width, height), interpolation=cv2.INTER_AREA)
    hue = rng.normal(1, 0.12, 3) * rng.uniform(0.5, 1.15)
    return np.asarray(np.clip(scaled * hue, 0, 255), np.uint8)


def wall(rng: np.random.Generator, width: int, height: int) -> RgbImage:
    """Draw a wall, a desk or a blurred room: colours that run into each other."""
    base = rng.beta(1.1, 0.9) * 235 + 10
    tint = rng.normal(0, 1, 3) * rng.choice([6, 18, 60], p=(0.5, 0.3, 0.2))
    cells = int(rng.choice([2, 3, 6, 14]))
    rough = rng.normal(0, 1, (cells, cells, 3)) * rng.uniform(2, 30)
    rough = rough.mean(2, keepdims=True) + (rough - rough.mean(2, keepdims=True)) * rng.random()
    if rng.random() < 0.3:
        rough = rough * 2.5
    clouds = cv2.resize(
        rough.astype(np.float32),
        (width, height),
        interpolation=cv2.INTER_NEAREST if rng.random() < 0.15 else cv2.INTER_CUBIC,
    )
    grain = rng.normal(0, rng.uniform(0, 6), (height, width, 1))
    return np.asarray(np.clip(base + tint + clouds + grain, 0, 255), np.uint8)


@cache
def _photographs() -> tuple[RgbImage, ...]:
    try:
        import skimage
    except ImportError as error:
        raise MissingDependencyError(
            "backgrounds need scikit-image: pip install 'firsthand[train]'"
        ) from error
    folder = Path(skimage.__file__).parent / "data"
    read = [cv2.imread(str(folder / name), cv2.IMREAD_COLOR_RGB) for name in _PHOTOGRAPHS]
    found = tuple(np.asarray(each, np.uint8) for each in read if each is not None)
    if len(found) < len(_PHOTOGRAPHS):
        raise MissingDependencyError(
            f"only {len(found)} of {len(_PHOTOGRAPHS)} photographs are in {folder}; "
            "install scikit-image anew"
        )
    return found
