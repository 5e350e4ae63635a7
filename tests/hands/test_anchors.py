import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from firsthand.hands.anchors import ANCHORS_PER_CELL, STRIDES, anchor_centers


def test_the_published_detector_has_2016_anchors_on_two_grids() -> None:
    centers = anchor_centers(192)
    assert centers.shape == (2016, 2)
    assert centers.dtype == np.float32
    fine, coarse = centers[: 24 * 24 * 2], centers[24 * 24 * 2 :]
    np.testing.assert_array_equal(fine[0], fine[1])
    np.testing.assert_allclose(fine[0], 0.5 / 24)
    np.testing.assert_allclose(fine[2], (1.5 / 24, 0.5 / 24))
    assert len(np.unique(coarse, axis=0)) == 12 * 12
    assert len(coarse) == 12 * 12 * 6


@given(st.integers(16, 400))
def test_cells_cover_the_square_evenly(size_px: int) -> None:
    centers = anchor_centers(size_px)
    cells = [-(-size_px // stride) for stride in STRIDES]
    assert len(centers) == ANCHORS_PER_CELL * sum(n * n for n in cells)
    assert centers.min() > 0
    assert centers.max() < 1
    np.testing.assert_allclose(centers.mean(axis=0, dtype=float), 0.5, atol=1e-6)


def test_anchors_are_made_once_and_cannot_be_changed() -> None:
    assert anchor_centers(192) is anchor_centers(192)
    with pytest.raises(ValueError, match="read-only"):
        anchor_centers(192)[0] = 0
