"""A concealed track on aiortc's own receiver, fed packet by packet, on a loop without waiting."""

import asyncio
import subprocess
import sys
from contextlib import asynccontextmanager
from fractions import Fraction
from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest
from aiortc import RTCRtpCodecParameters, RTCRtpReceiver
from aiortc.mediastreams import MediaStreamError
from aiortc.rtcrtpparameters import RTCRtpReceiveParameters
from aiortc.rtcrtpreceiver import RemoteStreamTrack
from aiortc.rtp import RtpPacket
from aiortc.stats import RTCStatsReport
from coded_tones import encoded, tone
from manual_loop import run

from firsthand.concealment.baselines import Silence
from firsthand.concealment.call import ConcealedTrack, conceal
from firsthand.concealment.decoding import LinearPcm
from firsthand.concealment.jitter_buffer import JitterBuffer
from firsthand.concealment.settings import Settings
from firsthand.errors import ConfigError

CODECS = {96: ("opus", 48_000, 2), 0: ("PCMU", 8_000, 1), 9: ("G722", 8_000, 1)}
QUICK = Settings(start_delay_ms=40)


class Transport:
    """What a receiver asks of its transport, and what it sends."""

    state = "connected"
    _stats_id = "transport"

    def __init__(self, datagrams=()):
        self.sent = []
        self._datagrams = iter(datagrams)
        self.transport = SimpleNamespace(_recv=self._recv)

    async def _recv(self):
        return next(self._datagrams)

    async def _send_rtp(self, data):
        self.sent.append(data)

    def _get_stats(self):
        return RTCStatsReport()

    def _register_rtp_receiver(self, receiver, parameters):
        self.receiver = receiver

    def _unregister_rtp_receiver(self, receiver):
        self.receiver = None


@asynccontextmanager
async def received(*, settings=QUICK, concealer=None):
    """A receiver that has begun, and its concealed track; both stop at the end."""
    receiver = RTCRtpReceiver("audio", Transport())
    receiver._track = RemoteStreamTrack("audio")
    track = conceal(receiver, concealer, settings=settings)
    codecs = [
        RTCRtpCodecParameters(f"audio/{name}", hz, channels, payload_type)
        for payload_type, (name, hz, channels) in CODECS.items()
    ]
    await receiver.receive(RTCRtpReceiveParameters(codecs=codecs))
    try:
        yield receiver, track
    finally:
        track.stop()
        await receiver.stop()


async def take(receiver, payload, number, *, kind=96, ssrc=7, step=960, start=0):
    packet = RtpPacket(kind, 0, (60_000 + number) % 65_536, start + step * number, ssrc, payload)
    await receiver._handle_rtp_packet(packet, arrival_time_ms=0)


async def send(receiver, payloads, lost=(), **options):
    """Send a packet each 20 ms."""
    for number, payload in enumerate(payloads):
        if number not in lost:
            await take(receiver, payload, number, **options)
        await asyncio.sleep(0.02)


async def frames(track, count):
    return [await track.recv() for _ in range(count)]


def samples(heard):
    return np.concatenate([each.to_ndarray()[0] for each in heard]) / 32_768


def pitch_hz(sound):
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound)), 1 << 18))
    return spectrum.argmax() * 48_000 / (1 << 18)


def test_frames_are_even_and_lost_packets_are_concealed():
    async def work():
        async with received() as (receiver, track):
            sending = asyncio.ensure_future(send(receiver, encoded(tone(2.0)), {30, 31, 32, 70}))
            begun = asyncio.get_running_loop().time()
            heard = await frames(track, 95)
            assert asyncio.get_running_loop().time() == pytest.approx(begun + 94 * 0.02, abs=1e-3)
            await sending
            return heard, track.statistics, await receiver.getStats()

    heard, now, theirs = run(work())
    assert [each.pts for each in heard] == [960 * place for place in range(95)]
    first = heard[0]
    assert (first.sample_rate, first.samples, first.format.name) == (48_000, 960, "s16")
    assert (first.layout.name, first.time_base) == ("mono", Fraction(1, 48_000))
    assert now.packets_received == 96
    assert now.packets_lost == 4
    assert 4 * 960 <= now.concealed_samples <= 4 * 960 + 3 * 480
    assert now.concealment_events == 2
    sound = samples(heard)[9_600:]
    assert pitch_hz(sound) == pytest.approx(440, abs=1)
    assert np.sqrt(np.mean(sound.reshape(-1, 960) ** 2, axis=1)).min() > 0.2
    (inbound,) = (each for each in theirs.values() if each.type == "inbound-rtp")
    assert (inbound.packetsReceived, inbound.packetsLost) == (96, 4)  # for its reports to the peer


@pytest.mark.parametrize(("source", "start"), [(7, 3_000_000_000), (8, 0), (8, 4_294_000_000)])
def test_a_sender_may_stop_and_another_begin(source, start):
    async def work():
        async with received() as (receiver, track):
            first = asyncio.ensure_future(send(receiver, encoded(tone(1.0))))
            heard = await frames(track, 50 + 150)
            await first
            options = {"ssrc": source, "start": start}
            more = asyncio.ensure_future(send(receiver, encoded(tone(1.0, 880)), **options))
            heard += await frames(track, 60)
            await more
            return samples(heard)

    sound = run(work())
    assert pitch_hz(sound[9_600:43_200]) == pytest.approx(440, abs=1)
    assert not sound[48_000 + 14_400 : 4 * 48_000].any()
    assert pitch_hz(sound[-30_000:-15_000]) == pytest.approx(880, abs=2)


@pytest.mark.parametrize("sources", [(7, 8, 9), (7, 7, 7)])
def test_the_codec_may_change_during_a_call(sources):
    async def work():
        async with received() as (receiver, track):
            pcmu = encoded(tone(1.0, 600, 8_000), codec="pcm_mulaw", rate_hz=8_000, packet=160)
            g722 = encoded(tone(1.0, 900, 16_000), codec="g722", rate_hz=16_000, packet=320)
            heard = []
            sent = (96, encoded(tone(1.0))), (0, pcmu), (9, g722)
            for source, (kind, payloads) in zip(sources, sent, strict=True):
                step = 960 if kind == 96 else 160
                for number, payload in enumerate(payloads, 100 * kind):
                    await take(receiver, payload, number, kind=kind, ssrc=source, step=step)
                    heard += await frames(track, 1)
            return samples(heard), track.statistics

    sound, now = run(work())
    for second, hz in enumerate((440, 600, 900)):
        part = sound[48_000 * second + 24_000 : 48_000 * (second + 1) - 4_800]
        assert pitch_hz(part) == pytest.approx(hz, abs=3)
    assert now.packets_discarded <= 2  # each new sender is believed at its second packet


def test_damaged_packets_do_no_harm():
    async def work():
        async with received() as (receiver, track):
            rng = np.random.default_rng(0)
            payloads = encoded(tone(1.0))
            for number in range(20, 40):
                size = int(rng.integers(0, 1_400))
                payloads[number] = (b"", b"\x03", rng.bytes(size), payloads[number][:5])[number % 4]
            sending = asyncio.ensure_future(send(receiver, payloads))
            await take(receiver, b"", 70_000)
            await take(receiver, b"?", 3, kind=77)
            heard = await frames(track, 50)
            await sending
            return samples(heard), track.statistics

    sound, now = run(work())
    assert len(sound) == 48_000
    assert now.packets_discarded >= 10
    assert now.concealed_samples >= 10 * 960
    assert pitch_hz(sound[-6_000:]) == pytest.approx(440, abs=8)


def test_nothing_of_an_old_sound_comes_back_after_a_long_gap():
    """By Opus's own concealment, or by what its decoder still holds."""

    async def work():
        async with received(concealer=Silence(48_000)) as (receiver, track):
            payloads = encoded(np.concatenate([tone(0.5), np.zeros(48_000)]))
            sending = asyncio.ensure_future(send(receiver, payloads, range(20, 40)))
            heard = await frames(track, 70)
            await sending
            return samples(heard)

    sound = run(work())
    assert np.abs(sound[:24_000]).max() > 0.4
    assert np.abs(sound[28_800:]).max() < 0.01


def test_a_late_listener_catches_up_and_a_very_late_one_misses_what_was():
    async def work():
        async with received() as (receiver, track):
            sending = asyncio.ensure_future(send(receiver, encoded(tone(8.0))))
            loop, told = asyncio.get_running_loop(), []
            for pause_s in (0, 0.5, 5):
                await asyncio.sleep(pause_s)
                for _ in range(30):
                    told.append(((await track.recv()).pts / 48_000, loop.time()))
            track.stop()
            await sending
            return told

    told = run(work())
    start = told[0][1]
    assert all(after[0] > before[0] for before, after in pairwise(told))
    assert all(now - start >= pts - 1e-3 for pts, now in told)
    assert [round(pts, 2) for pts, _ in told[29:32]] == [0.58, 0.6, 0.62]  # caught up
    assert told[59][1] - start == pytest.approx(told[59][0], abs=1e-3)
    assert told[60][0] - told[59][0] == pytest.approx(5, abs=0.05)  # missed


def test_nothing_is_heard_before_the_first_packet_and_nothing_after_the_end():
    async def work():
        async with received() as (receiver, track):
            waiting = asyncio.ensure_future(track.recv())
            await asyncio.sleep(3)
            assert not waiting.done()
            await take(receiver, encoded(tone(0.02))[0], 0)
            assert (await waiting).pts == 0
            ended = asyncio.Event()
            track.on("ended", ended.set)
            await receiver.stop()
            await ended.wait()
            for _ in range(2):
                with pytest.raises(MediaStreamError):
                    await track.recv()
        async with received() as (receiver, track):
            waiting = asyncio.ensure_future(track.recv())
            await asyncio.sleep(0)
            track.stop()
            track.stop()
            with pytest.raises(MediaStreamError):
                await waiting
            await take(receiver, encoded(tone(0.02))[0], 0)
            assert track.statistics.packets_received == 0

    run(work())


def test_datagrams_that_end_calls_of_aiortc_are_kept_from_it():
    async def work():
        receiver = RTCRtpReceiver("audio", Transport([b"", bytes(1501), b"a", bytes(60_000), b"b"]))
        receiver._track = RemoteStreamTrack("audio")
        track = conceal(receiver)
        assert [await receiver.transport.transport._recv() for _ in range(2)] == [b"a", b"b"]
        track.stop()

    run(work())


def test_what_cannot_be_concealed_is_told():
    async def work():
        video = RTCRtpReceiver("video", Transport())
        video._track = RemoteStreamTrack("video")
        with pytest.raises(ConfigError, match="only a receiver of sound"):
            conceal(video)
        other = SimpleNamespace(track=RemoteStreamTrack("audio"))
        with pytest.raises(ConfigError, match="jitter buffer elsewhere"):
            conceal(other)
        receiver = RTCRtpReceiver("audio", Transport())
        receiver._track = RemoteStreamTrack("audio")
        with pytest.raises(ConfigError, match="16000 Hz, the decoder at 48000"):
            conceal(receiver, Silence(16_000))
        with pytest.raises(ConfigError, match="48000 Hz, not at 16000"):
            ConcealedTrack(receiver.track, JitterBuffer(LinearPcm()))

    run(work())


@pytest.mark.parametrize("module", ["call", "loopback"])
def test_without_aiortc_it_is_said_what_to_install(module):
    code = (
        "import sys; sys.modules['aiortc'] = None\n"
        "from firsthand.errors import MissingDependencyError\n"
        f"try: import firsthand.concealment.{module}\n"
        "except MissingDependencyError as error: print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("calls need aiortc: pip install 'firsthand[call]'")
