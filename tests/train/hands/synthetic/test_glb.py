import json
import struct
from importlib.resources import files
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from firsthand.errors import InputError
from firsthand.train.hands.synthetic.glb import read_glb
from firsthand.train.hands.synthetic.webxr import from_glb, webxr_hand

HAND = (files("firsthand.train.hands.synthetic") / "meshes" / "generic-hand-right.glb").read_bytes()


def parts() -> tuple[dict[str, Any], bytes]:
    (size,) = struct.unpack_from("<I", HAND, 12)
    return json.loads(HAND[20 : 20 + size]), HAND[28 + size :]


def packed(description: object, binary: bytes) -> bytes:
    text = json.dumps(description).encode()
    text += b" " * (-len(text) % 4)
    length = 28 + len(text) + len(binary)
    head = struct.pack("<4sIIII", b"glTF", 2, length, len(text), 0x4E4F534A)
    return head + text + struct.pack("<II", len(binary), 0x004E4942) + binary


def test_a_file_packed_anew_is_read_alike() -> None:
    assert np.array_equal(read_glb(packed(*parts())).vertices, read_glb(HAND).vertices)


def test_the_hand_has_its_25_joints_and_whole_weights() -> None:
    mesh = read_glb(HAND)
    assert len(mesh.names) == 25
    assert np.allclose(mesh.weights.sum(1), 1, atol=1e-6)
    assert np.allclose(mesh.turns @ mesh.turns.transpose(0, 2, 1), np.eye(3), atol=1e-4)


@given(cut=st.integers(0, len(HAND) - 1))
def test_a_file_cut_short_is_refused(cut: int) -> None:
    with pytest.raises(InputError, match="GLB"):
        read_glb(HAND[:cut])


@given(place=st.integers(0, 12_000), byte=st.integers(0, 255))
def test_a_changed_byte_is_refused_or_read_whole(place: int, byte: int) -> None:
    data = bytearray(HAND)
    data[place] = byte
    try:
        mesh = read_glb(bytes(data))
    except InputError:
        return
    assert mesh.triangles.max() < len(mesh.vertices)
    assert mesh.bones.max() < len(mesh.names)
    assert np.isfinite(mesh.vertices).all()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda d: d.pop("skins"), "no skinned mesh"),
        (lambda d: d.update(meshes=[]), "no skinned mesh"),
        (lambda d: d["nodes"][3].pop("name"), "no skinned mesh"),
        (lambda d: d["accessors"][0].update(count=10**9), "wants 1000000000 rows"),
        (lambda d: d["accessors"][0].update(count=0), "wants 0 rows"),
        (lambda d: d["accessors"][0].update(count=-5), "wants -5 rows"),
        (lambda d: d["accessors"][0].update(count="many"), "no skinned mesh"),
        (lambda d: d["accessors"][5].update(componentType=5122), "unsigned"),
        (lambda d: d["accessors"][3].update(componentType=5120), "unsigned"),
        (lambda d: d["accessors"][1].update(type="VEC2"), "columns"),
        (lambda d: d["accessors"][1].update(count=7), "vertices but"),
        (lambda d: d["accessors"][5].update(count=6941), "triangles"),
        (lambda d: d["bufferViews"][0].update(byteOffset=-16), "wants"),
        (lambda d: d["bufferViews"][0].update(byteOffset=10**12), "wants"),
        (lambda d: d["bufferViews"][0].update(byteStride=24), "interleaved"),
        (lambda d: d["skins"][0].update(joints=[0, 1, 2]), "joints"),
        (lambda d: d["nodes"][0].update(name="ankle"), "missing"),
    ],
)
def test_a_wrong_description_is_refused(change: Any, says: str) -> None:
    description, binary = parts()
    change(description)
    with pytest.raises(InputError, match=says):
        from_glb(packed(description, binary))


def test_numbers_that_are_none_are_refused() -> None:
    description, binary = parts()
    broken = bytearray(binary)
    broken[:4] = struct.pack("<f", float("nan"))
    with pytest.raises(InputError, match="finite"):
        read_glb(packed(description, bytes(broken)))
    first = description["bufferViews"][6]["byteOffset"]
    broken = bytearray(binary)
    broken[first : first + 64] = bytes(64)
    with pytest.raises(InputError, match="singular"):
        read_glb(packed(description, bytes(broken)))


@pytest.mark.parametrize("data", [b"", b"glTF", b"\x00" * 64, b"glTF" + b"\xff" * 40])
def test_what_is_no_glb_is_refused(data: bytes) -> None:
    with pytest.raises(InputError, match="GLB"):
        read_glb(data)


def test_json_that_is_no_object_is_refused() -> None:
    with pytest.raises(InputError, match="not an object"):
        read_glb(packed([1, 2], b""))


def test_keypoints_lie_inside_the_flesh_where_their_names_say() -> None:
    mesh = webxr_hand()
    keypoints = mesh.joints[mesh.keypoint_joints] + mesh.keypoint_offsets
    nearest = np.linalg.norm(mesh.vertices[:, None] - keypoints, axis=2).min(0)
    assert nearest.min() > 0.002
    assert nearest.max() < 0.025
    wrist, middle, tip = keypoints[[0, 9, 12]]
    assert 0.06 < np.linalg.norm(middle - wrist) < 0.10
    assert 0.07 < np.linalg.norm(tip - middle) < 0.11
    for finger in range(5):
        chain = keypoints[1 + 4 * finger : 5 + 4 * finger]
        steps = np.linalg.norm(np.diff(chain, axis=0), axis=1)
        assert (steps > 0.01).all()
        if finger:
            assert steps[0] > steps[1] > steps[2]
