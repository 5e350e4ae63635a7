"""Sessions: what is written is read again, and what cannot be is refused by name."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from firsthand.errors import InputError, MediaError
from firsthand.geometry import Camera
from firsthand.objects.session import (
    FILE,
    Frame,
    Light,
    Plane,
    Session,
    pose_of,
    read_session,
    write_session,
)  # fmt: skip

FLOOR = Plane("floor", np.eye(4), np.array([[-2.0, -2.0], [2.0, -2.0], [2.0, 2.0]]))
LIGHT = Light((0.6, 0.6, 0.6), (0.5, 0.5, 0.4), (0.3, 0.9, 0.2))


def turned(angle: float, up: float) -> np.ndarray:
    pose = np.eye(4)
    pose[:3, :3] = [
        [math.cos(angle), 0, math.sin(angle)],
        [0, 1, 0],
        [-math.sin(angle), 0, math.cos(angle)],
    ]
    pose[1, 3] = up
    return pose


def session(folder, count=3) -> Session:
    frames = tuple(
        Frame(
            f"frames/{place:04}.jpg",
            place / 30,
            640,
            480,
            Camera.looking(640, 480),
            None if place == 1 else turned(0.1 * place, 1.4),
            LIGHT if place else None,
        )
        for place in range(count)
    )
    return Session(folder, "made by a test", frames, (FLOOR,), np.array([[0.1, 0.0, -0.4]]))


@pytest.fixture
def document(tmp_path):
    write_session(session(tmp_path))
    return json.loads((tmp_path / FILE).read_text())


@given(angle=st.floats(-10, 10), up=st.floats(-1e3, 1e3), count=st.integers(0, 4))
def test_what_is_written_is_read_again(tmp_path_factory, angle, up, count):
    folder = tmp_path_factory.mktemp("session")
    there = session(folder, count)
    there = replace(there, planes=(replace(FLOOR, pose=turned(angle, up)),))
    write_session(there)
    again = read_session(folder)
    for one, other in zip(again.frames, there.frames, strict=True):
        for name in ("image", "time_s", "width", "height", "camera", "light"):
            assert getattr(one, name) == getattr(other, name)
        assert (one.pose is None) == (other.pose is None)
        if one.pose is not None:
            np.testing.assert_allclose(one.pose, other.pose, atol=1e-12)
    np.testing.assert_allclose(again.planes[0].pose, turned(angle, up), atol=1e-12)
    np.testing.assert_array_equal(again.planes[0].outline, FLOOR.outline)
    np.testing.assert_array_equal(again.points, there.points)


SPOILT = {
    "another format": (lambda d: d.update(format="other"), "this reads"),
    "another version": (lambda d: d.update(version=2), "version 2"),
    "an endless version": (lambda d: d.update(version=10**4000), r"version 10{79}; this reads"),
    "a field too many": (lambda d: d.update(more=1), "more"),
    "a field too few": (lambda d: d.pop("planes"), "planes"),
    "outside": (lambda d: d["frames"][0].update(image="../../etc/passwd"), "no file in"),
    "absolute": (lambda d: d["frames"][0].update(image="/etc/passwd"), "no file in"),
    "half a character": (lambda d: d["frames"][0].update(image="a/\ud800.png"), "no file in"),
    "back in time": (lambda d: d["frames"][2].update(time_s=-1.0), "order of their times"),
    "NaN time": (lambda d: d["frames"][0].update(time_s="nan"), "finite number of seconds"),
    "no width": (lambda d: d["frames"][0].update(width=0), "sides are 1 to"),
    "no focal length": (lambda d: d["frames"][0].update(focal=[0.0, 1.0]), "focal lengths"),
    "three focal lengths": (lambda d: d["frames"][0].update(focal=[1.0, 1.0, 1.0]), "two numbers"),
    "NaN pose": (lambda d: d["frames"][0]["pose"][0].__setitem__(0, math.nan), "NaN"),
    "skewed pose": (lambda d: d["frames"][0]["pose"][0].__setitem__(0, 1.1), "orthonormal"),
    "mirrored pose": (
        lambda d: d["frames"][0].update(pose=np.diag([-1, 1, 1, 1]).tolist()),
        "mirr",
    ),
    "ragged pose": (lambda d: d["frames"][0].update(pose=[[1, 2], [3]]), "rows of 4"),
    "pose of three rows": (lambda d: d["frames"][0]["pose"].pop(), "4 rows"),
    "dark light": (lambda d: d["frames"][1]["light"].update(sun=[-1, 0, 0]), "below 0"),
    "light from nowhere": (lambda d: d["frames"][1]["light"].update(towards=[0, 0, 0]), "nowhere"),
    "outline of two": (lambda d: d["planes"][0].update(outline=[[0, 0], [1, 1]]), "3 corners"),
    "huge number": (lambda d: d.update(points=[[10**400, 0, 0]]), "points"),
}


@pytest.mark.parametrize(("spoil", "told"), SPOILT.values(), ids=SPOILT)
def test_what_cannot_be_is_refused_by_name(tmp_path, document, spoil, told):
    spoil(document)
    (tmp_path / FILE).write_text(json.dumps(document))
    with pytest.raises(InputError, match=told):
        read_session(tmp_path)


@given(st.binary(max_size=200))
def test_any_bytes_are_refused_or_read(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("session")
    (folder / FILE).write_bytes(data)
    with pytest.raises(InputError):
        read_session(folder)


def test_a_folder_without_a_session_says_so(tmp_path):
    with pytest.raises(MediaError, match="cannot be read"):
        read_session(tmp_path)


def test_a_nearly_orthonormal_turn_is_made_orthonormal():
    rows = turned(0.3, 0.0)
    rows[:3, :3] += 1e-5
    turn = pose_of(rows.tolist(), "here")[:3, :3]
    np.testing.assert_allclose(turn.T @ turn, np.eye(3), atol=1e-12)
