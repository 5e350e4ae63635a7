"""Recordings of the Objectron data set as sessions.

A recording is a video, a `geometry.pbdata` of what ARKit knew at each of its frames, and a file of
annotations (Ahmadyan et al. 2021, arXiv:2012.09988; `objectron_messages`). ARKit's camera has x
along the sensor's longer side, y up and z towards whoever holds it; a session's x is right, y down,
z away. A phone held upright has a video that is turned against its sensor: what is right in it is
up on the sensor, and what is down is right. The world is y-up in both.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from firsthand.errors import ConfigError, InputError, MediaError
from firsthand.geometry import Camera
from firsthand.geometry.boxes import box
from firsthand.media.files import read_bytes
from firsthand.media.image import write_image
from firsthand.media.video_reader import VideoReader
from firsthand.objects.annotations import (
    Annotation,
    annotations_of,
    plain,
    write_annotations,
)
from firsthand.objects.objectron_messages import read_annotation, read_geometry
from firsthand.objects.session import Frame, Light, Plane, Session, pose_of, write_session
from firsthand.objects.types import Doubles

_LOST: Final = 1
"""The state of tracking in which a camera's place is not known."""

_NEUTRAL: Final = 1000.0
"""Lumens of ambient light at which ARKit has a scene well lit."""

_UPRIGHT: Final = np.array([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, -1.0]])
_ALONG: Final = np.diag([1.0, -1.0, -1.0])
_MOST_POINTS: Final = 20_000
_RATIO: Final = 0.02
_AROUND: Final = ((-1, -1), (1, -1), (1, 1), (-1, 1))


@dataclass(frozen=True, slots=True)
class Recording:
    """The files of a recording; `annotation` may be missing, and `geometry` with it present."""

    video: Path
    geometry: Path | None
    annotation: Path | None = None


def import_recording(recording: Recording, folder: Path, *, every: int = 1) -> Session:
    """Make a session of a recording in `folder`, with every so many frames, and return it.

    Its pictures are written, `session.json`, and `annotations.json` where there are annotations.
    Where `geometry` is missing, cameras are those of the annotations, and there are neither planes,
    light nor points.

    Raises `ConfigError` for an `every` below 1 or without either file, `InputError` naming the file
    and the place of what cannot be, and `MediaError` where something cannot be read or written.
    """
    if every < 1:
        raise ConfigError(f"every is 1 or more, not {every}")
    if recording.geometry is None and recording.annotation is None:
        raise ConfigError(f"{recording.video}: without geometry and annotation no camera is known")
    geometry, sequence = [], None
    if recording.geometry is not None:
        where = str(recording.geometry)
        geometry = read_geometry(read_bytes(recording.geometry), where)
    if recording.annotation is not None:
        sequence = read_annotation(read_bytes(recording.annotation), str(recording.annotation))
    cameras = geometry
    where = str(recording.geometry)
    if recording.geometry is None and sequence is not None:
        cameras, where = list(sequence.frame_annotations), str(recording.annotation)
    try:
        (folder / "frames").mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise MediaError(f"{folder}: no session can be put there: {error.strerror}") from error
    frames = _frames(recording.video, cameras, where, folder, every)
    annotations = [] if sequence is None else _annotations(sequence, str(recording.annotation))
    origin = f"Objectron data set (C-UDA 1.0), {recording.video.parent.name}"
    session = Session(folder, origin, frames, _planes(geometry, where), _points(geometry, where))
    write_session(session)
    if sequence is not None:
        write_annotations(folder, annotations)
    return session


def camera_of(message: Any, size_px: tuple[int, int], where: str) -> tuple[Camera, Doubles | None]:
    """Return the camera of a picture of `size_px`, and its pose, None where tracking was lost.

    `message` is an `ARCamera`. Raises `InputError` for a picture of another shape than the sensor
    has, upright or not, and for intrinsics or a transform that cannot be.
    """
    wide, tall = message.image_resolution_width, message.image_resolution_height
    if not (0 < wide <= 20_000 and 0 < tall <= 20_000):
        raise InputError(f"{where}: a sensor of {wide} x {tall} pixels cannot be")
    inner = _table(message.intrinsics, (3, 3), f"{where}: intrinsics")
    width, height = size_px
    is_turned = (width < height) != (wide < tall)
    across, down = (tall, wide) if is_turned else (wide, tall)
    scale_x, scale_y = width / across, height / down
    if abs(scale_x / scale_y - 1) > _RATIO:
        raise InputError(
            f"{where}: a video of {width} x {height} is of no sensor of {wide} x {tall} pixels"
        )
    focal_x, focal_y, middle_x, middle_y = inner[0, 0], inner[1, 1], inner[0, 2], inner[1, 2]
    if is_turned:
        focal_x, focal_y, middle_x, middle_y = focal_y, focal_x, tall - middle_y, middle_x
    try:
        camera = Camera(
            float(focal_x * scale_x),
            float(focal_y * scale_y),
            float(middle_x * scale_x),
            float(middle_y * scale_y),
        )
    except ConfigError as error:
        raise InputError(f"{where}: {error}") from error
    lost = message.HasField("tracking_state") and message.tracking_state == _LOST
    if lost or not len(message.transform):
        return camera, None
    pose = _pose(message.transform, f"{where}: transform")
    pose[:3, :3] = pose[:3, :3] @ (_UPRIGHT if is_turned else _ALONG)
    return camera, pose


def light_of(message: Any) -> Light | None:
    """Return an `ARLightEstimate` as a session's light; None where it holds nothing sane.

    Ambient light of 1000 lumens is as bright as white paper at 1; its colour is that of a black
    body of the temperature told, relative to one of 6500 K. A direction, where there is one, is
    taken to point to the light, as strong as its lumens say.
    """
    lumens = message.ambient_intensity if message.HasField("ambient_intensity") else _NEUTRAL
    kelvin = message.ambient_color_temperature or 6500.0
    if not (math.isfinite(lumens) and 0 <= lumens < 1e6 and math.isfinite(kelvin)):
        return None
    ambient = lumens / _NEUTRAL * glowing(kelvin) / glowing(6500.0)
    way = message.primary_light_direction
    towards = (way.x, way.y, way.z)
    sun = message.primary_light_intensity / _NEUTRAL
    if not (all(map(math.isfinite, (*towards, sun))) and any(towards) and 0 <= sun < 1e3):
        towards, sun = (0.0, 1.0, 0.0), 0.0
    return Light(tuple(ambient.tolist()), (sun, sun, sun), towards)


def glowing(kelvin: float) -> Doubles:
    """Return the linear sRGB (3,) of a black body, of mean 1, from 2000 to 12000 K.

    By the cubic approximation of the Planckian locus of Kim et al. 2002 (US patent 7024034).
    """
    t = 1e3 / min(max(kelvin, 2000.0), 12_000.0)
    if t > 0.25:  # below 4000 K
        x = -0.2661239 * t**3 - 0.2343589 * t**2 + 0.8776956 * t + 0.179910
    else:
        x = -3.0258469 * t**3 + 2.1070379 * t**2 + 0.2226347 * t + 0.240390
    if t > 1e3 / 2222:
        y = -1.1063814 * x**3 - 1.34811020 * x**2 + 2.18555832 * x - 0.20219683
    elif t > 0.25:
        y = -0.9549476 * x**3 - 1.37418593 * x**2 + 2.09137015 * x - 0.16748867
    else:
        y = 3.0817580 * x**3 - 5.87338670 * x**2 + 3.75112997 * x - 0.37001483
    xyz = np.array([x / y, 1.0, (1 - x - y) / y])
    to_rgb = np.array(
        [[3.2406, -1.5372, -0.4986], [-0.9689, 1.8758, 0.0415], [0.0557, -0.2040, 1.0570]]
    )
    rgb = np.maximum(to_rgb @ xyz, 0.0)
    return np.asarray(rgb / rgb.mean())


def _frames(
    video: Path, messages: Sequence[Any], where: str, folder: Path, every: int
) -> tuple[Frame, ...]:
    """Write every so many pictures of a video, and return them with their cameras."""
    found: list[Frame] = []
    with VideoReader(video) as reader:
        for number, (picture, message) in enumerate(zip(reader, messages, strict=False)):
            if number % every:
                continue
            height, width = picture.image.shape[:2]
            here = f"{where}, frame {number}"
            camera, pose = camera_of(message.camera, (width, height), here)
            time_s = message.timestamp - messages[0].timestamp
            if not math.isfinite(time_s) or (found and time_s < found[-1].time_s):
                raise InputError(f"{here}: {message.timestamp} s is no time after the one before")
            light = None
            if "light_estimate" in message.DESCRIPTOR.fields_by_name:
                given = message.HasField("light_estimate")
                light = light_of(message.light_estimate) if given else None
            name = f"frames/{number:05}.jpg"
            write_image(folder / name, picture.image)
            found.append(Frame(name, time_s, width, height, camera, pose, light))
    if not found:
        raise InputError(f"{where}: knows of no frame of {video}")
    return tuple(found)


def _planes(messages: Sequence[Any], where: str) -> tuple[Plane, ...]:
    """Return each plane as it was last seen."""
    last = {each.identifier: each for message in messages for each in message.plane_anchor}
    planes = []
    for number, anchor in enumerate(last.values()):
        here = f"{where}, plane {anchor.identifier!r:.60}"
        corners = [(each.x, each.z) for each in anchor.geometry.boundary_vertices]
        if len(corners) < 3:
            x, z = anchor.center.x, anchor.center.z
            half = anchor.extent.x / 2, anchor.extent.z / 2
            corners = [(x + i * half[0], z + j * half[1]) for i, j in _AROUND]
        outline = np.array(corners, np.float64)
        if not np.isfinite(outline).all():
            raise InputError(f"{here}: its outline holds NaN or infinity")
        pose = _pose(anchor.transform, f"{here}: transform")
        planes.append(Plane(f"plane-{number}", pose, outline))
    return tuple(planes)


def _points(messages: Sequence[Any], where: str) -> Doubles:
    """Return each point that was tracked where it was last, at most 20,000 of them."""
    last: dict[int, tuple[float, float, float]] = {}
    for number, message in enumerate(messages):
        cloud = message.raw_feature_points
        names = cloud.identifier
        if len(names) != len(cloud.point):
            names = range(number << 32, (number << 32) + len(cloud.point))
        last.update({n: (p.x, p.y, p.z) for n, p in zip(names, cloud.point, strict=True)})
    found = np.array(list(last.values())[-_MOST_POINTS:], np.float64).reshape(-1, 3)
    if not np.isfinite(found).all():
        raise InputError(f"{where}: a tracked point is NaN or infinite")
    return found


def _annotations(sequence: Any, where: str) -> list[Annotation]:
    found = []
    for number, thing in enumerate(sequence.objects):
        here = f"{where}, object {number}"
        rotation = _table(thing.rotation, (3, 3), f"{here}: rotation")
        middle = _table(thing.translation, (3,), f"{here}: translation")
        size = _table(thing.scale, (3,), f"{here}: scale")
        try:
            own = box(middle, rotation, size)
        except InputError as error:
            raise InputError(f"{here}: {error}") from error
        category = thing.category if thing.category.strip() else "object"
        found.append(Annotation(f"{category}-{number + 1}", category, own))
    return list(annotations_of(plain(found), where))  # what could not be read back is told now


def _pose(values: Sequence[float], where: str) -> Doubles:
    return pose_of(_table(values, (4, 4), where).tolist(), where)


def _table(values: Sequence[float], shape: tuple[int, ...], where: str) -> Doubles:
    if len(values) != math.prod(shape):
        raise InputError(f"{where}: has {len(values)} numbers, not {math.prod(shape)}")
    found = np.array(values, np.float64).reshape(shape)
    if not np.isfinite(found).all():
        raise InputError(f"{where}: holds NaN or infinity")
    return found
