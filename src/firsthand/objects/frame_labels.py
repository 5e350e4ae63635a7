"""Labels of every frame of a session, from boxes that were drawn once in its world."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from firsthand.geometry import Box
from firsthand.media.files import write_whole
from firsthand.objects.annotations import Annotation
from firsthand.objects.session import Frame, Session
from firsthand.objects.sights import VISIBILITIES, Cameras, Sights, Visibility, sights
from firsthand.objects.types import Doubles

_AT_ONCE: Final = 256


@dataclass(frozen=True, slots=True, eq=False)
class Label:
    """An object as a frame shows it.

    `box` is in the camera's axes, None without a pose. `pixels` (9, 2) are its middle and corners,
    in the order of `geometry.boxes.PLACES`, NaN where they are not before the camera; `depth_m`
    (9,) how far before it they are, below 0 behind it.
    """

    name: str
    category: str
    visibility: Visibility
    box: Box | None
    pixels: Doubles
    depth_m: Doubles


@dataclass(frozen=True, slots=True, eq=False)
class FrameLabels:
    """All objects as one frame shows them."""

    frame: Frame
    labels: tuple[Label, ...]


def labels(session: Session, objects: Sequence[Annotation]) -> Iterator[FrameLabels]:
    """Label every frame with every object, in order: what stands still is where it was drawn.

    Nothing is known of what stands before an object, so it is not said. Raises as `Cameras.of`.
    """
    for start in range(0, len(session.frames), _AT_ONCE):
        frames = session.frames[start : start + _AT_ONCE]
        cameras = Cameras.of(frames)
        found = [sights(cameras, each.box) for each in objects]
        for place, frame in enumerate(frames):
            yield FrameLabels(
                frame,
                tuple(
                    _label(one, seen, frame, place)
                    for one, seen in zip(objects, found, strict=True)
                ),
            )


def label_lines(session: Session, objects: Sequence[Annotation]) -> Iterator[bytes]:
    """Yield `labels` as lines of JSON, one for each frame.

    A line has `image`, `time_s`, `width`, `height`, `focal` and `middle` of the frame, and
    `objects`; each of these `name`, `category`, `visibility`, `box` with its `middle`, `rotation`
    and `size` in the camera's axes, `pixels` and `depth_m`. What is not known is null.
    """
    for each in labels(session, objects):
        frame, camera = each.frame, each.frame.camera
        line = {
            "image": frame.image,
            "time_s": frame.time_s,
            "width": frame.width,
            "height": frame.height,
            "focal": [camera.focal_x, camera.focal_y],
            "middle": [camera.middle_x, camera.middle_y],
            "objects": [_plain(label) for label in each.labels],
        }
        yield json.dumps(line, allow_nan=False, separators=(",", ":")).encode("ascii") + b"\n"


def write_labels(path: Path, session: Session, objects: Sequence[Annotation]) -> None:
    """Write `label_lines` to a file, whole or not at all; `MediaError` where that cannot be."""
    write_whole(path, label_lines(session, objects))


def _label(one: Annotation, seen: Sights, frame: Frame, place: int) -> Label:
    points = seen.points[place]
    turned = None if frame.pose is None else frame.pose[:3, :3].T @ one.box.rotation
    return Label(
        one.name,
        one.category,
        VISIBILITIES[seen.visibility[place]],
        None if turned is None else Box(points[0], turned, one.box.size),
        seen.pixels[place],
        points[:, 2],
    )


def _plain(label: Label) -> dict[str, Any]:
    box = label.box
    return {
        "name": label.name,
        "category": label.category,
        "visibility": label.visibility,
        "box": None
        if box is None
        else {
            "middle": box.middle.tolist(),
            "rotation": box.rotation.tolist(),
            "size": box.size.tolist(),
        },
        "pixels": [None if np.isnan(each).any() else each.tolist() for each in label.pixels],
        "depth_m": None if box is None else label.depth_m.tolist(),
    }
