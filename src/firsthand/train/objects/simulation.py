"""AR sessions that nobody recorded: rooms of photographs, walked around with a camera in the hand.

A session is a folder in the format of `firsthand.objects.session`, as a phone's would be: pictures,
poses, planes, light, and points on the planes.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from firsthand.errors import ConfigError, MediaError
from firsthand.geometry import Camera
from firsthand.media.frame import RgbImage
from firsthand.media.image import write_image
from firsthand.objects.session import Frame, Plane, Session, write_session
from firsthand.train.objects.paths import Walk, walked
from firsthand.train.objects.renderer import Sight, shared_renderer
from firsthand.train.objects.rooms import Room, random_room

Doubles = NDArray[np.float64]

CHAIRS: Final = Walk()

_POINTS: Final = 150
_QUALITY: Final = 92


def simulate_session(
    folder: Path,
    rng: np.random.Generator,
    papers: Sequence[RgbImage],
    origin: str,
    *,
    frames: int = 8,
    size_px: tuple[int, int] = (320, 240),
    walk: Walk = CHAIRS,
    seconds: float = 8.0,
    tall: float = 0.9,
) -> Session:
    """Make up a session in `folder`, which is made; return it.

    `papers` are the photographs of its surfaces and `origin` says whose they are. Pictures have
    `size_px`, width and height, or half of the time are as much upright; they are spread evenly
    over `seconds`. The camera looks to where the middle of something `tall` metres high would be,
    and the room is as large as for `walk`'s distances.

    Raises `ConfigError` without photographs or frames, `MediaError` where it cannot be written.
    """
    if not papers or frames < 1 or min(size_px) < 16:
        raise ConfigError(
            f"a session needs a photograph, a frame and sides of 16 pixels; got {len(papers)}, "
            f"{frames}, {size_px}"
        )
    room = random_room(rng, papers, walk.away_m[1] / CHAIRS.away_m[1])
    width, height = size_px if rng.random() < 0.5 else size_px[::-1]
    camera = Camera.looking(width, height, across_deg=float(rng.uniform(52, 70)))
    focus = np.array([0.0, tall * rng.uniform(0.3, 0.6), 0.0])
    poses = walked(rng, focus, frames, walk)
    try:
        (folder / "frames").mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise MediaError(f"{folder}: no session can be put there: {error.strerror}") from error
    made = []
    for number, pose in enumerate(poses):
        name = f"frames/{number:04}.jpg"
        sight = Sight(camera, pose, width, height)
        picture = shared_renderer().picture(room.things, sight, room.light)
        write_image(folder / name, picture, quality=_QUALITY)
        time_s = number * seconds / max(1, frames - 1)
        made.append(Frame(name, time_s, width, height, camera, pose, room.light))
    session = Session(folder, origin, tuple(made), room.planes, _points(rng, room))
    write_session(session)
    return session


def _points(rng: np.random.Generator, room: Room) -> Doubles:
    """Return points of the planes, a centimetre off, as many on each as it is large."""
    areas = np.array([_extent(plane).prod() for plane in room.planes])
    counts = np.ceil(_POINTS * areas / areas.sum()).astype(int)
    found = []
    for plane, count in zip(room.planes, counts, strict=True):
        low = plane.outline.min(0)
        flat = low + rng.random((count, 2)) * _extent(plane)
        own = np.column_stack([flat[:, 0], rng.normal(0, 0.01, count), flat[:, 1]])
        found.append(own @ plane.pose[:3, :3].T + plane.pose[:3, 3])
    return np.concatenate(found)


def _extent(plane: Plane) -> Doubles:
    return np.asarray(plane.outline.max(0) - plane.outline.min(0))
