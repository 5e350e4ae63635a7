"""Following objects from frame to frame, and detecting new ones no more often than needed.

As in "Real-Time 3D Object Detection on Mobile Devices with MediaPipe" (Google AI Blog, 2020):
the detector runs once in a while; between its runs objects are followed by optical flow, in whose
place the second stage looks, and what it sees is consolidated with what flow says. An object that
it does not see, because something is in front of it, goes on with the picture around it for a
while, and is told apart from one that is seen. A network without a second stage says where corners
are when it detects; until it looks again flow alone says so.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from firsthand.errors import InputError
from firsthand.geometry import Box, Camera, fitted
from firsthand.geometry.rectangles import bounds, overlaps
from firsthand.media.frame import RgbImage
from firsthand.media.timed import check_time
from firsthand.objects import flow
from firsthand.objects.association import SAME_OBJECT, associated, paired
from firsthand.objects.corners import Corners
from firsthand.objects.detector import SAME, Rectangles
from firsthand.objects.models import BoxModels, ObjectModels
from firsthand.objects.options import TrackerOptions
from firsthand.objects.scaling import of_length
from firsthand.objects.steadying import Steadied, first, steadied
from firsthand.objects.types import Doubles, Floats, FoundObject, ObjectsResult


@dataclass(frozen=True, slots=True, eq=False)
class Tracked:
    """An object between two frames: its points, when and how surely it was last seen."""

    track_id: int
    steady: Steadied
    score: float
    seen_us: int

    @property
    def points(self) -> Doubles:
        """Where its box's middle and corners are seen, (9, 2) in pixels."""
        return self.steady.points


@dataclass(frozen=True, slots=True, eq=False)
class TrackerState:
    """What is remembered between frames; the default is the state before the first.

    `gray` is the last picture, `looked_us` when models last looked at what is tracked. `lost` tells
    that an object got lost then, or out of sight, or is so still and has no second stage that looks
    for it; `settled` that as many as may be are seen in every frame.
    """

    tracked: tuple[Tracked, ...] = ()
    lost: bool = False
    settled: bool = False
    next_id: int = 0
    timestamp_us: int | None = None
    detected_us: int | None = None
    looked_us: int | None = None
    width: int = 0
    height: int = 0
    gray: flow.Gray | None = None


def step(
    state: TrackerState,
    image: RgbImage,
    timestamp_us: int,
    models: BoxModels,
    options: TrackerOptions,
) -> tuple[TrackerState, ObjectsResult]:
    """Find the objects in the next frame.

    The same states, images and times give the same results; no clock is read. A frame of another
    size than the last starts afresh. `pipeline.tracking_graph` joins the same stages in the same
    way as a graph.

    Raises `InputError` for a time not after the last frame's.
    """
    state = begin(state, image, timestamp_us)
    due = detector_is_due(state, timestamp_us, options)
    found = search(image, models, options) if due else None
    return finish(state, found, image, timestamp_us, models, options)


def begin(state: TrackerState, image: RgbImage, timestamp_us: int) -> TrackerState:
    """Return what the last frame leaves for the next: objects moved to where flow says they are."""
    check_time(state.timestamp_us, timestamp_us)
    height, width = image.shape[:2]
    gray = flow.small_gray(image)
    tracked: tuple[Tracked, ...] = ()
    if (width, height) == (state.width, state.height) and state.gray is not None:
        tracked = _carried(state, state.gray, gray)
    gone = len(tracked) < len(state.tracked)
    return replace(
        state, tracked=tracked, lost=state.lost or gone, width=width, height=height, gray=gray
    )


def detector_is_due(state: TrackerState, timestamp_us: int, options: TrackerOptions) -> bool:
    """Whether the detector looks at the frame at `timestamp_us`."""
    if not state.tracked or state.lost or state.detected_us is None:
        return True
    return not state.settled and (timestamp_us - state.detected_us >= options.redetect_interval_us)


def search(image: RgbImage, models: BoxModels, options: TrackerOptions) -> Rectangles:
    """Run the detector on the whole image."""
    return models.search(image, options)


def finish(
    state: TrackerState,
    found: Rectangles | None,
    image: RgbImage,
    timestamp_us: int,
    models: BoxModels,
    options: TrackerOptions,
) -> tuple[TrackerState, ObjectsResult]:
    """Look for each object where it is tracked or was found; return the next state and them all.

    `found` is what the detector found, None where it did not run.
    """
    before_us, looks = state.looked_us, isinstance(models, ObjectModels)
    if looks or found is not None:
        state = replace(state, looked_us=timestamp_us)
    numbers, new = _matched(state, found, options)
    kept: list[Tracked] = []
    for tracked, number in zip(state.tracked, numbers, strict=True):
        place = _bounds(tracked.points)
        is_back = tracked.seen_us != before_us  # maybe not quite where it was
        if found is not None and number is not None and (is_back or not looks):
            place = found.boxes[number]
        looked = _look(image, place, found, number, models, options)
        after = _consolidated(tracked, looked, place, state, timestamp_us, options)
        if after is not None and not _is_taken(after, kept):
            kept.append(after)
    next_id = state.next_id
    for number in new:
        if found is None or len(kept) >= options.max_objects:
            break
        looked = _look(image, found.boxes[number], found, number, models, options)
        if looked is None:
            continue
        begun = Tracked(next_id, first(looked.points), looked.presence, timestamp_us)
        if not _is_taken(begun, kept):
            kept.append(begun)
            next_id += 1
    height, width = image.shape[:2]
    camera = options.camera_of(width, height)
    shown = [(each, lifted) for each in kept if (lifted := _box(each.points, camera, options))]
    result = ObjectsResult(
        timestamp_us,
        width,
        height,
        tuple(_shown(each, box, state, models, options) for each, box in shown),
        camera,
        detector_ran=found is not None,
    )
    went = {each.track_id for each in state.tracked if each.seen_us == before_us}
    seen = {each.track_id for each, _ in shown if each.seen_us == state.looked_us}
    is_full = len(seen) == len(shown) >= options.max_objects
    after_state = replace(
        state,
        tracked=tuple(each for each, _ in shown),
        lost=not went <= seen or (not looks and len(seen) < len(shown)),
        settled=looks and is_full,
        next_id=next_id,
        timestamp_us=timestamp_us,
        detected_us=state.detected_us if found is None else timestamp_us,
    )
    return after_state, result


def _matched(
    state: TrackerState, found: Rectangles | None, options: TrackerOptions
) -> tuple[list[int | None], list[int]]:
    """Return which rectangle is of each tracked object, and those that are of none.

    Where rectangles have points, they are matched one to one, and of those of none there is what
    the network is sure enough of to begin with.
    """
    numbers: list[int | None] = [None] * len(state.tracked)
    new: list[int] = []
    if found is None:
        return numbers, new
    places = [_bounds(each.points) for each in state.tracked]
    match = associated if found.points is None else paired
    for number, place in enumerate(match(found.boxes, places)):
        if place is not None:
            numbers[place] = number
        elif found.points is None or found.scores[number] >= options.detector_threshold:
            new.append(number)
    return numbers, new


def _carried(state: TrackerState, before: flow.Gray, after: flow.Gray) -> tuple[Tracked, ...]:
    """Return the objects moved by what flow says of each, or of the picture around them.

    Features on an object that was not seen are on what hides it. Where not even the whole picture
    goes on, though it has features, the scene was cut: nothing is kept.
    """
    if not state.tracked:
        return ()
    scene: Doubles | None = None
    carried = []
    for each in state.tracked:
        by = None
        if each.seen_us == state.looked_us:
            there = flow.within(before, _bounds(each.points))
            by = flow.motion(before, after, flow.features(before, there))
        if by is None:
            scene = _scene(state, before, after) if scene is None else scene
            by = scene
        if by.size == 0:
            continue
        steady = replace(each.steady, points=flow.moved(each.points, by))
        carried.append(replace(each, steady=steady))
    return tuple(carried)


def _scene(state: TrackerState, before: flow.Gray, after: flow.Gray) -> Doubles:
    """Return how the picture moved beside the objects; an empty array where it was cut."""
    around = np.full_like(before.pixels, 255)
    for each in state.tracked:
        around[flow.within(before, _bounds(each.points)) > 0] = 0
    points = flow.features(before, around)
    by = flow.motion(before, after, points)
    if by is not None:
        return by
    return np.zeros((0, 3)) if flow.is_enough(points) else np.eye(2, 3)


def _look(
    image: RgbImage,
    place: Floats,
    found: Rectangles | None,
    number: int | None,
    models: BoxModels,
    options: TrackerOptions,
) -> Corners | None:
    """Return what the models see at a place, where `found` has rectangle `number`, if any."""
    if isinstance(models, ObjectModels):
        return models.look(image, place, options)
    if found is None or found.points is None or number is None:
        return None
    return Corners(found.points[number], float(found.scores[number]))


def _consolidated(
    tracked: Tracked,
    looked: Corners | None,
    place: Floats,
    state: TrackerState,
    timestamp_us: int,
    options: TrackerOptions,
) -> Tracked | None:
    """Return an object as it is now, or None once it is lost."""
    if looked is not None and _overlap(_bounds(looked.points), place) > SAME_OBJECT:
        steady = first(looked.points)
        if options.steadiness is not None:
            elapsed_s = (timestamp_us - tracked.seen_us) / 1e6
            steady = steadied(tracked.steady, looked.points, elapsed_s, options.steadiness)
        return Tracked(tracked.track_id, steady, looked.presence, timestamp_us)
    picture = np.array([0, 0, state.width, state.height], np.float32)
    is_in_view = _overlap(_bounds(tracked.points), picture) > 0
    is_hidden = _unseen_us(tracked, state) <= options.hidden_us
    return tracked if is_in_view and is_hidden else None


def _box(points: Doubles, camera: Camera, options: TrackerOptions) -> Box | None:
    """Return the box that is seen like this, None where no box is."""
    try:
        box = fitted(points, camera)
    except InputError:
        return None
    if not (np.isfinite(box.middle).all() and np.isfinite(box.size).all() and box.size.max() > 0):
        return None
    return box if options.longest_m is None else of_length(box, options.longest_m)


def _shown(
    each: Tracked, box: Box, state: TrackerState, models: BoxModels, options: TrackerOptions
) -> FoundObject:
    return FoundObject(
        category=models.name,
        points=each.points,
        box=box,
        is_metric=options.longest_m is not None,
        score=each.score,
        track_id=each.track_id,
        unseen_us=_unseen_us(each, state),
    )


def _unseen_us(each: Tracked, state: TrackerState) -> int:
    """Return for how long the models have not seen an object, up to when they last looked."""
    return (each.seen_us if state.looked_us is None else state.looked_us) - each.seen_us


def _is_taken(one: Tracked, others: Sequence[Tracked]) -> bool:
    """Whether an object is one of those that are already there."""
    place = _bounds(one.points)
    return any(_overlap(place, _bounds(other.points)) > SAME for other in others)


def _overlap(one: Floats, other: Floats) -> float:
    return float(overlaps(one, other[np.newaxis])[0])


def _bounds(points: Doubles) -> Floats:
    return bounds(points.astype(np.float32))
