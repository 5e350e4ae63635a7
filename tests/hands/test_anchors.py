import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from firsthand.errors import ModelError
from firsthand.hands.anchors import FIRSTHAND, LAYOUTS, MEDIAPIPE, anchor_centers, layout_of


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


def test_our_detector_has_5440_anchors_on_four_grids_the_finest_first() -> None:
    centers = anchor_centers(256, FIRSTHAND)
    assert len(centers) == FIRSTHAND.count(256) == 5440
    begin = 0
    for stride in (4, 8, 16, 32):
        cells = 256 // stride
        grid = centers[begin : begin + cells * cells].reshape(cells, cells, 2) * 256
        np.testing.assert_allclose(grid[0, 0], stride / 2)
        np.testing.assert_allclose(grid[0, 1] - grid[0, 0], (stride, 0))  # along rows
        np.testing.assert_allclose(grid[1, 0] - grid[0, 0], (0, stride))
        begin += cells * cells
    assert begin == len(centers)


@given(st.integers(16, 400), st.sampled_from(LAYOUTS))
def test_cells_cover_the_square_evenly(size_px: int, layout) -> None:
    centers = anchor_centers(size_px, layout)
    cells = [-(-size_px // stride) for stride in layout.strides]
    assert len(centers) == layout.per_cell * sum(n * n for n in cells)
    assert centers.min() > 0
    assert centers.max() < 1
    np.testing.assert_allclose(centers.mean(axis=0, dtype=float), 0.5, atol=1e-6)


def test_anchors_are_made_once_and_cannot_be_changed() -> None:
    assert anchor_centers(192) is anchor_centers(192)
    assert anchor_centers(192, FIRSTHAND) is not anchor_centers(192)
    with pytest.raises(ValueError, match="read-only"):
        anchor_centers(192)[0] = 0


@given(st.integers(16, 512), st.sampled_from(LAYOUTS))
def test_a_layout_is_known_by_its_count(size_px: int, layout) -> None:
    assert layout_of(layout.count(size_px), size_px) is layout


@pytest.mark.parametrize(("size_px", "count"), [(192, 5440), (256, 2016), (192, 0), (256, 5441)])
def test_another_count_is_refused_with_both_that_would_do(size_px: int, count: int) -> None:
    known = rf"mine: .*{MEDIAPIPE.count(size_px)} \(MediaPipe's\) and {FIRSTHAND.count(size_px)}"
    with pytest.raises(ModelError, match=rf"{known}.* this model {count}"):
        layout_of(count, size_px, "mine")
