import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from firsthand.errors import ShapeError
from firsthand.media import draw_box, draw_disc, draw_line, draw_polyline, draw_text

RED = (255, 0, 0)
wild = st.floats(allow_nan=True, allow_infinity=True)
near = st.floats(-60, 100)
number = wild | near
point = st.tuples(number, number)


def black(width: int = 40, height: int = 30) -> np.ndarray:
    return np.zeros((height, width, 3), np.uint8)


def mass(image: np.ndarray) -> float:
    return image[:, :, 0].sum() / 255


def center(image: np.ndarray) -> tuple[float, float]:
    weight = image[:, :, 0].astype(float)
    rows, columns = np.indices(weight.shape)
    return (columns * weight).sum() / weight.sum(), (rows * weight).sum() / weight.sum()


@given(point, point, number)
def test_lines_boxes_and_discs_may_be_anywhere(start, end, width):
    image = black()
    assert draw_line(image, start, end, RED, width) is image
    assert draw_box(image, start, end, RED, width) is image
    assert draw_disc(image, start, end[0], RED) is image
    assert draw_disc(image, start, end[0], RED, width_px=width) is image


@given(st.lists(point, max_size=6), st.booleans())
def test_polylines_may_be_anything(points, closed):
    draw_polyline(black(), points, RED, closed=closed)


@given(st.text(max_size=12), point, number)
def test_text_may_be_anything_anywhere(text, place, size):
    image = black()
    assert draw_text(image, text, place, size_px=size) is image


@given(st.floats(12, 28), st.floats(10, 20), st.floats(3, 8))
def test_a_disc_lies_where_it_should_finer_than_a_pixel(x, y, radius):
    image = black()
    draw_disc(image, (x, y), radius, RED)
    assert center(image) == pytest.approx((x, y), abs=0.25)
    assert np.pi * radius**2 <= mass(image) <= np.pi * (radius + 1) ** 2


def test_a_line_moves_by_parts_of_a_pixel():
    places = []
    for part in range(5):
        image = draw_line(black(), (10, 8 + part / 4), (30, 8 + part / 4), RED, 2)
        places.append(center(image)[1])
    assert np.allclose(places, 8 + np.arange(5) / 4, atol=0.15)
    assert len(np.unique(image)) > 2  # smooth edges


@pytest.mark.parametrize("far", [1e3, 1e6, 1e9, 1e30])
def test_a_line_from_far_outside_crosses_where_it_should(far):
    image = draw_line(black(), (-far, -far), (far, far), RED, 1)
    assert all(image[i, i, 0] > 100 for i in range(30))
    assert image[5, 25].max() == 0


def test_lines_outside_leave_the_image_alone():
    image = black()
    for start, end in (((-50, 5), (-20, 5)), ((0, 500), (40, 400)), ((100, -5), (45, -80))):
        draw_line(image, start, end, RED, 3)
        draw_disc(image, start, 4, RED)
    draw_text(image, "outside", (400, 5))
    draw_text(image, "outside", (-400, 5))
    draw_polyline(image, [], RED)
    draw_polyline(image, [(5, 5)], RED)
    assert image.max() == 0


def test_a_gap_in_a_polyline_and_a_closed_one():
    gap = draw_polyline(black(), [(5, 5), (np.nan, 0), (5, 20), (30, 20)], RED)
    assert gap[5].max() == 0
    assert gap[20, 15, 0] == 255
    corners = [(5, 5), (30, 5), (30, 25)]
    opened, closed = (draw_polyline(black(), corners, RED, closed=c) for c in (False, True))
    assert opened[15, 17].max() == 0
    assert closed[15, 17, 0] > 100


def test_text_stays_legible_on_any_ground():
    rng = np.random.default_rng(0)
    for ground in (0, 255, None):
        image = rng.integers(0, 255, (60, 200, 3), dtype=np.uint8)
        if ground is not None:
            image[:] = ground
        draw_text(image, "Left 0.98", (5, 5), size_px=24)
        plate = image[7:20, 8:70]
        assert plate.min() < 40
        assert plate.max() > 240
    taller = draw_text(black(200, 200), "one\ntwo", (0, 0), color=RED, plate=RED)
    single = draw_text(black(200, 200), "one", (0, 0), color=RED, plate=RED)
    assert mass(taller) > 1.6 * mass(single)


def test_images_that_cannot_be_drawn_on():
    locked = black()
    locked.flags.writeable = False
    for image in (np.zeros((4, 4), np.uint8), black().astype(float), black()[:, ::2], locked):
        with pytest.raises(ShapeError):
            draw_line(image, (0, 0), (1, 1), RED)
