"""Boxes in pictures and in lines of JSON."""

import json
from dataclasses import replace

import numpy as np
from marked_things import MarkedScene, box_at, clip, picture

from firsthand.objects import Objects, draw_objects
from firsthand.objects.drawing import EDGES
from firsthand.objects.records import record


def found(**changes):
    image = picture([box_at(160, 120)])
    result = Objects(MarkedScene().models).detect(image)
    objects = tuple(replace(each, **changes) for each in result.objects)
    return image, replace(result, objects=objects)


def test_twelve_edges_join_corners_that_differ_in_one_axis():
    assert len(EDGES) == 12
    assert all(bin(one ^ other).count("1") == 1 for one, other in EDGES)


def test_a_box_is_drawn_along_its_edges_and_the_image_is_left_as_it_was():
    image, result = found()
    before = image.copy()
    drawn = draw_objects(image, result)
    np.testing.assert_array_equal(image, before)
    changed = (drawn != image).any(axis=2)
    corners = result.camera.project(result.objects[0].box.corners)
    for one, other in EDGES:
        x, y = np.rint((corners[one] + corners[other]) / 2).astype(int)
        assert changed[y - 2 : y + 3, x - 2 : x + 3].any()
    assert not changed[:20, :20].any()


def test_what_is_hidden_is_drawn_in_dashes():
    image, result = found()
    _, hidden = found(unseen_us=40_000)
    whole, dashed = (draw_objects(image, each) for each in (result, hidden))
    assert (dashed != image).any(axis=2).sum() > 0
    color = (64, 200, 120)
    assert (dashed == color).all(axis=2).sum() < 0.8 * (whole == color).all(axis=2).sum()


def test_boxes_outside_or_behind_are_no_error():
    image, result = found()
    box = result.objects[0].box
    for middle in ([50, 0, 1], [0, 0, 0.01], [0, 0, -2]):
        moved = replace(box, middle=np.array(middle, np.float64))
        each = replace(result.objects[0], box=moved, is_metric=True)
        draw_objects(image, replace(result, objects=(each,)))


def test_a_line_of_json_holds_what_was_found():
    _, result = found(score=0.999951)
    line = record(result, "käse.jpg")
    assert line.isascii()
    assert "\n" not in line
    read = json.loads(line)
    assert read["source"] == "käse.jpg"
    assert read["size"] == [320, 240]
    (each,) = read["objects"]
    assert (each["track"], each["category"], each["seen"], each["metric"]) == (
        0,
        "cup",
        True,
        False,
    )
    assert each["score"] == 1.0
    one = result.objects[0]
    np.testing.assert_allclose(each["points"], one.points, atol=0.006)
    np.testing.assert_allclose(each["rotation"], one.box.rotation, atol=1e-6)
    np.testing.assert_allclose(each["middle"], one.box.middle, atol=1e-5)
    np.testing.assert_allclose(each["size"], one.box.size, atol=1e-5)
    assert read["focal_px"] == [round(result.camera.focal_x, 2)] * 2


def test_a_frame_without_objects_is_a_line_too():
    (result,) = Objects(MarkedScene().models).track(clip([[]]))
    assert json.loads(record(result)) == {
        "timestamp_us": 0,
        "size": [320, 240],
        "focal_px": [round(result.camera.focal_x, 2)] * 2,
        "objects": [],
    }
