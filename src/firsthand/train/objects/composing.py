"""Pictures of sessions with virtual things in them, and the truth about those."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from firsthand.errors import InputError
from firsthand.geometry import Box, Camera
from firsthand.media.frame import RgbImage
from firsthand.media.image import read_image
from firsthand.objects.session import Frame, Session
from firsthand.train.objects.meshes import Mesh
from firsthand.train.objects.placement import placed
from firsthand.train.objects.renderer import Sight, Trick, shared_renderer

LEAST_SEEN: Final = 0.25
"""Of a thing's silhouette: one that is hidden more than that is not asked for."""


@dataclass(frozen=True, slots=True, eq=False)
class Composed:
    """A picture, its camera, and what is in it.

    `boxes` are in the camera's frame, `names` those of the meshes, `seen` the share of each
    that nothing hides. `owners` uint8 (h, w): which of them, from 1, a pixel shows.
    """

    image: RgbImage
    camera: Camera
    boxes: tuple[Box, ...]
    names: tuple[str, ...]
    seen: tuple[float, ...]
    owners: NDArray[np.uint8]


def composed(
    session: Session,
    frame: Frame,
    meshes: Sequence[Mesh],
    rng: np.random.Generator,
    *,
    count: int = 1,
    without: frozenset[Trick] = frozenset(),
) -> Composed:
    """Put up to `count` things of `meshes` into a frame of a session, as its scene demands.

    Raises `InputError` for a frame without a pose or whose picture has another size, `MediaError`
    where that cannot be read.
    """
    if frame.pose is None:
        raise InputError(f"{session.image(frame)}: where it was taken from is not known")
    picture = read_image(session.image(frame))
    if picture.shape[:2] != (frame.height, frame.width):
        raise InputError(
            f"{session.image(frame)}: is {picture.shape[1]} x {picture.shape[0]} pixels; the "
            f"session says {frame.width} x {frame.height}"
        )
    sight = Sight(frame.camera, frame.pose, frame.width, frame.height)
    things = placed(rng, meshes, session.planes, sight, count, without)
    planes = () if "planes" in without else session.planes
    drawn = shared_renderer().draw(things, sight, frame.light, planes, without)
    into = np.asarray(np.linalg.inv(frame.pose), np.float64)
    return Composed(
        drawn.over(picture),
        frame.camera,
        tuple(seen_from(thing.box, into) for thing in things),
        tuple(thing.mesh.name for thing in things),
        drawn.seen,
        drawn.owners,
    )


def seen_from(box: Box, into: NDArray[np.float64]) -> Box:
    """Return a box of one frame in another, by the pose (4, 4) that leads into it."""
    middle = into[:3, :3] @ box.middle + into[:3, 3]
    return Box(middle, into[:3, :3] @ box.rotation, box.size)
