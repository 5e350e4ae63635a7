"""What frames show of boxes: the camera's own equations, and a linear program as the oracle."""

import json
import math

import numpy as np
import pytest
from checkered import HEIGHT, LOST, THING, WIDTH, around, checkered, looking
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.optimize import linprog

from firsthand.errors import InputError
from firsthand.geometry import Box, Camera, fitted
from firsthand.geometry.boxes import PLACES
from firsthand.objects.annotations import Annotation
from firsthand.objects.frame_labels import label_lines, labels, write_labels
from firsthand.objects.session import Frame, Session
from firsthand.objects.sights import VISIBILITIES, Cameras, sights

NEAR = st.floats(-3, 3)
SMALL = st.floats(0.01, 3)
ANGLES = st.floats(-math.pi, math.pi)


def turned(vector) -> np.ndarray:
    """By a vector's length about its direction (Rodrigues)."""
    angle = float(np.linalg.norm(vector))
    x, y, z = np.asarray(vector) / max(angle, 1e-12)
    across = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.eye(3) + math.sin(angle) * across + (1 - math.cos(angle)) * across @ across


def boxes(places, edges):
    return st.builds(
        lambda middle, by, size: Box(np.array(middle), turned(by), np.array(size)),
        st.tuples(places, places, places),
        st.tuples(ANGLES, ANGLES, ANGLES),
        st.tuples(edges, edges, edges),
    )


BOXES = boxes(NEAR, SMALL)
SMALL_BOXES = boxes(st.floats(-0.5, 0.5), st.floats(0.05, 0.5))
"""Before every camera that looks at the middle of the made-up session."""

CAMERAS = st.builds(Camera, *(st.floats(20, 900),) * 2, st.floats(0, WIDTH), st.floats(0, HEIGHT))


def pose_of(by, place) -> np.ndarray:
    pose = np.eye(4)
    pose[:3, :3], pose[:3, 3] = turned(by), place
    return pose


POSES = st.builds(
    pose_of, st.tuples(ANGLES, ANGLES, ANGLES), st.tuples(NEAR, NEAR, NEAR).map(np.array)
)


def frame(camera, pose) -> Frame:
    return Frame("0.jpg", 0.0, WIDTH, HEIGHT, camera, pose)


def visibility(camera, pose, box) -> str:
    seen = sights(Cameras.of([frame(camera, pose)]), box)
    return VISIBILITIES[seen.visibility[0]]


@given(CAMERAS, st.lists(POSES, min_size=1, max_size=4), BOXES)
def test_points_are_where_the_camera_says(camera, poses, box):
    seen = sights(Cameras.of([frame(camera, pose) for pose in poses]), box)
    for place, pose in enumerate(poses):
        world = np.column_stack([np.vstack([box.middle, box.corners]), np.ones(9)])
        own = (np.linalg.inv(pose) @ world.T).T[:, :3]
        np.testing.assert_allclose(seen.points[place], own, atol=1e-9)
        assume(np.abs(own[:, 2]).min() > 1e-3)
        np.testing.assert_allclose(seen.pixels[place], camera.project(own), rtol=1e-6, atol=1e-4)


def deepest(camera, pose, box) -> float:
    """How far within the picture's pyramid a point of the box can be: at most 0 where none is."""
    rows, bounds = [], []
    own = (box.middle - pose[:3, 3]) @ pose[:3, :3], pose[:3, :3].T @ box.rotation * box.size / 2
    for normal in (
        (camera.focal_x, 0, camera.middle_x),
        (-camera.focal_x, 0, WIDTH - camera.middle_x),
        (0, camera.focal_y, camera.middle_y),
        (0, -camera.focal_y, HEIGHT - camera.middle_y),
    ):
        inwards = np.array(normal) / np.linalg.norm(normal)
        rows.append([*(-inwards @ own[1]), 1.0])
        bounds.append(inwards @ own[0])
    limits = [(-1, 1)] * 3 + [(None, None)]
    done = linprog([0, 0, 0, -1], A_ub=rows, b_ub=bounds, bounds=limits)
    assert done.status == 0
    return -float(done.fun)


@given(CAMERAS, POSES, BOXES)
def test_what_is_in_the_picture_is_what_a_linear_program_finds_there(camera, pose, box):
    depth = deepest(camera, pose, box)
    assume(abs(depth) > 1e-6)
    assert (visibility(camera, pose, box) in ("whole", "part")) == (depth > 0)


CORNERS = st.sampled_from([(0, 0), (WIDTH, 0), (0, HEIGHT), (WIDTH, HEIGHT)])


@given(CAMERAS, POSES, BOXES, CORNERS, st.integers(0, 2), ANGLES)
def test_a_box_along_a_corner_of_the_picture_is_no_exception(camera, pose, box, corner, axis, by):
    ray = np.append(camera.rays(np.array(corner, float)), 1.0)
    ray /= np.linalg.norm(ray)
    aside = np.linalg.svd(ray[None])[2][1]
    aside = turned(by * ray) @ aside
    columns = np.roll(np.column_stack([ray, aside, np.cross(ray, aside)]), axis, axis=1)
    along = Box(box.middle, pose[:3, :3] @ columns, box.size)
    depth = deepest(camera, pose, along)
    assume(abs(depth) > 1e-6)
    assert (visibility(camera, pose, along) in ("whole", "part")) == (depth > 0)


@given(CAMERAS, POSES, BOXES)
def test_whole_is_every_point_within_and_behind_none_before(camera, pose, box):
    points = (np.vstack([box.middle, box.corners]) - pose[:3, 3]) @ pose[:3, :3]
    assume(np.abs(points[:, 2]).min() > 1e-6)
    pixels = camera.project(points)
    edge = np.abs(np.stack([pixels, pixels - (WIDTH, HEIGHT)]))
    assume(not (edge < 1e-6).any())
    within = ((pixels > 0) & (pixels < (WIDTH, HEIGHT))).all()
    found = visibility(camera, pose, box)
    assert (found == "whole") == within
    assert (found == "behind") == (points[:, 2] < 0).all()


def test_a_box_around_the_camera_and_one_that_fills_the_picture_are_seen_in_part():
    camera = Camera(300.0, 300.0, WIDTH / 2, HEIGHT / 2)
    pose = looking((0, 1, 2))
    assert (
        visibility(camera, pose, Box(np.array([0, 1.0, 2]), np.eye(3), np.full(3, 0.5))) == "part"
    )
    wall = Box(np.array([0, 0.6, 1.0]), np.eye(3), np.array([9.0, 9.0, 0.1]))
    assert visibility(camera, pose, wall) == "part"
    assert visibility(camera, None, wall) == "no pose"


@given(st.integers(0, 11), st.integers(0, 11), SMALL_BOXES)
def test_two_frames_see_one_and_the_same_box(one, other, box):
    """From either frame's points and depths the box in the world is found again."""
    camera = Camera(300.0, 300.0, WIDTH / 2, HEIGHT / 2)
    for place in (one, other):
        pose = around(place, 12)
        seen = sights(Cameras.of([frame(camera, pose)]), box)
        depth = seen.points[0, :, 2]
        assert depth.min() > 0.05
        own = np.column_stack([camera.rays(seen.pixels[0]), np.ones(9)]) * depth[:, None]
        world = own @ pose[:3, :3].T + pose[:3, 3]
        np.testing.assert_allclose(world[1:], box.corners, atol=1e-8)


@pytest.fixture(scope="module")
def session(tmp_path_factory) -> Session:
    return checkered(tmp_path_factory.mktemp("session"))


def test_every_frame_is_labelled_from_one_box(session):
    found = list(labels(session, [Annotation("thing", "box", THING)]))
    assert [each.frame for each in found] == list(session.frames)
    for place, (label,) in enumerate(each.labels for each in found):
        assert (label.name, label.category) == ("thing", "box")
        if place == LOST:
            assert (label.visibility, label.box) == ("no pose", None)
            assert np.isnan(label.pixels).all()
            assert np.isnan(label.depth_m).all()
            continue
        assert label.visibility == "whole"
        camera = session.frames[place].camera
        own = label.box.middle + (PLACES * THING.size / 2) @ label.box.rotation.T
        np.testing.assert_allclose(label.pixels, camera.project(own), atol=1e-9)
        np.testing.assert_allclose(label.depth_m, own[:, 2], atol=1e-12)
        again = fitted(label.pixels, camera)
        scale = label.depth_m[0]
        np.testing.assert_allclose(again.middle * scale, label.box.middle, atol=1e-6)
        np.testing.assert_allclose(again.size * scale, THING.size, atol=1e-6)


def test_a_label_lies_on_what_the_picture_shows(session):
    """The thing is the only red there is: where labels say that it is, and nowhere else."""
    import cv2

    (label,) = next(iter(labels(session, [Annotation("thing", "box", THING)]))).labels
    image = cv2.imread(str(session.image(session.frames[0]))).astype(int)
    red = (image[..., 2] - image[..., 0]) > 40
    hull = cv2.convexHull(np.round(label.pixels[1:]).astype(np.int32))
    mask = cv2.fillConvexPoly(np.zeros(red.shape, np.uint8), hull, 1).astype(bool)
    assert (red & mask).sum() / (red | mask).sum() > 0.97


def test_lines_say_the_same_and_null_where_nothing_is_known(session, tmp_path):
    near = Annotation("near", "box", Box(np.array([0.0, 1.0, 1.5]), np.eye(3), np.ones(3)))
    objects = [Annotation("thing", "box", THING), near]
    lines = [json.loads(line) for line in label_lines(session, objects)]
    assert len(lines) == len(session.frames)
    for line, found in zip(lines, labels(session, objects), strict=True):
        assert (line["image"], line["width"]) == (found.frame.image, WIDTH)
        assert line["focal"] == [300.0, 300.0]
        for plain, label in zip(line["objects"], found.labels, strict=True):
            assert plain["visibility"] == label.visibility
            for pixel, expected in zip(plain["pixels"], label.pixels, strict=True):
                assert (pixel is None) == np.isnan(expected).any()
                assert pixel is None or pixel == expected.tolist()
    thing, lost = lines[0]["objects"][0], lines[LOST]["objects"][0]
    assert thing["box"]["size"] == THING.size.tolist()
    assert (lost["box"], lost["depth_m"], lost["pixels"]) == (None, None, [None] * 9)
    assert lines[0]["objects"][1]["visibility"] == "part"
    assert None in lines[0]["objects"][1]["pixels"]  # the camera is within it
    write_labels(tmp_path / "labels.jsonl", session, objects)
    assert (tmp_path / "labels.jsonl").read_bytes() == b"".join(label_lines(session, objects))


@pytest.mark.parametrize("far", [1e8, 1e300])
def test_a_camera_that_cannot_be_is_told(far):
    camera = Camera(300.0, 300.0, 160.0, 120.0)
    with pytest.raises(InputError, match=r"'0\.jpg': its camera is at"):
        Cameras.of([frame(camera, pose_of((0, 0, 0), (0, far, 0)))])
    with pytest.raises(InputError, match="with a lens of"):
        Cameras.of([frame(Camera(far, far, 0.0, 0.0), np.eye(4))])


@pytest.mark.parametrize("focal", [(1e-300, 300.0), (300.0, 9e-4)])
def test_a_lens_too_short_to_reckon_with_is_told(focal):
    with pytest.raises(InputError, match=r"'0\.jpg': its focal lengths are .* is the least"):
        Cameras.of([frame(Camera(*focal, 160.0, 120.0), np.eye(4))])
    least = frame(Camera(1e-3, 1e-3, 160.0, 120.0), np.eye(4))
    seen = sights(Cameras.of([least]), Box(np.array([0, 0, 1.0]), np.eye(3), np.full(3, 0.1)))
    assert VISIBILITIES[seen.visibility[0]] == "whole"


def test_no_frames_have_no_labels(tmp_path):
    nothing = Session(tmp_path, "", (), (), np.zeros((0, 3)))
    assert list(labels(nothing, [Annotation("thing", "box", THING)])) == []
    assert len(sights(Cameras.of([]), THING).visibility) == 0
