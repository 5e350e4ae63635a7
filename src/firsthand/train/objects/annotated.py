"""Made-up sessions with things that stand in them from first frame to last, and their boxes.

They are folders like any session's, with `annotations.json` beside `session.json`: what
`objects.evaluation` measures on, and what a person can look at frame by frame.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np

from firsthand.errors import InputError
from firsthand.media.image import read_image, write_image
from firsthand.objects.annotations import Annotation, write_annotations
from firsthand.objects.session import Session, write_session
from firsthand.train.objects.composing import LEAST_SEEN
from firsthand.train.objects.lessons import Making
from firsthand.train.objects.placement import placed
from firsthand.train.objects.renderer import Sight, Thing, shared_renderer
from firsthand.train.objects.simulation import simulate_session

_FRAMES: Final = 8
_TRIES: Final = 20
_LIKE_ONE: Final = 0.6


def make_annotated(
    folder: Path, making: Making, count: int, seed: int, category: str
) -> tuple[Path, ...]:
    """Make `count` sessions in `folder`, with one or two things each, and return their folders.

    Those that are there stay. Raises as `simulate_session`, and `InputError` where no thing of
    `making` finds a place in any of twenty rooms.
    """
    folders = []
    for number in range(count):
        own = folder / f"{number:04}"
        if not (own / "annotations.json").exists():
            _make(own, making, np.random.default_rng([seed, number]), category)
        folders.append(own)
    return tuple(folders)


def _make(folder: Path, making: Making, rng: np.random.Generator, category: str) -> None:
    tall = float(np.median([mesh.size[1] for mesh in making.meshes]))
    for _ in range(_TRIES):
        session = simulate_session(
            *(folder, rng, making.papers, "made up"),
            frames=_FRAMES,
            walk=making.walk,
            tall=tall,
        )
        middle = session.frames[len(session.frames) // 2]
        assert middle.pose is not None
        sight = Sight(middle.camera, middle.pose, middle.width, middle.height)
        wanted = 1 if rng.random() < _LIKE_ONE else 2
        things = placed(rng, making.meshes, session.planes, sight, wanted)
        if things and set_into(session, things, category):
            return
    raise InputError(f"{folder}: {_TRIES} rooms were made up, and nothing found a place in them")


def set_into(session: Session, things: Sequence[Thing], category: str) -> bool:
    """Draw things into all pictures of a session, and annotate them.

    Nothing is done, and false returned, where one of them is hidden in most pictures.
    """
    pictures, seen = [], []
    for frame in session.frames:
        if frame.pose is None:
            continue
        sight = Sight(frame.camera, frame.pose, frame.width, frame.height)
        drawn = shared_renderer().draw(things, sight, frame.light, session.planes)
        pictures.append((frame, drawn.over(read_image(session.image(frame)))))
        seen.append(drawn.seen)
    if not seen or np.median(seen, axis=0).min() < LEAST_SEEN:
        return False
    for frame, picture in pictures:
        write_image(session.image(frame), picture)
    write_session(replace(session, origin=f"{session.origin}, with things that were drawn"))
    write_annotations(
        session.folder,
        [
            Annotation(f"{category}-{number}", category, thing.box)
            for number, thing in enumerate(things, 1)
        ],
    )
    return True
