"""Meshes and planes that tests make, and a renderer or a reason to skip."""

import json
import struct

import numpy as np
import pytest

from firsthand.errors import MissingDependencyError
from firsthand.geometry import Camera
from firsthand.geometry.boxes import SIGNS
from firsthand.objects.session import Light, Plane
from firsthand.train.objects.meshes import Mesh, Piece
from firsthand.train.objects.paths import looking
from firsthand.train.objects.renderer import Renderer, Sight, shared_renderer

FLOOR = Plane("floor", np.eye(4), np.array([[-3.0, -3], [3, -3], [3, 3], [-3, 3]]))
LIGHT = Light((0.4, 0.4, 0.4), (0.6, 0.6, 0.6), (0.8, 1.0, 0.0))

_FACES = ((0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3))


def renderer_or_skip() -> Renderer:
    try:
        return shared_renderer()
    except MissingDependencyError as error:
        pytest.skip(f"needs OpenGL: {error}")


def block(size=(0.5, 0.9, 0.4), colour=(0.8, 0.2, 0.2), name="block") -> Mesh:
    """A box of one colour."""
    vertices, normals, triangles = [], [], []
    for face in _FACES:
        corners = SIGNS[list(face)] * size / 2
        normal = np.cross(corners[1] - corners[0], corners[2] - corners[0])
        start = len(vertices) * 4
        vertices.append(corners)
        normals.append(np.tile(normal / np.linalg.norm(normal), (4, 1)))
        triangles += [[start, start + 1, start + 2], [start, start + 2, start + 3]]
    return Mesh(
        name,
        np.concatenate(vertices).astype(np.float32),
        np.concatenate(normals).astype(np.float32),
        np.zeros((24, 2), np.float32),
        (Piece(np.array(triangles, np.int32), colour),),
    )


def standing(mesh, x=0.0, z=0.0, around=0.0):
    pose = np.eye(4)
    cos, sin = np.cos(around), np.sin(around)
    pose[:3, :3] = [[cos, 0, sin], [0, 1, 0], [-sin, 0, cos]]
    pose[:3, 3] = x, mesh.size[1] / 2, z
    return pose


def sight(eye=(0.0, 1.5, 2.6), at=(0.0, 0.4, 0.0), width=96, height=72) -> Sight:
    camera = Camera.looking(width, height)
    return Sight(camera, looking(np.array(eye), np.array(at)), width, height)


def obj(vertices, faces, more="") -> bytes:
    lines = [f"v {x} {y} {z}" for x, y, z in vertices]
    lines += ["f " + " ".join(str(each + 1) for each in face) for face in faces]
    return ("\n".join([*lines, more]) + "\n").encode()


def cube_obj(size=(1.0, 2.0, 3.0), more="") -> bytes:
    return obj(SIGNS * np.array(size) / 2, _FACES, more)


def glb(vertices, triangles, *, count=None) -> bytes:
    """Pack a mesh as binary glTF; `count` is what its positions claim to be."""
    places = np.asarray(vertices, "<f4")
    corners = np.asarray(triangles, "<u4").ravel()
    binary = places.tobytes() + corners.tobytes()
    low, high = np.nan_to_num(places).min(0), np.nan_to_num(places).max(0)
    description = {
        "asset": {"version": "2.0"},
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": [{"mesh": 0}],
        "meshes": [{"primitives": [{"attributes": {"POSITION": 0}, "indices": 1}]}],
        "buffers": [{"byteLength": len(binary)}],
        "bufferViews": [
            {"buffer": 0, "byteLength": places.nbytes},
            {"buffer": 0, "byteOffset": places.nbytes, "byteLength": corners.nbytes},
        ],
        "accessors": [
            {
                "bufferView": 0,
                "componentType": 5126,
                "count": len(places) if count is None else count,
                "type": "VEC3",
                "min": low.tolist(),
                "max": high.tolist(),
            },
            {"bufferView": 1, "componentType": 5125, "count": len(corners), "type": "SCALAR"},
        ],
    }
    text = json.dumps(description).encode()
    text += b" " * (-len(text) % 4)
    binary += b"\0" * (-len(binary) % 4)
    head = struct.pack("<4sIIII", b"glTF", 2, 28 + len(text) + len(binary), len(text), 0x4E4F534A)
    return head + text + struct.pack("<II", len(binary), 0x004E4942) + binary
