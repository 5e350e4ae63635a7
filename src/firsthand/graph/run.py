"""A graph that can be run, and its runs: from one thread, deterministically, or on many."""

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Self

from firsthand.core import Clock, MonotonicClock
from firsthand.core import timestamp as ts
from firsthand.errors import ConfigError, GraphError
from firsthand.graph.calculator import STANDARD, Registry
from firsthand.graph.config import GraphConfig
from firsthand.graph.engine import Engine
from firsthand.graph.nodes import ReadyQueue
from firsthand.graph.packet import EMPTY, Packet
from firsthand.graph.plan import Plan, compile_graph
from firsthand.graph.textconfig import parse
from firsthand.graph.threads import ThreadedDriver
from firsthand.graph.trace import Tracer

Observer = Callable[[Packet], None]


class Graph:
    """A compiled graph. Compile once, start as many runs as wanted.

    Args:
        config: a `GraphConfig` or a graph in MediaPipe's text format.
        registry: where calculators and subgraphs are found by name.

    Raises:
        ConfigError: the graph is invalid; the message names the node.
    """

    def __init__(self, config: GraphConfig | str, registry: Registry = STANDARD) -> None:
        if isinstance(config, str):
            config = parse(config)
        self.plan: Plan = compile_graph(config, registry)

    def start(
        self,
        side_packets: Mapping[str, Any] | None = None,
        *,
        observe: Mapping[str, Observer] | None = None,
        bounds: Iterable[str] = (),
        poll: Iterable[str] = (),
        threads: int = 0,
        clock: Clock | None = None,
        trace: Tracer | None = None,
    ) -> "Run":
        """Open all nodes and return the run.

        Args:
            side_packets: the graph's input side packets.
            observe: callbacks by stream name; any stream of the graph can be observed. They are
                called in the order of the packets and must not block.
            bounds: observed streams whose callbacks also get an empty packet when the bound rises
                without a packet: nothing more comes at or before its timestamp.
            poll: streams whose packets `Run.next_output` hands out.
            threads: 0 runs everything in the calling thread, in one fixed order; otherwise the
                size of the default executor, while named executors have the sizes the graph gives.
            clock: what calculators see as `ctx.clock`.
            trace: records every call; see `firsthand.graph.trace`.
        """
        return Run(
            self.plan,
            side_packets or {},
            observe or {},
            frozenset(bounds),
            tuple(poll),
            threads,
            clock or MonotonicClock(),
            trace,
        )


class Run:
    """One run of a graph. Also a context manager that closes its inputs and waits at the end."""

    def __init__(
        self,
        plan: Plan,
        side_packets: Mapping[str, Any],
        observe: Mapping[str, Observer],
        bounds: frozenset[str],
        poll: tuple[str, ...],
        threads: int,
        clock: Clock,
        trace: Tracer | None,
    ) -> None:
        if threads < 0:
            raise ConfigError(f"threads={threads} must be 0 (this thread) or more")
        self._polled: dict[str, deque[Packet]] = {name: deque() for name in poll}
        observers: dict[str, list[Observer]] = {}
        for name, packets in self._polled.items():
            observers.setdefault(name, []).append(packets.append)
        for name, callback in observe.items():
            observers.setdefault(name, []).append(callback)
        self._driver: ThreadedDriver | None = None
        if threads:
            self._driver = ThreadedDriver(plan.config.executors, threads)
            observers = self._driver.defer(observers)
            queues: Mapping[str, ReadyQueue] = self._driver.queues
        else:
            queues = dict.fromkeys(["", *plan.config.executors], ReadyQueue(1))
        self._queue = queues[""]
        self._engine = Engine(plan, queues, side_packets, observers, bounds, clock)
        self._draining = False
        if trace is not None:
            trace.attach(self._engine.nodes)
        self._engine.open_ready_nodes()
        if self._engine.error is not None:
            self._end()
        elif self._driver:
            self._driver.start(self._engine)

    # -- feeding ---------------------------------------------------------------------------

    def add(self, stream: str, payload: object, timestamp: int) -> bool:
        """Send `payload` into graph input `stream`; see `add_packet`."""
        return self.add_packet(stream, Packet(payload, timestamp))

    def add_packet(self, stream: str, packet: Packet) -> bool:
        """Send a packet into graph input `stream`, waiting while the graph is full.

        Returns:
            False where the graph has stopped by itself and takes nothing more.

        Raises:
            CalculatorError: a node has failed.
            TimestampError: the packet is below the stream's bound.
            DeadlockError: the graph is full for ever and asks for that to be reported.
        """
        graph_input = self._input(stream)
        if self._driver:
            return self._driver.add(graph_input, packet)
        engine = self._engine
        if engine.error is not None:
            raise engine.error
        if engine.stopping:
            return False
        while graph_input.throttles and not self._draining:
            self._drain()
            if graph_input.throttles:
                engine.pressure.relieve()
        graph_input.port.add(packet)
        engine.deliver(graph_input.port)
        return True

    def set_bound(self, stream: str, bound: int) -> None:
        """Promise that graph input `stream` gets no packet below `bound`."""
        self.add_packet(stream, Packet(EMPTY, ts.previous_allowed(bound)))

    def close_input(self, stream: str) -> None:
        """Promise that graph input `stream` gets nothing more."""
        self._input(stream)
        if self._driver:
            self._driver.locked(self._engine.close_input, stream)
        else:
            self._engine.close_input(stream)

    def close_inputs(self) -> None:
        """Close every graph input."""
        for name in self._engine.inputs:
            self.close_input(name)

    def _input(self, stream: str) -> Any:
        try:
            return self._engine.inputs[stream]
        except KeyError:
            known = ", ".join(self._engine.inputs) or "none"
            raise ConfigError(f"the graph has no input {stream!r}; it has: {known}") from None

    # -- waiting ---------------------------------------------------------------------------

    def wait_until_idle(self, timeout_s: float | None = None) -> None:
        """Run until nothing more can be done with what has come in.

        Args:
            timeout_s: with threads, how long to wait before `GraphTimeoutError` names the nodes
                that are still running. Without threads the calculators run here, so no time-out
                can end one that hangs.

        Raises:
            CalculatorError: a node has failed.
        """
        if self._driver:
            self._driver.wait_until_idle(timeout_s)
        else:
            self._drain_all()
        if self._engine.error is not None:
            self._end()
            raise self._engine.error

    def wait_until_done(self, timeout_s: float | None = None) -> None:
        """Wait until all inputs are closed and used up, then close the nodes that are left."""
        self.wait_until_idle(timeout_s)
        open_inputs = [n for n, i in self._engine.inputs.items() if not i.port.stream.closed]
        if open_inputs and not self._engine.stopping:
            raise GraphError(
                f"inputs {open_inputs} are open, so the graph can never be done; call "
                "close_inputs() first"
            )
        self._end()
        if self._engine.error is not None:
            raise self._engine.error

    def next_output(self, stream: str, timeout_s: float | None = None) -> Packet | None:
        """Return the next packet of a polled stream, or None when no more will come.

        Without threads the graph runs just far enough to produce it.
        """
        try:
            queue = self._polled[stream]
        except KeyError:
            raise ConfigError(
                f"stream {stream!r} is not polled; start the run with poll=[{stream!r}]"
            ) from None
        if self._driver:
            self._driver.wait_for(lambda: bool(queue), timeout_s)
        else:
            self._engine.run_ready(self._queue, enough=queue)
        if queue:
            return queue.popleft()
        if self._engine.error is not None:
            self._end()
            raise self._engine.error
        return None

    def cancel(self) -> None:
        """End now: nothing more runs, nodes are closed, packets under way are dropped."""
        self._engine.stopping = True
        self._end()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is not None:
            self.cancel()
            return
        self.close_inputs()
        self.wait_until_done()

    # -- one thread ------------------------------------------------------------------------

    def _drain_all(self) -> None:
        while True:
            self._drain()
            engine = self._engine
            if engine.error is not None or not engine.sources_held_back:
                break
            engine.pressure.relieve()
        if engine.is_exhausted() and not engine.finished:
            self._end()

    def _drain(self) -> None:
        engine, queue = self._engine, self._queue
        self._draining = True
        try:
            engine.run_ready(queue)
        finally:
            self._draining = False

    def _end(self) -> None:
        if self._driver:
            self._driver.stop()
        if not self._engine.finished:
            self._engine.finish()
