"""An AR session: pictures of a scene, from where each was taken, and what was found in it.

A session is a folder. `session.json` has all but the pictures:

    {
      "format": "firsthand-session", "version": 1,
      "origin": "where it is from, and its licence",
      "frames": [{
        "image": "frames/0000.jpg", "time_s": 0.0, "width": 640, "height": 480,
        "focal": [570.0, 570.0], "middle": [320.0, 240.0],
        "pose": [[1, 0, 0, 0], [0, -1, 0, 1.4], [0, 0, -1, 0], [0, 0, 0, 1]],
        "light": {"ambient": [0.6, 0.6, 0.6], "sun": [0.5, 0.5, 0.4], "towards": [0.3, 0.9, 0.2]}
      }],
      "planes": [{
        "name": "floor", "pose": [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]],
        "outline": [[-2, -2], [2, -2], [2, 2], [-2, 2]]
      }],
      "points": [[0.1, 0.0, -0.4]]
    }

Lengths are in metres; the world's y points up. A frame's `pose` maps its camera's points (x right,
y down, z away) into the world, and is null where tracking was lost. `light` may be null: `ambient`
is what falls on everything, `sun` what comes straight from where `towards` points, in red, green
and blue; a white surface under both is as bright as their sum, 1 being white. A plane's `pose` maps
its own points into the world: its y is the normal, and `outline` has x and z of the corners of what
was seen of it, in order. `points` is the cloud of features that were tracked.
"""

import json
import math
import os
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path, PurePosixPath
from typing import Any, Final

import numpy as np

from firsthand.errors import ConfigError, InputError
from firsthand.geometry import Camera
from firsthand.measure.documents import from_plain, parsed, to_plain
from firsthand.media.files import read_bytes, write_whole
from firsthand.objects.types import Doubles

FORMAT: Final = "firsthand-session"
VERSION: Final = 1
FILE: Final = "session.json"

_MOST_FRAMES: Final = 100_000
_MOST_SIDE: Final = 20_000
_TURNED: Final = 1e-3


@dataclass(frozen=True, slots=True)
class Light:
    """What falls on a scene, in red, green and blue; see the module."""

    ambient: tuple[float, ...]
    sun: tuple[float, ...]
    towards: tuple[float, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """A picture: its file, in the session's folder; when, from where and in what light.

    `pose` (4, 4) maps the camera's points into the world; None where tracking was lost.
    """

    image: str
    time_s: float
    width: int
    height: int
    camera: Camera
    pose: Doubles | None = None
    light: Light | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Plane:
    """A flat piece of the world: `pose` (4, 4) maps its points into it, y is its normal.

    `outline` (n, 2) has x and z of its corners, in order, on the plane itself.
    """

    name: str
    pose: Doubles
    outline: Doubles


@dataclass(frozen=True, slots=True, eq=False)
class Session:
    """Frames in the order of their times, planes, and `points` (n, 3) of the world."""

    folder: Path
    origin: str
    frames: tuple[Frame, ...]
    planes: tuple[Plane, ...]
    points: Doubles

    def image(self, frame: Frame) -> Path:
        """Return the path of a frame's picture."""
        return self.folder / frame.image


def read_session(folder: Path) -> Session:
    """Read a session's folder; pictures are not opened.

    Raises `MediaError` where `session.json` cannot be read, `InputError` naming the place where it
    is not as the format has it: another format or version, a missing or unknown field, a picture
    outside the folder, times that go back, a camera or a pose that cannot be.
    """
    path = folder / FILE
    document = parsed(read_bytes(path), str(path))
    written = from_plain(_Written, document, str(path))
    if (written.format, written.version) != (FORMAT, VERSION):
        raise InputError(
            f"{path}: is {written.format!r:.80}, version {written.version!r:.80}; this reads "
            f"{FORMAT!r}, version {VERSION}"
        )
    if len(written.frames) > _MOST_FRAMES:
        raise InputError(f"{path}: {len(written.frames)} frames, above {_MOST_FRAMES}")
    frames = tuple(_frame(each, f"{path}.frames[{k}]") for k, each in enumerate(written.frames))
    for before, after in pairwise(frames):
        if after.time_s < before.time_s:
            raise InputError(
                f"{path}: {after.image!r} is of {after.time_s} s, after {before.time_s} s; "
                "frames are in the order of their times"
            )
    planes = tuple(_plane(each, f"{path}.planes[{k}]") for k, each in enumerate(written.planes))
    points = _numbers(written.points, 3, f"{path}.points")
    return Session(folder, written.origin, frames, planes, points)


def write_session(session: Session) -> Path:
    """Write `session.json` into the session's folder, whole or not at all; return its path.

    Raises `MediaError` where it cannot be written.
    """
    document = {
        "format": FORMAT,
        "version": VERSION,
        "origin": session.origin,
        "frames": [_plain_frame(frame) for frame in session.frames],
        "planes": [
            {
                "name": plane.name,
                "pose": plane.pose.tolist(),
                "outline": plane.outline.tolist(),
            }
            for plane in session.planes
        ],
        "points": session.points.tolist(),
    }
    path = session.folder / FILE
    text = json.dumps(document, allow_nan=False, indent=1)
    write_whole(path, [text.encode("ascii")])
    return path


def pose_of(rows: Any, where: str) -> Doubles:
    """Return a pose (4, 4), checked; its turn is made exactly orthonormal.

    `InputError` for other shapes, what is no finite number, a last row other than 0 0 0 1, and for
    what does not turn: columns that are not orthonormal, or mirror.
    """
    pose = _numbers(rows, 4, where)
    if pose.shape != (4, 4):
        raise InputError(f"{where}: a pose has 4 rows of 4, not {pose.shape}")
    if np.abs(pose[3] - (0, 0, 0, 1)).max() > _TURNED:
        raise InputError(f"{where}: a pose's last row is 0 0 0 1, not {pose[3].tolist()}")
    turn = pose[:3, :3]
    apart = float(np.abs(turn.T @ turn - np.eye(3)).max())
    if apart > _TURNED or np.linalg.det(turn) < 0:
        raise InputError(
            f"{where}: a pose's turn is orthonormal and does not mirror; this one is {apart:.3g} "
            f"off, with a determinant of {np.linalg.det(turn):.3g}"
        )
    left, _, right = np.linalg.svd(turn)
    pose[:3, :3] = left @ right
    pose[3] = (0, 0, 0, 1)
    return pose


@dataclass(frozen=True, slots=True)
class _WrittenFrame:
    image: str
    time_s: float
    width: int
    height: int
    focal: tuple[float, ...]
    middle: tuple[float, ...]
    pose: Any
    light: Light | None


@dataclass(frozen=True, slots=True)
class _WrittenPlane:
    name: str
    pose: Any
    outline: Any


@dataclass(frozen=True, slots=True)
class _Written:
    format: str
    version: int
    origin: str
    frames: tuple[_WrittenFrame, ...]
    planes: tuple[_WrittenPlane, ...]
    points: Any


def _frame(written: _WrittenFrame, where: str) -> Frame:
    if not _is_within(written.image):
        raise InputError(f"{where}: {written.image!r} is no file in the session's folder")
    if not math.isfinite(written.time_s):
        raise InputError(f"{where}: a time is a finite number of seconds, not {written.time_s}")
    if not (0 < written.width <= _MOST_SIDE and 0 < written.height <= _MOST_SIDE):
        raise InputError(
            f"{where}: a picture's sides are 1 to {_MOST_SIDE} pixels, not "
            f"{written.width} x {written.height}"
        )
    if len(written.focal) != 2 or len(written.middle) != 2:
        raise InputError(f"{where}: focal and middle are two numbers each")
    try:
        camera = Camera(*written.focal, *written.middle)
    except ConfigError as error:
        raise InputError(f"{where}: {error}") from error
    if written.light is not None:
        _check_light(written.light, f"{where}.light")
    pose = None if written.pose is None else pose_of(written.pose, f"{where}.pose")
    return Frame(
        written.image,
        written.time_s,
        written.width,
        written.height,
        camera,
        pose,
        written.light,
    )


def _is_within(image: str) -> bool:
    name = PurePosixPath(image)
    try:
        os.fsencode(image)
    except UnicodeEncodeError:  # half a character, which no file system takes
        return False
    return bool(image) and not name.is_absolute() and ".." not in name.parts and "\0" not in image


def _check_light(light: Light, where: str) -> None:
    for name in ("ambient", "sun", "towards"):
        values = getattr(light, name)
        if len(values) != 3 or not all(map(math.isfinite, values)):
            raise InputError(f"{where}.{name}: is three finite numbers, not {values}")
    if min(*light.ambient, *light.sun) < 0:
        raise InputError(f"{where}: there is no light below 0")
    if not any(light.towards):
        raise InputError(f"{where}.towards: 0 0 0 points nowhere")


def _plane(written: _WrittenPlane, where: str) -> Plane:
    outline = _numbers(written.outline, 2, f"{where}.outline")
    if len(outline) < 3:
        raise InputError(f"{where}: an outline has 3 corners or more, not {len(outline)}")
    return Plane(written.name, pose_of(written.pose, f"{where}.pose"), outline)


def _numbers(rows: Any, width: int, where: str) -> Doubles:
    """Return rows of `width` finite numbers: (n, width)."""
    is_table = isinstance(rows, list) and all(
        isinstance(row, list)
        and len(row) == width
        and all(type(each) in (int, float) for each in row)
        for row in rows
    )
    if not is_table:
        raise InputError(f"{where}: is no list of rows of {width} numbers: {rows!r:.80}")
    try:
        found = np.array(rows, np.float64).reshape(-1, width)
    except OverflowError as error:
        raise InputError(f"{where}: {error}") from error
    if not np.isfinite(found).all():
        raise InputError(f"{where}: holds NaN or infinity")
    return found


def _plain_frame(frame: Frame) -> dict[str, Any]:
    light = frame.light
    camera = frame.camera
    return {
        "image": frame.image,
        "time_s": frame.time_s,
        "width": frame.width,
        "height": frame.height,
        "focal": [camera.focal_x, camera.focal_y],
        "middle": [camera.middle_x, camera.middle_y],
        "pose": None if frame.pose is None else frame.pose.tolist(),
        "light": None if light is None else to_plain(light),
    }
