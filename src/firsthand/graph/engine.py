"""The state of one run of a graph, and every transition it can make.

Nothing here starts a thread, waits or reads a clock: `firsthand.graph.run` drives it, from one
thread or from many under one lock. A step takes a prepared invocation (`take`), calls the
calculator outside any lock (`Node.invoke`), and commits what it sent (`commit`).
"""

import sys
from collections.abc import Collection, Mapping
from typing import Any

from firsthand.core import Clock
from firsthand.core import timestamp as ts
from firsthand.core.timestamp import DONE
from firsthand.errors import CalculatorError, TimestampError
from firsthand.graph.calculator import STOP
from firsthand.graph.context import Context, OutputPort, SidePackets
from firsthand.graph.nodes import CLOSED, OPENED, UNOPENED, Node, ReadyQueue
from firsthand.graph.packet import EMPTY, empty_packet
from firsthand.graph.plan import Plan
from firsthand.graph.policies import CLOSE, PROCESS
from firsthand.graph.pressure import BackPressure
from firsthand.graph.streams import OutputStream, bound_after, shift
from firsthand.graph.wiring import GraphInput, Observers, join_streams, missing_side_packets


class Engine:
    """Streams, queues and nodes of one run."""

    def __init__(
        self,
        plan: Plan,
        queues: Mapping[str, ReadyQueue],
        side_packets: Mapping[str, Any],
        observers: Observers,
        bounds: frozenset[str],
        clock: Clock,
    ) -> None:
        self.plan = plan
        self.error: BaseException | None = None
        self.stopping = False
        self.finished = False
        self.running = 0
        self._clock = clock
        self.pressure = BackPressure(plan.config.report_deadlock, self.update)
        capacity = plan.config.max_queue_size
        if capacity < 0:
            capacity = sys.maxsize
        self.nodes = [
            Node(i, node, queues[node.config.executor], capacity)
            for i, node in enumerate(plan.nodes)
        ]
        self.source_bits = sum(node.bit for node in self.nodes if node.is_source)
        self.inputs = {
            p.name: GraphInput(OutputStream(p.name, plan.input_types.get(p.name, object), None))
            for p in plan.inputs
        }
        self._streams: dict[str, OutputStream] = {
            name: graph_input.port.stream for name, graph_input in self.inputs.items()
        }
        for node in self.nodes:
            self._streams.update((s.name, s) for s in node.outputs)
        join_streams(self.nodes, self.inputs.values(), self._streams, observers, bounds)
        self.side_values: dict[str, Any] = dict(side_packets)
        for node in self.nodes:
            node.waiting_sides = missing_side_packets(plan, node.plan, side_packets)

    # -- opening ---------------------------------------------------------------------------

    def open_ready_nodes(self) -> None:
        """Open every node whose side packets are there, upstream first."""
        progress = True
        while progress and self.error is None:
            progress = False
            for node in self.nodes:
                if node.state == UNOPENED and not node.waiting_sides and self.error is None:
                    self._open(node)
                    progress = True

    def _open(self, node: Node) -> None:
        side = SidePackets(
            node.plan.side_inputs.ids,
            [self.side_values.get(p.name) for p in node.plan.side_inputs],
        )
        node.make_contexts(side, self._clock)
        ctx = node.context
        try:
            node.calculator.open(ctx)
        except Exception as error:  # whatever a calculator raises must end the graph, named
            self.fail(node, "open", ts.UNSTARTED, error)
            return
        node.state = OPENED
        self._release(ctx, ts.UNSTARTED)
        self._commit_sides(node, ctx)
        if node.is_source:
            ctx.timestamp = 0
        self.update(node)

    def _commit_sides(self, node: Node, ctx: Context) -> None:
        """Hand on the side packets a node has set; returns at once for nodes that make none."""
        values = ctx.side_outputs.values
        for i, port in enumerate(node.plan.side_outputs):
            if values[i] is not EMPTY and port.name not in self.side_values:
                self.side_values[port.name] = values[i]
                for other in self.nodes:
                    other.waiting_sides.discard(port.name)

    # -- readiness -------------------------------------------------------------------------

    def update(self, node: Node) -> None:
        """Prepare as many invocations of `node` as its inputs and its limit allow."""
        if node.is_source:
            if self._may_run_source(node):
                node.in_flight = 1
                node.queue.bits |= node.bit
            return
        while node.state == OPENED and node.in_flight < node.max_in_flight and self.error is None:
            readiness, time = node.policy.readiness()
            if readiness == PROCESS:
                ctx = node.take_context(time)
                ctx.inputs.packets[:] = node.policy.fill(time)
                if self.pressure.full:
                    self.pressure.release(node)
            elif readiness == CLOSE:
                if node.in_flight:
                    return
                ctx = node.take_context(ts.DONE)
                ctx.inputs.packets[:] = [empty_packet(ts.DONE)] * len(node.inputs)
            else:
                offset = node.plan.timestamp_offset
                if offset is not None and not node.in_flight and ts.is_range_value(time):
                    self._raise_bounds(node, shift(time, offset))
                return
            node.in_flight += 1
            if node.parallel:
                node.prepared.append(ctx)
            node.queue.bits |= node.bit
            if readiness == CLOSE:
                return

    def _may_run_source(self, node: Node) -> bool:
        return (
            node.state == OPENED
            and not node.in_flight
            and (not node.throttles or self.stopping)
            and self.error is None
            and not any(
                other.is_source
                and other.state != CLOSED
                and other.plan.config.source_layer < node.plan.config.source_layer
                for other in self.nodes
            )
        )

    def take(self, queue: ReadyQueue) -> tuple[Node, Context] | None:
        """Take the most urgent prepared invocation of `queue`, if any."""
        bits = queue.bits
        if not bits:
            return None
        index = bits.bit_length() - 1
        node = self.nodes[index]
        if node.is_source:
            candidates = [n for n in self.nodes if n.is_source and n.bit & bits]
            node = min(candidates, key=lambda n: (n.earliest_output, n.bit))
        if node.parallel:
            ctx = node.prepared.popleft()
            if not node.prepared:
                queue.bits = bits & ~node.bit
        else:
            ctx = node.context
            queue.bits = bits & ~node.bit
        self.running += 1
        return node, ctx

    def run_ready(self, queue: ReadyQueue, enough: Collection[object] = ()) -> None:
        """Take, call and commit in the calling thread until nothing is ready or `enough` fills."""
        nodes = self.nodes
        while (bits := queue.bits) and not enough:
            node = nodes[bits.bit_length() - 1]
            ctx = node.context
            time = ctx.timestamp
            if not node.simple or time == DONE:
                taken = self.take(queue)
                assert taken is not None
                self.call(*taken)
                self.commit(*taken)
                continue
            # The common case spelled out: one input, one call at a time. It does what `take`,
            # `call` and `commit` do at half their cost.
            queue.bits = bits ^ node.bit
            try:
                result = node.invoke(ctx)
                if result is None:
                    for port in node.ports:
                        if (port.bound <= time and port.offset is not None) or port.offset:
                            port.bound = max(port.bound, bound_after(time, port.offset))
                        if port.pending or port.bound > port.stream.bound or port.closed:
                            self.deliver(port)
            except Exception as error:  # whatever a calculator raises must end the graph, named
                self.fail(node, "process", time, error)
                return
            if result is not None:
                self.running += 1
                ctx.result = result
                self.commit(node, ctx)
                continue
            stream = node.inputs[0]
            if stream.queue:
                packet = stream.queue.popleft()
                node.packets[0] = packet
                ctx.timestamp = packet[1]
                queue.bits |= node.bit
                if stream.full:
                    self.pressure.release(node)
            else:
                node.in_flight = 0
                if stream.bound > time + 1:
                    self.update(node)

    # -- after a call ----------------------------------------------------------------------

    def call(self, node: Node, ctx: Context) -> None:
        """Call the calculator; what it returned or raised is left in `ctx.result`."""
        try:
            if ctx.timestamp == ts.DONE or (node.is_source and self.stopping):
                ctx.timestamp = ts.DONE
                node.calculator.close(ctx)
            else:
                ctx.result = node.invoke(ctx)
        except Exception as error:  # whatever a calculator raises must end the graph, named
            ctx.result = error

    def commit(self, node: Node, ctx: Context) -> None:
        """Release what an invocation sent, in the order of its inputs, and see what is ready."""
        self.running -= 1
        if node.parallel and ctx.sequence != node.next_release:
            node.completed[ctx.sequence] = ctx
            return
        self._commit_one(node, ctx)
        while node.parallel and node.next_release in node.completed:
            self._commit_one(node, node.completed.pop(node.next_release))

    def _commit_one(self, node: Node, ctx: Context) -> None:
        node.next_release += 1
        result, ctx.result = ctx.result, None
        time = ctx.timestamp
        if result is not None and result is not STOP:
            phase = "close" if time == ts.DONE else "process"
            if not isinstance(result, Exception):
                result = TypeError(f"{phase}() returned {result!r}; it may return None or STOP")
            if time == ts.DONE:
                node.state = CLOSED
            self.fail(node, phase, time, result)
            return
        if self.error is not None:
            node.in_flight -= 1
            return
        try:
            if time == ts.DONE:
                self._close_streams(node, ctx)
            else:
                self._release(ctx, ts.UNSTARTED if node.is_source else time)
        except TimestampError as error:
            self.fail(node, "process", time, error)
            return
        if node.plan.side_outputs:
            self._commit_sides(node, ctx)
            self.open_ready_nodes()
        node.give_back(ctx)
        if result is STOP:
            if node.is_source:
                ctx.timestamp = ts.DONE
                node.queue.bits |= node.bit
                return
            self.stop()
        node.in_flight -= 1
        if node.state == OPENED:
            self.update(node)

    def _release(self, ctx: Context, time: int) -> None:
        for port in ctx.outputs.ports:
            stream = port.stream
            if stream.closed:
                port.pending.clear()
                continue
            if port.pending and port.pending[0].timestamp < stream.bound:
                first = ts.describe(port.pending[0].timestamp)
                raise TimestampError(
                    f"stream {stream.name!r}: a packet at {first} came after the bound rose to "
                    f"{ts.describe(stream.bound)}"
                )
            if stream.offset is not None and time != ts.UNSTARTED:
                port.bound = max(port.bound, bound_after(time, stream.offset))
            self.deliver(port)

    def deliver(self, port: OutputPort) -> None:
        """Move a port's packets and bound to everyone who reads its stream."""
        stream, pending, bound = port.stream, port.pending, port.bound
        if pending:
            stream.bound = bound
            for mirror in stream.mirrors:
                node = mirror.node
                mirror.bound = bound
                if node.simple and not node.in_flight and node.state == OPENED:
                    # its queue is empty, so the first packet is due at once
                    node.packets[0] = packet = pending[0]
                    node.context.timestamp = packet[1]
                    node.in_flight = 1
                    node.queue.bits |= node.bit
                    if len(pending) == 1:
                        continue
                    mirror.queue.extend(pending[1:])
                elif node.state == CLOSED:
                    continue
                else:
                    mirror.queue.extend(pending)
                    if node.trims:
                        node.policy.arrived()
                    if node.in_flight < node.max_in_flight:
                        self.update(node)
                if len(mirror.queue) >= mirror.capacity:
                    self.pressure.throttle(mirror)
            for observer in stream.observers:
                for packet in pending:
                    observer(packet)
            if stream.observes_bounds and bound > ts.next_allowed(pending[-1].timestamp):
                self._announce(stream)
            pending.clear()
        elif bound > stream.bound:
            stream.bound = bound
            if stream.observes_bounds:
                self._announce(stream)
            for mirror in stream.mirrors:
                mirror.bound = bound
                if mirror.node.in_flight < mirror.node.max_in_flight:
                    self.update(mirror.node)
        if port.closed:
            self._close_stream(stream)

    def _announce(self, stream: OutputStream) -> None:
        if stream.bound < DONE:
            settled = empty_packet(ts.previous_allowed(stream.bound))
            for observer in stream.observers:
                observer(settled)

    def _raise_bounds(self, node: Node, bound: int) -> None:
        for stream in node.outputs:
            if not stream.closed and bound > stream.bound:
                stream.bound = bound
                if stream.observes_bounds:
                    self._announce(stream)
                for ctx in node.contexts:
                    for port in ctx.outputs.ports:
                        if port.stream is stream:
                            port.bound = max(port.bound, bound)
                for mirror in stream.mirrors:
                    mirror.bound = bound
                    if mirror.node.in_flight < mirror.node.max_in_flight:
                        self.update(mirror.node)

    # -- closing and stopping --------------------------------------------------------------

    def _close_streams(self, node: Node, ctx: Context) -> None:
        node.state = CLOSED
        for stream in node.inputs:
            stream.queue.clear()
        self.pressure.release(node)
        for port in ctx.outputs.ports:
            if not port.stream.closed:
                self.deliver(port)
                self._close_stream(port.stream)
        if node.is_source:
            for other in self.nodes:
                if other.is_source:
                    self.update(other)

    def _close_stream(self, stream: OutputStream) -> None:
        stream.closed = True
        stream.bound = ts.DONE
        for mirror in stream.mirrors:
            mirror.bound = ts.DONE
            self.update(mirror.node)

    def close_input(self, name: str) -> None:
        """Promise that nothing more comes into graph input `name`."""
        port = self.inputs[name].port
        if not port.stream.closed:
            port.closed = True
            self._close_stream(port.stream)

    def stop(self) -> None:
        """Let what is in the graph finish, but take in nothing more."""
        self.stopping = True
        for node in self.nodes:
            if node.is_source:
                self.update(node)

    def fail(self, node: Node, phase: str, time: int, cause: BaseException) -> None:
        """End the run with an error that names the node; the first error is kept."""
        if self.error is None:
            error = CalculatorError(
                f"node {node.name!r} ({node.plan.calculator.__name__}) failed in {phase} at "
                f"{ts.describe(time)}: {type(cause).__name__}: {cause}",
                node=node.name,
                timestamp=time,
            )
            error.__cause__ = cause
            self.error = error
        for each in self.nodes:
            each.queue.bits = 0

    @property
    def sources_held_back(self) -> bool:
        """Whether a source node could run if no queue were full."""
        return bool(self.pressure.full) and any(
            n.is_source and n.state == OPENED and n.throttles for n in self.nodes
        )

    def is_idle(self) -> bool:
        """Whether no invocation is prepared or under way."""
        return not self.running and not any(n.queue.bits for n in self.nodes)

    def is_exhausted(self) -> bool:
        """Whether an idle graph can never do anything again."""
        return self.stopping or (
            all(i.port.stream.closed for i in self.inputs.values())
            and all(n.state == CLOSED for n in self.nodes if n.is_source)
        )

    def finish(self) -> None:
        """Close every node that is still open; what `close` sends now goes nowhere."""
        self.finished = True
        for node in self.nodes:
            if node.state == OPENED:
                node.state = CLOSED
                ctx = node.context
                ctx.timestamp, ctx.graph_error = ts.DONE, self.error
                try:
                    node.calculator.close(ctx)
                except Exception as error:  # the first error is the one to report
                    if self.error is None:
                        self.fail(node, "close", ts.DONE, error)
            for stream in node.inputs:
                stream.queue.clear()
