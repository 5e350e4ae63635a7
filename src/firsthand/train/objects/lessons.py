"""Pictures to learn from, made once and kept: sessions made up, things set into each frame.

A file of lessons depends on its recipe's words and its number alone, so that making goes on after
an interruption where it stopped, and gives the same wherever it is done.
"""

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from firsthand.core import damage
from firsthand.errors import InputError
from firsthand.media.files import replacing
from firsthand.media.frame import RgbImage
from firsthand.objects.single_stage import Fitting
from firsthand.train.objects.composing import LEAST_SEEN, Composed, composed
from firsthand.train.objects.meshes import Mesh
from firsthand.train.objects.paths import Walk
from firsthand.train.objects.renderer import Trick
from firsthand.train.objects.simulation import CHAIRS, simulate_session

SIDE_PX: Final = 224
PER_FILE: Final = 96

_FRAMES: Final = 8
_COUNTS: Final = (0.05, 0.55, 0.28, 0.12)
"""How often a picture has none of the things, one, two or three."""

Tell = Callable[[int, int], None]
"""Hears how many pictures are made, of how many."""


@dataclass(frozen=True, slots=True, eq=False)
class Lesson:
    """A square picture (n, n, 3) and what is in it.

    `places` (k, 9, 2) are the middles and corners of k boxes in pixels of it; those of `clear` (k,)
    are to be found, of the others nothing is asked. `mask` uint8 (n, n) is 255 where a thing is
    seen.
    """

    image: RgbImage
    places: NDArray[np.float32]
    clear: NDArray[np.bool_]
    mask: NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class Making:
    """What lessons are made of: whole meshes, photographs, walks, and what is left out."""

    meshes: Sequence[Mesh]
    papers: Sequence[RgbImage]
    walk: Walk = CHAIRS
    without: frozenset[Trick] = frozenset()


def make_lessons(
    folder: Path, making: Making, count: int, seed: int, tell: Tell = lambda _, __: None
) -> list[Path]:
    """Make files of lessons in `folder`, at least `count` in all, and return their paths.

    Those that are there stay. Raises `MediaError` where nothing can be written, and what drawing
    raises.
    """
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    files = -(-count // PER_FILE)
    for number in range(files):
        path = folder / f"lessons-{number:04}.npz"
        if not path.exists():
            _write(path, _lessons(making, np.random.default_rng([seed, number])))
        paths.append(path)
        tell((number + 1) * PER_FILE, files * PER_FILE)
    return paths


def read_lessons(paths: Sequence[Path]) -> list[Lesson]:
    """Return the lessons of files; `InputError` for what is none."""
    found: list[Lesson] = []
    for path in paths:
        try:
            with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
                images, masks = stored["images"], stored["masks"]
                places, clear, starts = stored["places"], stored["clear"], stored["starts"]
                count = len(images)
                good = (
                    images.dtype == masks.dtype == np.uint8
                    and images.shape == (count, *masks.shape[1:], 3)
                    and masks.shape[0] == count
                    and places.shape == (len(clear), 9, 2)
                    and starts.shape == (count + 1,)
                    and np.isfinite(places).all()
                )
        except damage.ARRAYS as error:
            raise InputError(f"{path}: holds no lessons ({error}); delete it") from error
        if not good:
            raise InputError(f"{path}: holds lessons of other shapes; delete it")
        for at in range(count):
            mine = slice(int(starts[at]), int(starts[at + 1]))
            found.append(Lesson(images[at], places[mine], clear[mine], masks[at]))
    return found


def lesson_of(picture: Composed, side: int = SIDE_PX) -> Lesson:
    """Return a picture as a square of `side` pixels with the truth about it."""
    height, width = picture.image.shape[:2]
    fitting = Fitting.of(width, height, side)
    seen = [
        fitting.forth(picture.camera.project(np.vstack([box.middle, box.corners])))
        for box in picture.boxes
    ]
    places = np.array(seen, np.float32).reshape(-1, 9, 2)
    owned = np.repeat((picture.owners > 0).astype(np.uint8)[:, :, None] * 255, 3, axis=2)
    clear = np.array([each >= LEAST_SEEN for each in picture.seen], np.bool_)
    return Lesson(fitting.picture(picture.image), places, clear, fitting.picture(owned)[:, :, 0])


def _lessons(making: Making, rng: np.random.Generator) -> list[Lesson]:
    found: list[Lesson] = []
    while len(found) < PER_FILE:
        with tempfile.TemporaryDirectory() as folder:
            tall = float(np.median([mesh.size[1] for mesh in making.meshes]))
            session = simulate_session(
                *(Path(folder), rng, making.papers, "made up"),
                frames=_FRAMES,
                walk=making.walk,
                tall=tall,
            )
            for frame in session.frames:
                count = int(rng.choice(len(_COUNTS), p=_COUNTS))
                picture = composed(
                    *(session, frame, making.meshes, rng), count=count, without=making.without
                )
                found.append(lesson_of(picture))
    return found[:PER_FILE]


def _write(path: Path, lessons: Sequence[Lesson]) -> None:
    starts = np.cumsum([0, *(len(lesson.clear) for lesson in lessons)])
    with replacing(path) as temporary, temporary.open("wb") as file:
        np.savez(
            file,
            images=np.stack([lesson.image for lesson in lessons]),
            masks=np.stack([lesson.mask for lesson in lessons]),
            places=np.concatenate([lesson.places for lesson in lessons]),
            clear=np.concatenate([lesson.clear for lesson in lessons]),
            starts=starts,
        )
