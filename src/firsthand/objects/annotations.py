"""Boxes drawn around a session's objects, once each, in its world.

They are kept in the session's folder, in `annotations.json`:

    {
      "format": "firsthand-annotations", "version": 1,
      "objects": [{
        "name": "chair-1", "category": "chair", "middle": [0.4, 0.45, -1.2],
        "rotation": [[1, 0, 0], [0, 1, 0], [0, 0, 1]], "size": [0.5, 0.9, 0.5]
      }]
    }

Lengths are in metres; a rotation's columns are the box's own axes in the session's world. Things
that stand still need no more than that: what each frame shows of them follows from where its camera
was, see `frame_labels`.
"""

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from firsthand.errors import InputError, MediaError
from firsthand.geometry import Box
from firsthand.geometry.boxes import box
from firsthand.measure.documents import from_plain, parsed
from firsthand.media.files import read_bytes, write_whole

FORMAT: Final = "firsthand-annotations"
VERSION: Final = 1
FILE: Final = "annotations.json"

MOST_OBJECTS: Final = 500
LONGEST_NAME: Final = 60
FARTHEST_M: Final = 10_000.0
LEAST_EDGE_M: Final = 0.001


@dataclass(frozen=True, slots=True, eq=False)
class Annotation:
    """An object of a session: `name` is its own, `category` what it is, `box` is in the world."""

    name: str
    category: str
    box: Box


def read_annotations(folder: Path) -> tuple[Annotation, ...]:
    """Return what is annotated in a session's folder; nothing where there is no file of it.

    Raises `MediaError` where the file cannot be read, and as `annotations_of`.
    """
    path = folder / FILE
    return annotations_from(read_bytes(path), str(path)) if os.path.lexists(path) else ()


def annotations_from(data: bytes, where: str) -> tuple[Annotation, ...]:
    """Return what the bytes of an `annotations.json` say; raises as `annotations_of`."""
    written = from_plain(_Written, parsed(data, where), where)
    if (written.format, written.version) != (FORMAT, VERSION):
        raise InputError(
            f"{where}: is {written.format!r:.80}, version {written.version!r:.80}; this reads "
            f"{FORMAT!r}, version {VERSION}"
        )
    return annotations_of(written.objects, f"{where}.objects")


def annotations_of(objects: Any, where: str) -> tuple[Annotation, ...]:
    """Return annotations of a list of plain objects, as the file has them.

    Raises `InputError` naming the place, within `where`, of what cannot be: a field that is missing
    or unknown, a box that `geometry.boxes.box` does not take, one farther away than `FARTHEST_M` or
    with an edge below `LEAST_EDGE_M`, a name that is empty, not printable, longer than
    `LONGEST_NAME` or given twice, and more than `MOST_OBJECTS`.
    """
    if not isinstance(objects, list):
        raise InputError(f"{where}: is no list of objects: {objects!r:.80}")
    if len(objects) > MOST_OBJECTS:
        raise InputError(f"{where}: {len(objects)} objects, above {MOST_OBJECTS}")
    found: dict[str, Annotation] = {}
    for place, each in enumerate(objects):
        here = f"{where}[{place}]"
        one = _annotation(from_plain(_WrittenObject, each, here), here)
        if one.name in found:
            raise InputError(f"{here}: there are two {one.name!r}; give each a name of its own")
        found[one.name] = one
    return tuple(found.values())


def plain(objects: Sequence[Annotation]) -> list[dict[str, Any]]:
    """Return annotations as a list that JSON can hold, which `annotations_of` takes."""
    return [
        {
            "name": each.name,
            "category": each.category,
            "middle": each.box.middle.tolist(),
            "rotation": each.box.rotation.tolist(),
            "size": each.box.size.tolist(),
        }
        for each in objects
    ]


def to_bytes(objects: Sequence[Annotation]) -> bytes:
    """Return an `annotations.json`."""
    document = {"format": FORMAT, "version": VERSION, "objects": plain(objects)}
    return json.dumps(document, allow_nan=False, indent=1).encode("ascii")


def write_annotations(folder: Path, objects: Sequence[Annotation]) -> Path:
    """Write `annotations.json` into a session's folder, whole or not at all; return its path.

    Raises as `annotations_of` for what could not be read again, and `MediaError` where it cannot be
    written, or is a link: that would be lost, or lead out of the folder.
    """
    path = folder / FILE
    annotations_of(plain(objects), str(path))
    if path.is_symlink():
        raise MediaError(f"{path}: is a link; put the file itself in its place, to be written")
    write_whole(path, [to_bytes(objects)])
    return path


@dataclass(frozen=True, slots=True)
class _WrittenObject:
    name: str
    category: str
    middle: tuple[float, ...]
    rotation: tuple[tuple[float, ...], ...]
    size: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class _Written:
    format: str
    version: int
    objects: Any


def _annotation(written: _WrittenObject, where: str) -> Annotation:
    for field in ("name", "category"):
        words = getattr(written, field)
        if not words.strip() or len(words) > LONGEST_NAME or not words.isprintable():
            raise InputError(
                f"{where}: a {field} is 1 to {LONGEST_NAME} characters that can be printed, not "
                f"{words[: LONGEST_NAME + 1]!a}"
            )
    if any(len(row) != 3 for row in (written.middle, *written.rotation, written.size)):
        raise InputError(f"{where}: middle, size and the rotation's rows are 3 numbers each")
    try:
        found = box(*map(np.array, (written.middle, written.rotation, written.size)))
    except InputError as error:
        raise InputError(f"{where}: {error}") from error
    if max(np.abs(found.middle).max(), found.size.max()) > FARTHEST_M:
        raise InputError(
            f"{where}: a box is within {FARTHEST_M:g} m of the world's origin, and no larger; not "
            f"at {found.middle.tolist()} with edges of {found.size.tolist()}"
        )
    if found.size.min() < LEAST_EDGE_M:
        raise InputError(
            f"{where}: a box's edges are {LEAST_EDGE_M} m or longer, not {found.size.tolist()}"
        )
    return Annotation(written.name, written.category, found)
