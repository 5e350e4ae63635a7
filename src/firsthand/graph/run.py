"""A graph that can be run, and its runs: from one thread, deterministically, or on many."""

import operator
import weakref
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, Self

from firsthand.core import Clock, MonotonicClock
from firsthand.errors import ConfigError, GraphError, TimestampError
from firsthand.graph.calculator import STANDARD, Registry
from firsthand.graph.config import GraphConfig
from firsthand.graph.engine import Engine
from firsthand.graph.nodes import ReadyQueue
from firsthand.graph.packet import Packet
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
        observers = {name: [callback] for name, callback in observe.items()}
        self._driver: ThreadedDriver | None = None
        if threads:
            self._driver = ThreadedDriver(plan.config.executors, threads)
            observers = self._driver.defer(observers)
            queues: Mapping[str, ReadyQueue] = self._driver.queues
        else:
            queues = dict.fromkeys(["", *plan.config.executors], ReadyQueue(1))
        self._queue = queues[""]
        self._engine = Engine(plan, queues, side_packets, observers, bounds, poll, clock)
        self._busy = False
        if trace is not None:
            trace.attach(self._engine.nodes)
        if self._driver:
            weakref.finalize(self, self._driver.abandon).atexit = False
            self._driver.start(self._engine)
        else:
            self._step(self._engine.open_ready_nodes)
        if self._engine.error is not None:
            self._end()

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
        if type(packet.timestamp) is not int:
            packet = packet.at(operator.index(packet.timestamp))
        graph_input = self._input(stream)
        if self._driver:
            return self._driver.add(graph_input, packet)
        engine = self._engine
        while graph_input.throttles and not self._busy and not engine.ended:
            self._step(engine.run_ready, self._queue)
            if graph_input.throttles:
                engine.pressure.relieve()
        if engine.error is not None:
            raise engine.error
        if engine.stopping:
            return False
        graph_input.port.add(packet)
        self._step(engine.deliver, graph_input.port)
        return True

    def set_bound(self, stream: str, bound: int) -> None:
        """Promise that graph input `stream` gets no packet below `bound`.

        Raises:
            CalculatorError: a node has failed.
            TimestampError: the stream's bound is higher already.
        """
        port = self._input(stream).port
        if self._engine.error is not None:
            raise self._engine.error

        def raise_bound() -> None:
            if not port.stream.closed:
                port.set_next_timestamp_bound(operator.index(bound))
                self._engine.deliver(port)

        self._apply(raise_bound)

    def close_input(self, stream: str) -> None:
        """Promise that graph input `stream` gets nothing more."""
        self._input(stream)
        self._apply(self._engine.close_input, stream)

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
        if self._is_inside():
            raise _waits_for_itself("wait_until_idle")
        if self._driver:
            self._driver.wait_for(lambda: False, timeout_s)
        else:
            self._run_all()
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
            node = self._engine.polls[stream]
        except KeyError:
            raise ConfigError(
                f"stream {stream!r} is not polled; start the run with poll=[{stream!r}]"
            ) from None
        if self._is_inside():
            raise _waits_for_itself("next_output")
        if self._driver:
            packet = self._driver.take_polled(node, timeout_s)
        else:
            packet = None
            queue = node.inputs[0].queue
            self._run_all(enough=queue)
            if queue:
                packet = queue.popleft()
                self._engine.pressure.release(node)
        if packet is None and self._engine.error is not None:
            self._end()
            raise self._engine.error
        return packet

    def cancel(self) -> None:
        """End now: nothing more runs, nodes are closed, packets under way are dropped.

        A node that is being called just now is closed when its call returns.
        """
        self._engine.stopping = True
        self._end()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is not None:
            self.cancel()
            return
        try:
            self.close_inputs()
            self.wait_until_done()
        except BaseException:  # an interrupt too: nothing may go on running behind it
            self.cancel()
            raise

    def _apply(self, transition: Callable[..., None], *args: Any) -> None:
        if self._driver:
            self._driver.locked(transition, *args)
        else:
            self._step(transition, *args)

    def _is_inside(self) -> bool:
        return self._driver.is_inside() if self._driver else self._busy

    def _end(self) -> None:
        if self._driver:
            self._driver.end()
        elif self._busy:
            self._engine.halt()  # closed by `_step`, once the call that ends the run is over
        else:
            self._engine.finish()

    # -- one thread ------------------------------------------------------------------------

    def _step(self, transition: Callable[..., None], *args: Any) -> None:
        """Apply a transition; while one is under way, all else that is asked for is added to it."""
        if self._busy:
            transition(*args)
            return
        self._busy = True
        try:
            transition(*args)
        except TimestampError:
            raise
        except BaseException as error:  # Ctrl-C among them: the graph ends by it
            self._engine.interrupt(error)
            raise
        finally:
            self._busy = False
            if self._engine.ended and self._engine.error is None:
                self._engine.finish()

    def _run_all(self, enough: Collection[object] = ()) -> None:
        engine, queue = self._engine, self._queue
        self._step(engine.run_ready, queue, enough)
        while engine.pressure.full and engine.sources_held_back and not enough:
            engine.pressure.relieve()
            self._step(engine.run_ready, queue, enough)
        if not enough and engine.is_exhausted():
            self._end()


def _waits_for_itself(what: str) -> GraphError:
    return GraphError(
        f"{what} was called by one of the run's own calculators or observers, so it would wait "
        "for itself; call it where the graph is fed"
    )
