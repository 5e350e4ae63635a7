"""Catmull-Clark: what its equations promise."""

import numpy as np
import pytest

from firsthand.train.hands.synthetic.subdivision import plan, refine, refine_corners

CUBE = np.array(
    [[0, 3, 2, 1], [4, 5, 6, 7], [0, 1, 5, 4], [1, 2, 6, 5], [2, 3, 7, 6], [3, 0, 4, 7]], np.int32
)
CORNERS = np.array(
    [[-1, -1, -1], [1, -1, -1], [1, 1, -1], [-1, 1, -1],
     [-1, -1, 1], [1, -1, 1], [1, 1, 1], [-1, 1, 1]], np.float32
)  # fmt: skip
GRID = np.array(
    [[r * 4 + c, r * 4 + c + 1, r * 4 + c + 5, r * 4 + c + 4] for r in range(3) for c in range(3)],
    np.int32,
)


def test_cube():
    step = plan(CUBE, 8)
    fine = refine(step, CORNERS)
    assert step.count == 8 + 12 + 6 == len(fine)
    assert step.quads.shape == (24, 4)
    # By hand: (Q + 2 R + (n - 3) S) / n with n = 3, Q = 1/3, R = 2/3 of the corner.
    np.testing.assert_allclose(fine[:8], CORNERS * 5 / 9, rtol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(fine[8:20], axis=1), np.sqrt(2) * 0.75, rtol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(fine[20:], axis=1), 1, rtol=1e-6)


def test_closed_stays_closed_and_turned_outwards():
    step = plan(CUBE, 8)
    sides = np.stack([step.quads, np.roll(step.quads, -1, axis=1)], axis=-1).reshape(-1, 2)
    there = {tuple(side) for side in sides.tolist()}
    assert len(there) == len(sides)
    assert there == {side[::-1] for side in there}
    fine = refine(step, CORNERS)[step.quads]
    normals = np.cross(fine[:, 1] - fine[:, 0], fine[:, 3] - fine[:, 0])
    assert (np.einsum("ij,ij->i", normals, fine.mean(axis=1)) > 0).all()


def test_it_is_linear_and_keeps_what_is_constant():
    rng = np.random.default_rng(0)
    step = plan(GRID, 16)
    a, b = rng.normal(size=(2, 16, 5)).astype(np.float32)
    np.testing.assert_allclose(
        refine(step, a + 2 * b), refine(step, a) + 2 * refine(step, b), atol=1e-5
    )
    np.testing.assert_allclose(refine(step, np.full((16, 1), 3, np.float32)), 3, rtol=1e-6)


def test_a_flat_grid_stays_flat_and_even():
    flat = np.array([[c, r, 0] for r in range(4) for c in range(4)], np.float32)
    fine = refine(plan(GRID, 16), flat)
    assert sorted({*np.round(fine[:, 0], 5).tolist()}) == pytest.approx(np.arange(0, 3.1, 0.5))
    assert (fine[:, 2] == 0).all()
    np.testing.assert_array_equal(fine[:16][[0, 1, 3, 4, 15]], flat[[0, 1, 3, 4, 15]])


def test_corners_follow_the_quads():
    flat = np.array([[c, r, 0] for r in range(4) for c in range(4)], np.float32)
    step = plan(GRID, 16)
    fine = refine_corners(flat[GRID][..., :2].astype(np.float64))
    np.testing.assert_allclose(fine, refine(step, flat)[step.quads][..., :2], atol=1e-6)
