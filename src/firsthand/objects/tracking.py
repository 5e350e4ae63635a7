"""Following objects from frame to frame, and detecting new ones no more often than needed.

As in "Real-Time 3D Object Detection on Mobile Devices with MediaPipe" (Google AI Blog, 2020):
the detector runs once in a while; between its runs objects are followed by optical flow, in whose
place the second stage looks, and what it sees is consolidated with what flow says. An object that
it does not see, because something is in front of it, goes on with the picture around it for a
while, and is told apart from one that is seen.
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
from firsthand.objects.association import SAME_OBJECT, associated
from firsthand.objects.corners import Corners, find_corners, square_around
from firsthand.objects.detector import SAME, Rectangles, detect_rectangles
from firsthand.objects.models import ObjectModels
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

    `gray` is the last picture. `lost` tells that an object got lost, or out of sight, in it.
    """

    tracked: tuple[Tracked, ...] = ()
    lost: bool = False
    next_id: int = 0
    timestamp_us: int | None = None
    detected_us: int | None = None
    width: int = 0
    height: int = 0
    gray: flow.Gray | None = None


def step(
    state: TrackerState,
    image: RgbImage,
    timestamp_us: int,
    models: ObjectModels,
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
    is_full = len(state.tracked) >= options.max_objects
    if is_full and all(each.seen_us == state.timestamp_us for each in state.tracked):
        return False
    return timestamp_us - state.detected_us >= options.redetect_interval_us


def search(image: RgbImage, models: ObjectModels, options: TrackerOptions) -> Rectangles:
    """Run the detector on the whole image."""
    return detect_rectangles(
        *(models.detector, image, models.category.labels),
        *(options.detector_threshold, options.max_objects),
    )


def finish(
    state: TrackerState,
    found: Rectangles | None,
    image: RgbImage,
    timestamp_us: int,
    models: ObjectModels,
    options: TrackerOptions,
) -> tuple[TrackerState, ObjectsResult]:
    """Look for each object where it is tracked or was found; return the next state and them all.

    `found` is what the detector found, None where it did not run.
    """
    places, new = _places(state, found)
    kept: list[Tracked] = []
    for tracked, place in zip(state.tracked, places, strict=True):
        looked = _look(image, place, models, options)
        after = _consolidated(tracked, looked, place, state, timestamp_us, options)
        if after is not None and not _is_taken(after, kept):
            kept.append(after)
    next_id = state.next_id
    for place in new:
        if len(kept) >= options.max_objects:
            break
        looked = _look(image, place, models, options)
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
        tuple(_shown(each, box, timestamp_us, models, options) for each, box in shown),
        camera,
        detector_ran=found is not None,
    )
    went = {e.track_id for e in state.tracked if e.seen_us == state.timestamp_us}
    after_state = replace(
        state,
        tracked=tuple(each for each, _ in shown),
        lost=not went <= {each.track_id for each, _ in shown if each.seen_us == timestamp_us},
        next_id=next_id,
        timestamp_us=timestamp_us,
        detected_us=state.detected_us if found is None else timestamp_us,
    )
    return after_state, result


def _places(state: TrackerState, found: Rectangles | None) -> tuple[list[Floats], list[Floats]]:
    """Return where to look for each tracked object, and the rectangles that are of none of them."""
    places = [_bounds(each.points) for each in state.tracked]
    new: list[Floats] = []
    if found is not None:
        for box, number in zip(found.boxes, associated(found.boxes, places), strict=True):
            if number is None:
                new.append(box)
            elif state.tracked[number].seen_us != state.timestamp_us:
                places[number] = box  # it comes back into sight, maybe not quite where it was
    return places, new


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
        if each.seen_us == state.timestamp_us:
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
    image: RgbImage, place: Floats, models: ObjectModels, options: TrackerOptions
) -> Corners | None:
    square = square_around(place)
    if square is None:
        return None
    found = find_corners(models.corners, image, square)
    # Written so that NaN is no object.
    is_there = found.presence > options.presence_threshold and np.isfinite(found.points).all()
    return found if is_there else None


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
    is_hidden = timestamp_us - tracked.seen_us <= options.hidden_us
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
    each: Tracked, box: Box, timestamp_us: int, models: ObjectModels, options: TrackerOptions
) -> FoundObject:
    return FoundObject(
        category=models.category.name,
        points=each.points,
        box=box,
        is_metric=options.longest_m is not None,
        score=each.score,
        track_id=each.track_id,
        unseen_us=timestamp_us - each.seen_us,
    )


def _is_taken(one: Tracked, others: Sequence[Tracked]) -> bool:
    """Whether an object is one of those that are already there."""
    place = _bounds(one.points)
    return any(_overlap(place, _bounds(other.points)) > SAME for other in others)


def _overlap(one: Floats, other: Floats) -> float:
    return float(overlaps(one, other[np.newaxis])[0])


def _bounds(points: Doubles) -> Floats:
    return bounds(points.astype(np.float32))
