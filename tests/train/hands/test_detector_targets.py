import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from palm_truths import palm, palms

from firsthand.hands.anchors import FIRSTHAND, anchor_centers
from firsthand.hands.palms import decode
from firsthand.hands.suppression import suppress
from firsthand.train.hands.detector_targets import (
    IGNORED,
    NEGATIVE,
    POSITIVE,
    RANGES_PX,
    no_palms,
    targets,
)

SIZE = 256
CENTERS = anchor_centers(SIZE, FIRSTHAND)
CENTERS_PX = CENTERS * SIZE
LEVELS = np.repeat(np.arange(4), [64 * 64, 32 * 32, 16 * 16, 8 * 8])

places = st.floats(0, 255.9)
sizes = st.floats(6, 320)


def test_an_image_without_hands_has_no_positive_and_nothing_ignored() -> None:
    found = targets(no_palms(), SIZE)
    assert found.labels.shape == (5440,)
    assert not found.labels.any()


@given(places, places, sizes)
def test_every_palm_has_an_anchor_and_only_on_levels_for_its_size(x, y, side) -> None:
    found = targets(palm(x, y, side), SIZE)
    chosen = found.labels == POSITIVE
    assert chosen.any()
    expected = {level for level, (low, high) in enumerate(RANGES_PX) if low <= side <= high}
    assert set(LEVELS[chosen]) == expected


@given(places, places, sizes)
def test_a_palm_asks_nothing_of_anchors_far_from_it(x, y, side) -> None:
    found = targets(palm(x, y, side), SIZE)
    away = np.hypot(*(CENTERS_PX - (x, y)).T)
    stride = np.array(FIRSTHAND.strides)[LEVELS]
    far = away > np.maximum(side, 2 * stride)
    assert (found.labels[far] == NEGATIVE).all()


@given(st.lists(st.tuples(places, places, sizes), min_size=1, max_size=5))
def test_decoding_the_targets_gives_the_palms_exactly(rows) -> None:
    truth = palms(*(palm(*row, seed=i) for i, row in enumerate(rows)))
    found = targets(truth, SIZE)
    logits = np.where(found.labels == POSITIVE, np.float32(5), np.float32(-5))
    got = decode(found.values, logits, CENTERS, 0.5, SIZE)
    assert len(got) == (found.labels == POSITIVE).sum()
    middles = (got.boxes[:, :2] + got.boxes[:, 2:] / 2) * SIZE
    for middle, box, keypoints in zip(middles, got.boxes, got.keypoints, strict=True):
        errors = np.abs(truth.centers - middle).max(axis=1) + np.abs(truth.sides - box[2] * SIZE)
        own = int(errors.argmin())
        assert errors[own] < 1e-3
        np.testing.assert_allclose(box[2:] * SIZE, truth.sides[own], atol=1e-3)
        np.testing.assert_allclose(keypoints * SIZE, truth.keypoints[own], atol=1e-3)


def test_suppressing_decoded_targets_gives_each_palm_once() -> None:
    truth = palms(palm(40, 40, 7), palm(100, 60, 30, seed=1), palm(180, 170, 110, seed=2))
    found = targets(truth, SIZE)
    logits = np.where(found.labels == POSITIVE, np.float32(5), np.float32(-5))
    got = suppress(decode(found.values, logits, CENTERS, 0.5, SIZE))
    assert len(got) == 3
    order = np.argsort(got.boxes[:, 2])
    np.testing.assert_allclose(got.boxes[order, 2] * SIZE, truth.sides, atol=1e-3)
    np.testing.assert_allclose(got.keypoints[order] * SIZE, truth.keypoints, atol=1e-3)


@given(places, places, st.floats(4.5, 320))
def test_an_unclear_hand_is_neither_asked_for_nor_denied(x, y, side) -> None:
    found = targets(palm(x, y, side, clear=False), SIZE)
    assert not (found.labels == POSITIVE).any()
    inside = (np.abs(CENTERS_PX - (x, y)) <= side / 2).all(axis=1)
    assert (found.labels[inside] == IGNORED).all()


def test_a_clear_palm_is_asked_for_within_an_unclear_one() -> None:
    alone = targets(palm(100, 100, 30), SIZE)
    beside = targets(palms(palm(110, 100, 60, clear=False), palm(100, 100, 30)), SIZE)
    asked = alone.labels == POSITIVE
    np.testing.assert_array_equal(beside.labels == POSITIVE, asked)
    np.testing.assert_array_equal(beside.values[asked], alone.values[asked])


def test_a_contested_cell_goes_to_the_nearer_palm_in_palm_sizes() -> None:
    found = targets(palms(palm(100, 100, 40), palm(112, 100, 40, seed=1)), SIZE)
    asked = np.flatnonzero(found.labels == POSITIVE)
    middles = CENTERS_PX[asked] + found.values[asked, :2]
    away = np.abs(CENTERS_PX[asked, :1] - [100, 112])
    nearest = np.array([100, 112])[away.argmin(axis=1)]
    np.testing.assert_allclose(middles[:, 0], nearest, atol=1e-4)
    assert set(nearest) == {100, 112}


@given(st.floats(20, 236), st.floats(20, 236), sizes)
def test_a_mirrored_palm_has_mirrored_targets(x, y, side) -> None:
    one = palm(x, y, side)
    other = palm(SIZE - x, y, side)
    other.keypoints[...] = one.keypoints
    other.keypoints[..., 0] = SIZE - one.keypoints[..., 0]
    straight, mirrored = targets(one, SIZE), targets(other, SIZE)
    first = 0
    for stride in FIRSTHAND.strides:
        cells = SIZE // stride
        rows = slice(first, first + cells * cells)
        first += cells * cells
        there = mirrored.labels[rows].reshape(cells, cells)[:, ::-1]
        here = straight.labels[rows].reshape(cells, cells)
        if (np.abs(here - there) > 0).mean() > 0.02:  # cells on an edge may round either way
            pytest.fail(f"labels differ at stride {stride}")
        values = mirrored.values[rows].reshape(cells, cells, 9, 2)[:, ::-1].copy()
        values[:, :, [0, 2, 3, 4, 5, 6, 7, 8], 0] *= -1
        both = (here == POSITIVE) & (there == POSITIVE)
        own = straight.values[rows].reshape(cells, cells, 9, 2)
        np.testing.assert_allclose(own[both], values[both], atol=1e-3)
