"""Metrics of filled sounds: what they say of good ones, bad ones, and what is hardly a sound."""

import math
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firsthand.concealment.attempts import CLEAN, LOSSY, attempt, lossy, predictions
from firsthand.concealment.filling import fill
from firsthand.concealment.losses import bursts
from firsthand.concealment.metrics import (
    METRICS,
    RATE_HZ,
    distance_db,
    estoi,
    measured,
    pesq_wb,
    plcmos,
)
from firsthand.concealment.opening import open_concealer
from firsthand.errors import ConfigError, InputError, MissingDependencyError, ShapeError
from firsthand.media import read_span

READERS = Path(__file__).parents[2] / "examples" / "media" / "recorder" / "two_readers.ogg"
NAMES = [each.name for each in METRICS]


@pytest.fixture(scope="module")
def speech():
    return np.clip(read_span(READERS, 8.0, 10.4, RATE_HZ), -1, 1)


@pytest.fixture(scope="module")
def lost(speech):
    return bursts(len(speech) // 320, 3, share=0.1, burst=3)


@pytest.fixture(scope="module")
def attempts(speech, lost):
    return {name: attempt(speech, lost, name) for name in (CLEAN, LOSSY, "lpc", "zero")}


def test_what_sounds_better_measures_better(attempts):
    for name, higher in ((each.name, each.higher_is_better) for each in METRICS):
        clean, lpc, zero = (attempts[each].measured[name] for each in (CLEAN, "lpc", "zero"))
        assert (clean > lpc > zero) if higher else (clean < lpc < zero), name
    assert attempts[CLEAN].measured["pesq_wb"] == pytest.approx(4.644, abs=0.001)
    assert attempts[CLEAN].measured["estoi"] == pytest.approx(1)
    assert attempts[CLEAN].measured["distance_db"] == 0


def test_the_same_seed_gives_the_same_and_the_callers_generator_goes_on(speech):
    np.random.seed(7)
    expected = np.random.random(3)
    np.random.seed(7)
    found = plcmos(speech, seed=1), plcmos(speech, seed=1), plcmos(speech, seed=2)
    estoi(speech, speech * 0.5)
    np.testing.assert_array_equal(np.random.random(3), expected)
    assert found[0] == found[1] != found[2]
    assert found[0] == pytest.approx(found[2], abs=0.2)


def test_packages_that_are_missing_are_named_and_left_out(speech, lost, monkeypatch):
    for module in ("speechmos.plcmos", "pesq", "pystoi"):
        monkeypatch.setitem(sys.modules, module, None)
    for ask in (
        lambda: plcmos(speech),
        lambda: pesq_wb(speech, speech),
        lambda: estoi(speech, speech),
    ):
        with pytest.raises(MissingDependencyError, match=r"pip install 'firsthand\[concealment\]'"):
            ask()
    assert list(measured(speech, speech, lost)) == ["distance_db"]


@pytest.mark.parametrize("count", [0, 1, 300, 3_999, 4_000, 5_000])
@pytest.mark.parametrize("gain", [0.0, 1e-9, 1.0])
def test_what_is_hardly_a_sound_has_no_metric_or_a_number(speech, count, gain):
    clean = (gain * speech[:count]).astype(np.float32)
    for filled in (clean, np.zeros_like(clean), speech[:count]):
        found = measured(clean, filled, np.ones(count // 320 + 1, bool))
        assert list(found) == NAMES
        assert not any(math.isinf(value) for value in found.values())
        assert count >= 4_000 or all(math.isnan(found[name]) for name in NAMES[:3])
        assert count or math.isnan(found["distance_db"])


def test_a_long_sound_of_many_words_does_not_end_the_process(speech):
    word = np.concatenate([speech[4_000:8_000], np.zeros(4_000, np.float32)])
    words = np.tile(word, 90)  # 45 s: in one piece, more than PESQ has room for
    found = pesq_wb(words, words * (np.arange(len(words)) % 7 > 0))
    assert 1 < found < 4
    assert pesq_wb(words, words) == pytest.approx(4.644, abs=0.001)


def test_the_distance_is_that_of_the_lost_alone(speech, lost):
    assert math.isnan(distance_db(speech, speech, np.zeros(len(lost), bool)))
    assert math.isnan(distance_db(speech, speech, lost[:0]))
    elsewhere = np.where(np.repeat(~lost, 320), 0.0, speech)  # nothing is left but what was lost
    assert distance_db(speech, elsewhere, lost) < distance_db(speech, 0.2 * speech, lost)
    noise = np.random.default_rng(0).normal(0, 0.1, 8_000)
    everything = np.ones(25, bool)
    for gain_db in (-20, -6, 6, 12):
        found = distance_db(noise, noise * 10 ** (gain_db / 20), everything)
        assert found == pytest.approx(abs(gain_db), rel=0.02)  # of all frequencies alike
    assert distance_db(noise, noise[::-1], everything, packet_ms=10) > 3


@settings(max_examples=25)
@given(st.integers(0, 3_000), st.integers(1, 12), st.integers(0, 20), st.integers(0, 2**32))
def test_any_losses_have_a_distance_or_none(count, tens, packets, seed):
    rng = np.random.default_rng(seed)
    clean, filled = rng.uniform(-1, 1, (2, count)).astype(np.float32)
    gone = rng.random(packets) < 0.5
    found = distance_db(clean, filled, gone, packet_ms=10 * tens)
    assert math.isnan(found) or found > 0


def test_what_cannot_be_compared_is_refused(speech, lost):
    with pytest.raises(ShapeError, match="of one shape"):
        measured(speech, speech[1:], lost)
    with pytest.raises(ShapeError):
        measured(speech[:, np.newaxis], speech[:, np.newaxis], lost)
    with pytest.raises(InputError, match="NaN or infinity"):
        measured(speech, np.full_like(speech, np.nan), lost)
    with pytest.raises(ConfigError, match="no concealer 'nobody'"):
        attempt(speech, lost, "nobody")


def test_nothing_done_is_silence_where_it_was_lost(speech, lost):
    heard = lossy(speech, lost)
    gone = np.repeat(lost, 320)
    assert not heard[gone].any()
    np.testing.assert_array_equal(heard[~gone], speech[~gone])
    np.testing.assert_array_equal(lossy(speech, np.ones(9_999, bool)), 0)
    np.testing.assert_array_equal(lossy(speech[:5], lost[:0]), speech[:5])


@pytest.mark.parametrize("name", ["lpc", "repetition", "zero"])
def test_a_prediction_is_what_would_fill_the_sound_from_there(speech, name):
    cuts = np.array([0, 9, 10, 40])
    ahead = predictions(speech, cuts, open_concealer(name))
    assert ahead.shape == (4, 960)
    for cut, made in zip(cuts, ahead, strict=True):
        gone = np.arange(len(speech) // 160) >= cut
        filled = fill(speech, gone, open_concealer(name), packet_ms=10)
        np.testing.assert_array_equal(made, filled[cut * 160 : cut * 160 + 960])
