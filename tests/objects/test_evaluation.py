"""Evaluation over sessions: a perfect finder, a blind one, and those in between."""

import json
from dataclasses import dataclass, replace

import numpy as np
import pytest

from firsthand.errors import InputError
from firsthand.geometry import Box, Camera
from firsthand.media.image import write_image
from firsthand.objects.annotations import Annotation, write_annotations
from firsthand.objects.evaluation import evaluate, sessions_in, summarised
from firsthand.objects.session import Frame, Plane, Session, write_session

CAMERA = Camera(60.0, 60.0, 32.0, 24.0)
FLOOR = Plane("floor", np.eye(4), np.array([[-2.0, -2], [2, -2], [2, 2], [-2, 2]]))
CHAIRS = (
    Box(np.array([0.0, 0.45, 0.0]), np.eye(3), np.array([0.5, 0.9, 0.5])),
    Box(np.array([0.9, 0.3, -0.2]), np.eye(3), np.array([0.4, 0.6, 0.4])),
)


@dataclass(frozen=True)
class Seen:
    box: Box
    score: float = 0.9


def pose(around: float) -> np.ndarray:
    eye = np.array([2.5 * np.sin(around), 1.4, 2.5 * np.cos(around)])
    ahead = np.array([0.3, 0.3, 0.0]) - eye
    ahead /= np.linalg.norm(ahead)
    right = np.cross(ahead, [0, 1, 0])
    right /= np.linalg.norm(right)
    found = np.eye(4)
    found[:3, :3] = np.stack([right, np.cross(ahead, right), ahead], axis=1)
    found[:3, 3] = eye
    return found


def own(box: Box, frame_pose: np.ndarray) -> Box:
    into = np.linalg.inv(frame_pose)
    return Box(into[:3, :3] @ box.middle + into[:3, 3], into[:3, :3] @ box.rotation, box.size)


@pytest.fixture
def folder(tmp_path):
    """A session whose second frame has lost its pose; a picture's grey is its frame's number."""
    (tmp_path / "one" / "frames").mkdir(parents=True)
    frames = []
    for place, around in enumerate((0.0, 0.2, 0.4)):
        name = f"frames/{place}.png"
        write_image(tmp_path / "one" / name, np.full((48, 64, 3), place, np.uint8))
        frames.append(
            Frame(name, place / 10, 64, 48, CAMERA, None if place == 1 else pose(around), None)
        )
    session = Session(tmp_path / "one", "a test", tuple(frames), (FLOOR,), np.zeros((0, 3)))
    write_session(session)
    write_annotations(
        session.folder,
        [Annotation(f"chair-{at}", "chair", box) for at, box in enumerate(CHAIRS)],
    )
    return tmp_path


def finder(change, which=CHAIRS):
    """Return what knows the truth, and says it `change`d and at a distance of 1."""

    def find(image, camera):
        here = pose((0.0, 0.2, 0.4)[int(image[0, 0, 0])])
        found = []
        for box in which:
            true = change(own(box, here))
            found.append(Seen(Box(true.middle / 7, true.rotation, true.size / 7)))
        return found

    return find


def test_the_truth_is_found_whole(folder):
    frames = evaluate(finder(lambda box: box), sessions_in(folder))
    assert [frame.things for frame in frames] == [2, 2]
    found = summarised(frames)
    assert found.ap_iou50 == found.azimuth_ap15 == found.elevation_ap10 == found.pixel_ap10 == 1
    assert found.ap_iou50_all == found.found == 1
    assert found.overlap == pytest.approx(1.0, abs=1e-6)
    assert found.mpe == pytest.approx(0.0, abs=1e-9)
    assert (found.frames, found.things, found.detections) == (2, 4, 4)


def test_nothing_found_is_worth_nothing(folder):
    found = summarised(evaluate(lambda image, camera: [], sessions_in(folder)))
    assert found.found == found.ap_iou50 == found.ap_iou50_all == 0
    assert np.isnan(found.mpe)


def test_one_of_two_found_costs_recall(folder):
    found = summarised(evaluate(finder(lambda box: box, CHAIRS[:1]), sessions_in(folder)))
    assert found.found == found.ap_iou50 == found.ap_iou50_all == pytest.approx(0.5)


def test_pictures_without_a_match_count_in_one_precision_and_not_in_the_other(folder):
    def sometimes(image, camera):
        return finder(lambda box: box)(image, camera) if image[0, 0, 0] == 0 else []

    found = summarised(evaluate(sometimes, sessions_in(folder)))
    assert found.ap_iou50 == 1
    assert found.ap_iou50_all == found.found == pytest.approx(0.5)


def test_a_thing_is_hit_once_where_all_count(folder):
    def twice(image, camera):
        return 2 * finder(lambda box: box, CHAIRS[:1])(image, camera)

    found = summarised(evaluate(twice, sessions_in(folder)))
    assert found.ap_iou50 == 1  # as the published code has it: four hits of four things
    assert found.ap_iou50_all == pytest.approx((1 + 2 / 3) / 4)  # hit, again, hit, again
    assert found.found == pytest.approx(0.5)


def test_turned_boxes_fail_by_azimuth_alone(folder):
    cos, sin = np.cos(0.5), np.sin(0.5)
    turn = np.array([[cos, 0, sin], [0, 1, 0], [-sin, 0, cos]])
    found = summarised(
        evaluate(
            finder(lambda box: Box(box.middle, box.rotation @ turn, box.size)), sessions_in(folder)
        )
    )
    assert found.azimuth_deg == pytest.approx(np.degrees(0.5), abs=1e-6)
    assert found.azimuth_ap15 == 0
    assert found.elevation_ap10 == 1


def test_another_category_is_told(folder):
    with pytest.raises(InputError, match="'cup'"):
        evaluate(lambda image, camera: [], sessions_in(folder), "cup")


def test_a_folder_without_a_session_is_told(tmp_path):
    with pytest.raises(InputError, match=r"no session\.json"):
        sessions_in(tmp_path)


def test_without_planes_a_thing_stands_on_its_own_bottom(folder):
    path = folder / "one" / "session.json"
    document = json.loads(path.read_text())
    path.write_text(json.dumps({**document, "planes": []}))
    found = summarised(evaluate(finder(lambda box: box), sessions_in(folder)))
    assert found.ap_iou50 == 1


def test_a_box_that_stands_nowhere_still_has_a_direction(folder):
    def upside(box):
        return replace(box, middle=np.array([0.0, -9.0, 3.0]))

    frames = evaluate(finder(upside), sessions_in(folder))
    assert all(each.distance.overlap == 0 for frame in frames for each in frame.found)
