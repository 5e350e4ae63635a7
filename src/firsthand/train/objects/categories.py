"""Which meshes a category is learnt from, and which are held out to be measured on."""

import os
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np

from firsthand.errors import InputError, MissingDependencyError
from firsthand.media.frame import RgbImage
from firsthand.train.backgrounds import Backgrounds
from firsthand.train.objects.furniture import FOLDER, PACKAGE, furniture_mesh, listed
from firsthand.train.objects.meshes import SUFFIXES, Mesh, read_mesh

MEDIAPIPE: Final = Path("objects") / "mediapipe_meshes"
"""Where, in the folder of data, the meshes of MediaPipe's demonstration are (Apache-2.0)."""

CHAIRS: Final[dict[str, tuple[str, ...]]] = {
    "BlendSwap-CC-0": (
        "armchair",
        "oakChair",
        "plasticChair",
        "sillaBlanca",
        "chair",
        "antiqueChair",
        "chairWithCushion",
        "chair2",
        "osakaChair",
        "designChair",
    ),
    "BlendSwap-CC-BY": (
        "cafe_set_mota_chair",
        "cafe_set_tonon_chair",
        "chairWithCushion",
        "childChair",
        "ella_chair_f",
        "foldingChair",
        "plaidChair",
        "kitchenChair",
        "chair3",
        "chair4",
    ),
    "KatorLegaz": ("cafe-chair", "bar-stool", "dining-chair", "office-chair"),
    "Scopia": (
        "silla_teca",
        "armchair3",
        "chair3",
        "chair4",
        "chair",
        "office_chair",
        "tubular_chair",
        "bar_chair",
        "kids_desk_chair",
        "plastic_chair",
        "white_kitchen_chair",
        "children_chair",
    ),
}
"""Of `sweethome3d-furniture`: chairs with a back, by catalogue; all were looked at."""

HELD_CHAIRS: Final = frozenset(
    {
        "BlendSwap-CC-0/chair2",
        "BlendSwap-CC-0/sillaBlanca",
        "BlendSwap-CC-BY/foldingChair",
        "BlendSwap-CC-BY/kitchenChair",
        "KatorLegaz/cafe-chair",
        "Scopia/office_chair",
        "Scopia/chair",
    }
)

SOURCES: Final = (
    (
        "Chairs: Debian's sweethome3d-furniture (BlendSwap's contributors, CC0 and CC BY 3.0; "
        "A. Kator & J. Legaz, CC BY 3.0 US; Scopia, CC BY 3.0), turned, lit and drawn anew"
    ),
    "An office chair: MediaPipe's demonstration of Objectron (Apache-2.0)",
)

_HELD_PAPERS: Final = 5
"""One photograph in so many is held out."""


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """Whole meshes and photographs: some to learn from, others only to be measured on."""

    meshes: tuple[Mesh, ...]
    held_meshes: tuple[Mesh, ...]
    papers: tuple[RgbImage, ...]
    held_papers: tuple[RgbImage, ...]


def chairs(data: Path | None) -> Split:
    """Return chairs of Debian's furniture, and MediaPipe's where `data` holds it.

    Raises `MissingDependencyError` where the furniture is not installed.
    """
    if not FOLDER.is_dir():
        raise MissingDependencyError(f"there are no chairs in {FOLDER}: apt install {PACKAGE}")
    found: list[Mesh] = []
    for stem, names in CHAIRS.items():
        pieces = listed(FOLDER / f"{stem}.sh3f")
        found += [furniture_mesh(each) for each in pieces if each.title.split("/")[1] in names]
    path = (data or Path(os.environ.get("FIRSTHAND_DATA", "."))) / MEDIAPIPE / "chair.obj"
    if path.is_file():
        found.append(_mediapipe(path, 1.1, 180.0))
    return _split(found, lambda mesh: mesh.name in HELD_CHAIRS)


def own(path: Path) -> Split:
    """Return the mesh at `path`, or all below a folder; every fifth of five or more is held out.

    With fewer, the same are measured on as are learnt from: only photographs are then others.
    Raises `InputError` where there is none, and as `read_mesh`.
    """
    paths = sorted(
        each for each in (path.rglob("*") if path.is_dir() else [path])
        if each.suffix.lower() in SUFFIXES
    )  # fmt: skip
    if not paths:
        raise InputError(f"{path}: there is no mesh ({', '.join(SUFFIXES)}) there")
    found = [read_mesh(each) for each in paths]
    names = {mesh.name for mesh in found[4::5]}
    split = _split(found, lambda mesh: mesh.name in names)
    return split if split.held_meshes else replace(split, held_meshes=split.meshes)


def _split(meshes: Sequence[Mesh], held: Callable[[Mesh], bool]) -> Split:
    photographs = Backgrounds.open()
    kept: list[RgbImage] = []
    apart: list[RgbImage] = []
    for name, image in zip(photographs.names, photographs.images, strict=True):
        # By content: names repeat, and what is installed must not decide what is held out.
        key = zlib.crc32(name.encode() + np.ascontiguousarray(image[::37, ::37]).tobytes())
        (apart if key % _HELD_PAPERS == 0 else kept).append(image)
    return Split(
        tuple(mesh for mesh in meshes if not held(mesh)),
        tuple(mesh for mesh in meshes if held(mesh)),
        tuple(kept),
        tuple(apart or kept),
    )


def _mediapipe(path: Path, height_m: float, turn_deg: float) -> Mesh:
    """Read one of MediaPipe's meshes, whose pictures have their first row at v = 0."""
    mesh = read_mesh(path, height_m=height_m, turn_deg=turn_deg)
    uv = np.column_stack([mesh.uv[:, 0], 1 - mesh.uv[:, 1]]).astype(np.float32)
    return replace(mesh, name=f"MediaPipe/{path.stem}", uv=uv)
