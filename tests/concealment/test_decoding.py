"""From payloads to sound: plain samples, other rates, and what is no sound at all."""

import numpy as np
import pytest
from calls import Scripted, exact, hiss, tone
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from firsthand.concealment import comfort_noise
from firsthand.concealment.background import followed
from firsthand.concealment.decoding import Decoded, LinearPcm
from firsthand.concealment.resampling import kept, resampled
from firsthand.concealment.unpacking import Unpacking
from firsthand.errors import InputError


@given(hnp.arrays(np.int16, st.integers(1, 100)))
def test_plain_samples_come_back(numbers):
    samples = numbers.astype(np.float32) / 32_768
    payload = LinearPcm().encode(samples)
    assert payload[:2] == int(numbers[0]).to_bytes(2, "big", signed=True)
    np.testing.assert_array_equal(LinearPcm().decode(payload).samples, samples)


def test_plain_samples_are_clipped_not_wrapped():
    payload = LinearPcm().encode(np.array([-2.0, 1.0, 2.0]))
    got = LinearPcm().decode(payload).samples
    np.testing.assert_array_equal(got, [-1, 32_767 / 32_768, 32_767 / 32_768])


@pytest.mark.parametrize("payload", [b"", b"a", b"abc"])
def test_half_a_sample_is_none(payload):
    with pytest.raises(InputError, match=f"{len(payload)} bytes"):
        LinearPcm().decode(payload)


def sound(samples: object, rate_hz: int = 16_000) -> Decoded | None:
    decoder = Scripted(16_000, {b"x": Decoded(np.asarray(samples), rate_hz)})
    return Unpacking(decoder).sound(b"x")


@pytest.mark.parametrize(
    ("samples", "rate_hz"),
    [
        (np.zeros(0, np.float32), 16_000),
        (np.zeros(1_921, np.float32), 16_000),
        (np.zeros((160, 2), np.float32), 16_000),
        (np.full(160, np.nan, np.float32), 16_000),
        (np.array([0, np.inf, 0], np.float32), 16_000),
        (np.array([0, 0, -np.inf], np.float32), 16_000),
        (np.zeros(160, np.int16), 16_000),
        (np.float32(0), 16_000),
        (np.zeros(1, np.float32), 192_000),
        (np.zeros(160, np.float32), 0),
        (np.zeros(160, np.float32), -16_000),
        (np.zeros(160, np.float32), 10**9),
    ],
)
def test_what_is_no_sound_of_a_packet_is_none(samples, rate_hz):
    assert sound(samples, rate_hz) is None


def test_what_a_decoder_cannot_decode_is_none():
    assert Unpacking(LinearPcm()).sound(b"abc") is None


def test_too_loud_sound_is_clipped_and_others_may_not_change_it():
    got = sound(np.array([-3, 0.5, 3]))
    np.testing.assert_array_equal(got.samples, [-1, 0.5, 1])
    assert got.samples.dtype == np.float32
    assert not got.samples.flags.writeable


RATES = st.sampled_from((8_000, 11_000, 16_000, 22_000, 32_000, 44_100, 48_000))


@given(RATES, RATES, st.integers(1, 7))
def test_a_stream_at_another_rate_is_that_of_the_whole(from_hz, to_hz, count):
    samples = hiss(from_hz, 0.06 * count)
    past, parts = np.empty(0, np.float32), []
    for part in np.split(samples[: len(samples) // count * count], count):
        parts.append(resampled(past, part, from_hz, to_hz))
        past = kept(past, part, from_hz, to_hz)
    whole = resampled(np.empty(0, np.float32), samples, from_hz, to_hz)
    assert sum(len(part) for part in parts) == len(whole)
    np.testing.assert_allclose(np.concatenate(parts), whole, atol=1e-4)


@pytest.mark.parametrize(
    ("from_hz", "to_hz"), [(48_000, 16_000), (8_000, 48_000), (16_000, 44_100)]
)
def test_a_note_stays_the_same_at_another_rate(from_hz, to_hz):
    got = resampled(np.empty(0, np.float32), tone(from_hz, 0.3), from_hz, to_hz)
    late = -(-10 * max(from_hz, to_hz) // to_hz) / from_hz * to_hz
    time = (np.arange(len(got)) - late) / to_hz
    wanted = sum(0.3 / n * np.sin(2 * np.pi * 200 * n * time) for n in (1, 2, 3))
    inside = slice(to_hz // 100, -to_hz // 100)
    np.testing.assert_allclose(got[inside], wanted[inside], atol=3e-4)


def test_what_a_lower_rate_cannot_hold_is_left_out():
    time = np.arange(4_800) / 48_000
    high = np.sin(2 * np.pi * 7_000 * time).astype(np.float32)
    got = resampled(np.empty(0, np.float32), high, 48_000, 8_000)
    assert np.sqrt((got[80:-80] ** 2).mean()) < 1e-4


def test_a_stream_may_change_its_rate_at_any_packet():
    low, high = tone(8_000, 0.02), tone(48_000, 0.02)
    decoder = Scripted(16_000, {b"l": Decoded(low, 8_000), b"h": Decoded(high, 48_000)})
    unpacking = Unpacking(decoder)
    for payload in (b"l", b"l", b"h", b"l", b"h", b"h"):
        got = unpacking.sound(payload)
        assert (len(got.samples), got.rate_hz) == (320, 16_000)


@given(st.integers(0, 127), st.binary(max_size=20), st.integers(0, 9))
def test_comfort_noise_has_its_level(level, coefficients, seed):
    noise = comfort_noise.described(bytes([level]) + coefficients, 8_000, seed)
    assert noise.samples.shape == (8_192,)  # a second or more, quick to transform
    assert np.abs(noise.samples).max() <= 1
    if level > 20:  # louder, and peaks are clipped
        power = float(np.mean(noise.samples.astype(float) ** 2))
        assert 10 * np.log10(power) == pytest.approx(-level, abs=0.1)


def test_comfort_noise_has_its_spectrum():
    low = comfort_noise.described(bytes([30, 27]), 8_000, 0).samples  # reflection -0.79
    spectrum = np.abs(np.fft.rfft(low)) ** 2
    assert spectrum[:1_000].sum() > 20 * spectrum[3_000:].sum()
    white = np.abs(np.fft.rfft(comfort_noise.described(bytes([30]), 8_000, 0).samples)) ** 2
    assert white[:1_000].sum() == pytest.approx(white[3_000:].sum(), rel=0.2)


def test_comfort_noise_needs_a_level():
    with pytest.raises(InputError, match="level"):
        comfort_noise.described(b"", 8_000, 0)


def test_noise_may_be_like_a_sound():
    like = comfort_noise.alike(tone(16_000, 0.02, 400), 16_000, 0).samples
    assert np.sqrt((like**2).mean()) == pytest.approx(
        np.sqrt((tone(16_000, 0.02, 400) ** 2).mean()), rel=1e-3
    )
    spectrum = np.abs(np.fft.rfft(like)) ** 2
    assert spectrum[:2_000].sum() > 20 * spectrum[2_000:].sum()
    assert not comfort_noise.alike(np.zeros(7, np.float32), 16_000, 0).samples.any()


@given(st.lists(st.integers(1, 480), min_size=1, max_size=60))
def test_noise_goes_on_for_ever(counts):
    noise = comfort_noise.described(bytes([40]), 8_000, 0)
    endless = np.resize(noise.samples, sum(counts) + 8_000)
    got = []
    for count in counts:
        noise, block = comfort_noise.step(noise, count)
        got.append(block)
    np.testing.assert_array_equal(np.concatenate(got), endless[: sum(counts)])


def test_the_background_is_followed_down_at_once_and_up_slowly():
    assert followed(0.1, 0.001) == 0.001
    assert 0.001 < followed(0.001, 0.1) < 0.00101
    assert followed(1e-12, 0.0) > 0


def test_exact_samples_are_exact():
    samples = hiss(8_000, 0.1)
    np.testing.assert_array_equal(samples, exact(samples))
