from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from firsthand.hands.placement import place
from firsthand.hands.regions import UnitRegion
from firsthand.hands.resample import BLACK, EDGE, sample, sampler
from firsthand.hands.single import Single

CROP = sampler(96)
WITHOUT_COPY = replace(sampler(96), window=np.empty(0, np.uint8))


def matrix_of(image, x=0.5, y=0.5, width=1.0, height=1.0, rotation=0.0, size_px=96):
    region = UnitRegion(*map(Single, (x, y, width, height, rotation)))
    return place(region, image.shape[1], image.shape[0], size_px).matrix


def reference(image, matrix, size_px, border):
    """Bilinear, positions rounded to 1/32 pixel, written as plainly as can be."""
    y, x = np.mgrid[:size_px, :size_px].astype(float)
    u, v, w = np.tensordot(matrix, np.stack([x, y, np.ones_like(x)]), 1)
    u, v = np.rint(u / w * 32).astype(int), np.rint(v / w * 32).astype(int)
    height, width = image.shape[:2]
    total = 0.0
    for dy in (0, 1):
        for dx in (0, 1):
            weight = np.abs(1 - dx - u % 32 / 32) * np.abs(1 - dy - v % 32 / 32)
            column, row = u // 32 + dx, v // 32 + dy
            value = image[row.clip(0, height - 1), column.clip(0, width - 1)].astype(float)
            inside = (column >= 0) & (column < width) & (row >= 0) & (row < height)
            value = value * inside[..., None] if border == BLACK else value
            total = total + value * weight[..., None]
    return np.floor(total + 0.5).astype(int)


@given(
    st.integers(0, 2**32 - 1),
    st.floats(0, 1),
    st.floats(0, 1),
    st.floats(0.1, 3),
    st.floats(-3.1, 3.1),
    st.sampled_from([BLACK, EDGE]),
)
def test_it_is_bilinear_to_a_thirty_second_of_a_pixel(seed, x, y, side, rotation, border) -> None:
    image = np.random.default_rng(seed).integers(0, 256, (60, 80, 3), np.uint8)
    matrix = matrix_of(image, x, y, side, side * 80 / 60, rotation)
    found = sample(CROP, image, matrix, border).astype(int)
    expected = reference(image, matrix, 96, border)
    # Where a position lies between two steps, either is right.
    assert (np.abs(found - expected) > 1).mean() < 0.01


@given(
    st.integers(0, 2**32 - 1),
    st.floats(-0.5, 1.5),
    st.floats(-0.5, 1.5),
    st.floats(0.1, 3),
    st.floats(-3.1, 3.1) | st.just(0.0),
    st.sampled_from([BLACK, EDGE]),
)
def test_a_bordered_copy_of_what_is_read_gives_the_same_bits(
    seed, x, y, side, rotation, border
) -> None:
    image = np.random.default_rng(seed).integers(0, 256, (60, 80, 3), np.uint8)
    matrix = matrix_of(image, x, y, side, side * 80 / 60, rotation)
    expected = sample(WITHOUT_COPY, image, matrix, border)
    np.testing.assert_array_equal(sample(CROP, image, matrix, border), expected)


def test_an_image_of_the_crops_size_comes_through_unchanged() -> None:
    image = np.random.default_rng(0).integers(0, 256, (96, 96, 3), np.uint8)
    np.testing.assert_array_equal(sample(CROP, image, matrix_of(image), EDGE), image)


def test_what_lies_around_the_image() -> None:
    image = np.full((30, 96, 3), 200, np.uint8)
    assert sample(CROP, image, matrix_of(image), BLACK)[:20].max() == 0
    assert sample(CROP, image, matrix_of(image), EDGE).min() == 200


@pytest.mark.parametrize("shape", [(1, 1, 3), (1, 500, 3), (40_000, 3, 3), (2, 40_000, 3)])
def test_shapes_at_the_end_of_what_there_is(shape) -> None:
    image = np.full(shape, 77, np.uint8)
    assert np.all(sample(CROP, image, matrix_of(image), EDGE) == 77)


def test_a_region_far_outside_is_all_edge() -> None:
    image = np.random.default_rng(0).integers(0, 256, (60, 80, 3), np.uint8)
    found = sample(CROP, image, matrix_of(image, x=2000.0, y=2000.0, width=0.5), EDGE)
    assert np.all(found == image[-1, -1])
