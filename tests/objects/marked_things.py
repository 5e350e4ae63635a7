"""Pictures of things whose corners are marked with colours, and models that see these colours.

In place of the published weights: what they find is what is in their input, so where a tracker
looks, and what it makes of it, is really tested.
"""

import colorsys

import cv2
import numpy as np
from fake_models import FakeRunner

from firsthand.geometry import Box, Camera
from firsthand.geometry.boxes import PLACES
from firsthand.media import Frame
from firsthand.objects.anchors import anchors
from firsthand.objects.categories import CATEGORIES, DETECTOR
from firsthand.objects.corners import check_corner_model
from firsthand.objects.detector import detector
from firsthand.objects.models import ObjectModels, ObjectNetwork
from firsthand.objects.single_stage import PLACES as PLACES_TOLD
from firsthand.objects.single_stage import STRIDE, TURNS, UNIT_PX, single_stage
from firsthand.runtime.catalog import catalog

WIDTH, HEIGHT = 320, 240
CAMERA = Camera.looking(WIDTH, HEIGHT)
STEP_US = 33_333
_HUES = np.arange(9) / 9
_COLORS = [[round(255 * v) for v in colorsys.hsv_to_rgb(hue, 1, 1)] for hue in _HUES]
_MARK_PX = 4


def box_at(x: float, y: float, turn: float = 0.3, size: float = 0.22) -> Box:
    """A box seen about at x, y pixels, its middle 1 away."""
    c, s = np.cos(turn), np.sin(turn)
    tilt = np.array([[1, 0, 0], [0, 0.9, -0.436], [0, 0.436, 0.9]])
    middle = np.append(CAMERA.rays(np.array([x, y])), 1.0)
    left, _, right = np.linalg.svd(tilt @ np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]]))
    return Box(middle, left @ right, np.array([size, size * 0.6, size * 0.8]))


def points_of(one: Box) -> np.ndarray:
    """Where its nine places are seen."""
    return CAMERA.project(one.middle + (PLACES * one.size / 2) @ one.rotation.T)


def backdrop(seed: int = 0) -> np.ndarray:
    """Gray clouds with much to hold on to, larger than a picture."""
    rng = np.random.default_rng(seed)
    noise = rng.uniform(0, 255, (2 * HEIGHT, 2 * WIDTH)).astype(np.float32)
    clouds = cv2.GaussianBlur(noise, (0, 0), 2)
    clouds = (clouds - clouds.min()) / np.ptp(clouds) * 200 + 20
    return np.repeat(clouds.astype(np.uint8)[..., None], 3, axis=2)


def picture(boxes, shift=(0, 0), behind=None, hide=False) -> np.ndarray:
    """Boxes before a backdrop that is moved by whole pixels; `hide` leaves the marks out."""
    behind = backdrop() if behind is None else behind
    x, y = shift
    seen = behind[HEIGHT // 2 + y :, WIDTH // 2 + x :][:HEIGHT, :WIDTH].copy()
    for one in [] if hide else boxes:
        for (u, v), color in zip(points_of(one), _COLORS, strict=True):
            at = (round(u * 16), round(v * 16))
            cv2.circle(seen, at, _MARK_PX * 16, color, -1, cv2.LINE_AA, 4)
    return seen


def clip(where, hidden=(), seed: int = 0) -> list[Frame]:
    """Frames of boxes at `where[frame]`, a list of (x, y), the marks left out in `hidden`."""
    behind = backdrop(seed)
    first = where[0][0] if where[0] else (0, 0)
    frames = []
    for number, places in enumerate(where):
        x, y = places[0] if places else first
        shift = (round(first[0] - x), round(first[1] - y))
        boxes = [box_at(*place) for place in places]
        image = picture(boxes, shift, behind, hide=number in hidden)
        frames.append(Frame(image, number * STEP_US))
    return frames


class MarkedScene:
    """Models that see marks."""

    def __init__(self, category: str = "cup") -> None:
        self.corners = FakeRunner((1, 224, 224, 3), [(1, 18), (1, 1)], self._corners)
        card = catalog()[DETECTOR]
        count = len(anchors())
        shapes = [(1, count, 4), (1, count, len(card.labels))]
        self.detector = FakeRunner((1, 300, 300, 3), shapes, self._detector)
        chosen = CATEGORIES[category]
        self.models = ObjectModels(
            chosen,
            detector(self.detector, card),
            check_corner_model(self.corners, "marks"),
            (card, catalog()[chosen.model]),
        )
        self._classes = self.models.detector.classes(chosen.labels)

    def _corners(self, outputs, image) -> None:
        points, presence = outputs
        hues = _hues(image)
        places = [_middle(hues == number) for number in range(9)]
        presence[...] = float(all(place is not None for place in places))
        if presence[0, 0]:
            points[0] = np.array(places).ravel()

    def _detector(self, outputs, image) -> None:
        offsets, logits = outputs
        logits[...] = -9
        offsets[...] = 0
        marked = cv2.dilate((_hues((image + 1) / 2) >= 0).astype(np.uint8), np.ones((45, 45)))
        count, _, boxes, _ = cv2.connectedComponentsWithStats(marked)
        taken = []
        for left, top, width, height, _ in boxes[1:count]:
            sides = max(width - 40, 4), max(height - 40, 4)
            box = np.array([left + width / 2, top + height / 2, *sides]) / 300
            order = np.argsort(np.abs(anchors() - box).sum(axis=1))
            at = next(int(i) for i in order if i not in taken)
            taken.append(at)
            of = anchors()[at]
            logits[0, at, self._classes[-1]] = 5 - 0.01 * left
            y, x = (box[1] - of[1]) / of[3] * 10, (box[0] - of[0]) / of[2] * 10
            offsets[0, at] = [y, x, np.log(box[3] / of[3]) * 5, np.log(box[2] / of[2]) * 5]


class MarkedNetwork:
    """A single-stage network that sees marks; `score` is how sure it is, `runs` how often it ran.

    Its input is as large as a picture, so that marks stay what they are.
    """

    def __init__(self, score: float = 0.9) -> None:
        self.score, self.runs = score, 0
        cells = WIDTH // STRIDE
        shapes = [(1, cells, cells, count) for count in (1, TURNS * PLACES_TOLD, TURNS, 1)]
        runner = FakeRunner((1, WIDTH, WIDTH, 3), shapes, self._run)
        self.models = ObjectNetwork("cup", single_stage(runner), (catalog()[DETECTOR],))

    def _run(self, outputs, image) -> None:
        self.runs += 1
        logits, places, turns, _ = outputs
        logits[...] = -20
        turns[...], places[...] = 0, 0
        hues = _hues(image)
        marked = cv2.dilate((hues >= 0).astype(np.uint8), np.ones((45, 45)))
        count, labels = cv2.connectedComponents(marked)
        for label in range(1, count):
            here = np.where(labels == label, hues, -1)
            told = [_middle(here == number) for number in range(9)]
            if any(place is None for place in told):
                continue
            nine = np.array(told)
            column, row = (nine[0] // STRIDE).astype(int)
            logits[0, row, column] = np.log(self.score / (1 - self.score))
            middle = (np.array([column, row]) + 0.5) * STRIDE
            places[0, row, column, :PLACES_TOLD] = ((nine - middle) / UNIT_PX).ravel()


def _hues(image: np.ndarray) -> np.ndarray:
    """The number of the colour of each pixel, -1 where there is none."""
    high, low = image.max(axis=2), image.min(axis=2)
    hsv = cv2.cvtColor(image.astype(np.float32), cv2.COLOR_RGB2HSV)
    number = np.rint(hsv[..., 0] / 40).astype(int) % 9
    return np.where(high - low > 0.6, number, -1)


def _middle(mask: np.ndarray):
    ys, xs = np.nonzero(mask)
    return None if len(xs) < 4 else (xs.mean(), ys.mean())
