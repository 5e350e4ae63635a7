"""Input policies: when a node's inputs are ready, and what it is given then.

They follow MediaPipe's input stream handlers. The default policy waits until the smallest head
timestamp is settled on every stream, gives all packets at that time together and drops nothing.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, Final

from firsthand.core import timestamp as ts
from firsthand.errors import ConfigError
from firsthand.graph.config import Options, option_list
from firsthand.graph.packet import Packet
from firsthand.graph.ports import PortMap, port_key
from firsthand.graph.streams import InputStream

NOT_READY: Final = 0
PROCESS: Final = 1
CLOSE: Final = 2


class InputPolicy(ABC):
    """Decides from the queues and bounds of a node's inputs. Holds the state of one run."""

    @abstractmethod
    def readiness(self) -> tuple[int, int]:
        """Return `PROCESS` with the input timestamp, `CLOSE`, or `NOT_READY` with the bound."""

    @abstractmethod
    def fill(self, timestamp: int) -> list[Packet]:
        """Take the input set at `timestamp` from the queues, one packet for each stream."""

    def arrived(self) -> None:  # noqa: B027 - only policies that drop packets care
        """Look at the queues after packets were added to one."""


class SyncSet:
    """Streams that are joined by timestamp."""

    def __init__(self, streams: Sequence[InputStream], process_bounds: bool) -> None:
        self.streams = streams
        self._process_bounds = process_bounds
        self.last = ts.UNSET

    def readiness(self) -> tuple[int, int]:
        """See `InputPolicy.readiness`, for these streams alone."""
        min_bound = min_packet = ts.DONE
        for stream in self.streams:
            if stream.queue:
                min_packet = min(min_packet, stream.queue[0].timestamp)
            elif stream.bound < min_bound:
                min_bound = stream.bound
        lowest = min(min_packet, min_bound)
        if lowest >= ts.ONE_OVER_POST_STREAM:
            self.last = ts.previous_allowed(ts.DONE)
            return CLOSE, ts.DONE
        if not self._process_bounds:
            if min_bound > min_packet:
                self.last = lowest
                return PROCESS, lowest
            return NOT_READY, lowest
        if min_packet == ts.POST_STREAM and min_bound > min_packet:
            settled = min_packet
        else:
            settled = ts.previous_allowed(min_bound)
        time = min(min_packet, settled)
        if time > max(self.last, ts.UNSTARTED):
            self.last = time
            return PROCESS, time
        return NOT_READY, lowest


class DefaultPolicy(InputPolicy):
    """All inputs joined by timestamp, nothing dropped."""

    def __init__(self, streams: Sequence[InputStream], process_bounds: bool = False) -> None:
        self.streams = streams
        self._set = SyncSet(streams, process_bounds)

    def readiness(self) -> tuple[int, int]:
        """See `InputPolicy.readiness`."""
        return self._set.readiness()

    def fill(self, timestamp: int) -> list[Packet]:
        """See `InputPolicy.fill`."""
        return [stream.take(timestamp) for stream in self.streams]


class ImmediatePolicy(InputPolicy):
    """Every packet is given as soon as it arrives, together with others at the same time."""

    def __init__(self, streams: Sequence[InputStream], process_bounds: bool = False) -> None:
        self._streams = streams
        self._process_bounds = process_bounds
        self._sets = [SyncSet([stream], process_bounds) for stream in streams]
        self._ready = [ts.UNSET] * len(streams)

    def readiness(self) -> tuple[int, int]:
        """See `InputPolicy.readiness`."""
        time = min_bound = ts.DONE
        became_done = False
        before_done = ts.previous_allowed(ts.DONE)
        for i, sync_set in enumerate(self._sets):
            if self._ready[i] > ts.UNSET:
                min_bound = min(min_bound, self._ready[i])
                time = min(time, self._ready[i])
                continue
            previous = sync_set.last
            ready, stream_time = sync_set.readiness()
            min_bound = min(min_bound, stream_time)
            if ready == PROCESS:
                self._ready[i] = stream_time
                time = min(time, stream_time)
            elif ready == CLOSE:
                if self._process_bounds:
                    if previous < before_done:
                        min_bound = min(min_bound, before_done)
                        time = min(time, before_done)
                        self._ready[i] = before_done
                    else:
                        self._ready[i] = ts.DONE
                elif previous < ts.DONE:
                    became_done = True
                    self._ready[i] = ts.DONE
        if min_bound == ts.DONE:
            return CLOSE, ts.DONE
        if time < ts.DONE:
            return PROCESS, time
        if became_done:
            return PROCESS, min_bound
        return NOT_READY, min_bound

    def fill(self, timestamp: int) -> list[Packet]:
        """See `InputPolicy.fill`."""
        packets: list[Packet] = []
        for i, stream in enumerate(self._streams):
            if self._ready[i] == timestamp:
                packets.append(stream.take(timestamp))
                self._ready[i] = ts.UNSET
            else:
                packets.append(stream.settled())
        return packets


class SyncSetPolicy(InputPolicy):
    """Groups of streams, each joined by timestamp, independent of the other groups."""

    def __init__(
        self,
        streams: Sequence[InputStream],
        groups: Sequence[Sequence[int]],
        process_bounds: bool = False,
    ) -> None:
        used = [i for group in groups for i in group]
        if len(used) != len(set(used)):
            raise ConfigError(f"a stream is in more than one sync set: {groups}")
        rest = [i for i in range(len(streams)) if i not in used]
        self._streams = streams
        self._sets = [
            (tuple(group), SyncSet([streams[i] for i in group], process_bounds))
            for group in [*groups, rest]
            if group
        ]
        self._ready: tuple[int, ...] | None = None
        self._ready_time = ts.DONE

    def readiness(self) -> tuple[int, int]:
        """See `InputPolicy.readiness`."""
        if self._ready is not None:
            return PROCESS, self._ready_time
        lowest = ts.DONE
        for entry in list(self._sets):
            ready, time = entry[1].readiness()
            lowest = min(lowest, time)
            if ready == CLOSE:
                self._sets.remove(entry)
            elif ready == PROCESS and time < self._ready_time:
                self._ready, self._ready_time = entry[0], time
        if self._ready is not None:
            return PROCESS, self._ready_time
        if not self._sets:
            return CLOSE, ts.DONE
        return NOT_READY, lowest

    def fill(self, timestamp: int) -> list[Packet]:
        """See `InputPolicy.fill`."""
        chosen = self._ready or ()
        self._ready, self._ready_time = None, ts.DONE
        return [
            stream.take(timestamp) if i in chosen else stream.settled()
            for i, stream in enumerate(self._streams)
        ]


class BarrierPolicy(InputPolicy):
    """One packet from every stream, whatever the timestamps; ends with the first stream."""

    def __init__(self, streams: Sequence[InputStream]) -> None:
        self._streams = streams

    def readiness(self) -> tuple[int, int]:
        """See `InputPolicy.readiness`."""
        lowest = ts.DONE
        available = True
        for stream in self._streams:
            if not stream.queue:
                if stream.bound == ts.DONE:
                    return CLOSE, ts.DONE
                available = False
            lowest = min(lowest, stream.head())
        return (PROCESS if available else NOT_READY), lowest

    def fill(self, timestamp: int) -> list[Packet]:  # noqa: ARG002 - each stream gives its head
        """See `InputPolicy.fill`."""
        return [stream.queue.popleft() for stream in self._streams]


class FixedSizePolicy(InputPolicy):
    """Joined by timestamp over queues kept short by dropping the oldest.

    A queue that reaches `trigger` packets is cut to `target`; with `minimum` only once every
    queue has reached `trigger`.
    """

    def __init__(
        self,
        streams: Sequence[InputStream],
        trigger: int = 2,
        target: int = 1,
        minimum: bool = False,
        process_bounds: bool = False,
    ) -> None:
        if not 1 <= target < trigger:
            raise ConfigError(
                f"a fixed-size policy needs 1 <= target_queue_size < trigger_queue_size, "
                f"not {target} and {trigger}"
            )
        self._streams = streams
        self._set = SyncSet(streams, process_bounds)
        self._trigger, self._target, self._minimum = trigger, target, minimum
        self._kept = ts.UNSET
        self._pending = False

    def readiness(self) -> tuple[int, int]:
        """See `InputPolicy.readiness`."""
        if self._pending:
            return NOT_READY, ts.UNSET
        self._erase(keep_one=False)
        ready, time = self._set.readiness()
        while time < self._kept and ready == PROCESS:
            self._erase(keep_one=False)
            ready, time = self._set.readiness()
        self._pending = ready == PROCESS
        return ready, time

    def fill(self, timestamp: int) -> list[Packet]:  # noqa: ARG002 - the newest set is chosen now
        """See `InputPolicy.fill`."""
        self._erase(keep_one=True)
        time = min(
            stream.head() if stream.queue else _before(stream.bound) for stream in self._streams
        )
        self._pending = False
        return [stream.take(time) for stream in self._streams]

    def arrived(self) -> None:
        """Cut the queues as soon as something came."""
        if not self._pending:
            self._erase(keep_one=False)

    def _erase(self, keep_one: bool) -> None:
        if self._minimum:
            if any(len(s.queue) < self._trigger for s in self._streams):
                return
            self._drop_below(min(s.queue[-self._target].timestamp for s in self._streams))
            return
        for stream in self._streams:
            size = len(stream.queue)
            keep = self._target if size >= self._trigger else self._trigger - 1
            if size > keep:
                self._kept = max(self._kept, ts.next_allowed(stream.queue[-keep - 1].timestamp))
        if keep_one:
            bound = min(
                ts.next_allowed(s.queue[-1].timestamp) if s.queue else s.bound
                for s in self._streams
            )
            self._kept = min(self._kept, _before(bound))
        self._drop_below(self._kept)

    def _drop_below(self, timestamp: int) -> None:
        for stream in self._streams:
            queue = stream.queue
            while queue and queue[0].timestamp < timestamp:
                queue.popleft()


def _before(bound: int) -> int:
    return bound - 1 if ts.is_range_value(bound) else bound


PolicyFactory = Callable[[Sequence[InputStream], PortMap, bool], InputPolicy]
"""Makes a run's policy from its streams, their ports and whether bounds are processed."""


def default(streams: Sequence[InputStream], _ports: PortMap, bounds: bool) -> InputPolicy:
    """Make a `DefaultPolicy`."""
    return DefaultPolicy(streams, bounds)


def immediate(streams: Sequence[InputStream], _ports: PortMap, bounds: bool) -> InputPolicy:
    """Make an `ImmediatePolicy`."""
    return ImmediatePolicy(streams, bounds)


def barrier(streams: Sequence[InputStream], _ports: PortMap, _bounds: bool) -> InputPolicy:
    """Make a `BarrierPolicy`."""
    return BarrierPolicy(streams)


def sync_sets(*groups: Sequence[str]) -> PolicyFactory:
    """Make a factory of `SyncSetPolicy` from groups of "TAG", "TAG:1" or untagged indexes."""

    def make(streams: Sequence[InputStream], ports: PortMap, bounds: bool) -> InputPolicy:
        return SyncSetPolicy(
            streams, [[ports.ids[port_key(ports, key)] for key in g] for g in groups], bounds
        )

    return make


def fixed_size(trigger: int = 2, target: int = 1, minimum: bool = False) -> PolicyFactory:
    """Make a factory of `FixedSizePolicy`."""

    def make(streams: Sequence[InputStream], _ports: PortMap, bounds: bool) -> InputPolicy:
        return FixedSizePolicy(streams, trigger, target, minimum, bounds)

    return make


def named(name: str, options: Options) -> PolicyFactory:
    """Return the policy MediaPipe knows under `name`, with options by its field names.

    Raises:
        ConfigError: no such policy.
    """
    match name.removesuffix("InputStreamHandler"):
        case "Default":
            return default
        case "Immediate":
            return immediate
        case "Barrier":
            return barrier
        case "SyncSet":
            groups: list[Any] = option_list(options, "sync_set")
            return sync_sets(*[[str(t) for t in option_list(g, "tag_index")] for g in groups])
        case "FixedSize":
            return fixed_size(
                int(options.get("trigger_queue_size", 2)),
                int(options.get("target_queue_size", 1)),
                bool(options.get("fixed_min_size", False)),
            )
    raise ConfigError(
        f"no input policy {name!r}; there are DefaultInputStreamHandler, "
        "ImmediateInputStreamHandler, SyncSetInputStreamHandler, BarrierInputStreamHandler and "
        "FixedSizeInputStreamHandler"
    )
