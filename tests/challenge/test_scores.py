"""The challenge's scores against what they say they are."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from firsthand.challenge.scores import (
    Frontier,
    correct_within,
    every_second,
    fit_frontier,
    frontier_of,
    normalised_2018,
    score_intervals,
)
from firsthand.errors import InputError, ShapeError

ANSWERS = st.lists(
    st.tuples(st.booleans(), st.floats(0.0, 0.2, allow_nan=False)), min_size=1, max_size=60
)


def one_by_one(answers, limit_s):
    """The rule in words: work until the time is over, count what was right until then."""
    left, right = limit_s * len(answers), 0
    for is_right, seconds in answers:
        left -= seconds
        if left < -1e-9:
            break
        right += is_right
    return right


@given(ANSWERS, st.floats(0.001, 0.3))
def test_what_is_right_in_time_counts(answers, limit_s) -> None:
    correct, seconds = zip(*answers, strict=True)
    got = correct_within(correct, seconds, limit_s)
    assert one_by_one(answers, limit_s * (1 - 1e-9)) <= got <= one_by_one(answers, limit_s * 1.001)
    assert got <= correct_within(correct, seconds, 2 * limit_s) <= sum(correct)
    assert normalised_2018(correct, seconds, limit_s) == pytest.approx(
        got / len(answers) / max(limit_s * len(answers), sum(seconds))
    )


def test_a_fast_model_gets_all_that_is_right_and_a_slow_one_what_it_reaches() -> None:
    right = np.arange(100) % 4 != 0
    assert correct_within(right, np.full(100, 0.001)) == 75
    assert correct_within(right, np.full(100, 0.066)) == right[:50].sum()
    assert every_second(right, np.full(100, 0.066)) == right[::2].sum()
    assert every_second(right, np.full(100, 0.132)) == right[:50:2].sum()
    assert normalised_2018(right, np.full(100, 0.03)) == pytest.approx(0.75 / 3)
    assert normalised_2018(right, np.full(100, 0.06)) == pytest.approx(right[:50].sum() / 100 / 6)


@given(st.floats(0.5, 30), st.floats(-50, 80))
def test_a_frontier_is_found_again(k, a0) -> None:
    ms = np.array([1.0, 3.0, 10.0, 40.0])
    percent = k * np.log(ms) + a0
    worse = [*percent, percent[2] - 1]
    found = fit_frontier(worse, [*ms, 12.0])
    assert (found.k, found.a0) == pytest.approx((k, a0), rel=1e-6, abs=1e-6)
    assert found.score(percent[0] + 2, 1.0) == pytest.approx(2, abs=1e-6)


@given(st.lists(st.tuples(st.floats(0, 100), st.floats(0.1, 99)), min_size=1, max_size=20))
def test_no_model_of_the_frontier_is_beaten(models) -> None:
    percent, ms = zip(*models, strict=True)
    best = frontier_of(percent, ms)
    for at in range(len(models)):
        beaten = any(
            percent[n] >= percent[at] and ms[n] <= ms[at] and models[n] != models[at]
            for n in range(len(models))
        )
        if at in best:
            assert not beaten
        else:
            assert beaten or any(models[n] == models[at] for n in best)


def test_intervals_hold_their_values() -> None:
    rng = np.random.default_rng(0)
    right, took = rng.random(300) < 0.7, rng.uniform(0.02, 0.05, 300)
    found = score_intervals(right, took, rng=rng)
    assert found["score"].value == correct_within(right, took)
    assert found["score_every_second"].value == every_second(right, took)
    assert found["score_2018"].value == pytest.approx(normalised_2018(right, took))
    for each in found.values():
        assert each.low <= each.value <= each.high
        assert each.low < each.high


@pytest.mark.parametrize(
    ("correct", "seconds", "error"),
    [
        ([], [], ShapeError),
        ([True], [0.1, 0.1], ShapeError),
        ([True], [-0.1], InputError),
        ([True], [np.nan], InputError),
    ],
)
def test_what_are_no_answers_is_refused(correct, seconds, error) -> None:
    with pytest.raises(error):
        correct_within(correct, seconds)


def test_a_frontier_needs_two_models_and_times() -> None:
    with pytest.raises(InputError, match="two models"):
        fit_frontier([50.0, 40.0], [1.0, 2.0])
    with pytest.raises(InputError, match="more than 0 ms"):
        Frontier(1, 1).score(50, 0)
