import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from firsthand.errors import InputError
from firsthand.hands.gestures.motion_window import POINTS
from firsthand.train.hands.histories import (
    LABEL_OF,
    LABELS,
    PICTURE_PX,
    Histories,
    held_out,
    joined,
    kept_apart,
    read_histories,
)
from firsthand.train.hands.strokes import NAMES


def filmed(ways, path, every=1):
    """Write a file of histories as the recorder would have: one way for each label."""
    lines = []
    for label, way in ways:
        for first in range(0, len(way) - POINTS + 1, every):
            points = way[first : first + POINTS]
            values = ((points - points[0]) / PICTURE_PX).ravel()
            lines.append(",".join([str(label), *(f"{value:.9f}" for value in values)]))
    path.write_text("\n".join(lines) + "\n")
    return path


def a_way(seed, frames=60):
    return np.random.default_rng(seed).integers(-20, 20, (frames, 2)).cumsum(axis=0)


def test_what_was_filmed_is_read_back(tmp_path):
    way = a_way(1)
    found = read_histories(filmed([(1, way)], tmp_path / "point_history.csv"))
    assert found.points.shape == (len(way) - POINTS + 1, POINTS, 2)
    assert np.allclose(found.points[7], way[7 : 7 + POINTS] - way[7], atol=1e-5)
    assert set(found.labels) == {1}
    assert found.rows.tolist() == list(range(45))
    assert found.leaps == 0


@pytest.mark.parametrize("every", [1, 2])
def test_rows_are_joined_to_the_ways_they_were_cut_from(tmp_path, every):
    ways = [(0, a_way(1)), (3, a_way(2)), (3, a_way(3))]
    found = joined(read_histories(filmed(ways, tmp_path / "h.csv", every)))
    assert [label for label, _ in found] == [0, 3, 3]
    for (_, way), (_, points) in zip(ways, found, strict=True):
        assert np.allclose(points, (way - way[0])[: len(points)], atol=1e-4)
        assert len(way) - every < len(points) <= len(way)


def test_rows_with_a_leap_to_the_corner_are_counted_and_left_out(tmp_path):
    way = a_way(4)
    way[30] = (-400, -300)
    found = read_histories(filmed([(2, way)], tmp_path / "h.csv"))
    assert found.leaps == POINTS
    assert len(found.rows) == 45 - POINTS
    assert 15 not in found.rows
    assert found.rows[-1] == 44


@given(fold=st.integers(0, 3), n=st.integers(1, 3000))
def test_no_row_for_training_is_near_one_for_testing(fold, n):
    rows = np.arange(n)
    test, train = rows[held_out(rows, fold)], rows[kept_apart(rows, fold)]
    if len(test) and len(train):
        assert np.abs(test[:, None] - train).min() >= 2 * POINTS


def test_each_row_is_tested_in_one_fold():
    rows = np.arange(5000)
    assert np.array_equal(sum(held_out(rows, fold).astype(int) for fold in range(4)), rows * 0 + 1)
    assert 0.5 < kept_apart(rows).mean() < 0.75


def test_every_name_belongs_to_a_label():
    belongs = dict(zip(NAMES, (LABELS[label] for label in LABEL_OF), strict=True))
    assert belongs["still"] == "Stop"
    assert belongs["counter_clockwise"] == "Counter Clockwise"
    assert belongs["swipe_up"] == belongs["wave"] == belongs["move"] == "Move"


def test_some_can_be_chosen():
    histories = Histories(np.zeros((4, POINTS, 2)), np.arange(4), np.arange(4), 2)
    chosen = histories.only(np.array([False, True, False, True]))
    assert chosen.labels.tolist() == [1, 3]
    assert chosen.leaps == 2


GOOD = ",".join(["0"] * 33)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "holds no fingertip histories"),
        (f"{GOOD}\n0,1,2\n", "line 2: 3 numbers, but a history has 33"),
        (f"{GOOD}\n{GOOD}\n\n{GOOD}\n", "line 3: 1 numbers"),
        (GOOD.replace("0", "x", 1), "line 1: could not convert"),
        (GOOD.replace("0", "4", 1), "line 1: a label in 0..3"),
        (GOOD.replace("0", "0.5", 1), "line 1: a label in 0..3"),
        (GOOD[:-1] + "nan", "coordinates in -1..1"),
        (GOOD[:-1] + "1e9", "coordinates in -1..1"),
    ],
)
def test_damaged_files_are_refused_by_line(tmp_path, text, what):
    path = tmp_path / "point_history.csv"
    path.write_text(text)
    with pytest.raises(InputError, match=what):
        read_histories(path)


def test_files_that_cannot_be_read_are_named(tmp_path):
    with pytest.raises(InputError, match=r"gone\.csv: .* cannot be read"):
        read_histories(tmp_path / "gone.csv")
    binary = tmp_path / "binary.csv"
    binary.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match=r"binary\.csv: .* cannot be read"):
        read_histories(binary)


@pytest.mark.data
def test_the_recorded_histories_are_as_described(data_root):
    found = read_histories(data_root / "hands" / "kinivi_keypoints" / "point_history.csv")
    assert len(found.rows) + found.leaps == 5296
    assert found.leaps == 215
    assert np.bincount(found.labels).min() > 1000
    assert np.abs(found.points - found.points.round()).max() < 1e-5
