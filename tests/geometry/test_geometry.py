"""Boxes, cameras, overlaps and lifting, by equations, by chance and beside OpenCV."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firsthand.errors import ConfigError, InputError, ShapeError
from firsthand.geometry import Camera, corners_of, fitted, lifted, overlap, shared_volume
from firsthand.geometry.boxes import Box, box
from firsthand.geometry.rectangles import bounds, overlaps

CAMERA = Camera(900.0, 880.0, 310.0, 420.0)
SEEDS = st.integers(0, 2**32 - 1)


def turned(rng: np.random.Generator) -> np.ndarray:
    vectors, _ = np.linalg.qr(rng.standard_normal((3, 3)))
    return vectors * np.sign(np.linalg.det(vectors))


def any_box(rng: np.random.Generator, spread: float = 0.5) -> Box:
    return box(rng.normal(0, spread, 3), turned(rng), rng.uniform(0.2, 1.5, 3))


def before_camera(rng: np.random.Generator) -> Box:
    return box(
        np.array([*rng.uniform(-0.5, 0.5, 2), rng.uniform(3, 5)]),
        turned(rng),
        rng.uniform(0.3, 1.2, 3),
    )


def seen(one: Box, camera: Camera = CAMERA) -> np.ndarray:
    return camera.project(np.vstack([one.middle, one.corners]))


class TestOverlap:
    @given(SEEDS)
    @settings(max_examples=25, deadline=None)
    def test_it_is_what_chance_says(self, seed) -> None:
        rng = np.random.default_rng(seed)
        one, other = any_box(rng), any_box(rng)
        points = rng.uniform(-0.5, 0.5, (100_000, 3)) * one.size @ one.rotation.T + one.middle
        within = (points - other.middle) @ other.rotation / other.size
        share = (np.abs(within) <= 0.5).all(axis=1).mean()
        error = 5 * np.sqrt(max(share * (1 - share), 1e-5) / 100_000)
        assert shared_volume(one, other) / one.volume == pytest.approx(share, abs=error)

    @given(SEEDS)
    @settings(max_examples=50, deadline=None)
    def test_it_is_the_same_both_ways_and_however_both_are_moved(self, seed) -> None:
        rng = np.random.default_rng(seed)
        one, other = any_box(rng), any_box(rng)
        found = overlap(one, other)
        assert 0 <= found < 1
        assert overlap(other, one) == pytest.approx(found, abs=1e-9)
        moved, by = turned(rng), rng.normal(size=3)
        both = [Box(moved @ b.middle + by, moved @ b.rotation, b.size) for b in (one, other)]
        assert overlap(*both) == pytest.approx(found, abs=1e-9)

    @given(SEEDS)
    @settings(max_examples=50, deadline=None)
    def test_a_box_is_itself_and_a_part_is_a_part(self, seed) -> None:
        rng = np.random.default_rng(seed)
        one = any_box(rng)
        assert overlap(one, one) == pytest.approx(1, abs=1e-9)
        inner = Box(one.middle, one.rotation, one.size / 2)
        assert overlap(one, inner) == pytest.approx(1 / 8, abs=1e-9)
        beside = Box(one.middle + one.rotation[:, 0] * one.size[0], one.rotation, one.size)
        assert overlap(one, beside) == pytest.approx(0, abs=1e-9)
        half = Box(one.middle + one.rotation[:, 1] * one.size[1] / 2, one.rotation, one.size)
        assert overlap(one, half) == pytest.approx(1 / 3, abs=1e-9)

    def test_what_has_no_volume_shares_none(self) -> None:
        flat = box(np.zeros(3), np.eye(3), np.array([1.0, 1.0, 0.0]))
        assert overlap(flat, flat) == 0
        assert overlap(flat, box(np.zeros(3), np.eye(3), np.ones(3))) == 0

    @pytest.mark.parametrize("small", [1e-9, 1e-3, 1e6])
    def test_any_unit_will_do(self, small) -> None:
        rng = np.random.default_rng(3)
        pair = any_box(rng), any_box(rng)
        scaled = [Box(small * b.middle, b.rotation, small * b.size) for b in pair]
        assert overlap(*scaled) == pytest.approx(overlap(*pair), rel=1e-6)


class TestBox:
    def test_what_does_not_turn_is_refused(self) -> None:
        middle, size = np.zeros(3), np.ones(3)
        mirrored = np.diag([1.0, 1.0, -1.0])
        for rotation in (mirrored, 1.1 * np.eye(3), np.zeros((3, 3))):
            with pytest.raises(InputError, match="orthonormal"):
                box(middle, rotation, size)
        with pytest.raises(InputError, match="finite"):
            box(middle * np.nan, np.eye(3), size)
        with pytest.raises(InputError, match="edges"):
            box(middle, np.eye(3), -size)
        with pytest.raises(ShapeError, match="size"):
            box(middle, np.eye(3), np.ones(2))

    def test_corners_are_where_the_edges_lead(self) -> None:
        one = any_box(np.random.default_rng(0))
        halves = (one.rotation * one.size / 2).T
        np.testing.assert_allclose(corners_of(one.middle, halves), one.corners)
        edges = one.corners[1] - one.corners[0]
        np.testing.assert_allclose(edges, one.rotation[:, 2] * one.size[2])


class TestCamera:
    def test_rays_go_through_what_is_seen(self) -> None:
        points = np.random.default_rng(0).uniform(1, 2, (5, 3))
        rays = CAMERA.rays(CAMERA.project(points))
        np.testing.assert_allclose(rays, points[:, :2] / points[:, 2:])
        assert np.isnan(CAMERA.project(np.array([0.0, 0.0, -1.0]))).all()

    def test_it_is_opencvs(self) -> None:
        points = np.random.default_rng(1).uniform(1, 2, (7, 3))
        wanted, _ = cv2.projectPoints(points, np.zeros(3), np.zeros(3), matrix(CAMERA), None)
        np.testing.assert_allclose(CAMERA.project(points), wanted[:, 0], rtol=1e-9)

    def test_what_is_no_camera_is_refused(self) -> None:
        for values in ((0, 1, 0, 0), (1, -1, 0, 0), (1, 1, float("nan"), 0)):
            with pytest.raises(ConfigError, match="focal"):
                Camera(*values)
        with pytest.raises(ConfigError, match="degrees"):
            Camera.looking(640, 480, across_deg=180)
        assert Camera.looking(640, 480).project(np.array([0.0, 0.0, 1.0])).tolist() == [320, 240]


def matrix(camera: Camera) -> np.ndarray:
    return np.array(
        [
            [camera.focal_x, 0, camera.middle_x],
            [0, camera.focal_y, camera.middle_y],
            [0, 0, 1],
        ]
    )


class TestLifting:
    @given(SEEDS)
    @settings(max_examples=50, deadline=None)
    def test_what_is_seen_exactly_is_found_up_to_its_scale(self, seed) -> None:
        one = before_camera(np.random.default_rng(seed))
        found = lifted(seen(one), CAMERA)
        assert found.off_px < 1e-6
        squared = found.squared(one.middle[2])
        assert overlap(squared, one) > 0.999999
        np.testing.assert_allclose(squared.corners, one.corners, atol=1e-6)
        np.testing.assert_allclose(one.middle[2] * found.corners, one.corners, atol=1e-6)

    def test_among_noise_it_fits_nearly_as_well_as_opencv_that_knows_the_size(self) -> None:
        """OpenCV is told the box's size, and asked only how it is turned and where it is."""
        rng = np.random.default_rng(5)
        turns: dict[str, list[float]] = {"lifted": [], "fitted": [], "told": []}
        for _ in range(60):
            one = before_camera(rng)
            pixels = seen(one) + rng.normal(0, 1.0, (9, 2))
            turns["lifted"].append(angle(lifted(pixels, CAMERA).squared().rotation, one.rotation))
            turns["fitted"].append(angle(fitted(pixels, CAMERA).rotation, one.rotation))
            known = np.vstack([np.zeros(3), (one.corners - one.middle) @ one.rotation])
            _, turn, _ = cv2.solvePnP(known, pixels, matrix(CAMERA), None)
            turns["told"].append(angle(cv2.Rodrigues(turn)[0], one.rotation))
        medians = {name: float(np.median(values)) for name, values in turns.items()}
        assert medians["fitted"] < 0.7 * medians["lifted"]
        assert medians["fitted"] < 3 * medians["told"]

    @given(SEEDS)
    @settings(max_examples=50, deadline=None)
    def test_a_box_that_is_fitted_is_seen_no_further_off(self, seed) -> None:
        rng = np.random.default_rng(seed)
        one = before_camera(rng)
        np.testing.assert_allclose(
            fitted(seen(one), CAMERA).corners, one.corners / one.middle[2], atol=1e-6
        )
        pixels = seen(one) + rng.normal(0, 3.0, (9, 2))
        errors = [
            np.square(seen(each) - pixels).sum()
            for each in (fitted(pixels, CAMERA), lifted(pixels, CAMERA).squared())
        ]
        assert errors[0] <= errors[1]

    def test_what_no_box_looks_like_is_refused(self) -> None:
        one = before_camera(np.random.default_rng(2))
        pixels = seen(one)
        line = seen(box(one.middle, one.rotation, np.array([0.4, 0.0, 0.0])))
        for bad in (line, np.full((9, 2), 7.0)):
            with pytest.raises(InputError, match="on a line or in a spot"):
                lifted(bad, CAMERA)
        flat = Box(one.middle, one.rotation, one.size * (1, 1, 0))
        np.testing.assert_allclose(
            lifted(seen(flat), CAMERA).squared(one.middle[2]).corners, flat.corners, atol=1e-6
        )
        with pytest.raises(InputError, match="finite"):
            lifted(np.where(np.arange(9)[:, None] == 4, np.nan, pixels), CAMERA)
        with pytest.raises(ShapeError, match=r"\(9, 2\)"):
            lifted(pixels[1:], CAMERA)

    @given(SEEDS)
    @settings(max_examples=50, deadline=None)
    def test_any_points_give_a_box_before_the_camera_or_an_error(self, seed) -> None:
        pixels = np.random.default_rng(seed).uniform(-1_000, 1_000, (9, 2))
        try:
            found = lifted(pixels, CAMERA)
        except InputError:
            return
        assert np.isfinite(found.corners).all()
        assert (found.corners[:, 2] > 0).all()
        squared = found.squared(2.0)
        np.testing.assert_allclose(squared.rotation.T @ squared.rotation, np.eye(3), atol=1e-9)
        assert np.linalg.det(squared.rotation) == pytest.approx(1)


def angle(one: np.ndarray, other: np.ndarray) -> float:
    cosine = (np.trace(one.T @ other) - 1) / 2
    return float(np.degrees(np.arccos(np.clip(cosine, -1, 1))))


class TestRectangles:
    @given(st.lists(st.tuples(st.floats(-9, 9), st.floats(-9, 9)), min_size=1, max_size=9))
    def test_bounds_are_the_least_rectangle_around_points(self, points) -> None:
        given_points = np.array(points, np.float32)
        left, top, width, height = bounds(given_points)
        np.testing.assert_array_equal((left, top), given_points.min(axis=0))
        np.testing.assert_allclose(
            (left + width, top + height), given_points.max(axis=0), atol=1e-5
        )

    def test_overlaps_are_intersections_over_unions(self) -> None:
        box = np.array([0, 0, 4, 2], np.float32)
        others = np.array([[0, 0, 4, 2], [2, 0, 4, 2], [4, 0, 4, 2], [1, 1, 0, 0]], np.float32)
        np.testing.assert_allclose(overlaps(box, others), [1, 1 / 3, 0, 0], rtol=1e-6)


@pytest.mark.parametrize("focal_px", [1e-4, 1.0, 28.0, 50.0])
def test_a_box_seen_through_a_wrong_lens_is_refused_or_before_it(focal_px):
    rng = np.random.default_rng(0)
    true = Camera.looking(800, 600)
    wrong = Camera(focal_px, focal_px, 400, 300)
    refused = 0
    for _ in range(50):
        turned = np.linalg.qr(rng.standard_normal((3, 3)))[0]
        turned *= np.sign(np.linalg.det(turned))
        one = Box(np.array([*rng.uniform(-0.2, 0.2, 2), 1.0]), turned, rng.uniform(0.1, 0.4, 3))
        pixels = true.project(np.vstack([one.middle, one.corners]))
        try:
            found = fitted(pixels + rng.normal(0, 3, (9, 2)), wrong)
        except InputError:
            refused += 1
            continue
        assert np.isfinite(wrong.project(found.corners)).all()
    assert refused > 10
