"""What a calculator sees during one call: its inputs, outputs, side packets and options."""

from collections.abc import Mapping
from typing import Any, Final

from firsthand.core import Clock
from firsthand.core import timestamp as ts
from firsthand.core.timestamp import DONE, MAX, MIN
from firsthand.errors import ConfigError, TimestampError
from firsthand.graph.config import Options
from firsthand.graph.packet import EMPTY, Packet
from firsthand.graph.ports import PortKey
from firsthand.graph.streams import OutputStream

NOTHING: Final = Packet(EMPTY, ts.UNSET)
"""What an input holds between calls."""


class OutputPort:
    """Where a calculator puts packets for one output stream."""

    __slots__ = ("bound", "closed", "offset", "payload_type", "pending", "sent", "stream")

    def __init__(self, stream: OutputStream) -> None:
        self.stream = stream
        self.offset = stream.offset
        self.payload_type = stream.payload_type
        self.pending: list[Packet] = []
        self.bound = stream.bound
        self.closed = False
        self.sent = False

    def add(self, packet: Packet) -> None:
        """Send a packet; an empty one raises the bound past its timestamp.

        Raises:
            TimestampError: its timestamp is below the stream's bound or not allowed in a stream.
            TypeError: it is no packet, or its payload is not of the declared type.
        """
        if type(packet) is not Packet and not isinstance(packet, Packet):
            raise TypeError(f"stream {self.stream.name!r} takes a Packet, not {packet!r}")
        payload, timestamp = packet
        if payload is EMPTY:
            self.set_next_timestamp_bound(ts.next_allowed(timestamp))
            return
        if self.payload_type is not object and not isinstance(payload, self.payload_type):
            raise TypeError(
                f"stream {self.stream.name!r} carries {self.payload_type.__name__}, "
                f"not {type(payload).__name__}"
            )
        if timestamp < self.bound or self.closed:
            raise TimestampError(
                f"stream {self.stream.name!r}: a packet at {ts.describe(timestamp)} came, but "
                + (
                    "the stream is closed"
                    if self.closed
                    else f"the lowest timestamp allowed now is {ts.describe(self.bound)}"
                )
            )
        if MIN <= timestamp < MAX:
            self.bound = timestamp + 1
        else:
            self.bound = self._bound_after_special(timestamp)
        self.sent = True
        self.pending.append(packet)

    def set_next_timestamp_bound(self, bound: int) -> None:
        """Promise that no packet below `bound` will come; lowering the bound is an error."""
        if bound < self.bound:
            raise TimestampError(
                f"stream {self.stream.name!r}: bound {ts.describe(bound)} is below the present "
                f"bound {ts.describe(self.bound)}; a bound can only rise"
            )
        if bound > DONE:
            raise TimestampError(
                f"stream {self.stream.name!r}: bound {bound} is above Done, the highest timestamp"
            )
        self.bound = bound

    def close(self) -> None:
        """Promise that nothing more will come."""
        self.closed = True

    def _bound_after_special(self, timestamp: int) -> int:
        if not ts.is_allowed_in_stream(timestamp):
            raise TimestampError(
                f"stream {self.stream.name!r}: a packet cannot be at {ts.describe(timestamp)}"
            )
        if timestamp == ts.POST_STREAM and self.sent:
            raise TimestampError(
                f"stream {self.stream.name!r}: a packet at PostStream must be alone in its stream"
            )
        return ts.next_allowed(timestamp)


class _ByPort(dict[PortKey, int]):
    """Port names to positions; a wrong name is answered with the right ones."""

    def __missing__(self, key: PortKey) -> int:
        names = ", ".join(repr(k) for k in self) or "none"
        raise ConfigError(f"no port {key!r} here; this side of the node has: {names}")


class Inputs:
    """The packets of one input set, by "TAG", "TAG:1" or untagged index."""

    __slots__ = ("_ids", "packets")

    def __init__(self, ids: Mapping[PortKey, int], count: int) -> None:
        self._ids = _ByPort(ids)
        self.packets: list[Packet] = [NOTHING] * count

    def __getitem__(self, key: PortKey) -> Packet:
        return self.packets[self._ids[key]]

    def __contains__(self, key: PortKey) -> bool:
        return key in self._ids


class Outputs:
    """The output ports of a node, by "TAG", "TAG:1" or untagged index."""

    __slots__ = ("_ids", "ports")

    def __init__(self, ids: Mapping[PortKey, int], streams: tuple[OutputStream, ...]) -> None:
        self._ids = _ByPort(ids)
        self.ports = [OutputPort(stream) for stream in streams]

    def __getitem__(self, key: PortKey) -> OutputPort:
        return self.ports[self._ids[key]]

    def __contains__(self, key: PortKey) -> bool:
        return key in self._ids


class SidePackets:
    """The side packets a node receives; optional ones that were not given are None."""

    __slots__ = ("_ids", "_values")

    def __init__(self, ids: Mapping[PortKey, int], values: list[Any]) -> None:
        self._ids = _ByPort(ids)
        self._values = values

    def __getitem__(self, key: PortKey) -> Any:
        return self._values[self._ids[key]]

    def __contains__(self, key: PortKey) -> bool:
        return key in self._ids

    def get(self, key: PortKey, default: Any = None) -> Any:
        """Return the side packet, or `default` where the node has no such port."""
        return self._values[self._ids[key]] if key in self._ids else default


class SideOutputs:
    """Where a calculator sets the side packets it produces, each once."""

    __slots__ = ("_ids", "_node", "values")

    def __init__(self, node: str, ids: Mapping[PortKey, int], count: int) -> None:
        self._node = node
        self._ids = _ByPort(ids)
        self.values: list[Any] = [EMPTY] * count

    def names(self) -> list[PortKey]:
        """Return one name for each side packet the node produces."""
        return list({i: key for key, i in self._ids.items()}.values())

    def set(self, key: PortKey, value: object) -> None:
        """Set a side packet's value; it can be set only once in a run."""
        i = self._ids[key]
        if self.values[i] is not EMPTY:
            raise ConfigError(f"node {self._node!r} sets side packet {key!r} a second time")
        self.values[i] = value


class Context:
    """One call's view of a node.

    `timestamp` is the input set's time (`UNSTARTED` in `open`, `DONE` in `close`, 0 in a source).
    `graph_error` is set in `close` when the graph is ending because of an error.
    """

    __slots__ = (
        "clock",
        "graph_error",
        "inputs",
        "name",
        "options",
        "outputs",
        "result",
        "sequence",
        "side",
        "side_outputs",
        "timestamp",
    )

    def __init__(
        self,
        name: str,
        options: Options,
        inputs: Inputs,
        outputs: Outputs,
        side: SidePackets,
        side_outputs: SideOutputs,
        clock: Clock,
    ) -> None:
        self.name = name
        self.options = options
        self.inputs = inputs
        self.outputs = outputs
        self.side = side
        self.side_outputs = side_outputs
        self.clock = clock
        self.timestamp = ts.UNSTARTED
        self.graph_error: BaseException | None = None
        self.sequence = 0
        self.result: object = None

    def send(self, key: PortKey, payload: object, at: int | None = None) -> None:
        """Send `payload` to output `key` at `at`, by default at the input's timestamp."""
        self.outputs[key].add(Packet(payload, self.timestamp if at is None else at))
