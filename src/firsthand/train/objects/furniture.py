"""Chairs of Debian's `sweethome3d-furniture`, a catalogue of meshes in metres with their makers.

A catalogue is a zip file with a Java properties file that lists its pieces: for each a name, a
model, its width, depth and height in centimetres, its maker, and perhaps how the model is to be
turned. Fronts look along z. Its pieces are CC0 or CC BY 3.0.
"""

import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

import numpy as np

from firsthand.core import damage
from firsthand.errors import InputError, MediaError
from firsthand.train.objects.meshes import Mesh, Piece, mesh_of

FOLDER: Final = Path("/usr/share/sweethome3d/furniture")
PACKAGE: Final = "sweethome3d-furniture"

_LIST: Final = "PluginFurnitureCatalog.properties"
_ENTRY: Final = re.compile(r"(\w+)#(\d+)\s*=\s*(.*)")
_MOST_BYTES: Final = 2**27


@dataclass(frozen=True, slots=True)
class Catalogued:
    """A piece of a catalogue: `model` is the path in it, `size_m` width, height and depth."""

    catalogue: Path
    name: str
    model: str
    maker: str
    size_m: tuple[float, float, float]
    turned: tuple[float, ...] = ()

    @property
    def title(self) -> str:
        """What tells it from all others."""
        return f"{self.catalogue.stem}/{PurePosixPath(self.model).stem}"


def listed(catalogue: Path) -> tuple[Catalogued, ...]:
    """Return the pieces of a catalogue that have a name, a model and a size.

    Raises `MediaError` where it cannot be read, `InputError` for what is no catalogue.
    """
    with _opened(catalogue) as archive:
        text = _member(archive, _LIST, catalogue).decode("latin-1")
    rows: dict[str, dict[str, str]] = {}
    for line in text.splitlines():
        found = _ENTRY.match(line.strip())
        if found:
            rows.setdefault(found[2], {})[found[1]] = found[3].strip()
    pieces = []
    for row in rows.values():
        try:
            size = (float(row["width"]), float(row["height"]), float(row["depth"]))
            turned = tuple(float(each) for each in row.get("modelRotation", "").split())
            width, height, depth = (each / 100 for each in size)
            model, name = row["model"].lstrip("/"), row["name"]
        except (KeyError, ValueError):  # a lamp that is only light, a size in words
            continue
        if min(size) > 0 and len(turned) in (0, 9):
            maker = row.get("creator", "")
            pieces.append(Catalogued(catalogue, name, model, maker, (width, height, depth), turned))
    return tuple(pieces)


def furniture_mesh(piece: Catalogued) -> Mesh:
    """Read a piece's mesh, turned and sized as its catalogue has it; raises as `mesh_of`."""
    with _opened(piece.catalogue) as archive:
        beside = _InArchive(archive, piece.catalogue, PurePosixPath(piece.model).parent)
        data = _member(archive, piece.model, piece.catalogue)
        mesh = mesh_of(data, PurePosixPath(piece.model).suffix.lower(), beside, piece.title)
    turn = np.reshape(piece.turned or np.eye(3).ravel(), (3, 3))
    if abs(abs(np.linalg.det(turn)) - 1) > 1e-2:
        raise InputError(f"{piece.title}: its catalogue turns it by no rotation: {piece.turned}")
    vertices = mesh.vertices @ turn.T
    low, high = vertices.min(0), vertices.max(0)
    scale = np.array(piece.size_m) / (high - low)
    normals = (mesh.normals @ turn.T) / scale
    length = np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
    pieces = mesh.pieces
    if np.linalg.det(turn) < 0:
        pieces = tuple(Piece(p.triangles[:, ::-1], p.colour, p.texture) for p in pieces)
    return Mesh(
        mesh.name,
        ((vertices - (low + high) / 2) * scale).astype(np.float32),
        (normals / length).astype(np.float32),
        mesh.uv,
        pieces,
    )


@dataclass(frozen=True, slots=True)
class _InArchive(Mapping[str, bytes]):
    archive: zipfile.ZipFile
    catalogue: Path
    folder: PurePosixPath

    def __getitem__(self, name: str) -> bytes:
        return _member(self.archive, str(self.folder / name), self.catalogue)

    def __iter__(self) -> Iterator[str]:
        return (
            PurePosixPath(name).name
            for name in self.archive.namelist()
            if PurePosixPath(name).parent == self.folder
        )

    def __len__(self) -> int:
        return sum(1 for _ in self)


def _opened(catalogue: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(catalogue)
    except OSError as error:
        raise MediaError(f"{catalogue}: cannot be read: {error.strerror or error}") from error
    except damage.ZIP as error:
        raise InputError(f"{catalogue}: is no catalogue of furniture: {error}") from error


def _member(archive: zipfile.ZipFile, name: str, catalogue: Path) -> bytes:
    try:
        size = archive.getinfo(name).file_size
        if size > _MOST_BYTES:
            raise InputError(f"{catalogue}: {name} has {size} bytes, above {_MOST_BYTES}")
        return archive.read(name)
    except KeyError as error:
        raise InputError(f"{catalogue}: has no {name}") from error
    except damage.ZIP as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{catalogue}: {name} is damaged: {error}") from error
