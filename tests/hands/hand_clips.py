"""Short clips of the bundled photographs for tests: real hands under a moving camera."""

import importlib.util
from functools import cache
from pathlib import Path

import cv2
import numpy as np

from firsthand.media import read_image

ROOT = Path(__file__).resolve().parents[2]
PHOTOGRAPHS = sorted((ROOT / "examples" / "media" / "hands").glob("*.jpg"))
SIZE = (640, 480)


def moving(path, *, count=45, height_px=380, away=(), seed=0):
    """`count` frames of one photograph that drifts, turns and zooms; out of view while `away`."""
    photograph = read_image(path)
    height, width = photograph.shape[:2]
    phases = np.random.default_rng(seed).uniform(0, 2 * np.pi, 4)
    for index in range(count):
        x, y, turn, zoom = np.sin(index / np.array([13, 19, 17, 23]) + phases)
        scale = height_px / height * (1 + 0.2 * zoom)
        matrix = cv2.getRotationMatrix2D((width / 2, height / 2), 20 * turn, scale)
        middle = (SIZE[0] / 2 + 60 * x, SIZE[1] / 2 + 40 * y)
        matrix[:, 2] += np.array(middle) - (width / 2, height / 2)
        matrix[0, 2] += 900 * (index in away)
        yield cv2.warpAffine(photograph, matrix, SIZE, borderValue=(110, 100, 90))


NAMES = (
    *(path.stem for path in PHOTOGRAPHS),
    *("leaves and returns", "two, one comes and goes", "demonstration"),
)


@cache
def clip(name):
    """Frames of a clip of `NAMES`, uint8 (n, 480, 640, 3)."""
    first, second = PHOTOGRAPHS[1], PHOTOGRAPHS[2]
    if name == "leaves and returns":
        return np.stack(list(moving(first, away=range(15, 28))))
    if name == "two, one comes and goes":
        left = np.stack(list(moving(first, height_px=280, away=range(20, 32))))
        right = np.stack(list(moving(second, height_px=280, seed=5)))
        return np.concatenate([left[:, :, 160:480], right[:, :, 160:480]], axis=2)
    if name == "demonstration":
        return np.stack([frame.image for frame in _demonstration().clip_frames()][::3])
    (path,) = (path for path in PHOTOGRAPHS if path.stem == name)
    return np.stack(list(moving(path, seed=PHOTOGRAPHS.index(path))))


def _demonstration():
    spec = importlib.util.spec_from_file_location(
        "make_hands_clip", ROOT / "examples" / "make_hands_clip.py"
    )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
