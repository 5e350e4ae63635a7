import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from firsthand.hands.placement import WHOLE, place
from firsthand.hands.regions import UnitRegion
from firsthand.hands.resample import BLACK, EDGE, sample, sampler
from firsthand.hands.shrinking import shrunk
from firsthand.hands.single import Single

CROP = sampler(64)


def cut(image, region, border=EDGE):
    height, width = image.shape[:2]
    matrix = place(region, width, height, CROP.size_px).matrix
    return sample(CROP, *shrunk(image, matrix, CROP.size_px), border).copy(), matrix


def ramp(width, height):
    """Rises by 100 from left to right and by 100 from top to bottom; corners are 20 and 220."""
    x, y = (np.arange(width) + 0.5) / width, (np.arange(height) + 0.5) / height
    rising = 20 + 100 * x + 100 * y[:, np.newaxis]
    return np.rint(np.dstack([rising] * 3)).astype(np.uint8)


@given(
    st.integers(3, 700),
    st.integers(3, 700),
    st.floats(0, 1),
    st.floats(0, 1),
    st.floats(0.05, 3),
    st.floats(-3.1, 3.1) | st.just(0.0),
)
def test_a_ramp_stays_where_it_is_however_far_it_shrinks(w, h, x, y, side, rotation) -> None:
    region = UnitRegion(*map(Single, (x, y, side, side * w / h, rotation)))
    found, matrix = cut(ramp(w, h), region)
    middles = np.mgrid[:64, :64][::-1].reshape(2, -1) + 0.5
    u, v, _ = matrix @ np.vstack([middles, np.ones(64 * 64)])
    step = np.hypot(*matrix[:2, 0])
    inside = np.minimum(np.minimum(u, w - u), np.minimum(v, h - v)) > 2 * max(1, step)
    assume(inside.any())
    expected = 20 + 100 * u / w + 100 * v / h
    away = np.abs(found[..., 0].ravel() - expected)[inside]
    # Half a level for the image, for each halving and for the crop; a thirty-second of a pixel.
    levels = 0.5 * (2 + max(0.0, np.log2(step)))
    assert away.max() < levels + 100 / 16 / min(w, h)


def test_no_pixel_goes_unseen() -> None:
    noise = np.random.default_rng(0).integers(0, 2, (2048, 2048, 1), np.uint8) * 255
    found, _ = cut(np.repeat(noise, 3, axis=2), WHOLE)
    assert np.abs(found.astype(int) - 128).max() < 40  # each pixel the mean of hundreds
    plain = place(WHOLE, 2048, 2048, CROP.size_px).matrix
    assert np.ptp(sample(CROP, np.repeat(noise, 3, axis=2), plain, EDGE)) == 255


def test_what_does_not_shrink_is_not_touched() -> None:
    image = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    small, matrix = shrunk(image, place(WHOLE, 64, 64, 64).matrix, 64)
    assert small is image
    np.testing.assert_allclose(matrix, np.eye(3), atol=1e-9)


def test_only_what_the_crop_shows_is_averaged() -> None:
    region = UnitRegion(*map(Single, (0.5, 0.5, 0.1, 0.1, 0.0)))
    image = np.zeros((4000, 4000, 3), np.uint8)
    small, _ = shrunk(image, place(region, 4000, 4000, 64).matrix, 64)
    assert 100 <= small.shape[0] <= 110  # of 400 pixels and a margin, a quarter


@pytest.mark.parametrize("border", [BLACK, EDGE])
@pytest.mark.parametrize("shape", [(1, 1, 3), (1, 900, 3), (40_000, 3, 3), (3000, 2000, 3)])
@pytest.mark.parametrize("side", [0.01, 1.0, 40.0, 1e4])
def test_odd_shapes_and_regions_far_larger_or_outside(shape, side, border) -> None:
    image = np.full(shape, 77, np.uint8)
    for x in (0.5, -30.0):
        region = UnitRegion(*map(Single, (x, 0.5, side, side, 0.3)))
        found, _ = cut(image, region, border)
        assert set(np.unique(found)) <= set(range(78))
        if border == EDGE:
            assert np.all(found == 77)
