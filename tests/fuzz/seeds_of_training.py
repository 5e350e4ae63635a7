"""Seeds of what recipes keep and read: arrays, checkpoints, meshes, catalogues, pages."""

import io
import json
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import made_media
import numpy as np
import torch
from seeds_of_media import PICTURE
from torch import nn

Seeds = Iterator[tuple[str, bytes]]


def npz(*, compressed: bool = False, **parts: object) -> bytes:
    held = io.BytesIO()
    arrays = {name: np.asarray(part) for name, part in parts.items()}
    (np.savez_compressed if compressed else np.savez)(held, **arrays)
    return held.getvalue()


def arrays() -> Seeds:
    from firsthand.train.checkpoints import Checkpoint, write_checkpoint
    from firsthand.train.compress.kept import write_kept
    from firsthand.train.hands.samples import HandTruth, Sample, write_samples

    torch.manual_seed(0)
    net = nn.Linear(2, 2)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        kept = Checkpoint(3, {"recipe": "r"}, net.state_dict(), {}, {"state": {0: {"step": 1}}})
        sealed = write_checkpoint(folder, kept).read_bytes()
        write_kept(folder / "weights.npz", net)
        weights = (folder / "weights.npz").read_bytes()
        points = np.arange(63, dtype=np.float32).reshape(21, 3)
        truth = HandTruth(points, points, np.ones(21, np.bool_), 1.0, True, "synthetic")
        write_samples(folder, [Sample(PICTURE, (truth,), "a"), Sample(PICTURE, (), "b")])
        samples = (folder / "samples-00000.npz").read_bytes()
        write_samples(folder / "one", [Sample(PICTURE, (truth,), "a")])
        one = (folder / "one" / "samples-00000.npz").read_bytes()
    yield "c-linear", sealed[32:]
    yield "u-linear", sealed
    learnt = {"counts": [1, 2], "sums": np.eye(2), "products": np.eye(2), "labels": ["a", "b"]}
    yield "p-two", npz(format=1, identity="own", **learnt)
    yield "p-packed", npz(format=1, identity="own", compressed=True, **learnt)
    yield "v-two", npz(vectors=np.zeros((2, 3)), usable=[True, False], problems=["a"])
    fields = ("recording", "speed", "start", "voice", "sound", "inner")
    yield "t-one", npz(named="named", **dict.fromkeys(fields, np.zeros(1, np.float16)))
    square = np.zeros((1, 4, 4), np.uint8)
    places = {"places": np.zeros((1, 9, 2), np.float32), "clear": [True], "starts": [0, 1]}
    yield "l-one", npz(images=np.zeros((1, 4, 4, 3), np.uint8), masks=square, **places)
    yield "s-two", samples
    import cv2

    png = np.asarray(cv2.imencode(".png", PICTURE[..., 0])[1]).ravel()
    alphas = npz(png=png, sizes=[len(png)], arms=np.zeros((1, 2), np.float32))
    yield "o-one", len(one).to_bytes(2) + one + alphas
    square = made_media.encoded(made_media.picture(32, 32), ".jpg")
    body = np.frombuffer(square[:-2], np.uint8)
    cut = {"header": body[:20], "payload": body[20:], "offsets": [0, len(body) - 20]}
    yield "h-one", npz(**cut)
    yield "i-packed", npz(labels=[0], **cut)
    yield "i-plain", npz(pixels=np.zeros((2, 3, 3, 3), np.uint8), labels=[0, 1])
    yield "w-linear", weights
    yield "x-two", b'text,label,group\n"a, b",c,d\ne,f,d\n'
    yield "f-one", ",".join(["1", *["0.01"] * 32]).encode()
    yield "r-two", b"seed = 1\n[a]\nhalf = true\n[b]\nwidths = [1, 0.5]\n"
    lines = [json.dumps({"step": step, "loss": 0.5}).encode() for step in (9, 10, 11)]
    yield "g-three", b"\n".join(lines) + b'\n{"step": 1'


TETRAHEDRON = b"""mtllib a.mtl
v 0 0 0
v 1 0 0
v 0 2 0
v 0 0 3
vt 0 0
vt 1 1
vn 0 0 1
usemtl red
f 1/1/1 3/2/1 2/1/1
f 1 2 4
f 1//1 4//1 3//1
f -3 -2 -1
"""
LIST = b"""name#1=Stool
model#1=/things/stool.obj
width#1=50.0
depth#1=40.0
height#1=90.0
creator#1=Somebody
modelRotation#1=0 0 1 0 1 0 -1 0 0
"""


def meshes() -> Seeds:
    import trimesh

    yield "o-tetrahedron", TETRAHEDRON + b"\0newmtl red\nKd 1 0.5 0\nd 0.5\n"
    yield "f-tetrahedron", TETRAHEDRON
    mesh = trimesh.creation.box((1, 2, 3))
    yield "b-box", trimesh.exchange.gltf.export_glb(mesh)
    parts = trimesh.exchange.gltf.export_gltf(trimesh.Scene(mesh), merge_buffers=True)
    (binary,) = (data for name, data in parts.items() if name.endswith(".bin"))
    described = json.loads(parts["model.gltf"])
    described["buffers"][0]["uri"] = "a.bin"
    yield "j-box", json.dumps(described).encode() + b"\0" + binary
    yield "h-hand", hand()
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("PluginFurnitureCatalog.properties", LIST)
        archive.writestr("things/stool.obj", TETRAHEDRON)
    yield "c-stool", held.getvalue()
    words = b" ".join([b"word"] * 60)
    yield "p-page", b"<html><title>A</title><body><h1>B</h1><p>" + words + b"</p></body></html>"


def hand() -> bytes:
    """A GLB with the bones of a hand, all in one place, and a vertex on each."""
    from firsthand.train.hands.synthetic.webxr import _CHAINS

    names = ["wrist", *(bone for chain in _CHAINS for bone in chain)]
    count = len(names)
    on_one = np.zeros((count, 4))
    on_one[:, 0] = 1
    along = np.arange(count)
    rows = {
        "POSITION": (np.stack([along, along, -along], 1).astype("<f4"), 5126, "VEC3"),
        "NORMAL": (np.tile([0, 1, 0], (count, 1)).astype("<f4"), 5126, "VEC3"),
        "JOINTS_0": ((on_one * along[:, None]).astype("u1"), 5121, "VEC4"),
        "WEIGHTS_0": (on_one.astype("<f4"), 5126, "VEC4"),
        "indices": (np.arange(3, dtype="<u2")[:, None], 5123, "SCALAR"),
        "binds": (np.tile(np.eye(4).ravel(), (count, 1)).astype("<f4"), 5126, "MAT4"),
    }
    binary, views, accessors = b"", [], []
    for values, kind, shape in rows.values():
        views.append({"buffer": 0, "byteOffset": len(binary), "byteLength": values.nbytes})
        place = {"bufferView": len(accessors), "componentType": kind}
        accessors.append(place | {"count": len(values), "type": shape})
        binary += values.tobytes() + bytes(-values.nbytes % 4)
    attributes = {name: at for at, name in enumerate(rows) if name.isupper()}
    description = {
        "asset": {"version": "2.0"},
        "meshes": [{"primitives": [{"attributes": attributes, "indices": 4}]}],
        "skins": [{"joints": list(range(count)), "inverseBindMatrices": 5}],
        "nodes": [{"name": name} for name in names],
        "accessors": accessors,
        "bufferViews": views,
        "buffers": [{"byteLength": len(binary)}],
    }
    text = json.dumps(description, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 4)
    chunks = b"".join(
        len(part).to_bytes(4, "little") + kind + part
        for kind, part in ((b"JSON", text), (b"BIN\0", binary))
    )
    return b"glTF" + (2).to_bytes(4, "little") + (12 + len(chunks)).to_bytes(4, "little") + chunks
