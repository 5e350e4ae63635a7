"""Following hands from frame to frame, and detecting new ones no more often than needed.

MediaPipe's `hand_landmark_tracking_cpu.pbtxt`: where a hand was tells where to look in the next
frame, and the palm detector runs while fewer hands are tracked than allowed. It differs in one
thing: with some but not all hands in view, MediaPipe runs the detector on every frame, this
tracker once every `redetect_interval_us`.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from firsthand.errors import ConfigError
from firsthand.hands.anchors import FIRSTHAND
from firsthand.hands.association import MIN_OVERLAP, ROUGH_LOOKS, Candidate, associate, overlap
from firsthand.hands.landmarks import LandmarkModel, find_landmarks
from firsthand.hands.model_input import check_image
from firsthand.hands.models import HandModels
from firsthand.hands.palms import PalmModel, detect_palms
from firsthand.hands.regions import (
    UnitRegion,
    in_pixels,
    region_from_landmarks,
    region_from_palm,
)
from firsthand.hands.suppression import Palms
from firsthand.hands.types import Hand, HandsResult
from firsthand.media.frame import RgbImage
from firsthand.media.timed import check_time

REDETECT_INTERVAL_US: Final = 150_000
MAX_HANDS: Final = 64

# A video that changes size keeps its hands if its shape stays the same within this share.
_SAME_SHAPE: Final = 0.01


@dataclass(frozen=True, slots=True)
class TrackerOptions:
    """How to track; `ConfigError` for values out of range.

    - `max_hands`: at most so many at once, 1..64.
    - `mirrored`: whether the images are mirrored, as a selfie view is. Either way handedness is
      that of the person's real hand.
    - `palm_threshold`, `presence_threshold`: least scores in 0..1, ends excluded, for a new palm
      and for a hand to stay.
    - `redetect_interval_us`: while at least one hand, but fewer than `max_hands`, are tracked, the
      detector runs when so much time has passed since its last run, so another hand is found in
      the first frame at least this long after that. Without any hand, and in the frame after one
      is lost, it runs at once. 0 is every frame, as MediaPipe.
    """

    max_hands: int = 2
    mirrored: bool = False
    palm_threshold: float = 0.5
    presence_threshold: float = 0.5
    redetect_interval_us: int = REDETECT_INTERVAL_US

    def __post_init__(self) -> None:
        for name in ("max_hands", "redetect_interval_us"):
            if type(getattr(self, name)) is not int:
                raise ConfigError(f"{name} is a whole number, not {getattr(self, name)!r}")
        if not 1 <= self.max_hands <= MAX_HANDS:
            raise ConfigError(f"max_hands is 1..{MAX_HANDS}, not {self.max_hands}")
        for name in ("palm_threshold", "presence_threshold"):
            if not 0 < getattr(self, name) < 1:
                raise ConfigError(f"{name} lies between 0 and 1, not {getattr(self, name)}")
        if self.redetect_interval_us < 0:
            raise ConfigError(f"redetect_interval_us is >= 0, not {self.redetect_interval_us}")


@dataclass(frozen=True, slots=True)
class TrackerState:
    """What is remembered between frames; the default is the state before the first.

    `tracked` are the regions in which to look next. `lost` tells that the last frame had fewer
    hands than were looked for.
    """

    tracked: tuple[Candidate, ...] = ()
    lost: bool = False
    next_id: int = 0
    timestamp_us: int | None = None
    detected_us: int | None = None
    width: int = 0
    height: int = 0


def step(
    state: TrackerState,
    image: RgbImage,
    timestamp_us: int,
    models: HandModels,
    options: TrackerOptions,
) -> tuple[TrackerState, HandsResult]:
    """Find the hands in the next frame.

    The same states, images and times give the same results; no clock is read. A frame of another
    size than the last keeps its hands if the shape is the same, else tracking starts afresh.

    `pipeline.tracking_graph` joins the same stages in the same way as a graph.

    Raises `ShapeError` for anything but uint8 (height, width, 3), and `InputError` for a time not
    after the last frame's.
    """
    state = begin(state, image, timestamp_us)
    due = detector_is_due(state, timestamp_us, options)
    palms = search(image, models.palm, options) if due else None
    return finish(state, palms, image, timestamp_us, models.landmark, options)


def begin(state: TrackerState, image: RgbImage, timestamp_us: int) -> TrackerState:
    """Check the next frame, and return what the last one leaves for it."""
    check_image(image)
    check_time(state.timestamp_us, timestamp_us)
    height, width = image.shape[:2]
    if (width, height) != (state.width, state.height):
        state = _resized(state, width, height)
    return state


def search(image: RgbImage, palm: PalmModel, options: TrackerOptions) -> tuple[Candidate, ...]:
    """Run the palm detector; return the regions of the best palms, as many as are looked at."""
    height, width = image.shape[:2]
    palms = detect_palms(palm, image, options.palm_threshold)
    looks = ROUGH_LOOKS if _is_rough(palm) else 1
    return candidates(palms[: looks * options.max_hands], palm, width, height)


def finish(
    state: TrackerState,
    palms: tuple[Candidate, ...] | None,
    image: RgbImage,
    timestamp_us: int,
    landmark: LandmarkModel,
    options: TrackerOptions,
) -> tuple[TrackerState, HandsResult]:
    """Look for a hand in each palm and tracked region; return the next state and the hands.

    `palms` are those just found, None where the detector did not run.
    """
    height, width = image.shape[:2]
    detects = palms is not None
    looked = associate(palms or (), state.tracked, options.max_hands)
    hands, tracked, next_id = follow(looked, image, landmark, options, state.next_id)
    after = TrackerState(
        tracked=tracked,
        lost=sum(c.track_id is not None for c in looked)
        > sum(c.track_id is not None and c.track_id < state.next_id for c in tracked),
        next_id=next_id,
        timestamp_us=timestamp_us,
        detected_us=timestamp_us if detects else state.detected_us,
        width=width,
        height=height,
    )
    return after, HandsResult(timestamp_us, width, height, hands, detects)


def detector_is_due(state: TrackerState, timestamp_us: int, options: TrackerOptions) -> bool:
    """Whether the palm detector runs on the frame at `timestamp_us`."""
    count = len(state.tracked)
    if count >= options.max_hands:
        return False
    if count == 0 or state.lost or state.detected_us is None:
        return True
    return timestamp_us - state.detected_us >= options.redetect_interval_us


def candidates(palms: Palms, model: PalmModel, width: int, height: int) -> tuple[Candidate, ...]:
    """Return the regions of palms in units of an image of `width` x `height` pixels.

    Those of `model`, which found them, are rough if it is one of ours, whose keypoints are less
    exact than MediaPipe's.
    """
    rough = _is_rough(model)
    regions = [
        region_from_palm(box, keypoints, width, height)
        for box, keypoints in zip(palms.boxes, palms.keypoints, strict=True)
    ]
    return tuple(Candidate(region, rough=rough) for region in regions if region is not None)


def follow(
    looked: tuple[Candidate, ...],
    image: RgbImage,
    landmark: LandmarkModel,
    options: TrackerOptions,
    next_id: int,
) -> tuple[tuple[Hand, ...], tuple[Candidate, ...], int]:
    """Run the landmark model in each region; of a rough one, again in the region of what it found.

    Rough regions that turn out to be of one hand, or of a tracked one, count once; the others are
    looked in until there are `max_hands`.

    Returns the hands found, ordered by track id; where to look for them in the next frame, in the
    order of `looked`; and the next free id.
    """
    height, width = image.shape[:2]
    scale = np.array([width, height, width], np.float32)
    hands: list[Hand] = []
    tracked: list[Candidate] = []
    known = [candidate for candidate in looked if candidate.track_id is not None]
    room = options.max_hands - len(known)
    for candidate in looked:
        if candidate.track_id is None and room == 0:
            continue
        place = candidate.region
        found = find_landmarks(landmark, image, place, options.presence_threshold)
        if found is not None and candidate.rough:
            place = region_from_landmarks(found.keypoints, width, height) or place
            if _taken(place, (*tracked, *known)):
                continue
            found = find_landmarks(landmark, image, place, options.presence_threshold)
        if found is None:
            continue
        track_id = candidate.track_id
        if track_id is None:
            track_id, next_id, room = next_id, next_id + 1, room - 1
        left = found.left_if_mirrored if options.mirrored else 1 - found.left_if_mirrored
        hands.append(
            Hand(
                keypoints=found.keypoints * scale,
                world=found.world,
                handedness="left" if left >= 0.5 else "right",
                handedness_score=max(left, 1 - left),
                presence=found.presence,
                region=in_pixels(place, width, height),
                track_id=track_id,
            )
        )
        region = region_from_landmarks(found.keypoints, width, height)
        if region is not None:
            tracked.append(Candidate(region, track_id))
    hands.sort(key=lambda hand: hand.track_id)
    return tuple(hands), tuple(tracked), next_id


def _is_rough(model: PalmModel) -> bool:
    return model.layout == FIRSTHAND


def _taken(place: UnitRegion, others: Iterable[Candidate]) -> bool:
    return any(overlap(place, other.region) > MIN_OVERLAP for other in others)


def _resized(state: TrackerState, width: int, height: int) -> TrackerState:
    if not state.tracked:
        return state
    squeezed = (width / height) / (state.width / state.height)
    if abs(squeezed - 1) > _SAME_SHAPE:
        return replace(state, tracked=(), lost=True)
    return state
