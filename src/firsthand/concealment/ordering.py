"""Where a packet belongs in its stream: numbers that never wrap, copies, and streams begun anew.

After RFC 3550, appendix A.1: what does not go on with the stream is not believed, until a second
packet follows it. Then the sender has begun anew, and its numbers go on from the old ones.
"""

from enum import Enum, auto
from typing import Final, NamedTuple

from firsthand.concealment.packets import SEQUENCE_BITS, TIMESTAMP_BITS, Packet, unwrapped

_HORIZON_S: Final = 5
_DROPOUT: Final = 3_000
_PACKETS_PER_S: Final = 400
"""The shortest packets in use are of 2.5 ms."""

_REMEMBERED: Final = (1 << 4_096) - 1


class Kind(Enum):
    """What a packet is to the stream before it."""

    NEW = auto()
    RESTART = auto()
    COPY = auto()
    STRANGE = auto()


class Place(NamedTuple):
    """A packet's numbers without wrapping around; of a STRANGE one they mean nothing."""

    kind: Kind
    sequence: int
    timestamp: int


class StreamOrder:
    """Gives each packet its place.

    Args:
        timestamp_hz: the rate of the stream's timestamps.

    Attributes:
        expected: how many packets there should have been, from the first to the newest.
        step: timestamps from one packet to the next, as last seen; 0 until then.
    """

    __slots__ = ("_hz", "_newest", "_newest_us", "_seen", "_shift", "_suspect", "expected", "step")

    def __init__(self, timestamp_hz: int) -> None:
        self._hz = timestamp_hz
        self._newest: tuple[int, int] | None = None
        self._newest_us = 0
        self._seen = 0  # bit n: whether the packet n before the newest has come
        self._shift = (0, 0)
        self._suspect: Packet | None = None
        self.expected = 0
        self.step = 0

    def place(self, packet: Packet, now_us: int) -> Place:
        """Return where a packet belongs that arrived at `now_us`."""
        if self._newest is None:
            return self._begin(packet, now_us)
        sequence, timestamp = self._numbers(packet, self._newest)
        kind = Kind.NEW
        if not self._goes_on(sequence, timestamp, now_us):
            if not self._follows_suspect(packet):
                self._suspect = packet
                return Place(Kind.STRANGE, sequence, timestamp)
            kind = Kind.RESTART
            sequence, timestamp = self._newest[0] + 1, self._newest[1] + max(self.step, 1)
            self._shift = sequence - packet.sequence, timestamp - packet.timestamp
        age = self._newest[0] - sequence
        if age >= 0:
            if self._seen >> age & 1:
                return Place(Kind.COPY, sequence, timestamp)
            self._seen |= (1 << age) & _REMEMBERED
            self.expected = max(self.expected, age + 1)  # it was sent before the first
            return Place(kind, sequence, timestamp)
        if age == -1 and kind is Kind.NEW:
            self.step = timestamp - self._newest[1]
        self._seen = (self._seen << -age | 1) & _REMEMBERED if -age < _DROPOUT else 1
        self.expected -= age
        self._newest, self._newest_us = (sequence, timestamp), now_us
        self._suspect = None
        return Place(kind, sequence, timestamp)

    def _begin(self, packet: Packet, now_us: int) -> Place:
        self._newest = self._numbers(packet, (0, 0))
        self._newest_us, self._seen, self.expected = now_us, 1, 1
        return Place(Kind.NEW, *self._newest)

    def _numbers(self, packet: Packet, near: tuple[int, int]) -> tuple[int, int]:
        timestamp = unwrapped(packet.timestamp + self._shift[1], TIMESTAMP_BITS, near[1])
        # After minutes without a packet the sequence has wrapped around, the timestamp has not.
        passed = (timestamp - near[1]) // self.step if self.step else 0
        sequence = packet.sequence + self._shift[0]
        return unwrapped(sequence, SEQUENCE_BITS, near[0] + passed), timestamp

    def _goes_on(self, sequence: int, timestamp: int, now_us: int) -> bool:
        """Say whether numbers are ones that the stream may have at this time."""
        assert self._newest is not None
        ahead, moved = sequence - self._newest[0], timestamp - self._newest[1]
        if ahead * moved < 0 or (ahead == 0 and moved != 0):
            return False
        passed = (now_us - self._newest_us) * self._hz // 1_000_000
        horizon = _HORIZON_S * self._hz
        return (
            -horizon <= moved <= passed + horizon
            and abs(ahead) <= _DROPOUT + abs(moved) * _PACKETS_PER_S // self._hz
        )

    def _follows_suspect(self, packet: Packet) -> bool:
        if self._suspect is None:
            return False
        ahead = (packet.sequence - self._suspect.sequence) % (1 << SEQUENCE_BITS)
        moved = (packet.timestamp - self._suspect.timestamp) % (1 << TIMESTAMP_BITS)
        return ahead == 1 and 0 < moved <= _HORIZON_S * self._hz
