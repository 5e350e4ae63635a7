"""How well boxes are found in sessions whose things are known: Objectron's measures.

A box from one picture has no size; as Objectron does, it is put on the plane that the thing it is
matched with stands on. Beside Objectron's average precision, which leaves out pictures where
nothing was found, there is one that counts every thing of every picture.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

import numpy as np

from firsthand.errors import InputError
from firsthand.geometry import Box, Camera
from firsthand.media.frame import RgbImage
from firsthand.media.image import read_image
from firsthand.objects.annotations import read_annotations
from firsthand.objects.metrics import (
    Distance,
    average_precision,
    distance,
    nearest,
    seen,
)
from firsthand.objects.scaling import Ground, standing_on
from firsthand.objects.session import FILE, Frame, Session, read_session

IOU: Final = 0.5
AZIMUTH_DEG: Final = 15.0
ELEVATION_DEG: Final = 10.0
PIXEL: Final = 0.1

_LEVEL: Final = 0.97


class Boxed(Protocol):
    """What was found: a box before the camera, at any distance, and how sure that is."""

    @property
    def box(self) -> Box:
        """Its box."""
        ...

    @property
    def score(self) -> float:
        """0 to 1."""
        ...


Find = Callable[[RgbImage, Camera], Sequence[Boxed]]


@dataclass(frozen=True, slots=True)
class Judged:
    """One detection: how sure, which of its picture's things it is nearest to, and how near."""

    score: float
    thing: int
    distance: Distance


@dataclass(frozen=True, slots=True)
class JudgedFrame:
    """A picture with `things` that could be found, and what was."""

    session: str
    things: int
    found: tuple[Judged, ...]


@dataclass(frozen=True, slots=True)
class Summary:
    """What `summarised` tells; errors are means over matched detections, NaN without any.

    `ap_iou50`, `azimuth_ap15`, `elevation_ap10` and `pixel_ap10` are Objectron's average
    precisions; `ap_iou50_all` counts each thing once and every picture, the surest detection first;
    `found` is the share of things that a detection was matched with, however far: a detection is
    always matched with the nearest thing.
    """

    frames: int
    things: int
    detections: int
    found: float
    ap_iou50: float
    azimuth_ap15: float
    elevation_ap10: float
    pixel_ap10: float
    ap_iou50_all: float
    overlap: float
    mpe: float
    azimuth_deg: float
    elevation_deg: float


def sessions_in(folder: Path) -> tuple[Path, ...]:
    """Return the folders of sessions in a folder, itself among them, in the order of their names.

    Raises `InputError` where there is none.
    """
    found = tuple(sorted(path.parent for path in folder.rglob(FILE)))
    if not found:
        raise InputError(f"{folder}: there is no session in it, no {FILE}")
    return found


def evaluate(
    find: Find,
    folders: Iterable[Path],
    category: str | None = None,
    tell: Callable[[int, int], None] = lambda _, __: None,
) -> tuple[JudgedFrame, ...]:
    """Return how `find` does on each picture of sessions where something is to be found.

    `category` names the things that are looked for, None all. A thing is to be found where its
    middle is in the picture and before the camera. `tell` hears how many sessions are done.

    Raises `InputError` where no picture shows a thing, and what reading raises.
    """
    judged: list[JudgedFrame] = []
    folders = tuple(folders)
    for done, folder in enumerate(folders):
        session = read_session(folder)
        boxes = [each.box for each in read_annotations(folder) if category in (None, each.category)]
        for frame in session.frames:
            if frame.pose is None:
                continue
            true = _seen_things(boxes, frame)
            if true:
                image = read_image(session.image(frame))
                judged.append(judge(find(image, frame.camera), true, session, frame))
        tell(done + 1, len(folders))
    if not judged:
        what = "thing" if category is None else repr(category)
        raise InputError(f"no picture of {len(folders)} sessions shows a {what} that is annotated")
    return tuple(judged)


def judge(
    found: Sequence[Boxed], true: Sequence[Box], session: Session, frame: Frame
) -> JudgedFrame:
    """Return how what was found in a frame compares with the true boxes, in its camera's axes."""
    size = frame.width, frame.height
    corners = [seen(box, frame.camera, size) for box in true]
    judged = []
    for each in found:
        thing = nearest(seen(each.box, frame.camera, size), corners)
        if thing < 0:
            continue
        ground = _ground(true[thing], session, frame)
        try:
            box = each.box if ground is None else standing_on(each.box, ground)
        except InputError:  # it stands nowhere: its direction still counts
            box = each.box
        judged.append(Judged(each.score, thing, distance(box, true[thing], frame.camera, size)))
    return JudgedFrame(session.folder.name, len(true), tuple(judged))


def summarised(frames: Sequence[JudgedFrame]) -> Summary:
    """Return what pictures have in common; `InputError` without any."""
    if not frames:
        raise InputError("no picture, nothing to summarise")
    things = sum(frame.things for frame in frames)
    matched = [each.distance for frame in frames for each in frame.found]
    hit = sum(len({each.thing for each in frame.found}) for frame in frames)
    return Summary(
        frames=len(frames),
        things=things,
        detections=len(matched),
        found=hit / things,
        ap_iou50=_published(frames, lambda d: d.overlap >= IOU),
        azimuth_ap15=_published(frames, lambda d: d.azimuth_deg <= AZIMUTH_DEG),
        elevation_ap10=_published(frames, lambda d: d.elevation_deg <= ELEVATION_DEG),
        pixel_ap10=_published(frames, lambda d: d.pixel_error <= PIXEL),
        ap_iou50_all=_of_all(frames, things),
        overlap=_mean([each.overlap for each in matched]),
        mpe=_mean([each.pixel_error for each in matched]),
        azimuth_deg=_mean([each.azimuth_deg for each in matched]),
        elevation_deg=_mean([each.elevation_deg for each in matched]),
    )


def _published(frames: Sequence[JudgedFrame], is_hit: Callable[[Distance], bool]) -> float:
    """Return Objectron's average precision: counts by picture, those without a match left out."""
    kept = [frame for frame in frames if frame.found]
    hits = [sum(is_hit(each.distance) for each in frame.found) for frame in kept]
    misses = [len(frame.found) - hit for frame, hit in zip(kept, hits, strict=True)]
    instances = sum(frame.things for frame in kept)
    return average_precision(np.array(hits), np.array(misses), instances) if kept else 0.0


def _of_all(frames: Sequence[JudgedFrame], things: int) -> float:
    """Return the average precision over all detections, the surest first, each thing hit once."""
    rows = [
        (each.score, number, each.thing, each.distance.overlap >= IOU)
        for number, frame in enumerate(frames)
        for each in frame.found
    ]
    taken: set[tuple[int, int]] = set()
    hits = []
    for _, number, thing, good in sorted(rows, key=lambda row: -row[0]):
        hits.append(good and (number, thing) not in taken)
        if good:
            taken.add((number, thing))
    right = np.array(hits, np.float64)
    return average_precision(right, 1 - right, things)


def _seen_things(boxes: Sequence[Box], frame: Frame) -> list[Box]:
    assert frame.pose is not None
    into = np.linalg.inv(frame.pose)
    found = []
    for box in boxes:
        own = Box(into[:3, :3] @ box.middle + into[:3, 3], into[:3, :3] @ box.rotation, box.size)
        pixel = frame.camera.project(own.middle)
        inside = (pixel >= 0).all() and (pixel <= (frame.width, frame.height)).all()
        if inside and own.corners[:, 2].min() > 0:
            found.append(own)
    return found


def _ground(true: Box, session: Session, frame: Frame) -> Ground | None:
    """Return the level plane nearest below a thing; without one, that of the thing's own bottom.

    None where the camera is below it.
    """
    assert frame.pose is not None
    into = np.linalg.inv(frame.pose)
    up = true.rotation[:, 1]
    foot = true.middle - up * true.size[1] / 2
    best, nearest_m = (foot, up), math.inf
    for plane in session.planes:
        if plane.pose[1, 1] < _LEVEL:
            continue
        normal = into[:3, :3] @ plane.pose[:3, 1]
        point = into[:3, :3] @ plane.pose[:3, 3] + into[:3, 3]
        away = abs(float((foot - point) @ normal))
        if away < nearest_m and away < true.size[1] / 4:
            best, nearest_m = (point, normal), away
    point, normal = best
    height_m = float(-point @ normal)
    return Ground(-normal, height_m) if height_m > 0 else None


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values)) if values else math.nan
