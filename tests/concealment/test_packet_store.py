"""Packets wait in the order of their timestamps, within bounds."""

from hypothesis import given
from hypothesis import strategies as st

from firsthand.concealment.packet_store import PacketStore, Waiting
from firsthand.concealment.packets import Packet


def entry(timestamp: int, size: int = 1, noise: bool = False) -> Waiting:
    return Waiting(timestamp, Packet(0, 0, bytes(size), noise), 0)


@given(st.lists(st.integers(-1_000, 1_000), max_size=80), st.integers(-1_000, 1_000))
def test_packets_come_out_in_order_and_each_timestamp_once(timestamps, before):
    store = PacketStore(100, 1_000)
    added = [store.add(entry(timestamp)) for timestamp in timestamps]
    assert sum(added) == len(store) == len(set(timestamps))
    dropped = store.drop_before(before)
    assert dropped == sum(timestamp < before for timestamp in set(timestamps))
    out = []
    while store.first is not None:
        assert store.last is not None
        assert store.last.timestamp == max(timestamps)
        out.append(store.pop().timestamp)
    assert out == sorted({timestamp for timestamp in timestamps if timestamp >= before})


def test_there_is_room_for_so_many_packets_and_so_many_bytes():
    store = PacketStore(3, 10)
    store.add(entry(0, 4))
    assert store.has_room(Packet(0, 0, bytes(6)))
    assert not store.has_room(Packet(0, 0, bytes(7)))
    store.add(entry(1, 0))
    store.add(entry(2, 0))
    assert not store.has_room(Packet(0, 0, b""))
    store.pop()
    assert store.has_room(Packet(0, 0, bytes(10)))
    assert store.clear() == 2
    assert len(store) == 0


def test_it_knows_whether_comfort_noise_waits():
    store = PacketStore(9, 99)
    store.add(entry(0, noise=True))
    store.add(entry(1))
    assert store.has_noise
    store.pop()
    assert not store.has_noise
