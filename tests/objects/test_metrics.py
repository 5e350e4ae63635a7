"""Distances of boxes against Objectron's own way of working them out, and average precision."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from firsthand.errors import InputError, ShapeError
from firsthand.geometry import Box, Camera
from firsthand.geometry.boxes import PLACES
from firsthand.objects.metrics import (
    average_precision,
    distance,
    nearest,
    pixel_error,
    seen,
    viewpoint,
)

CAMERA = Camera(600.0, 600.0, 320.0, 240.0)
SIZE = (640, 480)


def some_box(seed: int) -> Box:
    rng = np.random.default_rng(seed)
    turned, _ = np.linalg.qr(rng.standard_normal((3, 3)))
    turned *= np.sign(np.linalg.det(turned))
    middle = np.array([*rng.uniform(-0.5, 0.5, 2), rng.uniform(2.5, 5)])
    return Box(middle, turned, rng.uniform(0.2, 1.2, 3))


def viewpoint_by_least_squares(box: Box) -> tuple[float, float]:
    """Fit the map from the camera's points to the box's own, as the published code does.

    Its camera has y up and looks along -z; where the camera lies is what 0 is mapped to.
    """
    own = PLACES * box.size / 2
    camera = np.vstack([box.middle, box.corners]) * (1, -1, -1)
    rows = np.column_stack([camera, np.ones(9)])
    x, y, z = np.linalg.lstsq(rows, own, rcond=None)[0][3]
    return math.degrees(math.atan2(z, x)), math.degrees(math.atan2(y, math.hypot(x, z)))


@given(st.integers(0, 10_000))
def test_the_viewpoint_is_the_published_code_s(seed):
    box = some_box(seed)
    np.testing.assert_allclose(viewpoint(box), viewpoint_by_least_squares(box), atol=1e-6)


@given(st.integers(0, 10_000), st.floats(0.1, 10))
def test_a_viewpoint_and_a_picture_do_not_tell_size(seed, scale):
    box = some_box(seed)
    other = Box(box.middle * scale, box.rotation, box.size * scale)
    np.testing.assert_allclose(viewpoint(other), viewpoint(box), atol=1e-6)
    np.testing.assert_allclose(seen(other, CAMERA, SIZE), seen(box, CAMERA, SIZE), atol=1e-9)


def test_a_box_is_no_way_from_itself():
    box = some_box(3)
    found = distance(box, box, CAMERA, SIZE)
    assert found.overlap == pytest.approx(1.0)
    assert (found.pixel_error, found.azimuth_deg, found.elevation_deg) == (0.0, 0.0, 0.0)


@pytest.mark.parametrize("turn_deg", [10.0, 90.0, 170.0, 350.0])
def test_a_box_turned_about_its_y_is_seen_from_another_azimuth_only(turn_deg):
    box = Box(np.array([0.0, 0.0, 3.0]), np.diag([1.0, -1.0, -1.0]), np.array([0.4, 0.9, 0.5]))
    angle = math.radians(turn_deg)
    cos, sin = math.cos(angle), math.sin(angle)
    turn = np.array([[cos, 0, sin], [0, 1, 0], [-sin, 0, cos]])
    found = distance(Box(box.middle, box.rotation @ turn, box.size), box, CAMERA, SIZE)
    assert found.azimuth_deg == pytest.approx(min(turn_deg, 360 - turn_deg))
    assert found.elevation_deg == pytest.approx(0.0, abs=1e-9)


def test_the_pixel_error_is_in_the_picture_s_sides():
    true = seen(some_box(1), CAMERA, SIZE)
    assert pixel_error(true + np.array([0.03, 0.04]), true) == pytest.approx(0.05)
    assert pixel_error(true * np.nan, true) == math.inf


def test_the_nearest_is_taken_however_far():
    true = [seen(some_box(seed), CAMERA, SIZE) for seed in range(3)]
    assert nearest(true[1] + 0.01, true) == 1
    assert nearest(true[1] + 100.0, true) in (0, 1, 2)
    assert nearest(true[1] * np.nan, true) == -1
    assert nearest(true[1], []) == -1


@given(st.lists(st.booleans(), max_size=30), st.integers(0, 10))
def test_single_detections_have_voc_s_average_precision(hits, missed):
    instances = sum(hits) + missed
    right = np.array(hits, np.float64)
    if instances == 0:
        with pytest.raises(InputError, match="instance"):
            average_precision(right, 1 - right, instances)
        return
    precision = [sum(hits[: n + 1]) / (n + 1) for n in range(len(hits))]
    wanted = sum(max(precision[n:]) for n, hit in enumerate(hits) if hit) / instances
    assert average_precision(right, 1 - right, instances) == pytest.approx(wanted, abs=1e-12)


def test_counts_by_picture_are_summed_in_their_order():
    # Precisions of 1/2, 2/3 and 3/4 at recalls of 1/4, 2/4 and 3/4.
    found = average_precision(np.array([1, 1, 1]), np.array([1, 0, 0]), 4)
    assert found == pytest.approx(0.75 * 3 / 4)


def test_what_cannot_be_counted_is_refused():
    with pytest.raises(ShapeError):
        average_precision(np.ones(2), np.ones(3), 4)
    with pytest.raises(InputError):
        average_precision(np.array([-1.0]), np.ones(1), 4)
