import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from firsthand.geometry.rectangles import overlaps
from firsthand.hands.suppression import MIN_OVERLAP, Palms, suppress


def palms_of(rows):
    rows = np.asarray(rows, np.float32).reshape(-1, 5)
    boxes = rows[:, :4]
    keypoints = np.repeat(boxes[:, np.newaxis, :2] + boxes[:, np.newaxis, 2:] / 2, 7, axis=1)
    return Palms(boxes, keypoints, rows[:, 4])


unit = st.floats(0, 1, width=32)
row = st.tuples(unit, unit, st.floats(0.0625, 0.5, width=32), st.floats(0.0625, 0.5, width=32))
some_palms = st.lists(
    st.tuples(row, st.floats(0.5, 1, width=32)).map(lambda r: (*r[0], r[1])), max_size=12
).map(palms_of)


@given(some_palms)
def test_scores_fall_and_come_from_the_input(palms: Palms) -> None:
    kept = suppress(palms)
    assert len(kept) <= len(palms)
    assert np.all(np.diff(kept.scores) <= 0)
    assert set(kept.scores.tolist()) <= set(palms.scores.tolist())
    if len(palms):
        assert kept.scores[0] == palms.scores.max()


@given(some_palms)
def test_means_lie_within_what_they_are_means_of(palms: Palms) -> None:
    kept = suppress(palms)
    if not len(palms):
        return
    low = palms.boxes[:, :2].min(axis=0) - 1e-5
    high = (palms.boxes[:, :2] + palms.boxes[:, 2:]).max(axis=0) + 1e-5
    assert np.all(kept.boxes[:, :2] >= low)
    assert np.all(kept.boxes[:, :2] + kept.boxes[:, 2:] <= high)
    assert np.all(kept.boxes[:, 2:] > 0)
    assert np.all((kept.keypoints >= low) & (kept.keypoints <= high))


@given(some_palms)
def test_apart_palms_are_left_as_they_are(palms: Palms) -> None:
    chosen: list[int] = []
    for i in np.argsort(-palms.scores, kind="stable"):
        if not chosen or overlaps(palms.boxes[i], palms.boxes[chosen]).max() <= MIN_OVERLAP:
            chosen.append(int(i))
    apart = palms[np.array(chosen, int)]
    kept = suppress(apart)
    np.testing.assert_array_equal(kept.scores, apart.scores)
    np.testing.assert_allclose(kept.boxes, apart.boxes, atol=1e-6)


def test_the_mean_is_weighted_by_score() -> None:
    kept = suppress(palms_of([(0.0, 0, 1, 1, 0.9), (0.2, 0, 1, 1, 0.6)]))
    assert len(kept) == 1
    np.testing.assert_allclose(kept.boxes[0], (0.08, 0, 1, 1), atol=1e-6)
    np.testing.assert_allclose(kept.keypoints[0], np.full((7, 2), (0.58, 0.5)), atol=1e-6)


@given(
    arrays(np.float32, (4,), elements=st.floats(0, 1, width=32)),
    arrays(np.float32, (5, 4), elements=st.floats(0, 1, width=32)),
)
def test_overlap_is_a_symmetric_share(box: np.ndarray, boxes: np.ndarray) -> None:
    found = overlaps(box, boxes)
    assert np.all((found >= 0) & (found <= 1 + 1e-5))
    back = [overlaps(other, box[np.newaxis])[0] for other in boxes]
    np.testing.assert_allclose(found, back, atol=1e-5)


def test_a_box_without_area_overlaps_nothing_and_ends() -> None:
    kept = suppress(palms_of([(0.5, 0.5, 0, 0, 0.9), (0.5, 0.5, 0, 0, 0.8)]))
    assert len(kept) == 2
