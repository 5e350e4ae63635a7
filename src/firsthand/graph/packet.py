"""Packets: an immutable payload at a timestamp."""

from typing import Any, Final, NamedTuple

from firsthand.core import timestamp as ts


class _Empty:
    """The payload of a packet that carries nothing but its timestamp."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "EMPTY"

    def __bool__(self) -> bool:
        return False


EMPTY: Final = _Empty()
"""The payload of packets that only settle their stream up to their timestamp."""


class Packet(NamedTuple):
    """A payload at a timestamp (whole microseconds, see `firsthand.core.timestamp`).

    Payloads are shared between all who receive them and must not be changed in place. A packet
    whose payload is `EMPTY` says that nothing will arrive at or before its timestamp any more.
    """

    payload: Any
    timestamp: int = ts.UNSET

    def at(self, timestamp: int) -> "Packet":
        """Return a packet with the same payload object (not a copy) at another timestamp."""
        return Packet(self.payload, timestamp)

    @property
    def is_empty(self) -> bool:
        """Whether there is no payload."""
        return self.payload is EMPTY

    def __repr__(self) -> str:
        return f"Packet({self.payload!r} @ {ts.describe(self.timestamp)})"


def empty_packet(timestamp: int = ts.UNSET) -> Packet:
    """Return a packet without payload that settles its stream up to `timestamp`."""
    return Packet(EMPTY, timestamp)
