"""Time-stretching leaves out, or repeats, whole periods, and only where that is not heard."""

import numpy as np
import pytest
from calls import hiss, tone
from hypothesis import given
from hypothesis import strategies as st

from firsthand.concealment.resuming import resumed
from firsthand.concealment.stretching import accelerated, preemptively_expanded

RATES = (8_000, 11_100, 16_000, 32_000, 44_100, 48_000)


def periodic(rate_hz: int, period: int, seed: int = 0) -> np.ndarray:
    """A second of a sound that repeats itself exactly."""
    one = np.cumsum(np.random.default_rng(seed).standard_normal(period))
    one -= np.linspace(one[0], one[-1], period)  # so that it joins
    return np.resize(0.5 * one / np.abs(one).max(), rate_hz).astype(np.float32)


@given(
    st.sampled_from(RATES), st.floats(0.0026, 0.0149), st.integers(0, 99), st.sampled_from("aps")
)
def test_what_repeats_itself_goes_on_as_before(rate_hz, period_s, seed, way):
    period, count = round(period_s * rate_hz), round(0.03 * rate_hz)
    endless = periodic(rate_hz, period, seed)
    if way == "s":
        samples, changed = preemptively_expanded(endless[:count], rate_hz)
        assert len(samples) == count + changed
    else:
        samples, changed = accelerated(endless[:count], rate_hz, fast=way == "a")
        assert len(samples) == count - changed
    assert changed % period == 0
    assert 0 < changed <= count // 2
    np.testing.assert_allclose(samples, endless[: len(samples)], atol=1e-5)


@pytest.mark.parametrize("rate_hz", RATES)
@pytest.mark.parametrize("hz", [85, 130, 220, 390])
def test_a_voice_is_stretched_smoothly(rate_hz, hz):
    count = round(0.03 * rate_hz)
    samples = tone(rate_hz, 0.03, hz)[:count]
    steepest = np.abs(np.diff(samples)).max()
    for stretched, changed in (
        accelerated(samples, rate_hz),
        preemptively_expanded(samples, rate_hz),
    ):
        assert changed
        assert np.abs(np.diff(stretched)).max() < 1.3 * steepest
        np.testing.assert_array_equal(stretched[: rate_hz // 1_000], samples[: rate_hz // 1_000])
        np.testing.assert_array_equal(stretched[-rate_hz // 1_000 :], samples[-rate_hz // 1_000 :])


@pytest.mark.parametrize("rate_hz", RATES)
def test_noise_is_left_alone_unless_it_is_a_pause(rate_hz):
    samples = hiss(rate_hz, 0.03)
    for way in (accelerated, preemptively_expanded):
        same, changed = way(samples, rate_hz)
        assert same is samples
        assert changed == 0
        pause, changed = way(samples, rate_hz, passive_power=0.1)
        assert changed
        assert abs(len(pause) - len(samples)) == changed


def test_silence_is_stretched_as_much_as_possible():
    samples = np.zeros(480, np.float32)
    assert accelerated(samples, 16_000)[1] == 240
    assert preemptively_expanded(samples, 16_000)[1] == 240


def test_in_haste_more_goes_and_less_alike():
    samples = tone(16_000, 0.03, 300)
    assert accelerated(samples, 16_000, fast=True)[1] >= accelerated(samples, 16_000)[1]
    rough = (samples + hiss(16_000, 0.03, 0.12)).clip(-1, 1)
    assert accelerated(rough, 16_000)[1] == 0
    assert accelerated(rough, 16_000, fast=True)[1] > 0


@pytest.mark.parametrize("count", [0, 1, 2, 30, 100])
def test_too_little_sound_is_left_alone(count):
    samples = tone(16_000, 0.03)[:count]
    assert accelerated(samples, 16_000)[1] == 0
    assert preemptively_expanded(samples, 16_000)[1] == 0


@given(st.integers(0, 160), st.integers(0, 99))
def test_what_was_made_up_is_met_where_it_is_most_alike(lag, seed):
    ahead = periodic(16_000, 331, seed)[:320]
    still_made, samples = resumed(ahead, np.append(ahead[lag:], np.ones(3, np.float32)))
    np.testing.assert_array_equal(still_made, ahead[:lag])
    np.testing.assert_allclose(samples[:160], ahead[lag : lag + 160], atol=1e-6)
    np.testing.assert_array_equal(samples[-3:], 1)
    assert len(samples) == 320 - lag + 3


@pytest.mark.parametrize("count", [1, 7, 159, 160, 161, 1_920])
def test_sound_resumes_without_a_step_whatever_its_length(count):
    ahead, samples = hiss(16_000, 0.02, seed=1), hiss(16_000, 1)[:count]
    still_made, merged = resumed(ahead, samples)
    assert len(still_made) <= 160
    assert len(merged) == count
    np.testing.assert_array_equal(merged[160:], samples[160:])
    if count >= 159:
        assert abs(merged[0] - ahead[len(still_made)]) < 1e-3


def test_what_is_nowhere_alike_is_not_put_off():
    still_made, _ = resumed(hiss(16_000, 0.02, seed=1), hiss(16_000, 0.02, seed=2))
    assert len(still_made) == 0
    assert len(resumed(np.zeros(320, np.float32), tone(16_000, 0.02))[0]) == 0
