import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from firsthand.errors import InputError, ShapeError
from firsthand.measure import (
    ImageBoxes,
    average_precision,
    average_precision_interval,
    box_overlaps,
)

BOX, FAR, FARTHER = (0, 0, 10, 10), (100, 0, 10, 10), (200, 0, 10, 10)


def steps(*pairs):
    """101-point mean of a precision that is p up to and including recall r, for (r, p) in order."""
    total = 0.0
    for recall in np.arange(101) / 100:
        total += next((p for r, p in pairs if recall <= r + 1e-9), 0.0)
    return total / 101


def test_all_found_and_nothing_else_is_one() -> None:
    assert average_precision([ImageBoxes([BOX, FAR], [0.2, 0.1], [FAR, BOX])]) == 1


def test_nothing_found_is_zero() -> None:
    assert average_precision([ImageBoxes([], [], [BOX])]) == 0


def test_hit_miss_hit_worked_by_hand() -> None:
    # Precisions 1, 1/2, 2/3 at recalls 1/3, 1/3, 2/3; made falling 1, 2/3, 2/3; then 0.
    image = ImageBoxes([BOX, FARTHER, FAR], [0.9, 0.8, 0.7], [BOX, FAR, (300, 0, 5, 5)])
    assert average_precision([image]) == pytest.approx(steps((1 / 3, 1), (2 / 3, 2 / 3)))


def test_miss_first_worked_by_hand() -> None:
    # Precisions 0, 1/2: 1/2 at every recall.
    images = [ImageBoxes([FAR], [0.9], [], []), ImageBoxes([BOX], [0.8], [BOX])]
    assert average_precision(images) == pytest.approx(0.5)


def test_a_second_detection_of_the_same_box_is_false() -> None:
    doubled = ImageBoxes([BOX, BOX, FAR], [0.9, 0.8, 0.7], [BOX, FAR])
    assert average_precision([doubled]) == pytest.approx(steps((0.5, 1), (1, 2 / 3)))


def test_the_better_detection_takes_the_box_it_overlaps_most() -> None:
    # Of two true boxes 2 apart, the first detection lies on the right one.
    close = ImageBoxes([(2, 0, 10, 10), BOX], [0.9, 0.8], [BOX, (2, 0, 10, 10)])
    assert average_precision([close], 0.6) == 1


def test_where_boxes_are_ignored_a_detection_counts_neither_way() -> None:
    image = ImageBoxes([FAR, FAR, BOX], [0.9, 0.8, 0.7], [BOX], ignored=[FAR])
    assert average_precision([image]) == 1
    both = ImageBoxes([BOX], [0.9], [BOX], ignored=[BOX])
    assert average_precision([both]) == 1


def test_overlap_decides() -> None:
    image = ImageBoxes([(0, 0, 10, 5)], [1.0], [BOX])  # exactly one half
    assert average_precision([image], 0.5) == 1
    assert average_precision([image], 0.51) == 0
    np.testing.assert_allclose(
        box_overlaps([BOX, FAR], [(5, 0, 10, 10), (0, 0, 0, 0)]), [[1 / 3, 0], [0, 0]]
    )


def plain(images, min_overlap):
    """The definition, written as plainly as can be, on detections of all images."""
    rows = []
    for number, image in enumerate(images):
        rows += [(-s, number, i) for i, s in enumerate(image.scores)]
    free = [[True] * len(image.true) for image in images]
    total = sum(len(image.true) for image in images)
    right, curve = 0, []
    for seen, (_, number, i) in enumerate(sorted(rows), start=1):
        own = [
            (box_overlaps([images[number].found[i]], [box])[0, 0], -j)
            for j, box in enumerate(images[number].true)
            if free[number][j]
        ]
        best = max(own, default=(0, 0))
        if best[0] >= min_overlap:
            free[number][-best[1]] = False
            right += 1
        curve.append((right / total, right / seen))
    return sum(
        max((p for r, p in curve if r >= recall - 1e-12), default=0)
        for recall in np.arange(101) / 100
    ) / 101  # fmt: skip


def random_images(rng, count=6, decimals=1):
    for _ in range(count):
        true = rng.uniform(0, 20, (rng.integers(0, 4), 2))
        sides = np.full((len(true), 2), 10.0)
        found = true + rng.normal(0, 2, true.shape)
        extra = rng.uniform(0, 20, (rng.integers(0, 3), 2))
        both = np.concatenate([found, extra])
        boxes = np.column_stack([both, np.full((len(both), 2), 10.0)])
        yield ImageBoxes(
            boxes.reshape(-1, 4),
            np.round(rng.uniform(0, 1, len(boxes)), decimals),
            np.column_stack([true, sides]).reshape(-1, 4),
        )


@given(st.integers(0, 2**32 - 1), st.floats(0.1, 0.9))
def test_it_is_the_definition(seed: int, min_overlap: float) -> None:
    images = [*random_images(np.random.default_rng(seed)), ImageBoxes([], [], [BOX])]
    assert average_precision(images, min_overlap) == pytest.approx(plain(images, min_overlap))


@given(st.integers(0, 2**32 - 1))
def test_an_image_twice_changes_nothing_where_all_are_twice(seed: int) -> None:
    rng = np.random.default_rng(seed)
    images = [*random_images(rng, decimals=12), ImageBoxes([], [], [BOX])]
    assert average_precision(images * 2) == pytest.approx(average_precision(images))


def test_the_interval_holds_the_value_and_is_the_same_for_a_seed() -> None:
    images = list(random_images(np.random.default_rng(5), 40))
    one, two = (
        average_precision_interval(images, rng=np.random.default_rng(1), resamples=200)
        for _ in range(2)
    )
    assert one == two
    assert one.low < one.value < one.high
    assert one.value == average_precision(images)


def test_the_interval_of_what_is_always_right_has_no_width() -> None:
    images = [ImageBoxes([BOX], [0.5], [BOX])] * 3 + [ImageBoxes([], [], [])] * 20
    found = average_precision_interval(images, rng=np.random.default_rng(0), resamples=100)
    assert (found.low, found.value, found.high) == (1, 1, 1)


@pytest.mark.parametrize(
    ("image", "error"),
    [
        (ImageBoxes([BOX], [0.5], []), InputError),
        (ImageBoxes([BOX], [np.nan], [BOX]), ShapeError),
        (ImageBoxes([BOX], [0.5, 0.5], [BOX]), ShapeError),
        (ImageBoxes([BOX], [0.5], [(0, 0, -1, 5)]), InputError),
        (ImageBoxes([BOX], [0.5], [(0, 0, np.inf, 5)]), InputError),
        (ImageBoxes([(0, 0, 1)], [0.5], [BOX]), ShapeError),
    ],
)
def test_what_is_no_box_or_score_is_refused(image: ImageBoxes, error: type[Exception]) -> None:
    with pytest.raises(error):
        average_precision([image])


def test_bad_options_are_refused() -> None:
    image = ImageBoxes([BOX], [0.5], [BOX])
    with pytest.raises(InputError, match="not 0"):
        average_precision([image], 0)
    with pytest.raises(InputError, match="at least 2 images"):
        average_precision_interval([image], rng=np.random.default_rng(0))
