"""What is counted has WebRTC's names."""

import pytest
from calls import hiss, on_time, packets, play

from firsthand.concealment.baselines import Silence
from firsthand.concealment.decoding import LinearPcm
from firsthand.concealment.jitter_buffer import JitterBuffer
from firsthand.concealment.playout import Playout, Share
from firsthand.concealment.settings import Settings
from firsthand.concealment.statistics import Statistics
from firsthand.concealment.tally import Tally

NAMES = (
    "packetsReceived packetsLost packetsDiscarded jitter totalSamplesReceived concealedSamples "
    "silentConcealedSamples concealmentEvents insertedSamplesForDeceleration "
    "removedSamplesForAcceleration jitterBufferDelay jitterBufferTargetDelay "
    "jitterBufferMinimumDelay jitterBufferEmittedCount totalAudioEnergy audioLevel "
    "totalSamplesDuration"
)


def test_the_names_are_those_of_the_w3c():
    assert {*Statistics().as_dict()} == {*NAMES.split()}
    buffer = JitterBuffer(LinearPcm(8_000), Silence(8_000), settings=Settings(stretching=False))
    sent = on_time(packets(hiss(8_000, 2)))
    del sent[60:63]
    play(buffer, sent, 2)
    counted = buffer.statistics
    assert counted.as_dict()["concealedSamples"] == counted.concealed_samples == 480
    assert counted.as_dict()["packetsLost"] == 3
    assert counted.as_dict()["totalSamplesDuration"] == counted.total_samples_received / 8_000


def test_an_event_begins_where_made_up_sound_follows_other():
    tally = Tally(8_000)
    tally.conceals(80, after_sound=False, silent=False)
    tally.conceals(80, after_sound=False, silent=True)
    assert (tally.events, tally.concealed, tally.silent) == (1, 160, 80)
    tally.conceals(40, after_sound=True, silent=False)
    assert tally.events == 2
    tally.is_concealing = False
    tally.conceals(40, after_sound=False, silent=False)
    assert tally.events == 3


def test_each_sample_waits_from_its_packets_arrival():
    tally = Tally(8_000)
    shares = [Share(30, 1_000), Share(10, None), Share(40, 5_000)]
    assert tally.waited(shares, 11_000, 80, 20) == 10
    assert tally.delay_us == 30 * 10_000 + 40 * 6_000
    assert tally.emitted == 70
    assert (tally.target_us, tally.minimum_us) == (70 * 80_000, 70 * 20_000)


@pytest.mark.parametrize("counts", [[80], [30, 50], [100, 100, 7], [1] * 207])
def test_what_waits_is_taken_in_order(counts):
    sound, playout = hiss(8_000, 1), Playout()
    for n in range(3):
        playout.put(sound[n * 69 : (n + 1) * 69], n)
    place = 0
    for count in counts:
        samples, shares = playout.take(count)
        assert (samples == sound[place : place + count]).all()
        assert sum(share.samples for share in shares) == len(samples) == count
        assert {share.arrival_us for share in shares} == {
            n // 69 for n in range(place, place + count)
        }
        place += count
    assert playout.count == 207 - place
    left, shares = playout.take(10_000)
    playout.put_back(left[::2], shares)
    assert playout.count == (len(left) + 1) // 2
