"""Real calls within this computer, on a loop without waiting, so that load does not matter."""

import asyncio
import socket
from contextlib import aclosing
from itertools import pairwise

import manual_loop
import numpy as np
import pytest
from aiortc import RTCPeerConnection

from firsthand.concealment import loopback
from firsthand.concealment.baselines import Repetition, Silence
from firsthand.concealment.loopback import Said, joined, rerouted, talk
from firsthand.concealment.relay import opened
from firsthand.errors import ConfigError, LinkError

RATE_HZ = 48_000
LIMIT_S = 90


def voice(seconds: float) -> np.ndarray:
    """Pulses of a pitch that never repeats, so that one place is not like another."""
    times = np.arange(int(seconds * RATE_HZ)) / RATE_HZ
    phases = 2 * np.pi * (110 * times + 20 * times**2)
    return 0.1 * sum(np.cos(n * phases) / n for n in range(1, 20))


def run(work, *, left=0):
    """Return what a coroutine does within the limit, and look that no task is left."""

    async def limited():
        async with asyncio.timeout(LIMIT_S):
            done = await work
        await asyncio.sleep(0)
        assert len(asyncio.all_tasks()) <= 1 + left
        return done

    return manual_loop.run(limited())


async def heard_of(said, delays_ms, concealer=None):
    async with aclosing(talk(said, delays_ms, concealer)) as moments:
        return [moment async for moment in moments]


def likeness(heard: np.ndarray, said: np.ndarray) -> float:
    """Return how alike stretches of 40 ms are to what was said, at the median; silence is left out.

    Each at the delay where it is most like it: time may be stretched.
    """
    found = []
    for start in range(0, len(heard) - 1_920, 1_920):
        part = heard[start : start + 1_920]
        earliest = max(0, start - 48_000)
        near = said[earliest : start + 9_600]
        if np.sqrt(np.mean(part**2)) < 0.02 or len(near) < len(part):
            continue
        products = np.abs(
            np.fft.irfft(np.fft.rfft(near, 1 << 17) * np.fft.rfft(part, 1 << 17).conj())
        )
        sums = np.concatenate([[0.0], np.cumsum(near**2)])
        energies = sums[len(part) :] - sums[: -len(part)]
        likely = products[: len(energies)] / np.sqrt(energies * (part @ part) + 1e-12)
        found.append(likely.max())
    return float(np.median(found))


def test_a_call_loses_as_planned_and_what_is_lost_is_concealed():
    said = voice(2.0)
    delays_ms = np.full(100, 25.0)
    delays_ms[[20, 21, 22, 45, 46, 60, 61, 62, 63, 85]] = np.nan
    moments = run(heard_of(said, delays_ms))
    now, passage = moments[-1].statistics, moments[-1].passage
    assert (passage.packets, passage.lost) == (100, 10)
    assert now.packets_received == 90
    assert now.packets_lost == 10
    assert {each.samples.shape for each in moments} == {(960,)}
    lost = 10 * 960
    assert lost <= now.concealed_samples <= lost + 5 * 480  # 10 ms more where sound comes again
    assert now.concealment_events in (4, 5)  # perhaps one at the end
    assert now.packets_discarded == 0
    assert now.total_samples_received == pytest.approx(len(said), abs=4_800)
    heard = np.concatenate([each.samples for each in moments])
    assert np.abs(heard).max() < 1
    assert likeness(heard, said) > 0.7
    counts = [each.passage.packets for each in moments]
    assert all(after >= before for before, after in pairwise(counts))


def test_hostile_datagrams_do_no_harm():
    said = voice(1.2)
    rng = np.random.default_rng(0)

    async def work():
        heard = []
        stranger = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        with stranger:
            async with (
                opened(np.full(60, 10.0)) as relay,
                joined(Said(said), relay, Repetition(RATE_HZ)) as track,
            ):
                for number in range(55):
                    heard.append(await track.recv())
                    for first in (0, 1, 22, 23, 64, 128, 144, 255):
                        size = int(rng.integers(0, (12, 1_400)[number % 2]))
                        relay.forward(bytes([first]) + rng.bytes(size))
                    relay.forward(b"\x80\x60" + rng.bytes(60_000))
                    relay.forward(b"\x01\x01\x00\x00\x21\x12\xa4\x42" + rng.bytes(12))
                    stranger.sendto(b"", relay._listener.peer)
                return heard, track.statistics

    heard, now = run(work())
    assert now.packets_received >= 50
    assert now.packets_discarded + now.packets_lost <= 5
    assert [each.pts for each in heard[:10]] == [960 * place for place in range(10)]
    sound = np.concatenate([each.to_ndarray()[0] for each in heard]) / 32_768
    assert likeness(sound, said) > 0.7


def test_a_call_without_a_packet_left_ends_too():
    """The first comes, and nothing after it."""
    delays_ms = np.full(40, np.nan)
    delays_ms[0] = 0.0
    moments = run(heard_of(voice(0.8), delays_ms, Silence(RATE_HZ)))
    assert moments[-1].passage.lost == 39
    assert moments[-1].statistics.packets_received == 1


def test_a_call_of_which_nothing_would_come_is_refused():
    delays_ms = np.full(100, np.nan)
    delays_ms[50:] = 0.0  # the call has 40 packets
    with pytest.raises(ConfigError, match="all packets of the call"):
        run(heard_of(voice(0.8), delays_ms, Silence(RATE_HZ)))


def test_a_call_may_be_broken_off_at_any_time():
    async def work(frames):
        heard = 0
        async with aclosing(talk(voice(5.0), np.zeros(1))) as moments:
            async for _ in moments:
                heard += 1
                if heard == frames:
                    break
        return heard

    assert run(work(3)) == 3

    async def cancelled():
        for wait_s in (0.0, 0.02, 0.06):  # before, while and after the peers come to terms
            task = asyncio.ensure_future(work(100))
            await asyncio.sleep(wait_s)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    run(cancelled(), left=3)  # aiortc's own, which wait for a peer that was hung up on


def test_a_peer_that_hangs_up_is_told(monkeypatch):
    peers = []

    def connected(configuration):
        peers.append(RTCPeerConnection(configuration))
        return peers[-1]

    monkeypatch.setattr(loopback, "RTCPeerConnection", connected)

    async def work():
        async with aclosing(talk(voice(5.0), np.zeros(1))) as moments:
            async for _ in moments:
                await peers[0].close()

    with pytest.raises(LinkError, match="the call was cut off"):
        run(work())


def test_descriptions_show_the_relay_alone():
    sdp = (
        "v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 96\r\nc=IN IP4 127.0.0.1\r\n"
        "a=candidate:1 1 udp 2130706431 192.0.2.7 1111 typ host\r\n"
        "a=candidate:2 1 udp 2130706431 127.0.0.1 2222 typ host\r\n"
        "a=candidate:3 1 udp 1694498815 192.0.2.9 3333 typ srflx raddr 127.0.0.1 rport 2222\r\n"
        "a=end-of-candidates\r\n"
    )
    shown, port = rerouted(sdp, 4444)
    assert port == 2222
    found = [line for line in shown.split("\r\n") if "candidate:" in line]
    assert found == ["a=candidate:2 1 udp 2130706431 127.0.0.1 4444 typ host"]
    assert shown.endswith("a=end-of-candidates\r\n")
    with pytest.raises(LinkError, match="no socket there"):
        rerouted(sdp.replace("127.0.0.1", "192.0.2.8"), 4444)


def test_a_call_without_a_plan_or_with_another_rate_is_refused():
    with pytest.raises(ConfigError, match="one packet or more"):
        run(heard_of(voice(0.1), np.zeros(0)))
    with pytest.raises(ConfigError, match="16000 Hz"):
        run(heard_of(voice(0.1), np.zeros(1), Silence(16_000)))
