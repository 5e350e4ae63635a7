from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from seen_hands import hand, result

from firsthand.hands.accuracy import error_in_palms, match, measure_set, palm_size_px
from firsthand.hands.labels import LabelledHand, LabelledPhotograph


def truth_of(found, hidden=()):
    visible = np.ones(21, np.bool_)
    visible[list(hidden)] = False
    return LabelledHand(found.keypoints[:, :2].copy(), visible)


def moved(found, dx, dy=0.0):
    return replace(found, keypoints=found.keypoints + np.float32([dx, dy, 0]))


@given(st.floats(-200, 200), st.floats(-200, 200))
def test_a_shifted_hand_is_wrong_by_the_shift_over_the_palm(dx, dy):
    found = hand()
    expected = np.hypot(dx, dy) / palm_size_px(truth_of(found))
    assert error_in_palms(truth_of(found), moved(found, dx, dy)) == pytest.approx(
        expected, abs=1e-4
    )


@given(st.floats(0.1, 10))
def test_the_error_does_not_depend_on_the_size_of_the_photograph(scale):
    found = moved(hand(), 10)
    truth = truth_of(hand())
    larger = LabelledHand(truth.keypoints * np.float32(scale), truth.visible)
    scaled = replace(found, keypoints=found.keypoints * np.float32(scale))
    assert error_in_palms(larger, scaled) == pytest.approx(error_in_palms(truth, found), rel=1e-3)


def test_hidden_keypoints_do_not_count():
    found = hand()
    wrong = found.keypoints.copy()
    wrong[8] += 500
    assert error_in_palms(truth_of(found, hidden=[8]), replace(found, keypoints=wrong)) == 0


def test_a_palm_without_its_ends_has_no_size():
    assert palm_size_px(truth_of(hand(), hidden=[0])) is None
    assert palm_size_px(truth_of(hand(), hidden=[9])) is None
    point = LabelledHand(np.zeros((21, 2), np.float32), np.ones(21, np.bool_))
    assert palm_size_px(point) is None


def test_each_hand_is_matched_once_and_the_nearest_first():
    left, right = hand(at=(100, 100)), hand(at=(160, 100))
    truths = [truth_of(left), truth_of(right)]
    assert match(truths, [right, left]) == [0, 0]
    between = hand(at=(135, 100))
    only_right = match(truths, [between])
    assert only_right[0] is None
    assert only_right[1] == pytest.approx(25 / palm_size_px(truths[1]), rel=1e-4)
    assert match(truths, [hand(at=(900, 900))]) == [None, None]
    assert match([], [left]) == []


def test_a_set_is_counted_by_hands_or_by_photographs():
    here = hand()
    seen = {"both": [here, hand(at=(400, 100))], "one": [moved(here, 5)], "none": []}
    truths = {
        "both": (truth_of(here), truth_of(hand(at=(400, 100)))),
        "one": (truth_of(here), truth_of(here, hidden=[0])),
        "none": (truth_of(here),),
    }

    def measured(labels):
        photographs = [LabelledPhotograph(Path(name), labels(name)) for name in seen]
        images = iter(seen.values())
        return measure_set(
            "s", photographs, lambda image: result(0, image), read=lambda _: next(images)
        )

    labelled = measured(truths.get)
    assert (labelled.photographs, labelled.expected, labelled.found) == (3, 4, 3)
    assert labelled.unmeasurable == 1
    assert labelled.errors == pytest.approx((0, 0, 5 / palm_size_px(truth_of(here))), rel=1e-4)
    unlabelled = measured(lambda _: None)
    assert (unlabelled.expected, unlabelled.found, unlabelled.errors) == (3, 2, ())
