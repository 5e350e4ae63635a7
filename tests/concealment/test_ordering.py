"""Packets' numbers wrap around, come in any order, twice, or from a sender that begins anew."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firsthand.concealment.ordering import Kind, StreamOrder
from firsthand.concealment.packets import Packet, unwrapped

HZ = 16_000
STEP_US = 20_000


def packet(sequence: int, timestamp: int) -> Packet:
    return Packet(sequence % 2**16, timestamp % 2**32, b"")


@given(st.integers(-(2**40), 2**40), st.integers(-(2**15) + 1, 2**15 - 1), st.integers(1, 32))
def test_a_number_is_found_near_where_it_is_expected(near, away, bits):
    away = away % (1 << bits) - (1 << bits - 1) or 1 - bits % 2
    value = near + away
    found = unwrapped(value % (1 << bits), bits, near)
    assert (found - value) % (1 << bits) == 0
    assert -(1 << bits - 1) <= found - near < 1 << bits - 1


@given(st.integers(0, 2**16 - 1), st.integers(0, 2**32 - 1))
def test_numbers_go_on_where_they_wrap_around(sequence, timestamp):
    order = StreamOrder(HZ)
    places = [
        order.place(packet(sequence + n * 100, timestamp + n * 32_000), n * 2_000_000)
        for n in range(1_500)
    ]
    assert {place.kind for place in places} == {Kind.NEW}
    assert {b.sequence - a.sequence for a, b in pairwise(places)} == {100}
    assert {b.timestamp - a.timestamp for a, b in pairwise(places)} == {32_000}
    assert order.expected == 1_499 * 100 + 1


@given(st.permutations(range(60)), st.data())
def test_every_packet_is_new_once(order_of_arrival, data):
    order = StreamOrder(HZ)
    first = data.draw(st.integers(0, 2**16 - 1))
    copies = data.draw(st.lists(st.sampled_from(order_of_arrival), max_size=20))
    kinds = [
        order.place(packet(first + n, 2**32 - 5_000 + n * 320), 0).kind
        for n in [*order_of_arrival, *copies]
    ]
    assert kinds == [Kind.NEW] * 60 + [Kind.COPY] * len(copies)
    assert order.expected == 60


def test_two_strange_packets_in_a_row_are_a_stream_begun_anew():
    order = StreamOrder(HZ)
    for n in range(10):
        order.place(packet(n, n * 320), n * STEP_US)
    assert order.place(packet(30_000, 10**9), 200_000).kind is Kind.STRANGE
    place = order.place(packet(30_001, 10**9 + 320), 220_000)
    assert place == (Kind.RESTART, 10, 10 * 320)
    assert order.place(packet(30_002, 10**9 + 640), 240_000) == (Kind.NEW, 11, 11 * 320)
    assert order.place(packet(30_000, 10**9), 240_000) == (Kind.COPY, 9, 9 * 320)
    assert order.expected == 12


def test_one_strange_packet_changes_nothing():
    order = StreamOrder(HZ)
    kinds = []
    for n in range(10):
        kinds.append(order.place(packet(n, n * 320), n * STEP_US).kind)
        kinds.append(order.place(packet(40_000 + n, n), n * STEP_US).kind)
    assert kinds == [Kind.NEW, Kind.STRANGE] * 10
    assert order.expected == 10


@pytest.mark.parametrize("gap_s", [1, 70, 600])
def test_a_long_loss_is_no_new_stream(gap_s):
    order = StreamOrder(HZ)
    order.place(packet(0, 0), 0)
    place = order.place(packet(gap_s * 50, gap_s * HZ), gap_s * 1_000_000)
    assert place == (Kind.NEW, gap_s * 50, gap_s * HZ)
    assert order.expected == gap_s * 50 + 1


def test_a_sender_may_be_silent_for_an_hour_and_go_on():
    order = StreamOrder(HZ)
    order.place(packet(0, 0), 0)
    assert order.place(packet(1, 3_600 * HZ), 3_600_000_000).kind is Kind.NEW


@pytest.mark.parametrize(
    ("sequence", "timestamp"),
    [(11, -320), (9, 11 * 320), (10, 320), (11, 6 * HZ + 3_200), (4_000, 11 * 320), (9, -6 * HZ)],
)
def test_numbers_that_contradict_each_other_or_the_clock_are_strange(sequence, timestamp):
    order = StreamOrder(HZ)
    order.place(packet(10, 3_200), 0)
    assert order.place(packet(sequence, timestamp), STEP_US).kind is Kind.STRANGE


def test_the_first_packet_may_be_the_strange_one():
    order = StreamOrder(HZ)
    order.place(packet(999, 2**31), 0)
    kinds = [order.place(packet(n, n * 320), n * STEP_US).kind for n in range(4)]
    assert kinds == [Kind.STRANGE, Kind.RESTART, Kind.NEW, Kind.NEW]


@given(
    st.lists(
        st.tuples(
            st.integers(-(2**20), 2**20), st.integers(-(2**40), 2**40), st.integers(0, 10**9)
        ),
        max_size=60,
    )
)
def test_any_numbers_have_a_place(numbers):
    order = StreamOrder(HZ)
    kinds = []
    for sequence, timestamp, now_us in numbers:
        kinds.append(order.place(Packet(sequence, timestamp, b""), now_us).kind)
    new = sum(kind in (Kind.NEW, Kind.RESTART) for kind in kinds)
    assert order.expected >= new
