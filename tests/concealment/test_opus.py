"""Opus's packets, whole and damaged, through the decoder and the jitter buffer."""

import numpy as np
import pytest
from calls import assert_accounts, play
from coded_tones import encoded, tone
from hypothesis import given
from hypothesis import strategies as st

from firsthand.concealment.jitter_buffer import JitterBuffer
from firsthand.concealment.opus import OPUS_HZ, Coded, Opus
from firsthand.concealment.packets import Packet
from firsthand.concealment.settings import Settings
from firsthand.errors import MediaError

LATE = 312  # 6.5 ms, by which libopus looks ahead


def decoded(packets, decoder=None) -> np.ndarray:
    decoder = decoder or Opus()
    return np.concatenate([decoder.decode(each).samples for each in packets])


def alike(heard: np.ndarray, said: np.ndarray, late: int) -> float:
    length = min(len(heard) - late, len(said))
    return np.corrcoef(heard[late : late + length], said[:length])[0, 1]


@pytest.fixture(scope="module")
def packets():
    return encoded(tone(0.5))


@pytest.mark.parametrize("packet_ms", [2.5, 5, 10, 20, 40, 60, 120])
def test_packets_of_any_length_become_sound(packet_ms):
    said = tone(0.5)
    packet = int(packet_ms * 48)
    options = {"frame_duration": str(packet_ms)}
    heard = [Opus().decode(each) for each in encoded(said, packet=packet, **options)]
    assert {each.rate_hz for each in heard} == {48_000}
    assert {each.samples.shape for each in heard} == {(packet,)}
    assert {each.samples.dtype for each in heard} == {np.dtype(np.float32)}
    assert not any(each.dtx for each in heard)
    whole = decoded(encoded(said, packet=packet, **options))
    assert max(alike(whole[4_800:], said[4_800:], late) for late in (120, LATE)) > 0.99


def test_two_channels_become_one():
    left = tone(0.3)
    both = decoded(encoded(np.stack([left, np.zeros_like(left)], axis=1)))
    assert alike(both[4_800:], left[4_800:], LATE) > 0.99
    assert np.abs(both).max() == pytest.approx(0.25, rel=0.1)


@pytest.mark.parametrize(
    "payload",
    [b"", b"\x03", b"\x03\x00", b"\x02\xff", b"\x03" + b"\xff" * 100, b"\xff" * 300, bytes(65_000)],
)
def test_what_is_no_packet_is_an_error_and_forgotten(packets, payload):
    decoder = Opus()
    before = decoded(packets[:9], decoder)
    with pytest.raises(MediaError, match=r"no packet|empty"):
        decoder.decode(payload)
    after = decoded(packets[9:], decoder)
    np.testing.assert_array_equal(np.concatenate([before, after]), decoded(packets))


@given(st.lists(st.binary(max_size=1_500), max_size=8))
def test_random_bytes_are_sound_or_an_error(payloads):
    decoder = Opus()
    for payload in payloads:
        try:
            found = decoder.decode(payload)
        except MediaError:
            continue
        assert 0 < len(found.samples) <= 5_760
        assert np.abs(found.samples).max() <= 1


def test_cut_off_packets_are_sound_or_an_error(packets):
    decoder = Opus()
    for length in range(1, len(packets[5])):
        try:
            assert len(decoder.decode(packets[5][:length]).samples) == 960
        except MediaError:
            continue


def test_a_packet_without_a_frame_says_that_the_sender_is_silent(packets):
    decoder = Opus()
    assert not decoder.decode(packets[5]).dtx
    assert decoder.decode(packets[5][:1]).dtx


def test_after_a_reset_nothing_of_the_old_sound_is_heard():
    packets = encoded(np.concatenate([tone(0.5), np.zeros(OPUS_HZ // 2)]))
    decoder = Opus()
    decoded(packets[:20], decoder)
    assert np.abs(decoder.decode(packets[40]).samples).max() > 0.1
    decoded(packets[:20], decoder)
    decoder.reset()
    assert np.abs(decoder.decode(packets[40]).samples).max() < 0.01


@pytest.mark.parametrize("rate_hz", [8_000, 16_000, 48_000])
def test_a_jitter_buffer_plays_it_at_any_rate_and_conceals_what_is_damaged(rate_hz):
    said = tone(1.0)
    settings = Settings(timestamp_hz=OPUS_HZ, start_delay_ms=40, stretching=False)
    buffer = JitterBuffer(Opus(rate_hz), settings=settings)
    heard = []
    for number, payload in enumerate(encoded(said)):
        sent = b"\x03" if number in (20, 30, 31) else payload
        buffer.push(Packet(number, 960 * number, sent), number * 0.02)
        heard += [buffer.pull(number * 0.02 + part) for part in (0.005, 0.015)]
    now = buffer.statistics
    assert now.packets_discarded == 3
    assert now.concealed_samples >= 3 * rate_hz // 50
    assert now.concealed_samples <= 3 * rate_hz // 50 + 2 * rate_hz // 100
    assert {each.shape for each in heard} == {(rate_hz // 100,)}
    sound = np.concatenate(heard)[rate_hz // 5 :]
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound))))
    assert spectrum.argmax() * rate_hz / len(sound) == pytest.approx(440, abs=2)


@pytest.mark.parametrize(
    ("name", "encoder", "rate_hz"),
    [("pcm_mulaw", "pcm_mulaw", 8_000), ("pcm_alaw", "pcm_alaw", 8_000), ("g722", "g722", 16_000)],
)
def test_telephones_codecs_become_sound_too(name, encoder, rate_hz):
    said = tone(0.5, rate_hz=rate_hz)
    decoder = Coded(name, rate_hz, 48_000)
    packets = encoded(said, codec=encoder, rate_hz=rate_hz, packet=rate_hz // 50)
    heard = decoded(packets, decoder)
    assert (decoder.rate_hz, decoder.decode(packets[0]).rate_hz) == (48_000, rate_hz)
    assert max(alike(heard, said, late) for late in range(40)) > 0.98
    with pytest.raises(MediaError, match="an empty packet is none of"):
        decoder.decode(b"")


@pytest.mark.parametrize("packet_ms", [10, 20, 60])
def test_a_decoder_that_is_told_of_a_loss_goes_on_nearer_to_the_truth(packet_ms):
    """As libopus does which conceals by itself: its filters hold what they would have held."""
    packet = int(packet_ms * 48)
    sent = encoded(tone(1.0), packet=packet, frame_duration=str(packet_ms))
    whole = decoded(sent)
    first, lost = 300 // packet_ms, 60 // packet_ms
    errors = []
    for seconds in (0.0, 0.06):
        decoder = Opus()
        decoded(sent[:first], decoder)
        decoder.missed(seconds)
        after = decoded(sent[first + lost :], decoder)[:480]
        errors.append(np.abs(after - whole[(first + lost) * packet :][:480]).mean())
    assert errors[1] < 0.7 * errors[0]


@pytest.mark.parametrize("lost", [1, 3])
def test_a_short_gap_is_left_to_libopus_in_a_long_one_it_only_goes_on(lost):
    sent, first = encoded(tone(1.0)), 20
    decoder = Opus()
    before = decoded(sent[:first], decoder)
    own = decoder.missed(0.02 * lost).samples
    after = decoded(sent[first + lost :], decoder)
    assert len(own) == lost * 960
    buffer = JitterBuffer(Opus(), settings=Settings(timestamp_hz=48_000, stretching=False))
    arrivals = [(n * 0.02, Packet(n, n * 960, payload)) for n, payload in enumerate(sent)]
    del arrivals[first : first + lost]
    played = play(buffer, arrivals, 0.9)
    assert_accounts(buffer, played)
    assert buffer.statistics.concealed_samples == lost * 960
    heard = played.sound[next(n for n, block in enumerate(played.blocks) if block.any()) * 480 :]
    begin, end = first * 960, (first + lost) * 960
    np.testing.assert_array_equal(heard[:begin], before)
    assert np.array_equal(heard[begin:end], own) == (lost == 1)
    rest = heard[end + 960 :]  # the first 20 ms after a long gap may rise
    np.testing.assert_array_equal(rest, after[960:][: len(rest)])


def test_what_is_missed_is_bounded_and_needs_a_packet_before(packets):
    decoder = Opus()
    assert decoder.missed(0.06) is None
    before = decoded(packets[:5], decoder)
    np.testing.assert_array_equal(before, decoded(packets[:5]))
    for seconds in (0.0, -1.0, 1e9, float("nan")):
        decoder.missed(seconds)
    assert np.isfinite(decoded(packets[5:], decoder)).all()
