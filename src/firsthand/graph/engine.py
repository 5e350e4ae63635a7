"""The state of one run of a graph, and every transition it can make.

Nothing here starts a thread, waits or reads a clock: `firsthand.graph.run` drives it, from one
thread or from many under one lock. A step takes a prepared invocation (`take`), calls the
calculator (`call`), and commits what it sent (`commit`); threads give the lock away meanwhile.
"""

import sys
from collections import deque
from collections.abc import Collection, Mapping
from typing import Any

from firsthand.core import Clock
from firsthand.core import timestamp as ts
from firsthand.core.timestamp import DONE
from firsthand.errors import GraphError, TimestampError
from firsthand.graph.calculator import STOP
from firsthand.graph.context import NOTHING, Context, OutputPort, SidePackets
from firsthand.graph.faults import interrupted, never_opened, node_failed, observer_failed
from firsthand.graph.nodes import CLOSED, OPENED, OPENING, UNOPENED, Node, ReadyQueue
from firsthand.graph.packet import EMPTY, Packet, empty_packet
from firsthand.graph.plan import Plan
from firsthand.graph.policies import CLOSE, PROCESS
from firsthand.graph.polling import polling_node
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
        polled: tuple[str, ...],
        clock: Clock,
    ) -> None:
        self.plan = plan
        self.error: BaseException | None = None
        self.stopping = False
        self.ended = False
        self.finished = False
        self._clock = clock
        self._queues = tuple({id(q): q for q in queues.values()}.values())
        self._raised: deque[Node] = deque()
        self._spreading = False
        self.pressure = BackPressure(plan.config.report_deadlock, self.update)
        size = plan.config.max_queue_size
        capacity = size if size >= 0 else sys.maxsize
        self.nodes = [
            Node(i, node, queues[node.config.executor], capacity)
            for i, node in enumerate(plan.nodes)
        ]
        self.sources = [node for node in self.nodes if node.is_source]
        self.inputs = {
            p.name: GraphInput(OutputStream(p.name, plan.input_types.get(p.name, object), None))
            for p in plan.inputs
        }
        self.polls = {name: polling_node(name, queues[""], capacity) for name in polled}
        join_streams(self.nodes, self.polls, self.inputs.values(), observers, bounds)
        self.side_values: dict[str, Any] = dict(side_packets)
        for node in self.nodes:
            node.waiting_sides = missing_side_packets(plan, node.plan, side_packets)

    # -- opening ---------------------------------------------------------------------------

    def open_ready_nodes(self) -> None:
        """Open every node whose side packets are there, upstream first."""
        progress = True
        while progress:
            progress = False
            for node in self.nodes:
                if node.state == UNOPENED and not node.waiting_sides and not self.ended:
                    self._open(node)
                    progress = True

    def _open(self, node: Node) -> None:
        side = SidePackets(
            node.plan.side_inputs.ids,
            [self.side_values.get(p.name) for p in node.plan.side_inputs],
        )
        node.make_contexts(side, self._clock)
        ctx = node.context
        node.state = OPENING
        try:
            node.open(ctx)
        except Exception as error:  # whatever a calculator raises must end the graph, named
            self.fail(node, "open", ts.UNSTARTED, error)
            return
        node.must_close = True
        if self.ended:
            node.state = CLOSED
            if self.finished:
                self.close_late(node)
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
            value = values[i]
            if value is EMPTY or port.name in self.side_values:
                continue
            self.side_values[port.name] = value
            for other in self.nodes:
                if port.name in other.waiting_sides:
                    other.waiting_sides.discard(port.name)
                    if problem := other.plan.refuses_side(port.name, value):
                        self.fail(node, "making side packets", ctx.timestamp, TypeError(problem))

    # -- readiness -------------------------------------------------------------------------

    def update(self, node: Node) -> None:
        """Prepare as many invocations of `node` as its inputs and its limit allow."""
        if node.is_source:
            if self._may_run_source(node):
                node.in_flight = 1
                node.queue.bits |= node.bit
            return
        while node.state == OPENED and node.in_flight < node.max_in_flight:
            try:
                readiness, time = node.policy.readiness()
                if readiness == PROCESS:
                    ctx = node.take_context(time)
                    ctx.inputs.packets[:] = node.policy.fill(time)
            except Exception as error:  # a policy may be anyone's, like a calculator
                self.fail(node, "its input policy", ts.UNSET, error)
                return
            if readiness == PROCESS:
                if self.pressure.full:
                    self.pressure.release(node)
            elif readiness == CLOSE:
                if node.in_flight:
                    return
                ctx = node.take_context(DONE)
                ctx.inputs.packets[:] = [empty_packet(DONE)] * len(node.inputs)
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
        layer = node.plan.config.source_layer
        return (
            node.state == OPENED
            and not node.in_flight
            and (not node.throttles or self.stopping)
            and not any(
                other.plan.config.source_layer < layer and other.state != CLOSED
                for other in self.sources
            )
        )

    def take(self, queue: ReadyQueue) -> tuple[Node, Context]:
        """Take the most urgent prepared invocation of `queue`, which must have one."""
        bits = queue.bits
        node = self.nodes[bits.bit_length() - 1]
        if node.is_source:
            candidates = [n for n in self.sources if n.bit & bits]
            node = min(candidates, key=lambda n: (n.earliest_output, n.bit))
        if node.parallel:
            ctx = node.prepared.popleft()
            if not node.prepared:
                queue.bits = bits & ~node.bit
        else:
            ctx = node.context
            queue.bits = bits & ~node.bit
        return node, ctx

    def run_ready(self, queue: ReadyQueue, enough: Collection[object] = ()) -> None:
        """Take, call and commit in the calling thread until nothing is ready or `enough` fills."""
        nodes = self.nodes
        while (bits := queue.bits) and not enough:
            node = nodes[bits.bit_length() - 1]
            ctx = node.context
            time = ctx.timestamp
            if not node.simple or time == DONE:
                node, ctx = self.take(queue)
                self.call(node, ctx)
                self.commit(node, ctx)
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
            except BaseException as error:  # whatever a calculator raises ends the graph, named
                self.fail(node, "process", time, error)
                if isinstance(error, Exception):
                    return
                raise
            if result is not None:
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
                node.packets[0] = NOTHING
                if stream.bound > time + 1:
                    self.update(node)

    # -- after a call ----------------------------------------------------------------------

    def call(self, node: Node, ctx: Context) -> None:
        """Call the calculator; what it returned or raised is left in `ctx.result`."""
        try:
            if ctx.timestamp == DONE or (node.is_source and self.stopping):
                ctx.timestamp = DONE
                node.must_close = False
                node.close(ctx)
            else:
                ctx.result = node.invoke(ctx)
        except Exception as error:  # whatever a calculator raises must end the graph, named
            ctx.result = error
        except BaseException as error:  # an interrupt: the call is half done
            self.fail(node, "a call", ctx.timestamp, error)
            raise

    def commit(self, node: Node, ctx: Context) -> None:
        """Release what an invocation sent, in the order of its inputs, and see what is ready."""
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
        if isinstance(result, Exception):
            self.fail(node, "close" if time == DONE else "process", time, result)
        if self.ended:
            return
        if result is not None and result is not STOP:
            problem = TypeError(f"it returned {result!r}; it may return None or STOP")
            self.fail(node, "close" if time == DONE else "process", time, problem)
            return
        try:
            if time == DONE:
                self._close_streams(node, ctx)
            else:
                self._release(ctx, ts.UNSTARTED if node.is_source else time)
        except TimestampError as error:
            self.fail(node, "process", time, error)
            return
        if node.plan.side_outputs:
            self._commit_sides(node, ctx)
            self.open_ready_nodes()
        packets = ctx.inputs.packets
        for i in range(len(packets)):
            packets[i] = NOTHING  # nodes at rest keep no payload alive
        node.give_back(ctx)
        if result is STOP:
            if node.is_source:
                ctx.timestamp = DONE
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
            port.pending = []  # an observer may feed this very port
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
            if stream.observers:
                self._show(stream, pending)
                if stream.observes_bounds:
                    stream.announced = pending[-1].timestamp
                    self._announce(stream)
        elif bound > stream.bound and not port.closed:
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
        """Tell observers the highest settled time, where they do not know it yet."""
        bound = stream.bound
        settled = bound if bound == ts.POST_STREAM else ts.previous_allowed(bound)
        if stream.announced < settled and bound != DONE:
            stream.announced = settled
            self._show(stream, [empty_packet(settled)])

    def _show(self, stream: OutputStream, packets: list[Packet]) -> None:
        for observer in stream.observers:
            for packet in packets:
                try:
                    observer(packet)
                except Exception as error:  # an observer's error ends the graph like a node's
                    self.fail_with(observer_failed(stream.name, packet.timestamp, error))
                    return

    def _raise_bounds(self, node: Node, bound: int) -> None:
        """Raise the bounds of a node's outputs and of all that follows from it.

        What follows is worked off from a list: a graph may be deeper than Python's stack.
        """
        raised = self._raised
        for i, stream in enumerate(node.outputs):
            if not stream.closed and bound > stream.bound:
                stream.bound = bound
                if not node.parallel:  # else `take_context` looks the bound up
                    node.ports[i].bound = bound
                if stream.observes_bounds:
                    self._announce(stream)
                for mirror in stream.mirrors:
                    mirror.bound = bound
                    raised.append(mirror.node)
        if self._spreading:
            return
        self._spreading = True
        try:
            while raised:
                follower = raised.popleft()
                if follower.in_flight < follower.max_in_flight:
                    self.update(follower)
        finally:
            self._spreading = False

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
            for other in self.sources:
                self.update(other)

    def _close_stream(self, stream: OutputStream) -> None:
        stream.closed = True
        stream.bound = DONE
        for mirror in stream.mirrors:
            mirror.bound = DONE
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
        for node in self.sources:
            self.update(node)

    def fail(self, node: Node, phase: str, time: int, cause: BaseException) -> None:
        """End the run with an error that names the node; the first error is kept."""
        self.fail_with(node_failed(node, phase, time, cause))

    def fail_with(self, error: GraphError) -> None:
        """End the run with `error`, unless it has failed already."""
        if self.error is None:
            self.error = error
        self.halt()

    def interrupt(self, cause: BaseException) -> None:
        """End the run because an exception broke into a transition."""
        self.fail_with(interrupted(cause))

    @property
    def sources_held_back(self) -> bool:
        """Whether a source node could run if no queue were full."""
        return any(node.throttles and node.state == OPENED for node in self.sources)

    def is_exhausted(self) -> bool:
        """Whether an idle graph can never do anything again."""
        if self.stopping or self.ended:
            return True
        for graph_input in self.inputs.values():
            if not graph_input.port.stream.closed:
                return False
        return all(node.state == CLOSED for node in self.sources)

    def halt(self) -> None:
        """Call nothing more but `close`: nodes take no more input, and none is ready."""
        self.ended = True
        for node in self.nodes:
            if node.state == OPENED:
                node.state = CLOSED
            for stream in node.inputs:
                stream.queue.clear()
        for queue in self._queues:
            queue.bits = 0

    def finish(self) -> None:
        """Close every node that is still open; what `close` sends now goes nowhere."""
        if self.finished:
            return
        unopened = [n for n in self.nodes if n.state == UNOPENED]
        if unopened and not self.stopping and not self.ended:
            self.error = never_opened(unopened)
        self.halt()
        self.finished = True
        for node in self.nodes:
            self.close_late(node)

    def close_late(self, node: Node) -> None:
        """Close a node after the graph has ended, unless it was closed or is being called."""
        if not node.must_close or node.calls:
            return
        node.must_close = False
        ctx = node.context
        ctx.timestamp, ctx.graph_error = DONE, self.error
        ctx.inputs.packets[:] = [empty_packet(DONE)] * len(node.inputs)
        try:
            node.close(ctx)
        except Exception as error:  # the first error is the one to report
            self.fail(node, "close", DONE, error)
