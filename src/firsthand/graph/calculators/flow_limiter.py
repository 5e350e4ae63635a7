"""Drop frames while earlier ones are still being processed."""

from bisect import bisect_right
from collections import deque
from collections.abc import Mapping
from typing import Any

from firsthand.core import timestamp as ts
from firsthand.errors import ConfigError
from firsthand.graph.calculator import STANDARD, Calculator, Contract
from firsthand.graph.context import Context, OutputPort
from firsthand.graph.packet import EMPTY, Packet
from firsthand.graph.policies import immediate
from firsthand.graph.ports import PortKey


@STANDARD.calculator("FlowLimiterCalculator")
class FlowLimiter(Calculator):
    """Let at most `max_in_flight` frames be under way at once, and queue at most `max_in_queue`.

    FINISHED, a back edge, retires every frame at or before the time of a packet, or of a bound,
    that arrives in it. A frame older than the newest by more than `in_flight_timeout`
    microseconds (1,000,000 unless given; 0: never) is given up. ALLOW tells each frame's fate at
    its time: true sent, false dropped. The first untagged stream holds the frames; further ones
    are let through at the times at which frames are.

    Options come from the node, then the side packets OPTIONS (a mapping) and MAX_IN_FLIGHT, then
    the stream OPTIONS; later ones win.
    """

    @classmethod
    def contract(cls, contract: Contract) -> None:
        """Untagged streams of any type in and out; FINISHED in; the rest is optional."""
        frames = contract.inputs_of("", at_least=1)
        if contract.outputs_of("") != frames:
            raise ConfigError(
                f"node {contract.node!r} limits {frames} streams, so it needs as many untagged "
                f"outputs; it was given: {contract.outputs.describe()}"
            )
        contract.input("FINISHED")
        contract.input("OPTIONS", Mapping, optional=True)
        contract.output("ALLOW", bool, optional=True)
        contract.side_input("OPTIONS", Mapping, optional=True)
        contract.side_input("MAX_IN_FLIGHT", int, optional=True)
        contract.policy = immediate
        contract.process_timestamp_bounds = True

    def open(self, ctx: Context) -> None:
        """Read the options; nothing is in flight."""
        self._configure({**ctx.options, **(ctx.side.get("OPTIONS") or {})})
        max_in_flight = ctx.side.get("MAX_IN_FLIGHT")
        if max_in_flight is not None:
            self._configure({**self._options, "max_in_flight": max_in_flight})
        self._keys = _untagged(ctx)
        self._queues: list[deque[Packet]] = [deque() for _ in self._keys]
        self._in_flight: deque[int] = deque()
        self._decided, self._allowed = [ts.UNSET], [True]

    def process(self, ctx: Context) -> None:
        """Retire, release, then drop, in this order."""
        if "OPTIONS" in ctx.inputs and ctx.inputs["OPTIONS"].payload is not EMPTY:
            self._configure({**self._options, **ctx.inputs["OPTIONS"].payload})
        finished = ctx.inputs["FINISHED"].timestamp
        if finished == ctx.timestamp:
            self._retire_up_to(finished)
        for key, queue in zip(self._keys, self._queues, strict=True):
            if ctx.inputs[key].payload is not EMPTY:
                queue.append(ctx.inputs[key])
        latest = ctx.inputs[0].timestamp
        if self._timeout_us > 0 and latest == ctx.timestamp < ts.MAX:
            self._retire_up_to(latest - self._timeout_us - 1)
        frames, out = self._queues[0], ctx.outputs[0]
        while frames and len(self._in_flight) < self._max_in_flight:
            frame = frames.popleft()
            out.add(frame)
            self._in_flight.append(frame.timestamp)
            self._decide(ctx, frame.timestamp, allowed=True)
        while len(frames) > self._max_in_queue:
            self._decide(ctx, frames.popleft().timestamp, allowed=False)
        _settle(out, frames, latest)
        if not frames and "ALLOW" in ctx.outputs:
            _settle(ctx.outputs["ALLOW"], frames, latest)
        self._process_others(ctx)

    def _configure(self, options: Mapping[str, Any]) -> None:
        self._options = options
        self._max_in_flight = int(options.get("max_in_flight", 1))
        self._max_in_queue = int(options.get("max_in_queue", 0))
        self._timeout_us = int(options.get("in_flight_timeout", 1_000_000))
        if self._max_in_flight < 1 or self._max_in_queue < 0:
            raise ConfigError(
                f"a flow limiter needs max_in_flight >= 1 and max_in_queue >= 0, not "
                f"{self._max_in_flight} and {self._max_in_queue}"
            )

    def _retire_up_to(self, timestamp: int) -> None:
        while self._in_flight and self._in_flight[0] <= timestamp:
            self._in_flight.popleft()

    def _decide(self, ctx: Context, timestamp: int, allowed: bool) -> None:
        if "ALLOW" in ctx.outputs:
            ctx.send("ALLOW", allowed, timestamp)
        if len(self._keys) > 1:
            self._decided.append(timestamp)
            self._allowed.append(allowed)

    def _process_others(self, ctx: Context) -> None:
        main = ctx.outputs[0]
        settled = ts.DONE if main.closed else main.bound
        lowest = self._bound(ctx, 0)
        for i, key in enumerate(self._keys[1:], 1):
            queue, out = self._queues[i], ctx.outputs[key]
            while queue and queue[0].timestamp < settled:
                packet = queue.popleft()
                if self._allowed[bisect_right(self._decided, packet.timestamp) - 1]:
                    out.add(packet)
            _settle(out, queue, ctx.inputs[key].timestamp)
            lowest = min(lowest, self._bound(ctx, i))
        if len(self._keys) > 1:
            old = bisect_right(self._decided, lowest) - 1
            del self._decided[:old], self._allowed[:old]

    def _bound(self, ctx: Context, i: int) -> int:
        queue = self._queues[i]
        if queue:
            return queue[0].timestamp
        return ts.next_allowed(ctx.inputs[self._keys[i]].timestamp)


def _untagged(ctx: Context) -> list[PortKey]:
    """Return the indexes of a node's untagged inputs."""
    return [i for i in range(len(ctx.inputs.packets)) if i in ctx.inputs]


def _settle(out: OutputPort, queue: deque[Packet], settled: int) -> None:
    """Raise the bound to the first packet that waits, or past what its input has settled."""
    bound = queue[0].timestamp if queue else ts.next_allowed(settled)
    if bound > ts.MAX:
        out.close()
    elif bound > out.bound:
        out.set_next_timestamp_bound(bound)
