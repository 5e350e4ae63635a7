"""Boxes in metres by a known length, or by the ground they stand on."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from firsthand.errors import ConfigError, InputError
from firsthand.geometry import Box, Camera
from firsthand.objects import Ground, of_length, standing_on

CAMERA = Camera.looking(640, 480)
UNIT = Box(np.array([0.1, 0.2, 1.0]), np.eye(3), np.array([0.2, 0.1, 0.3]))


@given(st.floats(0.01, 50))
def test_a_known_length_scales_and_leaves_what_is_seen(longest_m):
    found = of_length(UNIT, longest_m)
    assert found.size.max() == pytest.approx(longest_m)
    np.testing.assert_allclose(CAMERA.project(found.corners), CAMERA.project(UNIT.corners))


@given(st.floats(0.3, 5), st.floats(-0.6, 0.6), st.floats(0.8, 6))
def test_a_box_on_the_ground_gets_its_true_size(height_m, tilt, away_m):
    down = np.array([0, np.cos(tilt), np.sin(tilt)])
    turned = np.array(
        [[1, 0, 0], [0, np.cos(tilt), -np.sin(tilt)], [0, np.sin(tilt), np.cos(tilt)]]
    )
    size = np.array([0.4, 0.3, 0.6])
    middle = turned @ np.array([0.2, height_m - size[1] / 2, away_m])
    true = Box(middle, turned, size)
    seen = Box(middle / middle[2], turned, size / middle[2])
    if middle[2] > 0.1:
        found = standing_on(seen, Ground(down, height_m))
        np.testing.assert_allclose(found.corners, true.corners, atol=1e-9)


@given(st.integers(0, 10_000), st.floats(0.05, 20))
def test_a_box_stands_at_its_true_distance_wherever_it_was_seen(seed, scale):
    rng = np.random.default_rng(seed)
    box = Box(np.array([0.1, 0.5, 3.0]), np.diag([1.0, -1.0, -1.0]), rng.uniform(0.3, 0.9, 3))
    height_m = 0.5 + box.size[1] / 2
    far = Box(box.middle * scale, box.rotation, box.size * scale)
    again = standing_on(far, Ground(np.array([0.0, 1.0, 0.0]), height_m))
    np.testing.assert_allclose(again.middle, box.middle, rtol=1e-9)
    np.testing.assert_allclose(again.size, box.size, rtol=1e-9)


def test_a_box_that_leans_has_the_mean_of_its_corners_scales():
    lean = np.array([[1, 0, 0], [0, np.cos(0.1), -np.sin(0.1)], [0, np.sin(0.1), np.cos(0.1)]])
    box = Box(np.array([0.1, 0.6, 2.0]), lean, np.array([0.3, 0.4, 0.5]))
    lowest = sorted(box.corners[:, 1])[-4:]
    found = standing_on(box, Ground(np.array([0.0, 1.0, 0.0]), 1.5))
    scale = np.mean([1.5 / each for each in lowest])
    assert found.size[0] == pytest.approx(0.3 * scale)


def test_a_box_above_the_horizon_stands_on_nothing():
    with pytest.raises(InputError, match="horizon"):
        standing_on(
            Box(np.array([0, -0.5, 1.0]), np.eye(3), UNIT.size), Ground(np.array([0, 1.0, 0]), 1.4)
        )


def test_a_box_across_the_horizon_stands_on_nothing_either():
    across = Box(np.array([0.0, 0.05, 1.0]), np.eye(3), np.array([0.2, 0.04, 0.2]))
    tilted = np.array([[0.8, -0.6, 0], [0.6, 0.8, 0], [0, 0, 1.0]])
    leaning = Box(np.array([0.0, -0.05, 1.0]), tilted, across.size)
    lowest = np.sort(leaning.corners[:, 1])[-4:]
    assert lowest[0] < 0 < lowest.mean()
    assert standing_on(across, Ground(np.array([0, 1.0, 0]), 1.4)).middle[2] > 0
    with pytest.raises(InputError, match="horizon"):
        standing_on(leaning, Ground(np.array([0, 1.0, 0]), 1.4))


@pytest.mark.parametrize(
    ("normal", "distance_m"),
    [((0, 2, 0), 1), ((0, 1), 1), ((0, np.nan, 0), 1), ((0, 1, 0), 0), ((0, 1, 0), np.inf)],
)
def test_what_is_no_plane_is_refused(normal, distance_m):
    with pytest.raises(ConfigError, match="plane"):
        Ground(np.array(normal, np.float64), distance_m)


@pytest.mark.parametrize("longest_m", [0.0, -1.0, float("nan"), float("inf")])
def test_what_is_no_length_is_refused(longest_m):
    with pytest.raises(ConfigError, match="longest"):
        of_length(UNIT, longest_m)
