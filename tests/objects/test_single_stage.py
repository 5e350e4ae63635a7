"""From maps to boxes: what is drawn into the maps is found again, and nothing else."""

import numpy as np
import pytest
from fake_models import FakeRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from firsthand.errors import ConfigError, InputError, ModelError
from firsthand.geometry import Box, Camera
from firsthand.objects.single_stage import (
    PLACES,
    STRIDE,
    TURNS,
    UNIT_PX,
    Fitting,
    decoded,
    find_boxes,
    single_stage,
)

SIDE = 96
CELLS = SIDE // STRIDE
CAMERA = Camera(90.0, 90.0, 60.0, 40.0)


def told(logits, places, turns, side=SIDE):
    """A runner that says the same of every picture."""
    mask = np.zeros_like(logits)
    answers = [each[None] for each in (logits[:, :, None], places, turns, mask[:, :, None])]

    def fill(outputs, _):
        for output, answer in zip(outputs, answers, strict=True):
            output[...] = answer

    return FakeRunner((1, side, side, 3), [each.shape for each in answers], fill)


def maps(nines, scores, turn=3):
    """Draw boxes' places (9, 2), in pixels of the input, into the maps of a turn."""
    logits = np.full((CELLS, CELLS), -8.0, np.float32)
    places = np.full((CELLS, CELLS, TURNS, PLACES), 9, np.float32)  # of others: far away
    turns = np.zeros((CELLS, CELLS, TURNS), np.float32)
    turns[:, :, turn] = 1
    down, right = np.mgrid[:CELLS, :CELLS]
    middles = (np.stack([right, down], -1) + 0.5) * STRIDE
    for nine, score in zip(nines, scores, strict=True):
        column, row = (nine[0] // STRIDE).astype(int)
        near = np.maximum(abs(right - column), abs(down - row)) <= 1
        own = (nine[None, None] - middles[:, :, None]).reshape(CELLS, CELLS, PLACES) / UNIT_PX
        places[near, turn] = own[near]
        logits[near] = np.log(score / (1 - score)) - 1
        logits[row, column] += 1
    return logits, places.reshape(CELLS, CELLS, -1), turns


def true_box(x=0.0, y=0.0):
    angle = 0.6
    turn = np.array(
        [[np.cos(angle), 0, np.sin(angle)], [0, -1, 0], [np.sin(angle), 0, -np.cos(angle)]]
    )
    lean = np.array([[1, 0, 0], [0, 0.9, -0.4358899], [0, 0.4358899, 0.9]])
    return Box(np.array([x, y, 3.0]), lean @ turn, np.array([0.5, 0.9, 0.6]))


def nine_of(box, camera=CAMERA):
    return camera.project(np.vstack([box.middle, box.corners]))


@given(st.floats(-0.6, 0.6), st.floats(-0.6, 0.6))
@settings(max_examples=25)
def test_a_box_drawn_into_maps_is_found(x, y):
    box = true_box(x, y)
    fitting = Fitting.of(120, 80, SIDE)
    runner = told(*maps([fitting.forth(nine_of(box))], [0.9], turn=int(8 * (x + 0.6) / 1.3)))
    found = find_boxes(single_stage(runner), np.zeros((80, 120, 3), np.uint8), CAMERA)
    assert len(found) == 1
    one = found[0]
    assert one.score == pytest.approx(0.9, abs=1e-3)
    np.testing.assert_allclose(one.places, nine_of(box), atol=1e-2)
    np.testing.assert_allclose(one.box.rotation, box.rotation, atol=5e-3)
    np.testing.assert_allclose(one.box.size / one.box.middle[2], box.size / 3, rtol=2e-2)


def test_several_boxes_come_in_the_order_of_their_scores():
    nines = [nine_of(true_box(x)) * 0.8 + (0, 10) for x in (-1.2, 0.0, 1.2)]
    found = decoded(*maps(nines, [0.6, 0.95, 0.7]), 0.5)
    assert [round(score, 2) for _, score in found] == [0.95, 0.7, 0.6]
    for (nine, _), place in zip(found, (1, 2, 0), strict=True):
        np.testing.assert_allclose(nine, nines[place], atol=1e-3)


def test_nothing_is_found_where_nothing_is():
    logits = np.full((CELLS, CELLS), -8.0, np.float32)
    assert not decoded(logits, *maps([], [])[1:], 0.5)


def test_a_plateau_is_one_peak():
    logits = np.full((CELLS, CELLS), -8.0, np.float32)
    logits[4:6, 4:6] = 3.0
    assert len(decoded(logits, *maps([], [])[1:], 0.5)) == 1


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=30)
def test_no_maps_break_it(seed):
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 5, (CELLS, CELLS)).astype(np.float32)
    places = rng.normal(0, 5, (CELLS, CELLS, TURNS * PLACES)).astype(np.float32)
    turns = rng.normal(0, 5, (CELLS, CELLS, TURNS)).astype(np.float32)
    for values in (logits, places, turns):
        spoilt = rng.random(values.shape) < 0.05
        values[spoilt] = rng.choice([np.nan, np.inf, -np.inf, 1e30], spoilt.sum())
    model = single_stage(told(logits, places, turns))
    with np.errstate(all="ignore"):
        found = find_boxes(model, np.zeros((50, 50, 3), np.uint8), CAMERA, 0.3)
    assert len(found) <= 10
    for each in found:
        assert np.isfinite(each.box.middle).all()
        assert np.isfinite(each.box.size).all()
        assert 0 <= each.score <= 1


@given(st.integers(1, 500), st.integers(1, 500), st.integers(8, 256))
def test_there_and_back_again(width, height, side):
    fitting = Fitting.of(width, height, side)
    corners = np.array([[0.0, 0.0], [width, height], [width / 3, height / 5]])
    there = fitting.forth(corners)
    assert there.min() >= -1e-9
    assert there.max() <= side + 1e-9
    np.testing.assert_allclose(fitting.back(there), corners, atol=1e-9)


@pytest.mark.parametrize("size", [(96, 64), (64, 96), (500, 300), (40, 30)])
def test_a_spot_is_where_its_camera_sees_it(size):
    width, height = size
    image = np.zeros((height, width, 3), np.uint8)
    row, column = height // 3, width // 4
    radius = max(1, width // 16)
    image[row - radius : row + radius, column - radius : column + radius] = 255
    fitting = Fitting.of(width, height, SIDE)
    square = fitting.picture(image)[:, :, 0].astype(float)
    rows, columns = np.mgrid[:SIDE, :SIDE] + 0.5
    spot = np.array([(columns * square).sum(), (rows * square).sum()]) / square.sum()
    np.testing.assert_allclose(spot, fitting.forth(np.array([column, row])), atol=0.5)
    camera = fitting.camera(CAMERA)
    point = np.array([0.1, 0.2, 2.0])
    np.testing.assert_allclose(
        camera.project(point), fitting.forth(CAMERA.project(point)), atol=1e-9
    )


def test_a_picture_of_one_pixel_is_looked_at():
    model = single_stage(told(*maps([], [])))
    assert not find_boxes(model, np.zeros((1, 1, 3), np.uint8), CAMERA)


def test_another_network_is_told():
    logits, places, turns = maps([], [])
    with pytest.raises(ModelError, match="single-stage"):
        single_stage(told(logits, places[:, :, :16], turns))
    with pytest.raises(ModelError, match="single-stage"):
        single_stage(told(logits, places, turns, side=128))


def test_a_threshold_lies_between():
    model = single_stage(told(*maps([], [])))
    with pytest.raises(ConfigError, match="threshold"):
        find_boxes(model, np.zeros((8, 8, 3), np.uint8), CAMERA, 1.0)
    with pytest.raises(InputError, match="pixel"):
        Fitting.of(0, 5, 96)
