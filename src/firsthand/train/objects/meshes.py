"""Meshes of things with their colours, from files that anyone may have written.

Wavefront OBJ (with MTL and pictures beside it) and glTF 2.0, plain and binary, are read by trimesh,
which opens nothing but what it is handed here: files in the mesh's own folder.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import Any, Final, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from firsthand.errors import InputError, MissingDependencyError
from firsthand.media.files import read_bytes
from firsthand.media.frame import RgbImage

Floats = NDArray[np.float32]
Ints = NDArray[np.int32]
Up = Literal["y", "z"]

SUFFIXES: Final = (".glb", ".gltf", ".obj")

_MOST_BYTES: Final = 2**28
_MOST_TRIANGLES: Final = 2_000_000
_TEXTURE_PX: Final = 512
_FLAT: Final = 1e-4
"""Of a mesh's longest side: a shorter one has no length."""


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """Triangles int32 (t, 3) of one stuff: a `colour` in sRGB, 0..1, times a picture if any."""

    triangles: Ints
    colour: tuple[float, float, float]
    texture: RgbImage | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Mesh:
    """A thing in metres, y up; the middle of its box is the origin, its front looks along +z.

    `vertices`, `normals` float32 (v, 3); `uv` float32 (v, 2), of pictures whose row 0 is v = 0.
    """

    name: str
    vertices: Floats
    normals: Floats
    uv: Floats
    pieces: tuple[Piece, ...]
    size: NDArray[np.float64] = field(init=False)
    """The edges of its box (3,), in metres."""

    def __post_init__(self) -> None:
        size = self.vertices.max(0).astype(np.float64) - self.vertices.min(0)
        object.__setattr__(self, "size", size)


@dataclass(frozen=True, slots=True)
class Beside(Mapping[str, bytes]):
    """The files of a folder and of those in it, read when asked for; no others."""

    folder: Path

    def __getitem__(self, name: str) -> bytes:
        path = PurePosixPath(name.replace("\\", "/"))
        inside = (self.folder / path).resolve()
        if path.is_absolute() or not inside.is_relative_to(self.folder.resolve()):
            raise InputError(f"{name!r} is no file in {self.folder}, where the mesh is")
        return read_bytes(inside)

    def __iter__(self) -> Iterator[str]:
        return (each.name for each in self.folder.iterdir() if each.is_file())

    def __len__(self) -> int:
        return sum(1 for _ in self)


def read_mesh(
    path: Path, *, height_m: float | None = None, up: Up = "y", turn_deg: float = 0.0
) -> Mesh:
    """Read a mesh file; raises as `mesh_of`, and `MediaError` where it cannot be read."""
    return mesh_of(
        *(read_bytes(path), path.suffix.lower(), Beside(path.parent), str(path)),
        height_m=height_m,
        up=up,
        turn_deg=turn_deg,
    )


def mesh_of(
    data: bytes,
    suffix: str,
    beside: Mapping[str, bytes],
    name: str,
    *,
    height_m: float | None = None,
    up: Up = "y",
    turn_deg: float = 0.0,
) -> Mesh:
    """Return the mesh in the bytes of a file whose name ends as `suffix` says.

    `beside` has the files it may name. It is made `height_m` high, or taken to be in metres, as
    glTF has it; `up` is its own axis that points up, and `turn_deg` turns it about that axis, so
    that its front looks along z. Normals that are missing are made from the triangles.

    Raises `InputError`, naming `name`: another kind of file, what cannot be read as one, no
    triangle, above 2,000,000 of them or 256 MiB, a vertex that is no number, and what is flat: a
    box without volume has no three sides to look for. `MissingDependencyError` without trimesh.
    """
    if suffix not in SUFFIXES:
        raise InputError(f"{name}: a mesh is one of {', '.join(SUFFIXES)}, not {suffix!r}")
    if len(data) > _MOST_BYTES:
        raise InputError(f"{name}: {len(data)} bytes, above {_MOST_BYTES}")
    if height_m is not None and not 0 < height_m < 1000:
        raise InputError(f"{name}: a height is above 0 and below 1000 m, not {height_m}")
    parts = [_part(each, name) for each in _read(data, suffix, beside, name)]
    count = sum(len(part.triangles) for part in parts)
    if not 0 < count <= _MOST_TRIANGLES:
        raise InputError(f"{name}: {count} triangles; a mesh has 1 to {_MOST_TRIANGLES}")
    used = np.concatenate([part.vertices[part.triangles.ravel()] for part in parts])
    if not np.isfinite(used).all():
        raise InputError(f"{name}: a vertex is NaN or infinite; mend the mesh and try again")
    turned = _upright(up, turn_deg)
    low, high = (used @ turned.T).min(0), (used @ turned.T).max(0)
    size = high - low
    if not size.min() > _FLAT * size.max():
        raise InputError(f"{name}: is flat, {size.tolist()}: a box around it has no volume")
    scale = 1.0 if height_m is None else height_m / size[1]
    starts = np.cumsum([0, *(len(part.vertices) for part in parts)])
    return Mesh(
        name,
        np.concatenate(
            [(part.vertices @ turned.T - (low + high) / 2) * scale for part in parts]
        ).astype(np.float32),
        np.concatenate([part.normals @ turned.T for part in parts]).astype(np.float32),
        np.concatenate([part.uv for part in parts]).astype(np.float32),
        tuple(
            Piece((part.triangles + start).astype(np.int32), part.colour, part.texture)
            for part, start in zip(parts, starts, strict=False)
        ),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    vertices: NDArray[np.float64]
    normals: NDArray[np.float64]
    uv: NDArray[np.float64]
    triangles: NDArray[np.int64]
    colour: tuple[float, float, float]
    texture: RgbImage | None


def _read(data: bytes, suffix: str, beside: Mapping[str, bytes], name: str) -> list[Any]:
    try:
        import trimesh
    except ImportError as error:
        raise MissingDependencyError(
            "reading meshes needs trimesh: pip install 'firsthand[train]'"
        ) from error
    try:
        scene = trimesh.load_scene(
            BytesIO(data), file_type=suffix[1:], resolver=beside, process=False
        )
        found = scene.dump()
    except InputError:
        raise
    except Exception as error:  # whatever its parsers stumble over in bytes from outside
        raise InputError(f"{name}: cannot be read as {suffix[1:]}: {error!r:.200}") from error
    return [each for each in found if isinstance(each, trimesh.Trimesh) and len(each.faces)]


def _part(mesh: Any, name: str) -> _Part:
    vertices = np.asarray(mesh.vertices, np.float64)
    triangles = np.asarray(mesh.faces, np.int64)
    if vertices.shape[1:] != (3,) or triangles.shape[1:] != (3,):
        raise InputError(
            f"{name}: vertices have 3 numbers and triangles 3 corners, not {vertices.shape[1:]} "
            f"and {triangles.shape[1:]}"
        )
    if triangles.min() < 0 or triangles.max() >= len(vertices):
        raise InputError(f"{name}: a triangle names a vertex beyond the {len(vertices)} there are")
    with np.errstate(invalid="ignore", over="ignore"):
        normals = _normals(mesh, vertices, triangles)
    uv = getattr(mesh.visual, "uv", None)
    plain = np.zeros((len(vertices), 2))
    uv = plain if uv is None or np.shape(uv) != plain.shape else np.asarray(uv, np.float64)
    colour, picture = _stuff(mesh.visual)
    # trimesh has v upwards, pictures have their first row at the top.
    flipped = np.column_stack([uv[:, 0], 1 - uv[:, 1]])
    return _Part(vertices, normals, np.nan_to_num(flipped), triangles, colour, picture)


def _normals(
    mesh: Any, vertices: NDArray[np.float64], triangles: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return the file's own normals, or the mean of those of each vertex's triangles by area."""
    given = mesh._cache.cache.get("vertex_normals")
    if given is not None and np.shape(given) == vertices.shape and np.isfinite(given).all():
        return np.asarray(given, np.float64)
    corners = vertices[triangles]
    facing = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    total = np.zeros_like(vertices)
    for corner in range(3):
        np.add.at(total, triangles[:, corner], facing)
    length = np.linalg.norm(total, axis=1, keepdims=True)
    return np.asarray(np.divide(total, length, out=np.zeros_like(total), where=length > 0))


def _stuff(visual: Any) -> tuple[tuple[float, float, float], RgbImage | None]:
    """Return a colour and a picture, if there is one of more than a single colour."""
    material = getattr(visual, "material", None)
    image = getattr(material, "baseColorTexture", None) or getattr(material, "image", None)
    if image is not None and min(image.size) > 2:
        pixels = np.asarray(image.convert("RGB"), np.uint8)
        scale = _TEXTURE_PX / max(pixels.shape[:2])
        if scale < 1:
            small = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
            pixels = np.asarray(small, np.uint8)
        return (1.0, 1.0, 1.0), pixels
    main = getattr(material if material is not None else visual, "main_color", (153, 153, 153))
    red, green, blue = (float(each) / 255 for each in np.asarray(main).ravel()[:3])
    return (red, green, blue), None


def _upright(up: Up, turn_deg: float) -> NDArray[np.float64]:
    raised = np.array([[1, 0, 0], [0, 0, 1], [0, -1, 0]]) if up == "z" else np.eye(3)
    angle = np.radians(turn_deg)
    cos, sin = np.cos(angle), np.sin(angle)
    return np.asarray(np.array([[cos, 0, sin], [0, 1, 0], [-sin, 0, cos]]) @ raised)
