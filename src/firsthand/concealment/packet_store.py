"""Packets that wait to be played, in the order of their timestamps, no more than so many."""

from bisect import bisect_left
from typing import NamedTuple

from firsthand.concealment.packets import Packet


class Waiting(NamedTuple):
    """A packet, its `timestamp` without wrapping around, and when it arrived."""

    timestamp: int
    packet: Packet
    arrival_us: int


class PacketStore:
    """At most `most_packets`, whose payloads are at most `most_bytes` together."""

    __slots__ = ("_bytes", "_most_bytes", "_most_packets", "_noises", "_waiting")

    def __init__(self, most_packets: int, most_bytes: int) -> None:
        self._most_packets = most_packets
        self._most_bytes = most_bytes
        self._waiting: list[Waiting] = []
        self._bytes = 0
        self._noises = 0

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def first(self) -> Waiting | None:
        """The packet to be played next."""
        return self._waiting[0] if self._waiting else None

    @property
    def last(self) -> Waiting | None:
        """The packet to be played last."""
        return self._waiting[-1] if self._waiting else None

    @property
    def has_noise(self) -> bool:
        """Whether comfort noise waits."""
        return self._noises > 0

    def has_room(self, packet: Packet) -> bool:
        """Say whether a packet fits in beside those that wait."""
        return (
            len(self._waiting) < self._most_packets
            and self._bytes + len(packet.payload) <= self._most_bytes
        )

    def add(self, entry: Waiting) -> bool:
        """Let a packet wait; say no where another waits at its timestamp."""
        place = len(self._waiting)
        if place and entry.timestamp <= self._waiting[-1].timestamp:
            place = bisect_left(self._waiting, entry.timestamp, key=_timestamp)
            if self._waiting[place].timestamp == entry.timestamp:
                return False
        self._waiting.insert(place, entry)
        self._bytes += len(entry.packet.payload)
        self._noises += entry.packet.comfort_noise
        return True

    def pop(self) -> Waiting:
        """Take the packet to be played next; there must be one."""
        entry = self._waiting.pop(0)
        self._bytes -= len(entry.packet.payload)
        self._noises -= entry.packet.comfort_noise
        return entry

    def drop_before(self, timestamp: int) -> int:
        """Drop the packets before a timestamp; return how many."""
        count = 0
        while self._waiting and self._waiting[0].timestamp < timestamp:
            self.pop()
            count += 1
        return count

    def clear(self) -> int:
        """Drop all packets; return how many."""
        count = len(self._waiting)
        self._waiting.clear()
        self._bytes = self._noises = 0
        return count


def _timestamp(entry: Waiting) -> int:
    return entry.timestamp
