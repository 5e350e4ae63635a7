"""Scores made honest, steady, and events."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from firsthand.errors import InputError, ShapeError
from firsthand.recorder.sounds import events, hysteresis
from firsthand.recorder.sounds.calibration import NEVER, Calibration, fit_calibration
from firsthand.recorder.sounds.events import NOTHING, dominant
from firsthand.recorder.sounds.steadying import AT_ONCE, DELAY, Steadying, finish, steadied, step
from firsthand.runtime import Curve

HALF = np.array([0.5, 0.5], np.float32)


def scores_of(columns: int = 2, most: int = 80) -> st.SearchStrategy[np.ndarray]:
    return hnp.arrays(
        np.float32,
        st.tuples(st.integers(0, most), st.just(columns)),
        elements=st.floats(0, 1, width=32),
    )


@given(scores_of(), st.lists(st.integers(0, 80), max_size=5))
def test_a_stream_is_steadied_as_the_whole(scores: np.ndarray, cuts: list[int]) -> None:
    state, parts, before = Steadying(), [], 0
    for block in np.split(scores, sorted(min(cut, len(scores)) for cut in cuts)):
        before += len(block)
        state, found = step(state, block, HALF)
        parts.append(found)
        settled = max(0, before - DELAY)
        assert settled - AT_ONCE < sum(map(len, parts)) <= settled
        assert state.scores is not None
        assert len(state.scores) <= len(block) + 3 * DELAY + AT_ONCE
    parts.append(finish(state, HALF))
    np.testing.assert_array_equal(np.concatenate(parts), steadied(scores, HALF))
    assert len(steadied(scores, HALF)) == len(scores)


def test_a_steady_beginning_keeps_its_moment_and_flicker_is_calmed() -> None:
    clean = np.repeat([0.1, 0.9, 0.1], 40)
    flicker = clean.copy()
    flicker[[15, 17, 60, 62, 64]] = 1.0 - flicker[[15, 17, 60, 62, 64]]
    found = steadied(np.stack([clean, flicker], axis=1), HALF) >= 0.5
    np.testing.assert_array_equal(found[:, 0], clean >= 0.5)
    np.testing.assert_array_equal(found[:, 1], clean >= 0.5)


def test_a_single_short_sound_is_kept() -> None:
    scores = np.full((60, 1), 0.1)
    scores[20:26] = 0.8
    assert (steadied(scores, HALF[:1])[:, 0] >= 0.5).sum() == 6


@given(st.integers(0, 5), st.integers(20, 400))
def test_curves_never_fall_and_thresholds_keep_their_word(seed: int, count: int) -> None:
    rng = np.random.default_rng(seed)
    scores = rng.uniform(size=(count, 3))
    heard = rng.uniform(size=(count, 3)) < scores**2
    heard[:, 2] = False
    fitted = fit_calibration(("a", "b", "c"), scores, heard, 0.8)
    shares = fitted.shares(scores)
    for column in range(3):
        order = np.argsort(scores[:, column])
        assert np.all(np.diff(shares[order, column]) >= -1e-6)
    assert fitted.thresholds[2] == pytest.approx(NEVER)
    assert fitted.classes == ("a", "b", "c")


def test_a_fitted_share_is_the_share() -> None:
    rng = np.random.default_rng(0)
    scores = rng.uniform(size=(20_000, 1))
    heard = rng.uniform(size=(20_000, 1)) < scores**3
    fitted = fit_calibration(("a",), scores, heard, 0.9)
    at = np.linspace(0.1, 0.9, 9)[:, None]
    np.testing.assert_allclose(fitted.shares(at), at**3, atol=0.06)
    fresh = rng.uniform(size=(20_000, 1))
    truth = rng.uniform(size=(20_000, 1)) < fresh**3
    reached = fitted.shares(fresh) >= fitted.thresholds
    assert truth[reached].mean() == pytest.approx(0.9, abs=0.05)


def test_shapes_are_checked() -> None:
    calibration = Calibration((Curve("a", (0.0, 1.0), (0.0, 1.0), 0.5),))
    with pytest.raises(ShapeError, match=r"shape \(n, 1\), not \(3, 2\)"):
        calibration.shares(np.zeros((3, 2)))
    with pytest.raises(InputError, match=r"scores \(3, 1\), truth \(3, 1\)"):
        fit_calibration(("a", "b"), np.zeros((3, 1)), np.zeros((3, 1), bool), 0.9)
    with pytest.raises(ShapeError):
        step(Steadying(), np.zeros((3, 1)), HALF)
    with pytest.raises(ShapeError, match=r"shape \(n, 2\), not \(3, 1\)"):
        hysteresis.step(hysteresis.Waiting(), np.zeros((3, 1)), HALF)
    with pytest.raises(ShapeError):
        dominant(np.zeros((3, 1)), np.zeros((3, 2), bool))
    with pytest.raises(InputError, match=r"a precision in 0\.\.1, not 2"):
        fit_calibration(("a",), np.zeros((3, 1)), np.zeros((3, 1), bool), 2)


def followed(shares: np.ndarray, thresholds: np.ndarray, duration_ms: int, **options) -> list:
    names = "abc"[: shares.shape[1]]
    heard = shares >= thresholds
    state, found = events.step(events.Following(), shares, heard, names, **options)
    return found + events.finish(state, names, duration_ms, **options)


@given(scores_of(2), st.lists(st.integers(0, 80), max_size=5))
def test_a_stream_is_decided_as_the_whole(shares: np.ndarray, cuts: list[int]) -> None:
    state, given, heard, before = hysteresis.Waiting(), [], [], 0
    for block in np.split(shares, sorted(min(cut, len(shares)) for cut in cuts)):
        before += len(block)
        state, some, flags = hysteresis.step(state, block, HALF)
        given.append(some)
        heard.append(flags)
        assert sum(map(len, given)) == max(0, before - hysteresis.DELAY)
    some, flags = hysteresis.finish(state, HALF)
    np.testing.assert_array_equal(np.concatenate([*given, some]), shares)
    np.testing.assert_array_equal(np.concatenate([*heard, flags]), decided(shares))
    np.testing.assert_array_equal(hysteresis.heard_in(shares, HALF), decided(shares))


def decided(shares: np.ndarray) -> np.ndarray:
    """Sure, likely after what is heard or before what is sure: one window after another."""
    sure, likely = shares >= 0.5, shares >= 0.25
    found = np.zeros(shares.shape, bool)
    for column in range(shares.shape[1]):
        for at in range(len(shares)):
            after = np.flatnonzero(~likely[at:, column])
            run = sure[at : at + (after[0] if len(after) else len(shares)), column]
            goes_on = at > 0 and found[at - 1, column] and likely[at, column]
            found[at, column] = goes_on or run[: hysteresis.DELAY + 1].any()
    return found


def test_a_sound_begins_before_it_is_sure_and_lasts_until_it_is_unlikely() -> None:
    share = np.array([0.2, 0.3, 0.4, 0.6, 0.4, 0.55, 0.3, 0.2, 0.4])[:, None]
    heard = hysteresis.heard_in(share, HALF[:1])[:, 0]
    assert heard.tolist() == [False, True, True, True, True, True, True, False, False]
    long = np.full((60, 1), 0.4)
    long[50] = 0.9
    assert hysteresis.heard_in(long, HALF[:1])[:, 0].argmax() == 50 - hysteresis.DELAY


@given(scores_of(3))
def test_events_are_what_is_heard(shares: np.ndarray) -> None:
    thresholds = np.array([0.5, 0.5, NEVER], np.float32)
    duration_ms = len(shares) * 50 + 960
    found = followed(shares, thresholds, duration_ms, shortest_ms=0)
    for column, name in enumerate("abc"):
        mine = [sound for sound in found if sound.name == name]
        assert all(0 <= s.start_ms <= s.end_ms <= duration_ms for s in mine)
        heard = shares[:, column] >= thresholds[column]
        runs = np.flatnonzero(np.diff(np.concatenate([[0], heard, [0]]))).reshape(-1, 2)
        assert len(mine) == len(runs)
        for sound, (first, after) in zip(mine, runs, strict=True):
            assert sound.score == pytest.approx(shares[first:after, column].max())


@given(scores_of(3), st.lists(st.integers(0, 80), max_size=5))
def test_a_stream_is_followed_as_the_whole(shares: np.ndarray, cuts: list[int]) -> None:
    thresholds = np.array([0.5, 0.3, 0.9], np.float32)
    state, found = events.Following(), []
    for block in np.split(shares, sorted(min(cut, len(shares)) for cut in cuts)):
        state, some = events.step(state, block, block >= thresholds, "abc")
        found += some
    found += events.finish(state, "abc", 9_000)
    order = [(s.start_ms, s.name, s.end_ms, s.score) for s in found]
    wanted = [(s.start_ms, s.name, s.end_ms, s.score) for s in followed(shares, thresholds, 9_000)]
    assert sorted(order) == sorted(wanted)


def test_an_event_lies_where_the_middles_of_its_windows_lie() -> None:
    shares = np.zeros((100, 1))
    shares[20:30] = 0.9
    (sound,) = followed(shares, np.array([0.5]), 10_000)
    assert (sound.start_ms, sound.end_ms) == (1_455, 1_955)
    shares[:] = 0.9
    (sound,) = followed(shares, np.array([0.5]), 5_910)
    assert (sound.start_ms, sound.end_ms) == (0, 5_910)


def test_a_bar_has_the_surest_class_that_is_heard() -> None:
    shares = np.array([[0.6, 0.7], [0.4, 0.3], [0.9, 0.7], [0.4, 0.55]])
    np.testing.assert_array_equal(dominant(shares, shares >= HALF), [1, NOTHING, 0, 1])
    assert dominant(np.empty((0, 2)), np.empty((0, 2), bool)).shape == (0,)
