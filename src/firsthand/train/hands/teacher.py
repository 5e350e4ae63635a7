"""Labels for photographs that nobody has labelled: MediaPipe's models, asked several times.

The palm detector finds the hands of a photograph given a border; then the landmark model looks at
each in a dozen regions, shifted, turned and scaled at random, half of them in the mirrored image,
and its answers are averaged. Where they disagree the teacher does not know, and the hand is
left out. (A student taught by an ensemble's mean: Hinton et al. 2015, arXiv:1503.02531; answers to
transformed inputs averaged: Radosavovic et al. 2018, "Data Distillation", arXiv:1712.04440.)
"""

import zlib
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from firsthand.errors import ConfigError
from firsthand.hands.landmarks import LandmarkModel, Landmarks, find_landmarks
from firsthand.hands.models import HandModels
from firsthand.hands.palms import detect_palms
from firsthand.hands.regions import UnitRegion, region_from_landmarks, region_from_palm
from firsthand.hands.single import Single, wrapped
from firsthand.hands.skeleton import JOINTS
from firsthand.media.frame import RgbImage
from firsthand.train.hands.palm_boxes import palm_size
from firsthand.train.hands.samples import HandTruth, Sample

Doubles = NDArray[np.float64]

_BORDER: Final = 0.5
_LEAST_SIDE_PX: Final = 400
_PALM_THRESHOLD: Final = 0.3
_WRIST: Final = 0
_TIMES_REFINED: Final = 2


@dataclass(frozen=True, slots=True)
class Teaching:
    """How the teacher is asked, and which of its answers count.

    - `looks`: regions looked at, each also in the mirrored image.
    - `shift`, `scale`, `turn`: standard deviations by which they stray, in sides of the region,
      logarithms and radians.
    - `least_presence`: mean presence below which there is no hand, 0..1.
    - `most_spread`: the joints' mean standard deviation, in palm sizes, above which the answers
      disagree.
    - `least_agreement`: the share of answers that must agree on left or right, 0.5..1.
    """

    looks: int = 6
    shift: float = 0.04
    scale: float = 0.08
    turn: float = 0.15
    least_presence: float = 0.8
    most_spread: float = 0.08
    least_agreement: float = 0.75

    def __post_init__(self) -> None:
        positive = min(self.shift, self.scale, self.turn) >= 0 and self.most_spread > 0
        shares = 0 <= self.least_presence < 1 and 0.5 <= self.least_agreement <= 1
        if self.looks < 1 or not positive or not shares:
            raise ConfigError(f"a teaching has at least one look and shares in 0..1, not {self}")


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """The teacher's mean answer about one hand, and how sure it is.

    `presence` is the mean one, 0..1. `spread`: the joints' mean standard deviation over the palm's
    size. `agreement`: the share of looks that saw the hand as `truth.right` has it.
    """

    truth: HandTruth
    presence: float
    spread: float
    agreement: float


@dataclass(frozen=True, slots=True, eq=False)
class Taught:
    """Samples with a label, the answers behind them, and how many photographs were dropped why."""

    samples: tuple[Sample, ...]
    answers: tuple[Answer, ...]
    dropped: tuple[tuple[str, str], ...]

    def reasons(self) -> dict[str, int]:
        """Return how many were dropped for each reason."""
        return dict(Counter(reason for _, reason in self.dropped))


def teach(
    models: HandModels,
    photographs: Iterable[tuple[str, RgbImage]],
    teaching: Teaching = Teaching(),
    *,
    seed: int = 0,
    told: Callable[[int], None] = lambda _: None,
) -> Taught:
    """Label photographs, by name, that show one hand each; `told` hears how many are done.

    The same photograph, name and seed give the same label whatever else is labelled.
    """
    samples, answers, dropped = [], [], []
    for count, (name, image) in enumerate(photographs, 1):
        rng = np.random.default_rng([seed, zlib.crc32(name.encode())])
        answer = ask(models, image, teaching, rng)
        reason = "no hand found" if answer is None else doubt(answer, teaching)
        if answer is None or reason is not None:
            dropped.append((name, str(reason)))
        else:
            samples.append(Sample(image, (answer.truth,), name))
            answers.append(answer)
        told(count)
    return Taught(tuple(samples), tuple(answers), tuple(dropped))


def doubt(answer: Answer, teaching: Teaching) -> str | None:
    """Return why an answer is not to be learnt from; None if it is."""
    if not answer.presence >= teaching.least_presence:
        return "presence is low"
    if not answer.spread <= teaching.most_spread:
        return "looks disagree about the joints"
    if answer.agreement < teaching.least_agreement:
        return "looks disagree about left or right"
    return None


def ask(
    models: HandModels, image: RgbImage, teaching: Teaching, rng: np.random.Generator
) -> Answer | None:
    """Return the teacher's answer about the surest hand of an image; None if it finds none."""
    height, width = image.shape[:2]
    border, wide = _with_border(image)
    region = _surest(models, wide)
    if region is None:
        return None
    answer = look_around(models.landmark, wide, region, teaching, rng)
    if answer is None:
        return None
    scale = np.array(wide.shape[1::-1], np.float64) / (width + 2 * border, height + 2 * border)
    xy = answer.truth.keypoints[:, :2] / scale - border
    keypoints = np.concatenate([xy, answer.truth.keypoints[:, 2:] / scale[0]], axis=1)
    inside = ((xy >= 0) & (xy <= (width, height))).all(axis=1)
    truth = HandTruth(
        keypoints.astype(np.float32),
        answer.truth.metres,
        answer.truth.known,
        float(inside.mean()),
        answer.truth.right,
        "teacher",
    )
    return Answer(truth, answer.presence, answer.spread, answer.agreement)


def _with_border(image: RgbImage) -> tuple[int, RgbImage]:
    """Return an image with its edge repeated all around, by so many pixels, and enlarged."""
    longer = max(image.shape[:2])
    border = round(_BORDER * longer)
    wide = cv2.copyMakeBorder(image, border, border, border, border, cv2.BORDER_REPLICATE)
    scale = max(1.0, _LEAST_SIDE_PX / (longer + 2 * border))
    larger = cv2.resize(wide, None, fx=scale, fy=scale, interpolation=cv2.INTER_LINEAR)
    return border, np.ascontiguousarray(larger, np.uint8)


def look_around(
    model: LandmarkModel,
    image: RgbImage,
    region: UnitRegion,
    teaching: Teaching,
    rng: np.random.Generator,
) -> Answer | None:
    """Return the mean of what the model sees in regions around one; None if it never sees a hand.

    Depth is taken from the metres: the model's own depth is 0.46 of it (over 814 sign digits).
    """
    height, width = image.shape[:2]
    mirrored = np.ascontiguousarray(image[:, ::-1])
    seen: list[Landmarks] = []
    for _ in range(teaching.looks):
        place = _strayed(region, teaching, rng, width / height)
        straight = find_landmarks(model, image, place, 0.0)
        turned = find_landmarks(model, mirrored, _mirrored_region(place), 0.0)
        seen += [each for each in (straight, turned and _mirrored(turned)) if each is not None]
    if not seen:
        return None
    size = np.array([width, height], np.float64)
    xy = np.array([each.keypoints[:, :2] for each in seen], np.float64) * size
    metres = np.array([each.world for each in seen], np.float64)
    right = np.array([each.left_if_mirrored >= 0.5 for each in seen])
    points, world = xy.mean(axis=0), metres.mean(axis=0)
    away = np.sqrt(xy.var(axis=0).sum(axis=1)).mean()
    keypoints = np.concatenate([points, _depth(points, world)[:, None]], axis=1)
    is_right = bool(right.mean() >= 0.5)
    truth = HandTruth(
        keypoints.astype(np.float32),
        world.astype(np.float32),
        np.ones(len(JOINTS), np.bool_),
        1.0,
        is_right,
        "teacher",
    )
    return Answer(
        truth,
        float(np.mean([each.presence for each in seen])),
        float(away / max(palm_size(points), 1e-6)),
        float((right == is_right).mean()),
    )


def _surest(models: HandModels, image: RgbImage) -> UnitRegion | None:
    """Return where the hand of the highest presence lies, looked at until its region settles."""
    height, width = image.shape[:2]
    palms = detect_palms(models.palm, image, _PALM_THRESHOLD)
    best, best_presence = None, 0.0
    for box, keypoints in zip(palms.boxes[:2], palms.keypoints[:2], strict=True):
        region = region_from_palm(box, keypoints, width, height)
        for _ in range(_TIMES_REFINED):
            found = region and find_landmarks(models.landmark, image, region, 0.0)
            region = region_from_landmarks(found.keypoints, width, height) if found else None
        if found and region and found.presence > best_presence:
            best, best_presence = region, found.presence
    return best


def _strayed(
    region: UnitRegion, teaching: Teaching, rng: np.random.Generator, shape: float
) -> UnitRegion:
    """Return a region misplaced at random; `shape` is the image's width over its height."""
    dx, dy = rng.normal(0, teaching.shift, 2) * float(region.width)
    scale = float(np.exp(rng.normal(0, teaching.scale)))
    turn = float(rng.normal(0, teaching.turn))
    return UnitRegion(
        Single(region.x + dx),
        Single(region.y + dy * shape),
        Single(region.width * scale),
        Single(region.height * scale),
        wrapped(Single(region.rotation + turn)),
    )


def _mirrored_region(region: UnitRegion) -> UnitRegion:
    return UnitRegion(
        Single(1 - region.x), region.y, region.width, region.height, Single(-region.rotation)
    )


def _mirrored(found: Landmarks) -> Landmarks:
    keypoints, world = found.keypoints.copy(), found.world.copy()
    keypoints[:, 0] = 1 - keypoints[:, 0]
    world[:, 0] *= -1
    return Landmarks(keypoints, world, found.presence, 1 - found.left_if_mirrored)


def _depth(points: Doubles, metres: Doubles) -> Doubles:
    """Return the depth (21,) beyond the wrist's, on the scale of the points, from metres."""
    flat, flat_metres = points - points.mean(axis=0), metres[:, :2] - metres[:, :2].mean(axis=0)
    per_metre = np.sqrt((flat**2).sum() / max(float((flat_metres**2).sum()), 1e-12))
    return np.asarray((metres[:, 2] - metres[_WRIST, 2]) * per_metre)
