"""Anchors, decoding and suppression of the detector, and which models are taken for one."""

import numpy as np
import pytest
from fake_models import FakeRunner
from hypothesis import given
from hypothesis import strategies as st
from marked_things import MarkedScene, box_at, picture, points_of

from firsthand.errors import ConfigError, ModelError
from firsthand.geometry.rectangles import bounds, overlaps
from firsthand.objects.anchors import anchors
from firsthand.objects.association import associated
from firsthand.objects.categories import CATEGORIES, DETECTOR, category_of
from firsthand.objects.corners import Square, check_corner_model, find_corners, square_around
from firsthand.objects.detector import Rectangles, decode, detect_rectangles, detector, suppress
from firsthand.objects.sampling import sample
from firsthand.runtime.catalog import catalog

CARD = catalog()[DETECTOR]


def test_anchors_are_those_of_a_detector_of_300_pixels():
    found = anchors()
    assert found.shape == (1917, 4)
    assert not found.flags.writeable
    np.testing.assert_allclose(found[0], [0.5 / 19, 0.5 / 19, 0.1, 0.1], rtol=1e-6)
    np.testing.assert_allclose(found[1, 2:], [0.2 * 2**0.5, 0.2 / 2**0.5], rtol=1e-6)
    second = found[19 * 19 * 3]
    np.testing.assert_allclose(second, [0.05, 0.05, 0.35, 0.35], rtol=1e-6)
    np.testing.assert_allclose(found[19 * 19 * 3 + 5, 2:], (0.35 * 0.5) ** 0.5, rtol=1e-6)
    np.testing.assert_allclose(found[-1], [0.5, 0.5, 0.95**0.5, 0.95**0.5], rtol=1e-6)
    assert (found[:, :2] > 0).all()
    assert (found[:, :2] < 1).all()


boxes = st.tuples(*(st.floats(0.1, 0.9),) * 2, *(st.floats(0.05, 0.9),) * 2)


@given(boxes, st.integers(0, 1916), st.floats(0.55, 0.99))
def test_a_box_that_was_encoded_is_decoded(box, at, score):
    x, y, width, height = box
    of = anchors()[at].astype(np.float64)
    offsets, logits = np.zeros((1917, 4), np.float32), np.full(1917, -20, np.float32)
    offsets[at] = (
        *(10 * (y - of[1]) / of[3], 10 * (x - of[0]) / of[2]),
        *(5 * np.log(height / of[3]), 5 * np.log(width / of[2])),
    )
    logits[at] = np.log(score / (1 - score))
    found = decode(offsets, logits, 0.5)
    assert len(found) == 1
    np.testing.assert_allclose(
        found.boxes[0], [x - width / 2, y - height / 2, width, height], atol=2e-4
    )
    assert found.scores[0] == pytest.approx(score, abs=1e-5)


def test_outputs_that_are_no_numbers_are_no_boxes():
    offsets, logits = np.zeros((1917, 4), np.float32), np.full(1917, 3, np.float32)
    offsets[5, 2] = np.nan
    offsets[6, 0] = np.inf
    logits[7:] = -np.inf
    logits[0] = np.nan
    found = decode(offsets, logits, 0.5)
    assert len(found) == 4
    assert np.isfinite(found.boxes).all()
    offsets[1] = 1e9
    assert np.isfinite(decode(offsets, logits, 0.5).boxes).all()


@given(st.lists(boxes, max_size=8), st.integers(1, 8))
def test_what_is_left_overlaps_little_and_leaves_nothing_out(all_boxes, most):
    given_boxes = np.array(all_boxes, np.float32).reshape(-1, 4)
    scores = np.linspace(0.9, 0.5, len(given_boxes)).astype(np.float32)
    kept = suppress(Rectangles(given_boxes, scores), most)
    assert len(kept) <= most
    for number, box in enumerate(kept.boxes):
        assert (overlaps(box, kept.boxes[:number]) <= 0.5).all()
    if len(kept) < most:
        for box in given_boxes:
            assert len(kept) > 0
            assert overlaps(box, kept.boxes).max() > 0.5 or (kept.boxes == box).all(1).any()


def test_rectangles_come_in_pixels_of_the_picture():
    scene = MarkedScene()
    one = box_at(200, 130)
    found = detect_rectangles(scene.models.detector, picture([one]), ("Mug",), 0.5, 5)
    wanted = bounds(points_of(one).astype(np.float32))
    assert overlaps(wanted, found.boxes)[0] > 0.7
    assert len(detect_rectangles(scene.models.detector, picture([one]), ("Car",), 0.5, 5)) == 0


def test_a_detection_is_of_what_it_overlaps_most_and_of_nothing_if_little():
    tracked = [np.array(box, np.float32) for box in ((0, 0, 10, 10), (20, 0, 10, 10))]
    found = np.array([(1, 0, 10, 10), (19, 1, 10, 10), (9, 9, 10, 10), (2, 0, 9, 9)], np.float32)
    assert associated(found, tracked) == (0, 1, None, 0)
    assert associated(found, []) == (None,) * 4
    assert associated(found[:0], tracked) == ()


def test_categories_have_names_and_one_an_alias():
    assert list(CATEGORIES) == ["camera", "chair", "cup", "shoe"]
    assert category_of("sneakers") is CATEGORIES["shoe"]
    with pytest.raises(ConfigError, match=r"camera.*chair.*cup.*shoe.*'table'"):
        category_of("table")
    for each in CATEGORIES.values():
        assert set(each.labels) <= set(CARD.labels)


@pytest.mark.parametrize(
    ("in_shape", "out_shapes"),
    [
        ((1, 224, 224, 3), [(1, 1917, 4), (1, 1917, 24)]),
        ((1, 300, 300, 3), [(1, 1917, 24), (1, 1917, 4)]),
        ((1, 300, 300, 3), [(1, 1917, 4), (1, 1917, 91)]),
        ((1, 300, 300, 3), [(1, 18), (1, 1)]),
    ],
)
def test_another_model_is_no_detector(in_shape, out_shapes):
    with pytest.raises(ModelError, match="mediapipe-objectron-detector"):
        detector(FakeRunner(in_shape, out_shapes), CARD)


@pytest.mark.parametrize(
    ("in_shape", "out_shapes"),
    [
        ((1, 192, 192, 3), [(1, 18), (1, 1)]),
        ((1, 224, 224, 3), [(1, 63), (1, 1), (1, 1), (1, 63)]),
        ((1, 224, 224, 3), [(1, 1), (1, 18)]),
        ((1, 300, 300, 3), [(1, 1917, 4), (1, 1917, 24)]),
    ],
)
def test_another_model_sees_no_corners(in_shape, out_shapes):
    with pytest.raises(ModelError, match="some model"):
        check_corner_model(FakeRunner(in_shape, out_shapes), "some model")


def test_a_detector_that_lacks_a_label_is_told():
    with pytest.raises(ModelError, match="knows no"):
        MarkedScene().models.detector.classes(("Footwear", "Unicorn"))


def test_a_square_is_half_as_long_again_and_keeps_its_middle():
    found = square_around(np.array([10, 20, 40, 20]))
    assert found == Square(0.0, 0.0, 60.0)
    for wrong in ((0, 0, 0, 0), (0, 0, np.nan, 1), (np.inf, 0, 5, 5), (0, 0, 1e9, 1)):
        assert square_around(np.array(wrong, np.float64)) is None


def test_corners_come_in_pixels_of_the_picture():
    one = box_at(150, 110)
    scene = MarkedScene()
    square = square_around(bounds(points_of(one)))
    found = find_corners(scene.models.corners, picture([one]), square)
    assert found.presence == 1
    np.testing.assert_allclose(found.points, points_of(one), atol=1)


def test_a_crop_is_the_picture_and_beyond_it_the_border_goes_on():
    image = np.random.default_rng(0).integers(0, 256, (40, 50, 3), np.uint8)
    np.testing.assert_array_equal(sample(image, 5, 3, 24, 24, 24), image[3:27, 5:29])
    beyond = sample(image, -20, 10, 20, 20, 20)
    np.testing.assert_array_equal(beyond, np.repeat(image[10:30, :1], 20, axis=1))
    np.testing.assert_array_equal(
        sample(image, 500, 500, 9, 9, 3), np.broadcast_to(image[-1, -1], (3, 3, 3))
    )


def test_a_crop_of_a_part_is_that_of_the_whole():
    image = np.random.default_rng(1).integers(0, 256, (300, 400, 3), np.uint8)
    whole = sample(image, 101.3, 52.7, 80.5, 80.5, 32)
    framed = sample(np.ascontiguousarray(image[40:160, 90:210]), 11.3, 12.7, 80.5, 80.5, 32)
    np.testing.assert_array_equal(whole, framed)
