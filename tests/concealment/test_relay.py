"""What the relay plans, packet by packet, and its sockets."""

import asyncio
import math
import socket

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from manual_loop import run

from firsthand.concealment.losses import gilbert
from firsthand.concealment.relay import Passage, opened, sequence_of, step
from firsthand.concealment.simulation import Network, arrivals
from firsthand.errors import ConfigError


def rtp(sequence: int, kind=96) -> bytes:
    return bytes([128, kind]) + sequence.to_bytes(2) + bytes(8) + b"sound"


@pytest.mark.parametrize(
    ("datagram", "sequence"),
    [
        (rtp(0x1234), 0x1234),
        (rtp(7, 128 + 96), 7),  # with the marker
        (rtp(7)[:12], 7),
        (rtp(7)[:11], None),
        (b"", None),
        (rtp(7, 200), None),  # a sender's report
        (b"\x00\x01\x00\x00\x21\x12\xa4\x42" + bytes(12), None),  # STUN
        (b"\x16\xfe\xfd" + bytes(60), None),  # DTLS
        (bytes([192]) + rtp(7)[1:], None),
    ],
)
def test_packets_of_sound_are_told_from_all_else(datagram, sequence):
    assert sequence_of(datagram) == sequence


@given(
    first=st.integers(0, 65_535),
    seed=st.integers(0, 99),
    jitter_ms=st.floats(0, 40),
    spikes_per_s=st.floats(0, 2),
    uneven_ms=st.lists(st.floats(0, 19), min_size=80, max_size=80),
)
def test_what_is_planned_to_be_lost_is_lost_and_the_rest_stays_in_order(
    first, seed, jitter_ms, spikes_per_s, uneven_ms
):
    lost = gilbert(80, seed, share=0.2, burst=3)
    network = Network(jitter_ms=jitter_ms, spikes_per_s=spikes_per_s)
    delays_ms = arrivals(lost, network, seed)
    passage, left = Passage(), []
    for index, late_ms in enumerate(uneven_ms):
        now_s = 100 + index * 0.02 + late_ms / 1000
        passage, leaves_s = step(passage, delays_ms, (first + index) % 65_536, now_s)
        assert (leaves_s is None) == lost[index]
        if leaves_s is not None:
            assert leaves_s >= now_s + delays_ms[index] / 1000
            left.append(leaves_s)
    assert all(np.diff(left) > 0)
    assert (passage.packets, passage.lost) == (80, lost.sum())


def test_packets_that_overtake_by_plan_do():
    delays_ms = np.array([10.0, 80.0, 10.0, 10.0, 60.0])
    passage, left = Passage(), []
    for index in range(5):
        passage, leaves_s = step(passage, delays_ms, index, index * 0.02)
        left.append(leaves_s)
    assert left == pytest.approx([0.01, 0.1, 0.05, 0.07, 0.14], abs=1e-5)


def test_a_plan_begins_anew_and_packets_may_come_twice_or_from_before():
    delays_ms = np.array([0.0, math.nan, 5.0])
    passage, left = Passage(), []
    for sequence in (10, 11, 12, 13, 14, 14, 9, 10):
        passage, leaves_s = step(passage, delays_ms, sequence, 1.0)
        left.append(None if leaves_s is None else round(leaves_s, 4))
    assert left == [1.0, None, 1.005, 1.005, None, None, 1.005, 1.0]
    assert (passage.packets, passage.lost) == (8, 3)


def peer() -> tuple[socket.socket, tuple[str, int]]:
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.bind(("127.0.0.1", 0))
    made.setblocking(False)
    return made, made.getsockname()


def read(source: socket.socket) -> list[bytes]:
    found = []
    while True:
        try:
            found.append(source.recv(70_000))
        except BlockingIOError:
            return found


def test_between_two_sockets_sound_passes_by_plan_and_all_else_at_once():
    async def work(speaker, here, listener, there):
        async with opened(np.array([30.0, math.nan, 30.0])) as relay:
            at = ("127.0.0.1", relay.port_for_speaker)
            speaker.sendto(b"too early", at)
            await asyncio.sleep(0.001)
            relay.join(here, there)
            for sequence in (3, 4, 5):
                speaker.sendto(rtp(sequence), at)
            speaker.sendto(b"hello", at)
            listener.sendto(b"stranger", at)
            speaker.sendto(rtp(1, 200), at)
            listener.sendto(rtp(9), ("127.0.0.1", relay.port_for_listener))
            relay.forward(bytes(60_000))
            relay.forward(bytes(1_000_000))  # more than a datagram holds
            await asyncio.sleep(0.02)
            at_once = read(listener), read(speaker)
            waiting = relay.waiting
            await asyncio.sleep(0.02)
            later = read(listener)
            speaker.sendto(rtp(6), at)
            await asyncio.sleep(0.001)
            assert relay.waiting == 1
        await asyncio.sleep(0.1)
        return at_once, waiting, later, relay.passage

    (speaker, here), (listener, there) = peer(), peer()
    with speaker, listener:
        (heard, answered), waiting, later, passage = run(work(speaker, here, listener, there))
        assert sorted(heard) == sorted([bytes(60_000), b"hello", rtp(1, 200)])
        assert answered == [rtp(9)]
        assert waiting == 2
        assert later == [rtp(3), rtp(5)]
        assert (passage.packets, passage.lost) == (4, 1)
        assert read(listener) == []  # what was on its way is gone


def test_a_peer_that_is_gone_does_no_harm():
    async def work():
        speaker, here = peer()
        listener, there = peer()
        listener.close()
        with speaker:
            async with opened(np.zeros(1)) as relay:
                relay.join(here, there)
                for sequence in range(5):
                    speaker.sendto(rtp(sequence), ("127.0.0.1", relay.port_for_speaker))
                    await asyncio.sleep(0.02)
                assert relay.passage.packets == 5

    run(work())


@pytest.mark.parametrize("delays_ms", [[], [[1.0]], [-1.0], [math.inf]])
def test_plans_that_are_none_are_told(delays_ms):
    async def work():
        async with opened(np.array(delays_ms)):
            pass

    with pytest.raises(ConfigError, match="delay"):
        run(work())
