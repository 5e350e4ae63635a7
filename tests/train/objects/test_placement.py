"""Things find places that could be: on planes, in view, through nothing."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_meshes import FLOOR, LIGHT, block, renderer_or_skip, sight

from firsthand.errors import ConfigError, InputError
from firsthand.geometry import shared_volume
from firsthand.media.image import read_image, write_image
from firsthand.objects.annotations import read_annotations
from firsthand.objects.session import Frame, Plane, Session, read_session
from firsthand.train.objects.annotated import make_annotated
from firsthand.train.objects.composing import composed
from firsthand.train.objects.lessons import Making
from firsthand.train.objects.paths import Walk, looking, walked
from firsthand.train.objects.placement import placed
from firsthand.train.objects.renderer import Thing
from firsthand.train.objects.rooms import random_room
from firsthand.train.objects.simulation import simulate_session

MESHES = (block(), block((0.4, 0.5, 0.4), (0.2, 0.3, 0.8), "low"))
VIEW = sight((0.5, 1.6, 2.8))
PAPERS = (
    np.random.default_rng(0).integers(0, 255, (60, 80, 3)).astype(np.uint8),
    np.full((40, 40, 3), 90, np.uint8),
)


def raised(height: float) -> Plane:
    pose = np.eye(4)
    pose[:3, 3] = -0.7, height, 0.2
    return Plane("table", pose, np.array([[-0.5, -0.4], [0.5, -0.4], [0.5, 0.4], [-0.5, 0.4]]))


@given(st.integers(0, 10_000), st.floats(0.2, 1.2))
@settings(max_examples=25, deadline=None)
def test_things_stand_in_view_and_go_through_nothing(seed, height):
    planes = (FLOOR, raised(height))
    things = placed(np.random.default_rng(seed), MESHES, planes, VIEW, 3)
    for thing in things:
        feet = thing.box.corners[:, 1].min()
        assert min(abs(feet), abs(feet - height)) < 1e-6
        np.testing.assert_allclose(thing.pose[:3, 1], [0, 1, 0], atol=1e-9)
        assert 0.7 < thing.scale < 1.4
        into = np.linalg.inv(VIEW.pose)
        middle = into[:3, :3] @ thing.box.middle + into[:3, 3]
        pixel = VIEW.camera.project(middle)
        assert (pixel >= 0).all()
        assert (pixel <= (VIEW.width, VIEW.height)).all()
        crossing = feet < height - 1e-6 < thing.box.corners[:, 1].max()
        if crossing:  # then it is beside the table, not under it
            corners = thing.box.corners[:, [0, 2]] - raised(height).pose[[0, 2], 3]
            assert not (np.abs(corners) < (0.5, 0.4)).all(axis=1).any()
    for one, other in combinations(things, 2):
        assert shared_volume(one.box, other.box) == 0


def test_there_is_no_place_without_a_level_plane():
    leaning = np.eye(4)
    leaning[:3, :3] = [[1, 0, 0], [0, 0.8, -0.6], [0, 0.6, 0.8]]
    wall = Plane("wall", leaning, FLOOR.outline)
    assert not placed(np.random.default_rng(0), MESHES, [wall], VIEW, 2)
    tiny = Plane("tiny", np.eye(4), np.array([[-0.1, -0.1], [0.1, -0.1], [0.1, 0.1], [-0.1, 0.1]]))
    assert not placed(np.random.default_rng(0), MESHES, [tiny], VIEW, 2)


def test_without_planes_things_hang_anywhere():
    rng = np.random.default_rng(0)
    found = [
        thing
        for _ in range(30)
        for thing in placed(rng, MESHES, [], VIEW, 1, frozenset({"planes"}))
    ]
    assert len(found) >= 20
    ups = np.array([thing.pose[1, 1] for thing in found])
    assert ups.std() > 0.4
    assert abs(ups.mean()) < 0.35
    scales = np.array([thing.scale for thing in found])
    assert scales.min() < 0.8
    assert scales.max() > 1.25


@given(st.integers(0, 10_000), st.integers(1, 12))
def test_a_camera_walks_around_what_it_looks_at(seed, count):
    focus = np.array([0.0, 0.5, 0.0])
    walk = Walk()
    poses = walked(np.random.default_rng(seed), focus, count, walk)
    assert poses.shape == (count, 4, 4)
    turns = poses[:, :3, :3]
    np.testing.assert_allclose(turns @ turns.transpose(0, 2, 1), np.tile(np.eye(3), (count, 1, 1)), atol=1e-9)  # fmt: skip # noqa: E501
    np.testing.assert_allclose(np.linalg.det(turns), 1, atol=1e-9)
    away = np.linalg.norm(poses[:, :3, 3] - focus, axis=1)
    assert (away > walk.away_m[0] - 0.3).all()
    assert (away < walk.away_m[1] + 0.3).all()
    ahead = (focus - poses[:, :3, 3]) / away[:, None]
    assert ((turns[:, :, 2] * ahead).sum(1) > 0.8).all()
    assert (turns[:, 1, 1] < 0).all()  # down is down


def test_looking_is_as_the_session_has_it():
    pose = looking(np.array([0.0, 1.0, 2.0]), np.array([0.0, 1.0, 0.0]))
    np.testing.assert_allclose(
        pose[:3, :3], np.column_stack([[1, 0, 0], [0, -1, 0], [0, 0, -1]]), atol=1e-12
    )


def test_a_made_up_session_is_a_session(tmp_path):
    renderer_or_skip()
    made = simulate_session(
        tmp_path / "a", np.random.default_rng(3), PAPERS, "mine", frames=3, size_px=(64, 48)
    )
    session = read_session(tmp_path / "a")
    assert session.origin == "mine"
    assert len(session.frames) == 3
    assert session.planes[0].name == "floor"
    for frame, other in zip(session.frames, made.frames, strict=True):
        assert read_image(session.image(frame)).shape == (frame.height, frame.width, 3)
        np.testing.assert_allclose(frame.pose, other.pose, atol=1e-12)
    on_planes = [
        min(
            abs((point - plane.pose[:3, 3]) @ plane.pose[:3, 1])
            for plane in session.planes
        )
        for point in session.points
    ]  # fmt: skip
    assert max(on_planes) < 0.06


def test_a_spot_of_the_floor_is_where_the_cameras_see_it(tmp_path):
    """A bright sheet on the floor is drawn where each frame's pose projects it."""
    renderer = renderer_or_skip()
    room = random_room(np.random.default_rng(0), [np.full((30, 30, 3), 20, np.uint8)])
    spot = block((0.2, 0.02, 0.2), (1.0, 1.0, 1.0))
    pose = np.eye(4)
    pose[:3, 3] = 0.3, 0.01, -0.2
    for eye in ((1.0, 1.2, 1.0), (-0.5, 1.5, 1.2)):
        view = sight(eye, (0.2, 0.0, 0.0), 128, 96)
        picture = renderer.picture([*room.things[:1], Thing(spot, pose)], view, LIGHT)
        bright = picture.mean(2) > 120
        rows, columns = np.nonzero(bright)
        into = np.linalg.inv(view.pose)
        wanted = view.camera.project(into[:3, :3] @ pose[:3, 3] + into[:3, 3])
        np.testing.assert_allclose([columns.mean() + 0.5, rows.mean() + 0.5], wanted, atol=1.5)


def test_a_session_needs_photographs_and_a_place(tmp_path):
    with pytest.raises(ConfigError, match="photograph"):
        simulate_session(tmp_path / "a", np.random.default_rng(0), [], "x")


def test_a_picture_with_things_says_what_is_in_it(tmp_path):
    renderer_or_skip()
    session = simulate_session(
        tmp_path, np.random.default_rng(5), PAPERS, "mine", frames=1, size_px=(96, 72)
    )
    plain = read_image(session.image(session.frames[0]))
    picture = composed(session, session.frames[0], MESHES, np.random.default_rng(1), count=2)
    assert len(picture.boxes) == len(picture.seen) == len(picture.names) >= 1
    assert set(np.unique(picture.owners)) <= {0, *range(1, len(picture.boxes) + 1)}
    for number, box in enumerate(picture.boxes, 1):
        rows, columns = np.nonzero(picture.owners == number)
        if not len(rows):
            continue
        pixels = picture.camera.project(box.corners)
        assert columns.min() >= pixels[:, 0].min() - 1.5
        assert rows.max() <= pixels[:, 1].max() + 1.5
        assert (picture.image[rows, columns] != plain[rows, columns]).any(axis=1).mean() > 0.8
    empty = composed(session, session.frames[0], MESHES, np.random.default_rng(1), count=0)
    assert (empty.image == plain).all()


def test_a_frame_that_lost_its_place_or_has_another_picture_is_told(tmp_path):
    write_image(tmp_path / "a.png", np.zeros((10, 20, 3), np.uint8))
    lost = Frame("a.png", 0.0, 20, 10, VIEW.camera, None, None)
    session = Session(tmp_path, "x", (lost,), (FLOOR,), np.zeros((0, 3)))
    with pytest.raises(InputError, match="not known"):
        composed(session, lost, MESHES, np.random.default_rng(0))
    other = Frame("a.png", 0.0, 30, 10, VIEW.camera, VIEW.pose, None)
    with pytest.raises(InputError, match="20 x 10"):
        composed(session, other, MESHES, np.random.default_rng(0))


def test_annotated_sessions_have_boxes_around_what_was_drawn(tmp_path):
    renderer_or_skip()
    making = Making(MESHES, PAPERS)
    (folder,) = make_annotated(tmp_path, making, 1, 7, "block")
    session = read_session(folder)
    found = read_annotations(folder)
    assert {each.category for each in found} == {"block"}
    sizes = [sorted(mesh.size) for mesh in MESHES]
    for each in found:
        ratios = [np.array(sorted(each.box.size)) / size for size in sizes]
        assert min(np.ptp(ratio) for ratio in ratios) < 1e-5  # one of them, in another scale
        low = each.box.corners[:, 1].min()
        assert min(abs(low - plane.pose[1, 3]) for plane in session.planes) < 1e-5
    again = [path.stat().st_mtime_ns for path in sorted(folder.rglob("*.jpg"))]
    make_annotated(tmp_path, making, 1, 7, "block")
    assert again == [path.stat().st_mtime_ns for path in sorted(folder.rglob("*.jpg"))]
