"""Meshes from files: as they are, without what they may lack, and hostile ones."""

import warnings
import zipfile

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_meshes import cube_obj, glb, obj

from firsthand.errors import InputError, MediaError
from firsthand.geometry.boxes import SIGNS
from firsthand.train.objects.furniture import furniture_mesh, listed
from firsthand.train.objects.meshes import Mesh, mesh_of, read_mesh

CUBE = cube_obj()
TRIANGLES = [[0, 1, 2], [1, 3, 2], [4, 6, 5], [5, 6, 7], [0, 4, 1], [1, 4, 5], [2, 3, 6], [3, 7, 6]]


def read(data: bytes, suffix: str = ".obj", **how) -> Mesh:
    return mesh_of(data, suffix, {}, "here", **how)


def test_a_mesh_is_put_around_the_origin():
    mesh = read(obj(SIGNS / 2 * (1, 2, 3) + (5, 5, 5), [(0, 1, 3, 2), (4, 6, 7, 5)]))
    np.testing.assert_allclose(mesh.size, (1, 2, 3), rtol=1e-6)
    np.testing.assert_allclose(mesh.vertices.max(0), (0.5, 1, 1.5), rtol=1e-6)
    np.testing.assert_allclose(mesh.vertices.min(0), (-0.5, -1, -1.5), rtol=1e-6)


def test_a_height_and_an_axis_are_what_is_asked_for():
    mesh = read(CUBE, height_m=0.9, up="z")
    np.testing.assert_allclose(mesh.size, (0.3, 0.9, 0.6), rtol=1e-6)
    turned = read(CUBE, turn_deg=90.0)
    np.testing.assert_allclose(turned.size, (3, 2, 1), rtol=1e-6)


def test_what_was_up_is_up_and_what_was_ahead_is_ahead():
    mesh = read(obj([(0, 0, 0), (1, 0, 0), (0, 0, 5), (0, 1, 0)], [(0, 1, 3), (0, 1, 2)]), up="z")
    tip = mesh.vertices[mesh.vertices[:, 1].argmax()] - mesh.vertices.min(0)
    assert tip[1] == pytest.approx(5.0)
    about = read(obj([(0, 0, 0), (1, 0, 0), (0, 0, 5), (0, 1, 0)], [(0, 1, 3), (0, 1, 2)]))
    half = read(
        obj([(0, 0, 0), (1, 0, 0), (0, 0, 5), (0, 1, 0)], [(0, 1, 3), (0, 1, 2)]), turn_deg=180.0
    )
    np.testing.assert_allclose(
        np.sort(half.vertices[:, 2]), np.sort(-about.vertices[:, 2]), atol=1e-6
    )


def test_missing_normals_are_made():
    mesh = read(CUBE)
    length = np.linalg.norm(mesh.normals, axis=1)
    used = np.concatenate([piece.triangles.ravel() for piece in mesh.pieces])
    np.testing.assert_allclose(length[used], 1, atol=1e-5)
    outwards = (mesh.normals[used] * mesh.vertices[used]).sum(1)
    assert (outwards > 0).mean() in (0.0, 1.0)  # all to one side


def test_a_picture_beside_it_colours_it(tmp_path):
    picture = np.zeros((8, 8, 3), np.uint8)
    picture[:4] = (0, 0, 255)  # red above, as OpenCV has it
    assert cv2.imwrite(str(tmp_path / "red.png"), picture)
    (tmp_path / "m.mtl").write_text("newmtl a\nmap_Kd red.png\n")
    text = "mtllib m.mtl\nvt 0 1\nvt 1 1\nvt 0 0\nusemtl a\n"
    text += "v 0 0 0\nv 1 0 0\nv 0 1 0\nv 0 0 1\nf 1/1 2/2 3/3\nf 1/1 2/2 4/3\n"
    (tmp_path / "m.obj").write_text(text)
    mesh = read_mesh(tmp_path / "m.obj")
    (piece,) = mesh.pieces
    assert piece.texture.shape == (8, 8, 3)
    assert tuple(piece.texture[0, 0]) == (255, 0, 0)
    assert set(mesh.uv[piece.triangles.ravel()][:, 1]) == {0.0, 1.0}
    top = np.isclose(mesh.uv[:, 1], 0.0)
    np.testing.assert_allclose(mesh.vertices[top][:, 1].max(), mesh.vertices[:, 1].min())


def test_files_outside_its_folder_are_not_opened(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "secret.mtl").write_text("newmtl a\nKd 1 0 0\n")
    for name in ("../secret.mtl", str(tmp_path / "secret.mtl")):
        text = f"mtllib {name}\nusemtl a\n" + CUBE.decode()
        (tmp_path / "in" / "m.obj").write_text(text)
        try:
            mesh = read_mesh(tmp_path / "in" / "m.obj")
        except InputError as error:
            assert "no file in" in str(error)  # noqa: PT017
        else:
            assert mesh.pieces[0].colour != (1.0, 0.0, 0.0)


def test_glb_is_read_in_metres():
    mesh = read(glb(SIGNS / 2 * (0.5, 0.9, 0.4), TRIANGLES), ".glb")
    np.testing.assert_allclose(mesh.size, (0.5, 0.9, 0.4), rtol=1e-6)
    assert mesh.pieces[0].texture is None


HOSTILE = {
    "another kind": (b"solid", ".stl", "one of"),
    "nothing": (b"", ".obj", "triangles|cannot be read"),
    "no triangle": (b"v 0 0 0\n", ".obj", "triangles|cannot be read"),
    "NaN": (cube_obj((np.nan, 1, 1)), ".obj", "NaN"),
    "infinite": (cube_obj((np.inf, 1, 1)), ".obj", "NaN"),
    "flat": (cube_obj((1, 0, 1)), ".obj", "flat"),
    "a spot": (cube_obj((0, 0, 0)), ".obj", "flat"),
    "beyond": (obj(SIGNS, [(0, 1, 99)]), ".obj", "cannot be read|beyond"),
    "claims": (glb(SIGNS, TRIANGLES, count=2**31), ".glb", "cannot be read"),
    "NaN in glTF": (glb(SIGNS * np.nan, TRIANGLES), ".glb", "NaN"),
    "beyond in glTF": (glb(SIGNS, [[0, 1, 2**31]]), ".glb", "cannot be read|beyond"),
    "text": (b"\xff\xfe\x00" * 30, ".glb", "cannot be read"),
}


@pytest.mark.filterwarnings("ignore")  # of numpy's, about what is refused then
@pytest.mark.parametrize(("data", "suffix", "told"), HOSTILE.values(), ids=HOSTILE)
def test_hostile_meshes_are_told(data, suffix, told):
    with pytest.raises(InputError, match=told):
        read(data, suffix)


def test_a_height_lies_above_nothing():
    with pytest.raises(InputError, match="height"):
        read(CUBE, height_m=0.0)


@given(place=st.integers(0, 700), byte=st.integers(0, 255))
@settings(max_examples=60, deadline=None)
def test_a_changed_byte_is_refused_or_read_whole(place, byte):
    data = bytearray(glb(SIGNS, TRIANGLES))
    data[place % len(data)] = byte
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            mesh = read(bytes(data), ".glb")
        except InputError:
            return
    for piece in mesh.pieces:
        assert piece.triangles.max() < len(mesh.vertices)
        assert np.isfinite(mesh.vertices[piece.triangles]).all()


@pytest.mark.slow
def test_a_million_triangles_are_read():
    n = 708
    x, z = np.meshgrid(np.linspace(0, 1, n), np.linspace(0, 1, n))
    places = np.column_stack([x.ravel(), (x * z).ravel(), z.ravel()])
    at = (np.arange(n - 1)[:, None] * n + np.arange(n - 1)).ravel()
    triangles = np.concatenate(
        [np.column_stack([at, at + 1, at + n]), np.column_stack([at + 1, at + n + 1, at + n])]
    )
    mesh = read(glb(places, triangles), ".glb")
    assert len(mesh.pieces[0].triangles) == 2 * (n - 1) ** 2 > 990_000
    np.testing.assert_allclose(mesh.size, 1, atol=1e-5)


LIST = """id#1=a#stool
name#1=Stool
model#1=/things/stool.obj
width#1=50.0
depth#1=40.0
height#1=90.0
creator#1=Somebody
modelRotation#1=0 0 1 0 1 0 -1 0 0
name#2=Lamp
model#2=/things/lamp.obj
width#2=wide
"""


def catalogue(path, text=LIST, model=CUBE):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("PluginFurnitureCatalog.properties", text)
        archive.writestr("things/stool.obj", model)
    return path


def test_a_catalogue_s_pieces_are_turned_and_sized(tmp_path):
    (piece,) = listed(catalogue(tmp_path / "c.sh3f"))
    assert (piece.name, piece.maker, piece.title) == ("Stool", "Somebody", "c/stool")
    mesh = furniture_mesh(piece)
    np.testing.assert_allclose(mesh.size, (0.5, 0.9, 0.4), rtol=1e-6)


def test_what_is_no_catalogue_is_told(tmp_path):
    (tmp_path / "text").write_text("text")
    with pytest.raises(InputError, match="no catalogue"):
        listed(tmp_path / "text")
    with pytest.raises(MediaError, match="cannot be read"):
        listed(tmp_path / "none")
    with zipfile.ZipFile(tmp_path / "empty.sh3f", "w"):
        pass
    with pytest.raises(InputError, match="has no Plugin"):
        listed(tmp_path / "empty.sh3f")
    missing = LIST.replace("stool.obj", "other.obj")
    (piece,) = listed(catalogue(tmp_path / "c.sh3f", missing))
    with pytest.raises(InputError, match=r"has no things/other\.obj"):
        furniture_mesh(piece)
