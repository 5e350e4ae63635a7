"""What holds of every concealer, and of sound filled by any."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firsthand.concealment import continuing, filling
from firsthand.concealment.baselines import Repetition, Silence
from firsthand.concealment.continuing import FADE_TO, faded
from firsthand.concealment.extrapolation import (
    Extrapolation,
    correlations,
    extrapolated,
    predictor,
    steps_ahead,
)
from firsthand.concealment.filling import DELAY_MS
from firsthand.concealment.lattice import burg
from firsthand.concealment.likeness import period
from firsthand.concealment.opening import NAMES, open_concealer
from firsthand.errors import ConfigError, ShapeError

RATES = (8_000, 11_100, 16_000, 24_000, 32_000, 44_100, 48_000)
OPENED = {(name, rate_hz): open_concealer(name, rate_hz) for name in NAMES for rate_hz in RATES}


def voice(rate_hz: int, seconds: float = 0.4, pitch_hz: float = 120.0) -> np.ndarray:
    times = np.arange(int(seconds * rate_hz)) / rate_hz
    parts = [np.sin(2 * np.pi * pitch_hz * k * times + k) / k for k in range(1, 9)]
    return (0.15 * np.sum(parts, axis=0)).astype(np.float32)


def after(concealer, samples):
    length = concealer.rate_hz // 100
    state = concealer.begin()
    for start in range(0, len(samples) - length + 1, length):
        state = concealer.heard(state, samples[start : start + length])
    return state


def made(concealer, state, blocks):
    found = []
    for _ in range(blocks):
        state, block = concealer.go_on(state)
        found.append(block)
    return np.concatenate(found)


@pytest.mark.parametrize("rate_hz", RATES)
@pytest.mark.parametrize("name", NAMES)
class TestContract:
    def test_blocks_are_10_ms_of_finite_float32(self, name, rate_hz) -> None:
        concealer = OPENED[name, rate_hz]
        assert concealer.rate_hz == rate_hz
        for samples in (voice(rate_hz), np.zeros(rate_hz // 10, np.float32)):
            state = after(concealer, samples)
            for _ in range(20):
                state, block = concealer.go_on(state)
                assert block.shape == (rate_hz // 100,)
                assert block.dtype == np.float32
                assert np.isfinite(block).all()

    def test_looking_ahead_changes_nothing(self, name, rate_hz) -> None:
        concealer = OPENED[name, rate_hz]
        state = after(concealer, voice(rate_hz))
        first = made(concealer, state, 3)
        np.testing.assert_array_equal(first, made(concealer, state, 3))
        again = after(concealer, voice(rate_hz))
        np.testing.assert_array_equal(first, made(concealer, again, 3))

    def test_silence_goes_on_as_silence(self, name, rate_hz) -> None:
        concealer = OPENED[name, rate_hz]
        found = made(concealer, concealer.begin(), 13)
        assert np.abs(found).max() < 2e-4
        state = after(concealer, np.zeros(rate_hz // 5, np.float32))
        assert np.abs(made(concealer, state, 13)).max() < 2e-4

    def test_any_noise_stays_finite(self, name, rate_hz) -> None:
        concealer = OPENED[name, rate_hz]
        loud = np.random.default_rng(0).uniform(-1, 1, rate_hz // 2).astype(np.float32)
        steps = np.sign(loud).astype(np.float32)
        for samples in (loud, steps, np.ones_like(loud), loud * np.float32(1e-30)):
            found = made(concealer, after(concealer, samples), 13)
            assert np.isfinite(found).all()
            assert np.abs(found).max() < 20


@pytest.mark.parametrize("rate_hz", RATES)
@pytest.mark.parametrize("name", ["firsthand", "lpc"])
def test_a_steady_voice_goes_on_without_a_jump(name, rate_hz) -> None:
    concealer = OPENED[name, rate_hz]
    samples = voice(rate_hz)
    block = made(concealer, after(concealer, samples), 1)
    step = abs(float(block[0]) - float(samples[-1]))
    assert step < 2 * np.abs(np.diff(samples)).max()


class TestExtrapolation:
    def test_a_tone_goes_on(self) -> None:
        times = np.arange(3_200) / 16_000
        tone = (0.3 * np.sin(2 * np.pi * 440 * times)).astype(np.float32)
        found = made(Extrapolation(), after(Extrapolation(), tone[:2_560]), 2)
        np.testing.assert_allclose(found, tone[2_560:2_880], atol=0.06)

    @given(st.integers(0, 2**32), st.integers(1, 60))
    @settings(max_examples=30, deadline=None)
    def test_weights_solve_the_normal_equations(self, seed, order) -> None:
        past = np.random.default_rng(seed).standard_normal(400).astype(np.float32)
        weights = predictor(past, order)
        padded = np.concatenate([np.zeros(order), past.astype(np.float64), np.zeros(order)])
        rows = np.lib.stride_tricks.sliding_window_view(padded, order)[:-1]
        best, *_ = np.linalg.lstsq(rows, padded[order:], rcond=None)
        np.testing.assert_allclose(weights, best, atol=1e-6)

    def test_a_voices_weights_are_those_of_elimination(self) -> None:
        """Hundreds of them, from equations that are nearly singular."""
        known = voice(16_000)[-2_560:]
        correlation = correlations(known, 320)
        apart = np.abs(np.subtract.outer(np.arange(320), np.arange(320)))
        wanted = np.linalg.solve(correlation[apart], correlation[1:])[::-1]
        np.testing.assert_allclose(predictor(known, 320), wanted, atol=1e-6)

    @pytest.mark.parametrize("every", [2, 4, 160])
    @pytest.mark.parametrize("order", [40, 320])
    def test_reflections_of_nothing_end_nothing(self, every, order) -> None:
        """Between pulses many a sample is 0, and so are most reflections."""
        past = np.zeros(2_560, np.float32)
        past[::every] = 0.5 * np.tile([1, -1], 1_280)[: len(past[::every])]
        correlation = correlations(past, order)
        apart = np.abs(np.subtract.outer(np.arange(order), np.arange(order)))
        wanted = np.linalg.solve(correlation[apart], correlation[1:])[::-1]
        np.testing.assert_allclose(predictor(past, order), wanted, atol=1e-6)
        assert np.abs(wanted).max() > 0.1 or every > order

    @pytest.mark.parametrize("order", [-2, 0])
    def test_an_order_below_one_is_refused(self, order) -> None:
        with pytest.raises(ConfigError, match=f"not {order}"):
            predictor(voice(16_000), order)

    @pytest.mark.parametrize("order", [1, 2, 7, 16, 20])
    def test_samples_obey_their_weights(self, order) -> None:
        past = np.random.default_rng(0).standard_normal(300)
        weights = predictor(past.astype(np.float32), order)
        line = np.concatenate([past, extrapolated(past, steps_ahead(weights), 50)])
        for place in range(300, 350):
            assert line[place] == pytest.approx(weights @ line[place - order : place])

    def test_what_goes_on_dies_away(self) -> None:
        loud = np.random.default_rng(1).uniform(-1, 1, 2_560).astype(np.float32)
        rows = steps_ahead(predictor(loud, 400))
        assert np.abs(extrapolated(loud, rows, 40_000)[-160:]).max() < 0.1


class TestPeriod:
    @pytest.mark.parametrize("pitch_hz", [80, 125, 200, 320])
    @pytest.mark.parametrize("rate_hz", [8_000, 16_000, 48_000])
    def test_it_is_the_pitch_or_a_multiple(self, pitch_hz, rate_hz) -> None:
        lag, alike = period(voice(rate_hz, pitch_hz=pitch_hz), rate_hz)
        times = lag * pitch_hz / rate_hz
        assert abs(times - round(times)) < 0.03
        assert alike > 0.95

    def test_silence_is_like_nothing(self) -> None:
        assert period(np.zeros(2_000, np.float32), 16_000)[1] == 0

    def test_repetition_repeats(self) -> None:
        samples = voice(16_000, pitch_hz=100)
        found = made(Repetition(), after(Repetition(), samples), 3)
        lag, _ = period(samples, 16_000)
        np.testing.assert_allclose(found[lag:], found[:-lag], atol=0.02)


class TestBurg:
    @pytest.mark.parametrize("order", [20, 200])
    def test_harmonics_go_on_undiminished(self, order) -> None:
        times = np.arange(640) / 16_000
        samples = (np.sin(2 * np.pi * 310 * times) + np.sin(2 * np.pi * 1_234 * times)) / 4
        weights = burg(samples[:320].astype(np.float32), order)
        found = extrapolated(samples[:320], steps_ahead(weights), 320)
        np.testing.assert_allclose(found[:160], samples[320:480], atol=0.12)

    @given(st.floats(60, 4_000), st.floats(0.01, 1), st.booleans())
    @settings(max_examples=60, deadline=None)
    def test_it_is_stable(self, pitch_hz, loud, clipped) -> None:
        """Of what is nearly predictable, little power is left, whose digits must not be lost."""
        wave = np.sin(2 * np.pi * pitch_hz * np.arange(320) / 16_000 + 0.1)
        wave = np.clip(20 * wave, -1, 1) if clipped else np.sign(wave)
        samples = (loud * wave).astype(np.float32)
        found = extrapolated(samples, steps_ahead(burg(samples, 200)), 1_600)
        assert np.abs(found).max() < 4 * loud

    @pytest.mark.parametrize("every", [1, 2, 4])
    def test_a_tone_of_which_samples_are_0_goes_on(self, every) -> None:
        samples = np.zeros(480)
        samples[::every] = 0.5 * np.tile([1, -1], 240)[: len(samples[::every])]
        weights = burg(samples[:320].astype(np.float32), 200)
        found = extrapolated(samples[:320], steps_ahead(weights), 160)
        np.testing.assert_allclose(found, samples[320:], atol=0.02)

    def test_of_silence_all_weights_are_0(self) -> None:
        assert not burg(np.zeros(320, np.float32), 200).any()


class TestFilling:
    @given(
        st.integers(0, 2**32),
        st.integers(1, 3_000),
        st.sampled_from(NAMES),
        st.sampled_from((0, DELAY_MS)),
    )
    @settings(max_examples=60, deadline=None)
    def test_a_stream_is_the_whole(self, seed, count, name, delay_ms) -> None:
        rng = np.random.default_rng(seed)
        samples = rng.uniform(-1, 1, count).astype(np.float32)
        lost = rng.random(rng.integers(0, 12)) < 0.5
        concealer = OPENED[name, 16_000]
        whole = filling.fill(samples, lost, concealer, delay_ms=delay_ms)
        assert whole.shape == samples.shape
        state, heard = filling.begin(concealer, delay_ms=delay_ms), []
        padded = np.pad(samples, (0, -count % 160)).reshape(-1, 160)
        for place in range(len(padded) + delay_ms // 10):
            gone = place >= len(padded) or (place // 2 < len(lost) and lost[place // 2])
            state, found = filling.step(state, None if gone else padded[place])
            heard.append(found)
        late = delay_ms * 16
        assert not np.concatenate(heard)[:late].any()
        np.testing.assert_array_equal(np.concatenate(heard)[late : late + count], whole)

    @pytest.mark.parametrize("name", NAMES)
    @pytest.mark.parametrize(("delay_ms", "touched"), [(0, 80), (DELAY_MS, 320)])
    def test_little_of_what_arrived_is_touched(self, name, delay_ms, touched) -> None:
        samples = voice(16_000, 1.0)
        lost = np.zeros(50, bool)
        for gone in ([], [0, 10, 11, 30]):
            lost[gone] = True
            found = filling.fill(samples, lost, OPENED[name, 16_000], delay_ms=delay_ms)
            kept = ~np.repeat(lost, 320)
            for end in [each + 1 for each in gone]:
                kept[320 * end : 320 * end + touched] = False
            np.testing.assert_array_equal(found[kept], samples[kept])

    @pytest.mark.parametrize("rate_hz", [8_000, 16_000, 48_000])
    def test_a_tone_is_closed_from_both_sides(self, rate_hz) -> None:
        """A tone of which a packet is lost: what is made up is that tone, to both ends."""
        times = np.arange(rate_hz) / rate_hz
        samples = (0.3 * np.sin(2 * np.pi * 440 * times)).astype(np.float32)
        lost = np.zeros(50, bool)
        lost[30] = True
        found = filling.fill(samples, lost, OPENED["lpc", rate_hz])
        assert np.abs(found - samples).max() < 0.05

    def test_what_comes_after_a_long_gap_rises(self) -> None:
        samples = np.random.default_rng(0).normal(0, 0.1, 16_000).astype(np.float32)
        lost = np.zeros(50, bool)
        lost[20:26] = True
        found = filling.fill(samples, lost, OPENED["zero", 16_000])
        gains = found[26 * 320 : 27 * 320] / samples[26 * 320 : 27 * 320]
        assert gains[0] == pytest.approx(10 ** (-12 / 20 / 2), abs=0.01)  # half of 12 dB are left
        assert (np.diff(gains) > -1e-5).all()
        assert gains[-1] == pytest.approx(1, abs=0.01)

    def test_in_a_long_gap_that_is_closed_nothing_is_faded_twice(self) -> None:
        samples = voice(16_000, 1.0)
        lost = np.zeros(50, bool)
        lost[20:23] = True
        found = filling.fill(samples, lost, OPENED["lpc", 16_000])
        voice_ = continuing.begin(OPENED["lpc", 16_000])
        for block in samples[: 20 * 320].reshape(-1, 160):
            voice_ = continuing.heard(voice_, block)
        for _ in range(4):
            voice_, _made = continuing.made_up(voice_)
        wanted = continuing.met(voice_, 320, samples[23 * 320 : 24 * 320])
        np.testing.assert_array_equal(found[22 * 320 : 24 * 320], wanted)

    def test_what_is_given_may_be_written_to(self) -> None:
        """States are not changed by it: stepped again, the old one gives the same."""
        samples, concealer = voice(16_000), OPENED["lpc", 16_000]
        state, before = filling.begin(concealer), []
        for place, block in enumerate(samples.reshape(-1, 160)):
            before.append((state, None if place % 6 in (3, 4) else block))
            state, _ = filling.step(*before[-1])
        for old in before:
            _, found = filling.step(*old)
            wanted = found.copy()
            found[:] = 7
            np.testing.assert_array_equal(filling.step(*old)[1], wanted)

    def test_other_delays_are_refused(self) -> None:
        for delay_ms in (-10, 10, 40):
            with pytest.raises(ConfigError, match="at once or 30 ms later"):
                filling.begin(Silence(), delay_ms=delay_ms)

    @pytest.mark.parametrize("name", NAMES)
    def test_a_long_loss_ends_in_silence(self, name) -> None:
        samples = np.concatenate([voice(16_000, 0.2), np.zeros(16_000 * 65, np.float32)])
        lost = np.zeros(len(samples) // 320, bool)
        lost[10:] = True
        found = filling.fill(samples, lost, OPENED[name, 16_000])
        assert not found[3_200 + 160 * FADE_TO :].any()

    def test_gains_fall_to_nothing(self) -> None:
        gains = np.concatenate([faded(made, 160) for made in range(15)])
        assert gains[0] == 1
        assert (np.diff(gains) <= 0).all()
        assert not gains[160 * FADE_TO :].any()

    def test_what_is_no_number_is_lost_and_what_is_too_loud_clipped(self) -> None:
        samples = voice(16_000)
        bad = samples.copy()
        bad[3_300] = np.nan
        bad[3_450] = np.inf
        lost = np.zeros(20, bool)
        lost[10] = True
        np.testing.assert_array_equal(
            filling.fill(bad, np.zeros(20, bool), Extrapolation()),
            filling.fill(samples, lost, Extrapolation()),
        )
        found = filling.fill(samples * 20, np.zeros(20, bool), Extrapolation())
        assert np.abs(found).max() == 1

    def test_channels_are_filled_by_themselves(self) -> None:
        left, right = voice(16_000), voice(16_000, pitch_hz=180)
        lost = np.arange(20) % 7 == 6
        both = filling.fill(np.stack([left, right], 1), lost, Extrapolation())
        np.testing.assert_array_equal(both[:, 0], filling.fill(left, lost, Extrapolation()))
        np.testing.assert_array_equal(both[:, 1], filling.fill(right, lost, Extrapolation()))

    @pytest.mark.parametrize("name", NAMES)
    def test_a_block_of_no_numbers_does_no_harm_later(self, name) -> None:
        for bad in (np.nan, np.inf, -np.inf, 1e38):
            state = filling.begin(OPENED[name, 16_000], delay_ms=0)
            state, found = filling.step(state, np.full(160, bad, np.float32))
            for block in voice(16_000).reshape(-1, 160):
                state, found = filling.step(state, block)
            for _ in range(15):
                state, found = filling.step(state, None)
                assert np.isfinite(found).all()
                assert np.abs(found).max() <= 1

    def test_blocks_of_other_shapes_or_whole_numbers_are_refused(self) -> None:
        state = filling.begin(Silence())
        for block in (np.zeros(80, "f4"), np.zeros((160, 1), "f4"), np.zeros(160, np.int16)):
            with pytest.raises(ShapeError, match=r"\(160,\), floats"):
                filling.step(state, block)
        with pytest.raises(ShapeError, match="divide 16-bit ones by 32768"):
            filling.fill(np.zeros(320, np.int16), np.zeros(1, bool), Silence())
        huge = filling.fill(np.full(320, 1e300), np.zeros(1, bool), Silence())
        np.testing.assert_array_equal(huge, 1)

    def test_other_shapes_and_lengths_are_refused(self) -> None:
        samples, lost = voice(16_000), np.zeros(3, bool)
        for packet_ms in (0, -20, 15):
            with pytest.raises(ConfigError, match="multiple of 10 ms"):
                filling.fill(samples, lost, Silence(), packet_ms=packet_ms)
        with pytest.raises(ShapeError, match=r"\(packets,\)"):
            filling.fill(samples, lost[None], Silence())
        with pytest.raises(ShapeError, match=r"\(n,\)"):
            filling.fill(samples[None, None], lost, Silence())


def test_names_and_rates_that_there_are_not() -> None:
    with pytest.raises(ConfigError, match="no concealer 'neteq'"):
        open_concealer("neteq")
    for rate_hz in (7_900, 48_100, 16_001, 0):
        with pytest.raises(ConfigError, match=f"not {rate_hz} Hz"):
            open_concealer("lpc", rate_hz)
