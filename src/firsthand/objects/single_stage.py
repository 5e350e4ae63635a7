"""From the single-stage network's outputs to boxes, and from a picture to its input.

One network looks at the whole picture (Hou et al. 2020, "MobilePose: Real-Time Pose Estimation for
Unseen Objects with Weak Shape Supervision", arXiv:2003.03522). For each cell of a grid it tells how
likely the middle of a box is there, and how far away the middle and the eight corners are: peaks of
the first say which cells to ask for the second, from which `geometry.fitted` has the box. Places
are told for each of eight ways that the box's front may point in the picture, and how likely each
way is, after Mousavian et al. 2017 (arXiv:1612.00496): a network that is unsure from which side it
looks would else tell the mean of all sides, which is a box of nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from firsthand.errors import ConfigError, InputError, ModelError
from firsthand.geometry import Box, Camera, fitted
from firsthand.media.frame import RgbImage
from firsthand.runtime.runner import Runner

TASK: Final = "object-boxes"
STRIDE: Final = 8
"""Pixels of the input between cells."""

PLACES: Final = 18
"""x, y of the middle and the eight corners, in the order of `geometry.boxes.PLACES`."""

TURNS: Final = 8
"""Into how many equal ways the circle is cut, in which a box's z may point in the picture."""

UNIT_PX: Final = 32.0
"""Pixels of the input that a place of 1 is away."""

_REACH: Final = 1
MOST: Final = 10
"""Boxes that are told of a picture, as long as nobody asks for more."""


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """A box before the camera, its middle 1 away: nobody can tell how large it is.

    `places` (9, 2) are the middle and the corners in pixels of the picture, as they were told;
    `score` is 0..1.
    """

    box: Box
    places: NDArray[np.float64]
    score: float


@dataclass(frozen=True, slots=True)
class Fitting:
    """How a picture fills a square of `side` pixels: made `scale` times as large, then moved."""

    side: int
    scale: float
    left: float
    top: float

    @classmethod
    def of(cls, width: int, height: int, side: int) -> "Fitting":
        """Return how the longer side fills the square, the other in its middle."""
        if min(width, height) < 1:
            raise InputError(f"a picture has a pixel at least, not {width} x {height}")
        scale = side / max(width, height)
        return cls(side, scale, (side - width * scale) / 2, (side - height * scale) / 2)

    def picture(self, image: RgbImage) -> RgbImage:
        """Return the square (side, side, 3), black where nothing is of the picture."""
        moved = np.array([[self.scale, 0, self.left], [0, self.scale, self.top]])
        # OpenCV's pixel 0 lies at 0, ours at its middle.
        moved[:, 2] += 0.5 * self.scale - 0.5
        kind = cv2.INTER_AREA if self.scale < 0.5 else cv2.INTER_LINEAR
        if self.scale < 0.5:
            small = cv2.resize(image, None, fx=self.scale, fy=self.scale, interpolation=kind)
            square = np.zeros((self.side, self.side, 3), np.uint8)
            rows, columns = min(self.side, small.shape[0]), min(self.side, small.shape[1])
            top, left = (self.side - rows) // 2, (self.side - columns) // 2
            square[top : top + rows, left : left + columns] = small[:rows, :columns]
            return square
        return np.asarray(cv2.warpAffine(image, moved, (self.side, self.side), flags=kind))

    def forth(self, pixels: NDArray[np.float64]) -> NDArray[np.float64]:
        """Take pixels (..., 2) of the picture to those of the square."""
        return np.asarray(pixels * self.scale + (self.left, self.top))

    def back(self, pixels: NDArray[np.float64]) -> NDArray[np.float64]:
        """Take pixels (..., 2) of the square to those of the picture."""
        return np.asarray((pixels - (self.left, self.top)) / self.scale)

    def camera(self, camera: Camera) -> Camera:
        """Return the camera that would have taken the square."""
        return Camera(
            camera.focal_x * self.scale,
            camera.focal_y * self.scale,
            camera.middle_x * self.scale + self.left,
            camera.middle_y * self.scale + self.top,
        )


@dataclass(frozen=True, slots=True, eq=False)
class SingleStage:
    """A network that is ready to run: a runner, and the side of its input in pixels."""

    runner: Runner
    side: int


def single_stage(runner: Runner) -> SingleStage:
    """Return a model that can be asked; `ModelError` where inputs or outputs are another's."""
    shapes = [spec.shape for spec in runner.inputs], [spec.shape for spec in runner.outputs]
    side = shapes[0][0][1] if shapes[0] and len(shapes[0][0]) == 4 else 0
    cells = side // STRIDE
    grid = (1, cells, cells)
    wanted = [(1, side, side, 3)], [(*grid, n) for n in (1, TURNS * PLACES, TURNS, 1)]
    kinds = {str(spec.dtype) for spec in (*runner.inputs, *runner.outputs)}
    if side < STRIDE or side % STRIDE or shapes != wanted or kinds != {"float32"}:
        raise ModelError(
            f"no single-stage network of boxes: it takes {shapes[0]} and gives {shapes[1]}, in "
            f"{', '.join(sorted(kinds))}; one takes (1, n, n, 3) and gives scores, places, turns "
            "and a mask for n/8 x n/8 cells, in float32"
        )
    return SingleStage(runner, side)


def find_boxes(
    model: SingleStage, image: RgbImage, camera: Camera, threshold: float = 0.4
) -> tuple[Found, ...]:
    """Return the boxes in a picture (h, w, 3), the surest first, ten at most.

    Raises `ConfigError` for a threshold that is not between 0 and 1.
    """
    found = []
    for places, score in find_places(model, image, threshold):
        try:
            box = fitted(places, camera)
        except InputError:  # places that are of no box
            continue
        found.append(Found(box, places, score))
    return tuple(found)


def find_places(
    model: SingleStage, image: RgbImage, threshold: float, most: int = MOST
) -> list[tuple[NDArray[np.float64], float]]:
    """Return what the network tells of a picture (h, w, 3): boxes' nine places and their scores.

    Places (9, 2) are in pixels of the picture, the surest first, of `most` boxes at most. Raises
    `ConfigError` for a threshold that is not between 0 and 1.
    """
    if not 0 < threshold < 1:
        raise ConfigError(f"a threshold lies between 0 and 1, not {threshold}")
    fitting = Fitting.of(image.shape[1], image.shape[0], model.side)
    runner = model.runner
    np.divide(fitting.picture(image), np.float32(255), out=runner.input_view(0)[0])
    runner.invoke()
    logits, places, turns = (runner.output_view(i)[0] for i in range(3))
    seen = decoded(logits[:, :, 0], places, turns, threshold, most)
    return [(fitting.back(nine), score) for nine, score in seen]


def decoded(
    logits: NDArray[np.float32],
    places: NDArray[np.float32],
    turns: NDArray[np.float32],
    threshold: float,
    most: int = MOST,
) -> Sequence[tuple[NDArray[np.float64], float]]:
    """Return the nine places (9, 2), in pixels of the input, and the score of each peak.

    `logits` (h, w) of a middle being there; `places` (h, w, 8 * 18), from a cell's middle in units
    of `UNIT_PX`, for one turn after the other; logits of `turns` (h, w, 8). A peak is no lower than
    the eight cells around it; those and itself are asked which turn it is and then, of that turn,
    for the places, each as much as it is sure. What is no number counts as nothing there.
    """
    scores = 1 / (1 + np.exp(-np.clip(np.nan_to_num(logits, nan=-50.0), -50, 50)))
    around = cv2.dilate(scores.astype(np.float32), np.ones((3, 3), np.uint8))
    rows, columns = np.nonzero((scores >= around - 1e-7) & (scores >= threshold))
    order = np.argsort(-scores[rows, columns], kind="stable")
    found: list[tuple[NDArray[np.float64], float]] = []
    taken: list[tuple[int, int]] = []
    for at in order:
        row, column = int(rows[at]), int(columns[at])
        if any(max(abs(row - r), abs(column - c)) <= _REACH for r, c in taken):
            continue  # a plateau is one peak
        taken.append((row, column))
        top, left = max(0, row - _REACH), max(0, column - _REACH)
        near = np.s_[top : row + _REACH + 1, left : column + _REACH + 1]
        tall, wide = scores[near].shape
        down, right = np.mgrid[top : top + tall, left : left + wide]
        middles = (np.stack([right, down], axis=-1) + 0.5) * STRIDE
        weights = scores[near]
        likely = np.nan_to_num((turns[near] * weights[:, :, None]).sum((0, 1)), nan=-np.inf)
        mine = places[near].reshape(tall, wide, TURNS, 9, 2)[:, :, int(likely.argmax())]
        told = mine * UNIT_PX + middles[:, :, None]
        nine = np.asarray((told * weights[:, :, None, None]).sum((0, 1)) / weights.sum())
        if np.isfinite(nine).all():
            found.append((nine.astype(np.float64), float(scores[row, column])))
        if len(found) == most:
            break
    return found
