import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from posed_hands import HOOKED, hand, kinivi_rows, letters, sign_digits, turned

from firsthand.errors import ConfigError, InputError, ShapeError
from firsthand.hands.gestures import (
    NONE,
    Gesture,
    GestureResult,
    GestureSet,
    gesture_scores,
    gesture_set_from_json,
    recognise,
)
from firsthand.hands.gestures.relations import RELATIONS, relation
from firsthand.hands.gestures.sets import (
    AMERICAN,
    ASL_DIGITS,
    CHINESE,
    EUROPEAN,
    GESTURE_SETS,
    SIGNS,
    TAIWANESE,
)
from firsthand.hands.gestures.smoothing import Smoothing, SmoothingState, step

SETS = [pytest.param(known, id=name) for name, known in GESTURE_SETS.items()]


@pytest.mark.parametrize(
    ("known", "pattern", "name"),
    [
        (AMERICAN, "bbbbb", "0"),
        (AMERICAN, "bsbbb", "1"),
        (AMERICAN, "bssbb", "2"),
        (AMERICAN, "bsssb", "3"),
        (AMERICAN, "bssss", "4"),
        (AMERICAN, "sssss", "5"),
        (EUROPEAN, "sbbbb", "1"),
        (EUROPEAN, "ssbbb", "2"),
        (EUROPEAN, "sssbb", "3"),
        (EUROPEAN, "ssssb", "4"),
        (EUROPEAN, "bssss", "4"),
        (EUROPEAN, "sssss", "5"),
        (CHINESE, "bsbbb", "1"),
        (CHINESE, "bssbb", "2"),
        (CHINESE, "bsssb", "3"),
        (CHINESE, "bssss", "4"),
        (CHINESE, "sssss", "5"),
        (CHINESE, "sbbbs", "6"),
        (CHINESE, "ssbbb", "8"),
        (CHINESE, "bhbbb", "9"),
        (CHINESE, "bbbbb", "10"),
        (TAIWANESE, "ssbbb", "7"),
        (TAIWANESE, "sssbb", "8"),
        (TAIWANESE, "ssssb", "9"),
        (SIGNS, "bbbbb", "fist"),
        (SIGNS, "bsbbs", "rock"),
        (SIGNS, "ssbbs", "spiderman"),
        (SIGNS, "bsbbb", "pointing"),
        (SIGNS, "ssbbb", "pointing"),
        (SIGNS, "sbbbs", "call"),
        (SIGNS, "bssss", "four"),
        (SIGNS, "sssss", "open_palm"),
        (SIGNS, "bbbbs", NONE),
        (SIGNS, "bbssb", NONE),
        (AMERICAN, "sbbbs", NONE),
    ],
)
def test_posed_hands_show_what_their_set_calls_them(known, pattern, name):
    right = letters(pattern)
    left = right * [-1, 1, 1]
    for points in (right, left, turned(right, 50), left * 1e-4, right[:, [0, 1, 2]] + 300):
        assert recognise(points, known).name == name


def test_touching_fingertips_decide_ok_and_the_asl_digits():
    for finger, digit in ((8, "9"), (12, "8"), (16, "7"), (20, "6")):
        points = letters("bssss")
        points[finger - 2 : finger + 1] = np.linspace(points[finger - 3], points[4], 4)[1:]
        points[finger - 1] += [0, -15, -30]
        assert recognise(points, ASL_DIGITS).name == digit
        assert (recognise(points, SIGNS).name == "ok") == (digit == "9")


def test_a_ring_of_all_fingertips_is_zero_and_of_three_is_the_chinese_seven():
    tip = np.array([-30.0, -120.0, -60.0])
    points = hand(thumb=(60, 5, 5), index=HOOKED, middle=HOOKED, ring=HOOKED, pinky=HOOKED)
    points[[4, 8, 12, 16]] = tip + np.array([[0, 0, 0], [4, 0, 0], [8, 0, 0], [12, 0, 0]])
    assert recognise(points, ASL_DIGITS).name == "0"
    assert recognise(points, CHINESE).name == "0"
    points[13:21] = hand()[13:21]
    assert recognise(points, CHINESE).name == "7"


@pytest.mark.parametrize(
    ("degrees", "name"), [(90, "thumb_up"), (-90, "thumb_down"), (0, NONE), (180, NONE)]
)
def test_a_thumb_points_up_or_down_in_the_image(degrees, name):
    points = letters("sbbbb")  # its thumb points left, 20 degrees upwards
    levelled = turned(points, -_thumb_deg(points))
    assert recognise(turned(levelled, -degrees), SIGNS).name == name


def test_victory_spreads_two_fingers_and_two_joined_ones_are_not():
    points = letters("bssbb")
    assert recognise(points, SIGNS).name == "victory"
    points[9:13] = points[5:9] + np.array([20, 0, 0])
    assert recognise(points, SIGNS).name == NONE


@pytest.mark.parametrize("known", SETS)
def test_no_two_gestures_of_a_set_ask_for_the_same(known):
    conditions = [gesture.conditions for gesture in known]
    for first, second in itertools.combinations(conditions, 2):
        assert first != second


@pytest.mark.parametrize("known", SETS)
def test_a_set_survives_json(known):
    assert gesture_set_from_json(known.to_json()) == known


@pytest.mark.parametrize("known", SETS)
@given(seed=st.integers(0, 2**32 - 1))
def test_scores_are_shares_and_the_best_name_has_the_best(known, seed):
    points = np.random.default_rng(seed).normal(size=(21, 3))
    scores = gesture_scores(points, known)
    result = recognise(points, known, min_score=0.0)
    assert np.all((scores >= 0) & (scores <= 1))
    assert result.score == scores.max()
    assert scores[known.names.index(result.name)] == scores.max()
    assert result.runner_up_score <= result.score
    assert result.runner_up != result.name
    assert recognise(points, known, min_score=1.1).name == NONE


def test_scores_of_many_hands_are_those_of_each():
    batch = np.array([letters("sssss"), letters("bsbbs")])
    scores = gesture_scores(batch[:, None], SIGNS)
    assert scores.shape == (2, 1, len(SIGNS.names))
    for place in range(2):
        np.testing.assert_array_equal(scores[place, 0], gesture_scores(batch[place], SIGNS))


@given(seed=st.integers(0, 2**32 - 1))
@pytest.mark.parametrize("name", RELATIONS)
def test_a_relation_and_its_opposite_add_up_to_one(name, seed):
    points = np.random.default_rng(seed).normal(size=(4, 21, 3))
    holds, fails = relation(name)(points), relation(f"not {name}")(points)
    assert holds.shape == (4,)
    np.testing.assert_allclose(holds + fails, 1)


def test_photographs_of_digits_are_read_and_left_hands_too():
    keypoints, digits = sign_digits()
    for points in (keypoints, keypoints * [-1, 1, 1], keypoints[..., :2]):
        names = np.array(ASL_DIGITS.names)[gesture_scores(points, ASL_DIGITS).argmax(axis=-1)]
        assert np.mean(names == digits.astype(str)) > 0.97


def test_photographs_of_other_digits_are_none_of_the_signs():
    keypoints, digits = sign_digits()
    unknown = keypoints[np.isin(digits, (3, 6, 7, 8))]
    names = [recognise(points, SIGNS).name for points in unknown]
    assert names.count(NONE) > 0.9 * len(names)


def test_a_set_of_ones_own_reads_flat_rows():
    own = GestureSet(
        "own",
        (
            Gesture("Open", ".ssss"),
            Gesture("Close", ".bbbb"),
            Gesture("Pointer", ".sbbb"),
            Gesture("OK", "..sss", ("thumb touches index",)),
        ),
    )
    keypoints, classes = kinivi_rows()
    answers = gesture_scores(keypoints, own).argmax(axis=-1)
    assert np.mean(answers == classes) > 0.8


def test_part_of_a_set():
    part = SIGNS.only("rock", "call")
    assert part.names == ("rock", "call")
    assert recognise(letters("sssss"), part).name == NONE
    assert recognise(letters("sssss"), SIGNS.only("rock")).runner_up == NONE
    with pytest.raises(ConfigError, match="open_palm"):
        SIGNS.only("palm")


@pytest.mark.parametrize(
    ("name", "fingers", "relations"),
    [
        ("", "sssss", ()),
        (NONE, "sssss", ()),
        ("x", "ssss", ()),
        ("x", "ssssq", ()),
        ("x", "cssss", ()),
        ("x", "hssss", ()),
        ("x", ".....", ()),
        ("x", "sssss", ("thumb touches nose",)),
        ("x", "sssss", ("not not thumb up",)),
    ],
)
def test_impossible_gestures_are_refused(name, fingers, relations):
    with pytest.raises(ConfigError):
        Gesture(name, fingers, relations)


@pytest.mark.parametrize(
    "rows",
    [
        (),
        (Gesture("a", "sbbbb"), Gesture("b", "sbbbb")),
        (Gesture("a", "sbbbb"), Gesture("b", ".bbbb")),
        (Gesture("a", ".cccc"), Gesture("b", ".bbbb")),
        (Gesture("a", "sbbbb"), Gesture("b", "sbbbb", ("thumb up",))),
    ],
)
def test_a_set_with_a_gesture_that_can_never_win_is_refused(rows):
    with pytest.raises(ConfigError, match=r"empty|never win"):
        GestureSet("set", rows)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{",
        "[" * 100_000,
        '{"name": "x"}',
        '{"name": "x", "gestures": []}',
        '{"name": 3, "gestures": []}',
        '{"name": "x", "gestures": [3]}',
        '{"name": "x", "gestures": [{"name": "y"}]}',
        '{"name": "x", "gestures": [{"name": "y", "fingers": 5}]}',
        '{"name": "x", "gestures": [{"name": "y", "fingers": "sssss", "relations": [1]}]}',
        '{"name": "x", "gestures": [{"name": "y", "fingers": "sssss", "relations": "thumb up"}]}',
        '{"name": "x", "gestures": [{"name": "y", "fingers": "sssss", "code": "z"}]}',
        '{"name": "x", "gestures": [{"name": "y", "fingers": "sssss"}], "more": 1}',
    ],
)
def test_hostile_json_is_refused(text):
    with pytest.raises(ConfigError):
        gesture_set_from_json(text)


def test_recognise_takes_one_good_hand():
    with pytest.raises(ShapeError, match="one hand"):
        recognise(np.array([letters("sssss")]), SIGNS)
    with pytest.raises(InputError, match="not finite"):
        recognise(np.full((21, 3), np.nan), SIGNS)


def shown(name, score=0.9, runner_up=NONE, runner_up_score=0.0):
    return GestureResult(name, score, runner_up, runner_up_score)


def announced(results, frame_us=40_000, smoothing=None):
    state, names = SmoothingState(), []
    for frame, result in enumerate(results):
        state, out = step(state, result, frame * frame_us, smoothing)
        names.append(out.name)
    return names


def test_a_gesture_is_announced_once_it_has_lasted():
    assert announced([shown("rock")] * 5) == [NONE, NONE, NONE, "rock", "rock"]


def test_a_flicker_is_not_announced():
    results = [shown("rock")] * 6 + [shown("call")] * 2 + [None] * 3 + [shown("rock")] * 2
    assert announced(results)[4:] == ["rock"] * 9


def test_alternating_gestures_never_interrupt():
    results = [shown("rock")] * 6 + [shown("call"), shown("fist")] * 10
    assert set(announced(results)[6:]) == {"rock"}


def test_a_lost_hand_ends_the_gesture_after_its_time():
    names = announced([shown("rock")] * 6 + [None] * 10)
    assert names.index(NONE, 6) == 6 + 7  # 250 ms are seven frames of 40 ms


def test_the_present_gesture_stays_as_a_close_runner_up():
    close = shown("call", 0.5, "rock", 0.4)
    assert announced([shown("rock")] * 6 + [close] * 20)[-1] == "rock"
    assert announced([shown("rock")] * 6 + [shown("call", 0.5, "rock", 0.3)] * 20)[-1] == "call"


@given(
    st.lists(st.sampled_from([None, "rock", "call", NONE]), max_size=40),
    st.integers(1, 10**6),
)
def test_announcements_last_at_least_the_time_the_next_one_needs(names, frame_us):
    state, changes = SmoothingState(), []
    smoothing = Smoothing(enter_us=100_000, leave_us=200_000)
    for frame, name in enumerate(names):
        before = state.name
        result = None if name is None else shown(name)
        state, out = step(state, result, frame * frame_us, smoothing)
        assert out.changed == (out.name != before)
        assert out.since_us <= frame * frame_us
        if out.changed:
            changes.append(frame * frame_us)
    assert all(later - earlier >= 100_000 for earlier, later in itertools.pairwise(changes))


def test_time_must_rise_and_options_make_sense():
    state, _ = step(SmoothingState(), None, 5)
    for late in (5, 4):
        with pytest.raises(InputError, match="rise"):
            step(state, None, late)
    with pytest.raises(ConfigError):
        Smoothing(enter_us=-1)
    with pytest.raises(ConfigError):
        Smoothing(stay_score=1.5)


def _thumb_deg(points):
    line = points[4] - points[2]
    return np.degrees(np.arctan2(line[1], line[0]))
