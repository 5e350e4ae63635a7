"""What a jitter buffer plays in calls of every kind."""

import numpy as np
import pytest
from calls import (
    Counted,
    Scripted,
    assert_accounts,
    exact,
    hiss,
    on_time,
    packets,
    play,
    tone,
)

from firsthand.concealment.baselines import Silence
from firsthand.concealment.decisions import STRETCHES, Operation
from firsthand.concealment.decoding import Decoded, LinearPcm
from firsthand.concealment.jitter_buffer import JitterBuffer
from firsthand.concealment.packets import Packet
from firsthand.concealment.settings import Settings
from firsthand.errors import ConfigError, InputError

HZ = 8_000
PCM = LinearPcm(HZ)
STILL = Settings(stretching=False)
LONG = hiss(HZ, 4)


def quiet(settings: Settings = STILL) -> JitterBuffer:
    """A buffer that fills losses with silence, so that all else is what was sent."""
    return JitterBuffer(PCM, Silence(HZ), settings=settings)


@pytest.mark.parametrize("rate_hz", [8_000, 11_100, 16_000, 32_000, 44_100, 48_000])
@pytest.mark.parametrize("packet_ms", [10, 20, 60, 120])
def test_what_comes_in_time_is_played_as_it_is(rate_hz, packet_ms):
    samples = hiss(rate_hz, 1.2)
    buffer = JitterBuffer(LinearPcm(rate_hz), settings=STILL)
    sent = on_time(packets(samples, rate_hz * packet_ms // 1_000), packet_ms / 1_000)
    played = play(buffer, sent, 1.2)
    assert_accounts(buffer, played)
    before = len(played.sound) - buffer.statistics.total_samples_received
    assert before <= 0.13 * rate_hz
    np.testing.assert_array_equal(played.sound[before:], samples[: len(played.sound) - before])
    assert buffer.statistics.concealed_samples == 0
    assert {*played.operations[before * 100 // rate_hz :]} == {Operation.NORMAL}


@pytest.mark.parametrize("packet_ms", [2.5, 5, 22.5])
def test_packets_need_not_be_of_whole_blocks(packet_ms):
    samples = hiss(HZ, 1.8)
    buffer = quiet(Settings(stretching=False, least_delay_ms=100))
    length = round(HZ * packet_ms / 1_000)
    played = play(buffer, on_time(packets(samples, length), packet_ms / 1_000), 1.7)
    assert_accounts(buffer, played)
    before = len(played.sound) - buffer.statistics.total_samples_received
    np.testing.assert_array_equal(played.sound[before:], samples[: len(played.sound) - before])


def test_time_is_stretched_until_the_delay_is_right_and_then_no_more():
    samples = tone(HZ, 6)
    buffer = JitterBuffer(PCM)
    played = play(buffer, on_time(packets(samples)), 6)
    assert_accounts(buffer, played)
    stretched = [n for n, operation in enumerate(played.operations) if operation in STRETCHES]
    assert stretched[-1] < 100
    assert played.operations.count(Operation.PREEMPTIVE_EXPAND) > 0
    assert played.operations.count(Operation.ACCELERATE) > 0
    after = played.sound[(stretched[-1] + 2) * 80 :]
    start = np.flatnonzero(
        (np.lib.stride_tricks.sliding_window_view(samples, len(after)) == after).all(axis=1)
    )
    delays_s = ((stretched[-1] + 2) * 80 - start) / HZ
    assert ((delays_s > 0.01) & (delays_s < 0.04)).any()  # a note repeats itself


def test_the_delay_follows_a_network_that_changes():
    samples = tone(HZ, 12)
    rng = np.random.default_rng(0)
    late_s = np.where(np.arange(600) < 300, rng.uniform(0, 0.15, 600), 0)
    arrivals = [(n * 0.02 + late_s[n], packet) for n, packet in enumerate(packets(samples))]
    buffer = JitterBuffer(PCM)
    play(buffer, [arrival for arrival in arrivals if arrival[0] < 6], 6)
    assert 0.1 <= buffer.target_delay_s <= 0.2
    buffer = JitterBuffer(PCM)
    played = play(buffer, arrivals, 30)
    assert_accounts(buffer, played)
    now = buffer.statistics
    assert now.inserted_samples_for_deceleration > 0
    assert now.jitter > 0
    assert now.packets_lost == 0


def test_much_too_much_sound_is_hurried_through():
    buffer = JitterBuffer(PCM)
    sent = packets(tone(HZ, 10))
    arrivals = [*on_time(sent[:50]), *[(1.0, packet) for packet in sent[50:150]]]
    arrivals += [(n * 0.02, packet) for n, packet in enumerate(sent[150:], 50)]
    played = play(buffer, arrivals, 7)
    assert_accounts(buffer, played)
    assert Operation.FAST_ACCELERATE in played.operations
    assert buffer.statistics.removed_samples_for_acceleration > HZ / 2


@pytest.mark.parametrize("lost", [1, 2, 3, 5])
def test_a_loss_is_filled_and_the_sound_goes_on_where_it_would_be(lost):
    sent = on_time(packets(LONG))
    del sent[50 : 50 + lost]
    buffer = quiet()
    played = play(buffer, sent, 3)
    assert_accounts(buffer, played)
    assert played.operations.count(Operation.EXPAND) == 4 + 2 * (lost - 1)  # 4 before the first
    assert played.operations.count(Operation.CLOSE) == 2
    assert played.operations.count(Operation.MERGE) == 2
    now = buffer.statistics
    assert now.concealed_samples == 160 * lost
    assert now.concealment_events == 1
    assert now.packets_lost == lost
    assert now.packets_discarded == 0
    before = 4 * 80
    np.testing.assert_array_equal(played.sound[before:][: 50 * 160], LONG[: 50 * 160])
    rest = (50 + lost) * 160 + 160  # the first 20 ms may rise
    np.testing.assert_array_equal(
        played.sound[before + rest :], LONG[rest : len(played.sound) - before]
    )


def test_an_extrapolated_tone_goes_on_through_a_loss():
    samples = tone(HZ, 3)
    sent = on_time(packets(samples))
    del sent[60:63]
    buffer = JitterBuffer(PCM, settings=STILL)
    played = play(buffer, sent, 3)
    assert_accounts(buffer, played)
    error = played.sound[320:] - samples[: len(played.sound) - 320]
    assert np.abs(error).max() < 0.25  # it is softer in the middle
    assert np.abs(np.diff(error)).max() < 0.1


@pytest.mark.parametrize(("late_s", "longer"), [(0.0, 0), (0.039, 40)])
def test_periods_meet_after_a_loss_even_where_time_does_not(late_s, longer):
    """A loss whose end is off by a quarter of a period.

    It is closed from both sides; where the next packet comes in the last moment, the made-up sound
    lasts a quarter of a period longer.
    """
    samples = tone(HZ, 3, 100)
    moved = np.concatenate([samples[: 60 * 160], samples[60 * 160 + 40 :]])
    sent = on_time(packets(moved))
    sent[60] = (sent[60][0] + late_s, sent[60][1])
    del sent[58:60]
    buffer = JitterBuffer(PCM, settings=STILL)
    played = play(buffer, sorted(sent, key=lambda each: each[0]), 2.5)
    assert_accounts(buffer, played)
    assert buffer.statistics.concealed_samples == pytest.approx(2 * 160 + longer, abs=2)
    steepest = np.abs(np.diff(samples)).max()
    assert np.abs(np.diff(played.sound[320:])).max() < 1.2 * steepest


def test_made_up_sound_fades_into_silence_by_120_ms():
    buffer = JitterBuffer(PCM, settings=STILL)
    played = play(buffer, on_time(packets(tone(HZ, 1))), 3)
    assert_accounts(buffer, played)
    now = buffer.statistics
    end = len(played.sound) - now.concealed_samples
    assert played.sound[end : end + 480].any()
    assert not played.sound[end + 960 :].any()
    assert now.concealed_samples - now.silent_concealed_samples == 960


def test_packets_out_of_order_are_put_in_order():
    sent = on_time(packets(LONG))
    swapped = [(n // 3 * 0.06 + 0.04, packet) for n, (_, packet) in enumerate(sent)]
    order = np.random.default_rng(0).permutation(3)
    arrivals = [swapped[n // 3 * 3 + order[n % 3]] for n in range(len(swapped) // 3 * 3)]
    buffer = quiet(Settings(stretching=False, least_delay_ms=200))
    played = play(buffer, arrivals, 3)
    assert_accounts(buffer, played)
    before = len(played.sound) - buffer.statistics.total_samples_received
    np.testing.assert_array_equal(played.sound[before:], LONG[: len(played.sound) - before])
    assert buffer.statistics.packets_lost == 0


def test_a_copy_is_neither_played_nor_discarded():
    sent = on_time(packets(LONG))
    buffer = quiet()
    played = play(buffer, [*sent, *[(at + 0.03, packet) for at, packet in sent]], 4)
    assert_accounts(buffer, played)
    now = buffer.statistics
    assert now.packets_copied == now.packets_received - len(sent) > 190
    assert now.packets_discarded == 0
    assert now.packets_lost == -now.packets_copied  # as RFC 3550 has it


def test_a_late_packet_is_discarded():
    sent = on_time(packets(LONG))
    sent[50] = (1.2, sent[50][1])
    buffer = quiet()
    assert_accounts(buffer, play(buffer, sent, 3))
    now = buffer.statistics
    assert now.packets_discarded == 1
    assert now.packets_lost == 0
    assert now.concealed_samples == 160


def test_sound_that_is_a_little_late_is_played_a_little_later():
    sent = on_time(packets(LONG))
    arrivals = [(at + 0.1 * (n >= 50), packet) for n, (at, packet) in enumerate(sent)]
    buffer = quiet()
    played = play(buffer, arrivals, 3)
    assert_accounts(buffer, played)
    now = buffer.statistics
    assert now.packets_discarded == 0
    assert now.concealed_samples == pytest.approx(0.08 * HZ, abs=160)
    gap = now.concealed_samples
    rest = played.sound[320 + 50 * 160 + gap + 80 :]
    np.testing.assert_array_equal(rest, LONG[50 * 160 + 80 :][: len(rest)])


@pytest.mark.parametrize(
    ("sequence", "timestamp"), [(65_500, 0), (0, 2**32 - 5_000), (65_535, 2**32 - 160), (1, 7)]
)
def test_numbers_wrap_around_unheard(sequence, timestamp):
    sent = on_time(packets(LONG, sequence=sequence, timestamp=timestamp))
    buffer = quiet()
    played = play(buffer, sent, 3)
    assert_accounts(buffer, played)
    np.testing.assert_array_equal(played.sound[320:], LONG[: len(played.sound) - 320])


def test_timestamps_may_count_at_another_rate():
    settings = Settings(stretching=False, timestamp_hz=48_000)
    buffer = JitterBuffer(PCM, Silence(HZ), settings=settings)
    sent = on_time(packets(LONG, step=960))
    del sent[40]
    played = play(buffer, sent, 3)
    assert_accounts(buffer, played)
    assert buffer.statistics.concealed_samples == 160
    assert buffer.statistics.jitter == 0


def test_a_sender_that_begins_anew_is_heard_again():
    arrivals = on_time(packets(LONG))[:50]
    anew = packets(LONG, sequence=30_000, timestamp=10**9)
    arrivals += [(1.2 + n * 0.02, packet) for n, packet in enumerate(anew)]
    buffer = quiet()
    played = play(buffer, arrivals, 4)
    assert_accounts(buffer, played)
    now = buffer.statistics
    assert now.packets_discarded == 1
    assert now.packets_lost == 0
    assert played.operations[-1] is Operation.NORMAL
    end = played.sound[-800:]
    wanted = np.lib.stride_tricks.sliding_window_view(LONG, 800)
    assert (wanted == end).all(axis=1).any()


@pytest.mark.parametrize("gap_s", [1, 6, 65])
def test_after_a_long_loss_the_call_goes_on(gap_s):
    sent = packets(LONG)
    count = gap_s * 50
    late = [
        Packet(packet.sequence + count, packet.timestamp + count * 160, packet.payload)
        for packet in sent
    ]
    arrivals = on_time(sent[:50])
    arrivals += [(1 + gap_s + n * 0.02, packet) for n, packet in enumerate(late[50:])]
    buffer = quiet()
    played = play(buffer, arrivals, gap_s + 3)
    assert_accounts(buffer, played)
    now = buffer.statistics
    assert now.packets_lost == count
    assert now.packets_discarded == 0
    assert now.concealment_events == 1
    assert now.concealed_samples == pytest.approx(gap_s * HZ, abs=0.05 * HZ)
    assert played.operations[-1] is Operation.NORMAL


def test_a_clock_that_jumps_does_not_stop_the_call():
    for jump_s in (3_600.0, -3_600.0, float("nan"), float("inf"), 1e300, 1e303):
        sent, buffer = packets(LONG), quiet()
        blocks = []
        for n in range(300):
            now_s = n * 0.01 + (jump_s if n > 100 else 0)
            if n % 2 == 0:
                buffer.push(sent[n // 2], now_s)
            blocks.append(buffer.pull(now_s))
        sound = np.concatenate(blocks)
        np.testing.assert_array_equal(sound[320:], LONG[: len(sound) - 320])
        assert 0 < buffer.statistics.jitter_buffer_delay < 0.1 * len(sound)


def test_more_packets_than_there_is_room_for_throw_all_away():
    buffer = quiet(Settings(stretching=False, most_packets=10))
    sent = packets(LONG)
    for packet in sent[:25]:
        buffer.push(packet, 0.0)
    assert buffer.statistics.packets_discarded == 20
    assert buffer.statistics.packets_waiting == 5
    played = play(buffer, [], 0.2)
    assert_accounts(buffer, played)
    np.testing.assert_array_equal(played.sound[:800], LONG[20 * 160 : 25 * 160])
    assert buffer.statistics.packets_played == 5


def test_in_mid_call_too_many_packets_are_as_if_lost():
    buffer = quiet(Settings(stretching=False, most_packets=10))
    sent = on_time(packets(LONG))
    arrivals = [*sent[:50], *[(1.0, packet) for _, packet in sent[50:75]]]
    played = play(buffer, arrivals, 1.3)
    assert_accounts(buffer, played)
    assert buffer.statistics.packets_discarded >= 15
    assert played.operations.count(Operation.MERGE) == 1


def test_huge_payloads_are_refused():
    buffer = quiet()
    buffer.push(Packet(0, 0, bytes(65_537)), 0.0)
    assert buffer.statistics.packets_discarded == 1
    assert buffer.statistics.packets_waiting == 0
    limited = quiet(Settings(most_bytes=65_536))
    for n in range(10):
        limited.push(Packet(n, n * 160, bytes(60_000)), 0.0)
        assert limited.statistics.packets_waiting == 1


@pytest.mark.parametrize("kind", ["truncated", "empty", "oversized", "not a number", "error"])
def test_broken_packets_are_discarded_and_concealed(kind):
    good = {bytes([n]): Decoded(LONG[n * 160 : (n + 1) * 160], HZ) for n in range(200)}
    bad = {
        "truncated": None,
        "empty": Decoded(np.empty(0, np.float32), HZ),
        "oversized": Decoded(np.zeros(961, np.float32), HZ),
        "not a number": Decoded(np.full(160, np.nan, np.float32), HZ),
        "error": None,
    }[kind]
    for n in range(50, 55):
        if bad is None:
            del good[bytes([n])]
        else:
            good[bytes([n])] = bad
    buffer = JitterBuffer(Scripted(HZ, good), Silence(HZ), settings=STILL)
    sent = [(n * 0.02, Packet(n, n * 160, bytes([n]))) for n in range(200)]
    played = play(buffer, sent, 3)
    assert_accounts(buffer, played)
    now = buffer.statistics
    assert now.packets_discarded == 5
    assert now.concealed_samples == 5 * 160
    assert now.concealment_events == 1
    np.testing.assert_array_equal(played.sound[-800:], LONG[len(played.sound) - 320 - 800 :][:800])


def test_nothing_but_broken_packets_is_silence():
    buffer = JitterBuffer(PCM)
    played = play(buffer, [(n * 0.02, Packet(n, n * 160, b"x")) for n in range(100)], 2)
    assert_accounts(buffer, played)
    assert not played.sound.any()
    now = buffer.statistics
    assert now.packets_discarded + now.packets_waiting == 100
    assert now.silent_concealed_samples == now.concealed_samples > 0


def test_many_broken_packets_are_not_all_looked_at_in_10_ms():
    asked = []
    decode = Scripted(HZ, {}).decode

    class Counting(Scripted):
        def decode(self, payload):
            asked.append(payload)
            return decode(payload)

    buffer = JitterBuffer(Counting(HZ, {}), settings=Settings(start_delay_ms=0))
    for number in range(150):
        buffer.push(Packet(number, number * 160, b"broken"), 0.0)
    seen = 0
    for block in range(40):
        assert not buffer.pull(block / 100).any()
        assert len(asked) - seen <= 17
        seen = len(asked)
    assert buffer.statistics.packets_discarded == 150


def test_after_minutes_without_a_packet_the_lost_ones_are_counted():
    samples = tone(HZ, 4)
    sent = packets(samples)
    missing = 35_000  # 700 s: more than half of what sequence numbers can tell
    later = [
        Packet((each.sequence + missing) % 2**16, each.timestamp + missing * 160, each.payload)
        for each in sent[100:]
    ]
    arrivals = on_time(sent[:100])
    arrivals += [(n * 0.02, each) for n, each in enumerate(later, 100 + missing)]
    buffer = JitterBuffer(PCM, Silence(HZ), settings=STILL)
    played = play(buffer, arrivals, 704)
    assert_accounts(buffer, played)
    now = buffer.statistics
    assert now.packets_lost == missing
    assert now.packets_discarded == 0
    assert now.packets_received == 200


def test_a_decoder_may_change_its_rate_in_mid_call():
    sounds = {
        bytes([n]): Decoded(tone(rate_hz, 0.02), rate_hz)
        for n, rate_hz in enumerate([8_000] * 50 + [48_000] * 50 + [16_000] * 50 + [1] * 50)
        if rate_hz > 1
    }
    buffer = JitterBuffer(Scripted(HZ, sounds))
    played = play(buffer, [(n * 0.02, Packet(n, n * 160, bytes([n]))) for n in range(200)], 5)
    assert_accounts(buffer, played)
    now = buffer.statistics
    assert (now.packets_played, now.packets_discarded) == (150, 50)
    assert now.samples_decoded == 150 * 160


def test_loss_from_the_first_packet_on():
    buffer = quiet()
    played = play(buffer, on_time(packets(LONG))[30:], 3)
    assert_accounts(buffer, played)
    now = buffer.statistics
    assert now.packets_lost == 0  # nobody can know
    assert now.concealed_samples == 0
    assert now.total_samples_received == len(played.sound) - 64 * 80
    np.testing.assert_array_equal(
        played.sound[64 * 80 :], LONG[30 * 160 :][: now.total_samples_received]
    )


def test_nothing_ever_comes():
    buffer = JitterBuffer(PCM)
    played = play(buffer, [], 2)
    assert_accounts(buffer, played)
    assert not played.sound.any()
    assert buffer.statistics.as_dict().keys() >= {"concealedSamples", "jitterBufferDelay"}
    assert not any(buffer.statistics.as_dict().values())


def test_nine_of_ten_packets_lost():
    rng = np.random.default_rng(0)
    sent = [each for each in on_time(packets(tone(HZ, 20))) if rng.random() < 0.1]
    buffer = JitterBuffer(PCM)
    played = play(buffer, sent, 20)
    assert_accounts(buffer, played)
    now = buffer.statistics
    assert now.packets_lost == sent[-1][1].sequence - sent[0][1].sequence + 1 - len(sent)
    assert now.concealed_samples > 0.8 * now.total_samples_received


def test_the_delay_is_from_arrival_until_each_sample_is_played():
    buffer = quiet()
    sent = on_time(packets(LONG))
    play(buffer, sent, 3)
    now = buffer.statistics
    # Played from 40 ms on, the halves of each packet 40 and 50 ms after its arrival.
    assert now.jitter_buffer_delay / now.jitter_buffer_emitted_count == pytest.approx(0.045)
    assert now.jitter_buffer_emitted_count == now.total_samples_received
    targets = now.jitter_buffer_target_delay, now.jitter_buffer_minimum_delay
    assert targets[0] == pytest.approx(targets[1])
    assert 0.02 < targets[0] / now.jitter_buffer_emitted_count < 0.04
    bounded = quiet(Settings(stretching=False, least_delay_ms=150))
    play(bounded, sent, 3)
    now = bounded.statistics
    assert now.jitter_buffer_target_delay == pytest.approx(0.15 * now.jitter_buffer_emitted_count)
    assert now.jitter_buffer_minimum_delay < now.jitter_buffer_target_delay / 3


def test_the_loudness_is_that_of_what_is_played():
    buffer = quiet()
    level = np.full(HZ, 0.25, np.float32)
    play(buffer, on_time(packets(level)), 0.9)
    now = buffer.statistics
    assert now.audio_level == pytest.approx(0.25)
    assert now.total_samples_duration == pytest.approx(0.9 - 0.04)
    assert now.total_audio_energy == pytest.approx(0.25**2 * now.total_samples_duration)


def comfort(n: int, level: int = 40) -> Packet:
    return Packet(n, n * 160, bytes([level]), comfort_noise=True)


def test_comfort_noise_fills_a_pause_and_is_no_concealment():
    sent = packets(LONG)
    arrivals = [(n * 0.02, sent[n]) for n in range(50)]
    arrivals.append((1.0, comfort(50)))
    arrivals.append((1.4, Packet(51, 70 * 160, bytes([50]), comfort_noise=True)))
    later = packets(LONG, sequence=52, timestamp=100 * 160)
    arrivals += [(2.0 + n * 0.02, packet) for n, packet in enumerate(later)]
    buffer = quiet()
    played = play(buffer, arrivals, 3)
    assert_accounts(buffer, played)
    now = buffer.statistics
    assert now.concealed_samples == now.packets_lost == now.packets_discarded == 0
    assert now.comfort_noise_samples == 50 * 160
    assert played.operations.count(Operation.COMFORT_NOISE) == 2
    noise = played.sound[320 + 55 * 160 : 320 + 65 * 160]
    assert 20 * np.log10(np.sqrt((noise**2).mean())) == pytest.approx(-40, abs=1)
    softer = played.sound[320 + 75 * 160 : 320 + 95 * 160]
    assert 20 * np.log10(np.sqrt((softer**2).mean())) == pytest.approx(-50, abs=1)
    rest = played.sound[320 + 100 * 160 + 80 :]
    np.testing.assert_array_equal(rest, LONG[80:][: len(rest)])


def test_lost_comfort_noise_and_broken_comfort_noise_end_nothing():
    sent = packets(LONG)
    arrivals = [(n * 0.02, sent[n]) for n in range(50)]
    arrivals += [(1.02, comfort(51)), (1.5, Packet(52, 76 * 160, b"", comfort_noise=True))]
    buffer = quiet()
    played = play(buffer, arrivals, 3)
    assert_accounts(buffer, played)
    assert buffer.statistics.packets_discarded == 1
    assert played.operations[-1] is Operation.COMFORT_NOISE_ON
    assert np.abs(played.sound[-800:]).max() > 0


def test_a_call_may_begin_with_comfort_noise():
    buffer = quiet()
    arrivals = [(0.0, comfort(0))]
    arrivals += [
        (0.5 + at, packet) for at, packet in on_time(packets(LONG, timestamp=4_000, sequence=1))
    ]
    played = play(buffer, arrivals, 2)
    assert_accounts(buffer, played)
    assert played.operations[0] is Operation.COMFORT_NOISE
    assert buffer.statistics.concealed_samples == 0
    assert played.operations[-1] is Operation.NORMAL


def test_after_a_sender_goes_silent_noise_like_its_last_goes_on_for_a_second():
    sounds = {b"v": Decoded(tone(HZ, 0.02), HZ), b"d": Decoded(hiss(HZ, 0.02, 0.01), HZ, dtx=True)}
    arrivals = [(n * 0.02, Packet(n, n * 160, b"v")) for n in range(50)]
    arrivals += [(1.0, Packet(50, 50 * 160, b"d")), (1.4, Packet(51, 70 * 160, b"d"))]
    buffer = JitterBuffer(Scripted(HZ, sounds), settings=STILL)
    played = play(buffer, arrivals, 4)
    assert_accounts(buffer, played)
    now = buffer.statistics
    assert now.comfort_noise_samples == 19 * 160 + HZ
    noise = played.sound[320 + 75 * 160 : 320 + 95 * 160]
    assert np.sqrt((noise**2).mean()) == pytest.approx(0.01, rel=0.2)
    assert played.operations[-1] is Operation.EXPAND
    assert not played.sound[-800:].any()


def test_a_concealer_that_goes_wrong_is_silence():
    class Wrong(Silence):
        def go_on(self, state):
            return None, np.full(80, np.nan, np.float32)

    sent = on_time(packets(LONG))
    del sent[50:52]
    buffer = JitterBuffer(PCM, Wrong(HZ))
    assert_accounts(buffer, play(buffer, sent, 2))


@pytest.mark.parametrize("rate_hz", [0, 4_000, 8_050, 11_025, 96_000])
def test_sound_has_whole_samples_in_10_ms(rate_hz):
    with pytest.raises(ConfigError, match=str(rate_hz)):
        JitterBuffer(LinearPcm(rate_hz))


def test_decoder_and_concealer_agree_about_the_rate():
    with pytest.raises(ConfigError, match="16000 Hz, the decoder at 8000"):
        JitterBuffer(PCM, Silence(16_000))


@pytest.mark.parametrize(
    "wrong",
    [
        {"timestamp_hz": 0},
        {"least_delay_ms": -1},
        {"least_delay_ms": 100, "most_delay_ms": 50},
        {"start_delay_ms": -1},
        {"most_packets": 0},
        {"most_bytes": 100},
    ],
)
def test_settings_are_checked(wrong):
    with pytest.raises(ConfigError, match=str(next(iter(wrong.values())))):
        Settings(**wrong)


def test_blocks_are_not_to_be_changed():
    buffer = JitterBuffer(PCM)
    played = play(buffer, on_time(packets(LONG)), 1)
    assert not any(block.flags.writeable for block in played.blocks)
    assert exact(played.sound).dtype == np.float32


def test_every_sample_sent_is_decoded_once():
    decoder = Counted(HZ)
    buffer = JitterBuffer(decoder)
    play(buffer, on_time(packets(LONG)), 4)
    assert decoder.samples == buffer.statistics.samples_decoded


def test_packets_of_any_length_close_a_gap_alike():
    """Of short ones as many are taken as 20 ms need."""
    samples, heard = tone(HZ, 2), []
    for packet in (20, 40, 80, 160):
        sent = [
            (n * packet / HZ, Packet(n, n * packet, PCM.encode(samples[n * packet :][:packet])))
            for n in range(HZ // packet)
        ]
        first = 4_000 // packet
        del sent[first : first + 160 // packet]
        buffer = JitterBuffer(PCM, settings=STILL)
        played = play(buffer, sent, 0.9)
        assert_accounts(buffer, played)
        assert buffer.statistics.concealed_samples == 160
        late = next(n for n, block in enumerate(played.blocks) if block.any()) * 80
        heard.append(played.sound[late:][:6_000])
        np.testing.assert_array_equal(heard[-1], heard[0])
    error = heard[0] - samples[:6_000]
    assert not error[:4_000].any()
    assert not error[4_160:].any()


def test_a_decoder_is_told_once_of_what_is_missing_and_may_fail_at_it():
    told = []

    class Told(Scripted):
        def missed(self, seconds):
            told.append(round(seconds * HZ))
            raise InputError("no")

    sounds = {b"v": Decoded(tone(HZ, 0.02).astype(np.float32), HZ)}
    buffer = JitterBuffer(Told(HZ, sounds), settings=STILL)
    sent = [(n * 0.02, Packet(n, n * 160, b"x" if n == 11 else b"v")) for n in range(50)]
    del sent[10]
    played = play(buffer, sent, 1.0)
    assert_accounts(buffer, played)
    assert told == [160, 160]  # the one that did not come, the one that was broken


def test_silence_that_is_closed_is_counted_as_silent():
    sent = on_time(packets(np.zeros(HZ, np.float32)))
    del sent[20:23]
    buffer = JitterBuffer(PCM, settings=STILL)
    assert_accounts(buffer, play(buffer, sent, 0.9))
    now = buffer.statistics
    assert now.silent_concealed_samples == now.concealed_samples == 480
