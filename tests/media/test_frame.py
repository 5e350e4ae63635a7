import hypothesis.extra.numpy as hnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from firsthand.errors import InputError, ShapeError
from firsthand.media import Frame, as_rgb

shapes = st.tuples(st.integers(1, 9), st.integers(1, 9)).flatmap(
    lambda hw: st.sampled_from([hw, (*hw, 1), (*hw, 3), (*hw, 4)])
)


def exactly(array: np.ndarray) -> np.ndarray:
    """What `as_rgb` promises, in exact arithmetic on floats."""
    full = {"uint8": 255, "uint16": 65535, "bool": 1}.get(array.dtype.name, 1)
    value = array.astype(np.float64) / full
    value = value if value.ndim == 3 else value[:, :, None]
    if value.shape[2] == 4:
        levels = np.rint(value * 255)
        alpha = levels[:, :, 3:] / 255
        return levels[:, :, :3] * alpha + 255 * (1 - alpha)
    return np.broadcast_to(value, (*value.shape[:2], 3)) * 255


@given(
    st.sampled_from([np.uint8, np.uint16, np.bool_]).flatmap(lambda d: hnp.arrays(d, shapes))
    | hnp.arrays(np.float32, shapes, elements=st.floats(0, 1, width=32))
    | hnp.arrays(np.float64, shapes, elements=st.floats(0, 1))
)
def test_every_kind_of_array_is_rounded_to_the_nearest_level(array):
    rgb = as_rgb(array)
    assert rgb.dtype == np.uint8
    assert rgb.shape == (*array.shape[:2], 3)
    assert rgb.flags.c_contiguous
    # A float halfway between two levels may go either way, and alpha then mixes other levels.
    slack = 1 if array.dtype.kind == "f" and array.shape[2:] == (4,) else 1e-4
    assert np.abs(rgb - exactly(array)).max() <= 0.5 + slack
    Frame(rgb, 0)


@given(hnp.arrays(np.uint8, st.tuples(st.integers(1, 9), st.integers(1, 9), st.just(3))))
def test_rgb_is_returned_as_it_is_and_memory_layout_does_not_matter(array):
    assert as_rgb(array) is array
    assert np.array_equal(as_rgb(as_rgb(array)), array)
    for view in (array[::-1], array[:, ::-1], array[..., ::-1], array.transpose(1, 0, 2)):
        assert np.array_equal(as_rgb(view), view)
    assert np.array_equal(as_rgb(np.asfortranarray(array)), array)


def test_alpha_is_over_white():
    pixel = np.array([[[10, 20, 30, 0], [10, 20, 30, 255], [0, 0, 0, 128]]], np.uint8)
    assert as_rgb(pixel).tolist() == [[[255, 255, 255], [10, 20, 30], [127, 127, 127]]]


@pytest.mark.parametrize("shape", [(), (3,), (2, 2, 2), (2, 2, 5), (1, 2, 2, 3), (0, 4, 3), (4, 0)])
def test_other_shapes_are_refused_by_name(shape):
    with pytest.raises(ShapeError, match=r"shape .*\(" if len(shape) > 1 else "shape"):
        as_rgb(np.zeros(shape, np.uint8))


@pytest.mark.parametrize("dtype", [np.int16, np.int64, np.complex64, "U3", object])
def test_other_dtypes_are_refused(dtype):
    with pytest.raises(ShapeError, match="not"):
        as_rgb(np.zeros((2, 2), dtype))


@pytest.mark.parametrize("value", [np.nan, np.inf, -0.01, 1.01, 255.0])
def test_floats_out_of_range_are_refused(value):
    array = np.full((3, 3), 0.5)
    array[1, 1] = value
    with pytest.raises(InputError, match=r"0\.\.1"):
        as_rgb(array)


@pytest.mark.parametrize(
    "image",
    [
        np.zeros((4, 4), np.uint8),
        np.zeros((4, 4, 4), np.uint8),
        np.zeros((4, 4, 3), np.float32),
        np.zeros((0, 4, 3), np.uint8),
        np.zeros((4, 4, 3), np.uint8)[:, ::2],
    ],
)
def test_a_frame_holds_nothing_but_rgb(image):
    with pytest.raises(ShapeError, match="as_rgb"):
        Frame(image, 0)
