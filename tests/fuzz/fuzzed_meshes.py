"""Meshes, catalogues of them, and pages of documents that recipes read."""

from contextlib import suppress

import fuzz_files as files

from firsthand.errors import InputError
from firsthand.train.hands.synthetic.webxr import from_glb
from firsthand.train.objects.furniture import furniture_mesh, listed
from firsthand.train.objects.meshes import mesh_of, read_mesh
from firsthand.train.recorder.documents import read_documents


def obj(data: bytes) -> None:
    """A mesh and its materials, parted by the first null byte."""
    mesh, _, materials = data.partition(b"\0")
    with suppress(InputError):
        mesh_of(mesh, ".obj", {"a.mtl": materials}, "fuzzed", height_m=1.0)


def gltf(data: bytes) -> None:
    mesh, _, binary = data.partition(b"\0")
    with suppress(InputError):
        mesh_of(mesh, ".gltf", {"a.bin": binary}, "fuzzed")


def glb(data: bytes) -> None:
    with suppress(InputError):
        mesh_of(data, ".glb", {}, "fuzzed", up="z", turn_deg=30.0)


def mesh_file(data: bytes) -> None:
    with suppress(InputError):
        read_mesh(files.file("meshes/a.obj", data))


def hand(data: bytes) -> None:
    with suppress(InputError):
        from_glb(data)


def catalogue(data: bytes) -> None:
    with suppress(InputError):
        for piece in listed(files.file("furniture.sh3f", data))[:4]:
            furniture_mesh(piece)


def page(data: bytes) -> None:
    path = files.file("documents/page.html", data)
    for _ in read_documents(path.parent):
        pass


PARSERS = {
    "o": obj,
    "j": gltf,
    "b": glb,
    "f": mesh_file,
    "h": hand,
    "c": catalogue,
    "p": page,
}
