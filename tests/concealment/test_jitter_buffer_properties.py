"""Whatever the network does: blocks of 10 ms, finite, and every sample and packet accounted for."""

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from calls import BLOCK_S, Counted, Played, Scripted, assert_accounts, hiss, packets, play, tone
from hypothesis import given, settings
from hypothesis import strategies as st

from firsthand.concealment.baselines import Repetition, Silence
from firsthand.concealment.decisions import Operation
from firsthand.concealment.decoding import Decoded, LinearPcm
from firsthand.concealment.jitter_buffer import JitterBuffer
from firsthand.concealment.packets import Packet
from firsthand.concealment.settings import Settings

HZ = 8_000
SENT = packets(tone(HZ, 2), sequence=65_500, timestamp=2**32 - 4_000)


@dataclass(frozen=True)
class Fate:
    """What the network does to one packet."""

    delay_s: float = 0.0
    copies: int = 1
    cut: int = 320


FATES = st.builds(
    Fate,
    st.just(0.0) | st.floats(0, 0.05) | st.floats(0, 0.5),
    st.sampled_from((1, 1, 1, 1, 0, 2, 3)),
    st.sampled_from((320, 320, 320, 320, 0, 1, 7, 100)),
)
KNOBS = st.builds(
    Settings,
    start_delay_ms=st.integers(0, 200),
    least_delay_ms=st.integers(0, 100),
    stretching=st.booleans(),
    most_packets=st.sampled_from((200, 20, 5, 1)),
)


def arrivals(fates: list[Fate]) -> list[tuple[float, Packet]]:
    return [
        (
            n * 0.02 + fate.delay_s + copy * 0.013,
            replace(packet, payload=packet.payload[: fate.cut]),
        )
        for n, (fate, packet) in enumerate(zip(fates, SENT, strict=False))
        for copy in range(fate.copies)
    ]


@settings(max_examples=60)
@given(st.lists(FATES, min_size=30, max_size=100), KNOBS)
def test_every_sample_is_played_waits_or_is_in_a_discarded_packet(fates, knobs):
    decoder = Counted(HZ)
    buffer = JitterBuffer(decoder, Repetition(HZ), settings=knobs)
    came = arrivals(fates)
    played = play(buffer, came, 2.5)
    assert_accounts(buffer, played)
    now = buffer.statistics
    assert now.samples_decoded == decoder.samples
    assert now.packets_received == sum(at <= 2.49 for at, _ in came)
    if all(fate.cut == 320 for fate in fates):
        assert now.packets_received * 160 == decoder.samples + 160 * (
            now.packets_discarded + now.packets_copied + now.packets_waiting
        )
    assert now.packets_lost + now.packets_received >= 0


@settings(max_examples=40)
@given(st.lists(FATES, min_size=30, max_size=100))
def test_without_stretching_what_is_played_is_what_was_sent_in_order(fates):
    numbered = np.arange(len(fates) * 160, dtype=np.float32) / 32_768
    sent = packets(numbered, sequence=65_500, timestamp=2**32 - 4_000)
    came = [(n * 0.02 + fate.delay_s, sent[n]) for n, fate in enumerate(fates) if fate.copies]
    buffer = JitterBuffer(LinearPcm(HZ), Silence(HZ), settings=Settings(stretching=False))
    played = play(buffer, came, 2.6)
    assert_accounts(buffer, played)
    numbers = [
        np.rint(block * 32_768).astype(int)
        for block, operation in zip(played.blocks, played.operations, strict=True)
        if operation is Operation.NORMAL
    ]
    assert all((np.diff(each) == 1).all() for each in numbers)
    assert all(later[0] > before[-1] for before, later in pairwise(numbers))
    now = buffer.statistics
    merged = played.operations.count(Operation.MERGE)
    assert now.jitter_buffer_emitted_count == 80 * (len(numbers) + merged)


SOUNDS = {
    b"v": Decoded(hiss(HZ, 0.02), HZ),
    b"n": Decoded(np.full(160, np.nan, np.float32), HZ),
    b"d": Decoded(hiss(HZ, 0.02, 0.01), HZ, dtx=True),
    b"l": Decoded(1e9 * hiss(HZ, 0.12), HZ),
    b"h": Decoded(hiss(48_000, 0.06), 48_000),
    b"q": Decoded(hiss(HZ, 0.0005), HZ),
}
CLOCKS = st.sampled_from((0.0, 0.0, 0.0, 0.0, 0.013, -0.02, 5.0, -7.0, float("nan"), float("inf")))


@settings(max_examples=60)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 3),  # packets that come before the next block
            st.sampled_from((0, 0, 0, 0, 0, 1, -1, 3, -4, 1_000, 40_000)),
            st.sampled_from((0, 0, 0, 0, 0, 160, -160, 37, 10**6, 2**31)),
            st.sampled_from("vvvvvvncdelhq"),
            CLOCKS,
        ),
        min_size=50,
        max_size=150,
    ),
    KNOBS,
)
def test_nothing_that_comes_stops_the_sound(steps, knobs):
    buffer = JitterBuffer(Scripted(HZ, SOUNDS), Repetition(HZ), settings=knobs)
    played, sequence, timestamp, jumped_s = Played(), 0, 0, 0.0
    for n, (count, leap, moved, kind, jump_s) in enumerate(steps):
        jumped_s += jump_s if np.isfinite(jump_s) else 0
        now_s = n * BLOCK_S + (jumped_s if np.isfinite(jump_s) else jump_s)
        for _ in range(count):
            sequence, timestamp = sequence + 1 + leap, timestamp + 160 + moved
            payload = b"\x2a\x70" if kind == "c" else kind.encode()
            buffer.push(Packet(sequence, timestamp, payload, kind == "c"), now_s)
        played.blocks.append(buffer.pull(now_s))
    assert_accounts(buffer, played)


@settings(max_examples=20)
@given(st.lists(FATES, min_size=30, max_size=80), KNOBS)
def test_the_same_call_is_the_same_sound(fates, knobs):
    came = arrivals(fates)
    one, other = (
        play(JitterBuffer(LinearPcm(HZ), settings=knobs), came, 1.5).sound for _ in range(2)
    )
    np.testing.assert_array_equal(one, other)
