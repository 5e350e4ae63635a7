"""Recordings of the Objectron data set, written by another hand, read as sessions."""

from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pbdata import camera, cloud, double, floats, geometry, inside, plane, thing, vector, whole

from firsthand.errors import ConfigError, InputError, MediaError
from firsthand.geometry import Box
from firsthand.media import VideoWriter
from firsthand.objects.annotations import read_annotations
from firsthand.objects.objectron import Recording, glowing, import_recording
from firsthand.objects.objectron_messages import read_annotation, read_geometry
from firsthand.objects.session import read_session

INNER = np.array([[50.0, 0, 31.0], [0, 52.0, 25.0], [0, 0, 1]])
CHAIR = Box(np.array([0.2, 0.45, -1.5]), np.eye(3), np.array([0.5, 0.9, 0.4]))


def transform(around=0.3, up=1.2):
    """Return an ARKit camera's place: x along the sensor, y up in it, z towards the holder."""
    cos, sin = np.cos(around), np.sin(around)
    found = np.eye(4)
    found[:3, :3] = [[cos, 0, sin], [0, 1, 0], [-sin, 0, cos]]
    lean = np.eye(4)
    lean[1:3, 1:3] = [[0.9, 0.4358899], [-0.4358899, 0.9]]
    found = found @ lean
    found[1, 3] = up
    return found


def seen_by_arkit(points, place, size):
    """Project as the data set's tutorial does: by view and projection, x and y changed over."""
    wide, tall = 64, 48
    own = (points - place[:3, 3]) @ place[:3, :3]
    x = (2 * INNER[0, 0] * own[:, 0] / -own[:, 2] + 2 * INNER[0, 2] - wide) / wide
    y = (2 * INNER[1, 1] * own[:, 1] / -own[:, 2] + tall - 2 * INNER[1, 2]) / tall
    if size[0] < size[1]:
        return np.column_stack([(1 + y) / 2 * size[0], (1 + x) / 2 * size[1]])
    return np.column_stack([(1 + x) / 2 * size[0], (1 - y) / 2 * size[1]])


def frame(time_s, place, *, light=b"", planes=(), points=b"", **how):
    own = double(1, time_s) + inside(4, camera(place, inner=INNER, **how))
    if light:
        own += inside(5, light)
    own += b"".join(inside(7, each) for each in planes)
    return own + (inside(8, points) if points else b"")


def recording(tmp_path, frames, size=(48, 64), pictures=3, annotation=None):
    with VideoWriter(tmp_path / "video.mp4", fps=30) as writer:
        for number in range(pictures):
            writer.write(np.full((size[1], size[0], 3), 60 * number, np.uint8))
    found = [None, None]
    for at, data in enumerate((None if frames is None else geometry(frames), annotation)):
        if data is not None:
            found[at] = tmp_path / f"{at}.pbdata"
            found[at].write_bytes(data)
    return Recording(tmp_path / "video.mp4", *found)


def sequence(place=None, **how):
    things = inside(1, thing("chair", CHAIR.rotation, CHAIR.middle, CHAIR.size))
    frames = b""
    for number in range(3):
        own = whole(1, number) + inside(3, camera(place, inner=INNER, **how))
        frames += inside(2, own + double(4, 10 + number / 30) + floats(5, (0, 0, 0)))
    return things + frames


@pytest.mark.parametrize("size", [(48, 64), (64, 48), (96, 128)], ids=["upright", "wide", "twice"])
def test_points_are_seen_where_arkit_sees_them(tmp_path, size):
    places = [transform(around) for around in (0.3, 0.35, 0.4)]
    frames = [frame(10 + at / 30, place) for at, place in enumerate(places)]
    session = import_recording(recording(tmp_path, frames, size), tmp_path / "session")
    again = read_session(session.folder)
    assert len(again.frames) == 3
    for own, place in zip(again.frames, places, strict=True):
        assert (own.width, own.height) == size
        points = np.array([[0.1, 0.4, -2.0], [-0.3, 0.2, -1.8], [0.3, 0.7, -2.4]])
        into = np.linalg.inv(own.pose)
        here = points @ into[:3, :3].T + into[:3, 3]
        assert (here[:, 2] > 0).all()
        pixels = own.camera.project(here)
        np.testing.assert_allclose(pixels, seen_by_arkit(points, place, size), atol=1e-3)
    np.testing.assert_allclose([f.time_s for f in again.frames], [0, 1 / 30, 2 / 30], atol=1e-6)


def test_an_upright_camera_s_down_points_down(tmp_path):
    # Held upright, the sensor's long side, its x, points down in the world.
    place = np.eye(4)
    place[:3, :3] = np.column_stack([[0, -1, 0], [1, 0, 0], [0, 0, 1]])
    frames = [frame(at, place) for at in range(3)]
    session = import_recording(recording(tmp_path, frames), tmp_path / "session")
    down = session.frames[0].pose[:3, 1]
    np.testing.assert_allclose(down, [0, -1, 0], atol=1e-6)
    np.testing.assert_allclose(session.frames[0].pose[:3, 2], [0, 0, -1], atol=1e-6)


def test_planes_light_points_and_lost_tracking_are_kept(tmp_path):
    square = [(-1, -1), (1, -1), (1, 1), (-1, 1)]
    floor = np.eye(4)
    table = np.eye(4)
    table[1, 3] = 0.7
    light = double(1, 500.0) + double(2, 3000.0)
    frames = [
        frame(1.0, transform(), planes=[plane("a", floor)], points=cloud([(1, 2, 3)], [5])),
        frame(1.5, None, state=1),
        frame(
            2.0,
            transform(),
            light=light,
            planes=[plane("a", floor, square), plane("b", table)],
            points=cloud([(1, 2, 4), (0, 1, 0)], [5, 2**40]),
        ),
    ]
    session = import_recording(recording(tmp_path, frames), tmp_path / "session")
    again = read_session(session.folder)
    assert [each.pose is None for each in again.frames] == [False, True, False]
    np.testing.assert_allclose(again.planes[0].outline, square)
    np.testing.assert_allclose(
        again.planes[1].outline, [[-1, -0.5], [1, -0.5], [1, 0.5], [-1, 0.5]]
    )
    assert again.planes[1].pose[1, 3] == pytest.approx(0.7)
    np.testing.assert_allclose(again.points, [[1, 2, 4], [0, 1, 0]])
    assert again.frames[0].light is None
    lit = again.frames[2].light
    assert np.mean(lit.ambient) == pytest.approx(0.5, rel=0.25)
    assert lit.ambient[0] > lit.ambient[1] > lit.ambient[2]
    assert lit.sun == (0.0, 0.0, 0.0)


def test_a_light_with_a_direction_is_a_sun(tmp_path):
    light = double(1, 1000.0) + vector(4, (0.0, 1.0, 0.5)) + b"\x2d\x00\x00\x48\x43"  # 200 lumens
    frames = [frame(at, transform(), light=light) for at in range(3)]
    session = import_recording(recording(tmp_path, frames), tmp_path / "session")
    assert session.frames[0].light.towards == (0.0, 1.0, 0.5)
    np.testing.assert_allclose(session.frames[0].light.sun, 0.2)


def test_annotations_are_boxes_of_the_world(tmp_path):
    made = recording(tmp_path, [frame(at, transform()) for at in range(3)], annotation=sequence())
    session = import_recording(made, tmp_path / "session", every=2)
    assert [each.image for each in session.frames] == ["frames/00000.jpg", "frames/00002.jpg"]
    (found,) = read_annotations(session.folder)
    assert (found.name, found.category) == ("chair-1", "chair")
    np.testing.assert_allclose(found.box.corners, CHAIR.corners, atol=1e-6)


def test_without_geometry_cameras_are_the_annotation_s(tmp_path):
    made = recording(tmp_path, None, annotation=sequence(transform()))
    session = import_recording(made, tmp_path / "session")
    assert len(session.frames) == 3
    assert session.frames[0].pose is not None
    assert not session.planes
    assert session.frames[2].time_s == pytest.approx(2 / 30)


SPOILT = {
    "cut": (lambda data: data[:-3], "claims"),
    "a length in part": (lambda data: data + b"\x01\x02", "middle of a length"),
    "huge length": (lambda data: b"\xff\xff\xff\xff" + data, "claims 4294967295"),
    "no message": (lambda data: b"\x04\x00\x00\x00\xff\xff\xff\xff" + data, "no message"),
    "no sensor": (lambda _: geometry([double(1, 1.0)]), "a sensor of 0 x 0"),
    "another shape": (
        lambda _: geometry([double(1, 1.0) + inside(4, camera(transform(), wide=64, tall=20))]),
        "numbers|no sensor",
    ),
    "no focal length": (
        lambda _: geometry([double(1, 1.0) + inside(4, camera(transform(), inner=0 * INNER))]),
        "focal lengths",
    ),
    "NaN": (
        lambda _: geometry([double(1, 1.0) + inside(4, camera(transform() * np.nan, inner=INNER))]),
        "NaN",
    ),
    "skewed": (
        lambda _: geometry([double(1, 1.0) + inside(4, camera(2 * transform(), inner=INNER))]),
        "last row|orthonormal",
    ),
    "nothing": (lambda _: b"\x00\x00\x00\x00", "a sensor of 0 x 0"),
}


@pytest.mark.parametrize(("spoil", "told"), SPOILT.values(), ids=SPOILT)
def test_what_cannot_be_is_told(tmp_path, spoil, told):
    made = recording(tmp_path, [frame(at, transform()) for at in range(3)])
    made.geometry.write_bytes(spoil(made.geometry.read_bytes()))
    with pytest.raises(InputError, match=told):
        import_recording(made, tmp_path / "session")
    assert not (tmp_path / "session" / "session.json").exists()


def test_files_and_options_that_are_missing_are_told(tmp_path):
    made = recording(tmp_path, [frame(at, transform()) for at in range(3)])
    with pytest.raises(ConfigError, match="every"):
        import_recording(made, tmp_path / "session", every=0)
    with pytest.raises(ConfigError, match="no camera is known"):
        import_recording(Recording(made.video, None), tmp_path / "session")
    with pytest.raises(MediaError, match="none"):
        import_recording(Recording(made.video, tmp_path / "none"), tmp_path / "session")
    (tmp_path / "taken").write_bytes(b"x")
    with pytest.raises(MediaError, match="no session can be put there"):
        import_recording(made, tmp_path / "taken")


def test_an_object_of_no_box_is_told(tmp_path):
    bad = inside(1, thing("chair", 2 * np.eye(3), CHAIR.middle, CHAIR.size))
    made = recording(tmp_path, [frame(at, transform()) for at in range(3)], annotation=bad)
    with pytest.raises(InputError, match="object 0"):
        import_recording(made, tmp_path / "session")


@given(st.binary(max_size=300))
@settings(max_examples=60)
def test_any_bytes_are_read_or_refused(data):
    for read in (read_geometry, read_annotation):
        with suppress(InputError):
            read(data, "here")


@pytest.mark.parametrize("kelvin", [0.0, 2000.0, 3500.0, 5000.0, 1e9])
def test_warm_light_is_red_and_cold_light_blue(kelvin):
    rgb = glowing(kelvin)
    assert rgb.mean() == pytest.approx(1.0)
    assert (rgb[0] > rgb[2]) == (kelvin < 6500)


def test_light_of_6500_kelvin_is_nearly_white():
    np.testing.assert_allclose(glowing(6504.0), 1.0, atol=0.05)
