"""The two ends of a stream: a producer's output and one queue for each consumer."""

from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING

from firsthand.core import timestamp as ts
from firsthand.graph.packet import EMPTY, Packet

if TYPE_CHECKING:
    from firsthand.graph.nodes import Node


class InputStream:
    """One consumer's queue of a stream, and the lowest timestamp that may still arrive in it."""

    __slots__ = ("bound", "capacity", "full", "name", "node", "queue", "sources")

    def __init__(self, name: str, node: "Node", capacity: int) -> None:
        self.name = name
        self.node = node
        self.queue: deque[Packet] = deque()
        self.bound = ts.PRE_STREAM
        self.capacity = capacity
        self.full = False
        self.sources: tuple[Throttled, ...] = ()

    def head(self) -> int:
        """Return the first packet's timestamp, or the bound if there is none."""
        return self.queue[0].timestamp if self.queue else self.bound

    def take(self, timestamp: int) -> Packet:
        """Remove and return the packet at `timestamp`, or an empty packet settling it."""
        queue = self.queue
        if queue and queue[0].timestamp == timestamp:
            return queue.popleft()
        return Packet(EMPTY, timestamp)

    def settled(self) -> Packet:
        """Return an empty packet at the highest timestamp that nothing can arrive at any more."""
        return Packet(EMPTY, ts.previous_allowed(self.head()))


class Throttled:
    """Something that feeds the graph and is held back while streams below it are full."""

    __slots__ = ("name", "throttles")

    def __init__(self, name: str) -> None:
        self.name = name
        self.throttles = 0


class OutputStream:
    """A stream as its producer sees it, with everyone who reads it."""

    __slots__ = (
        "announced",
        "bound",
        "closed",
        "mirrors",
        "name",
        "observers",
        "observes_bounds",
        "offset",
        "payload_type",
    )

    def __init__(self, name: str, payload_type: type, offset: int | None) -> None:
        self.name = name
        self.payload_type = payload_type
        self.offset = offset
        self.bound = ts.PRE_STREAM
        self.closed = False
        self.mirrors: tuple[InputStream, ...] = ()
        self.observers: tuple[Callable[[Packet], None], ...] = ()
        self.observes_bounds = False
        self.announced = ts.UNSTARTED


def bound_after(timestamp: int, offset: int) -> int:
    """Return the output bound once all input up to `timestamp` has been handled."""
    if timestamp == ts.PRE_STREAM:
        return ts.MIN
    if timestamp == ts.POST_STREAM:
        return ts.ONE_OVER_POST_STREAM
    if timestamp == ts.MAX:
        return ts.POST_STREAM if offset >= 0 else shift(ts.MAX, offset) + 1
    return shift(timestamp + 1, offset)


def shift(timestamp: int, offset: int) -> int:
    """Add `offset` microseconds, staying within `MIN..MAX`."""
    return min(max(timestamp + offset, ts.MIN), ts.MAX)
