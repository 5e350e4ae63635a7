"""Drives an engine from executors' threads, all transitions under one lock."""

import threading
from collections import deque
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from firsthand.errors import ConfigError, GraphError, GraphTimeoutError, TimestampError
from firsthand.graph.context import Context
from firsthand.graph.faults import observer_failed
from firsthand.graph.nodes import Call, Node, ReadyQueue
from firsthand.graph.packet import Packet

if TYPE_CHECKING:
    from firsthand.graph.engine import Engine
    from firsthand.graph.wiring import GraphInput

MAX_THREADS: Final = 512
"""The most threads of one executor: a graph from outside must not exhaust the machine."""

_TOO_LATE: Final = object()
"""What a call returns when the run ended meanwhile; the engine drops what it sent."""


class _Deferred:
    """Observed packets, collected under the lock and handed out in order outside it."""

    __slots__ = ("callback", "lock", "packets", "stream")

    def __init__(self, stream: str, callback: Callable[[Packet], None]) -> None:
        self.stream = stream
        self.callback = callback
        self.packets: deque[Packet] = deque()
        self.lock = threading.RLock()

    def flush(self) -> None:
        with self.lock:
            while self.packets:
                packet = self.packets.popleft()
                try:
                    self.callback(packet)
                except Exception as error:  # an observer's error ends the graph like a node's
                    self.packets.clear()
                    raise observer_failed(self.stream, packet.timestamp, error) from error


class _Executor:
    """A ready queue, and the threads that wait for work in it."""

    __slots__ = ("name", "queue", "sleeping", "work_there")

    def __init__(self, name: str, queue: ReadyQueue, work_there: threading.Condition) -> None:
        self.name = name
        self.queue = queue
        self.work_there = work_there
        self.sleeping = 0


class ThreadedDriver:
    """Executors: a ready queue each, served by its own threads.

    A thread holds the lock all the time but while it is in a calculator or an observer. Threads
    sleep on their queue's condition and are woken one at a time, only for work that the thread
    at hand does not do itself; so a chain of nodes stays on one thread.
    """

    def __init__(self, executors: Mapping[str, int], default_threads: int) -> None:
        sizes = {**executors, "": default_threads}
        for name, size in sizes.items():
            if size > MAX_THREADS:
                raise ConfigError(
                    f"executor {name!r} asks for {size} threads; at most {MAX_THREADS} are started"
                )
        self.queues = {name: ReadyQueue(max(1, size)) for name, size in sizes.items()}
        self._lock = threading.RLock()  # entered twice only where garbage collection ends a run
        self._executors = [
            _Executor(name, queue, threading.Condition(self._lock))
            for name, queue in self.queues.items()
        ]
        self._progress = threading.Condition(self._lock)
        self._watching: list[Callable[[], bool]] = []
        self._deferred: list[_Deferred] = []
        self._inside: dict[int, str] = {}
        self._stopped = False
        self._engine: Engine

    def defer(
        self, observers: Mapping[str, list[Callable[[Packet], None]]]
    ) -> dict[str, list[Callable[[Packet], None]]]:
        """Return observers that only collect; the real ones are called outside the lock."""
        collecting: dict[str, list[Callable[[Packet], None]]] = {}
        for name, callbacks in observers.items():
            deferred = [_Deferred(name, callback) for callback in callbacks]
            self._deferred += deferred
            collecting[name] = [d.packets.append for d in deferred]
        return collecting

    # -- the threads -----------------------------------------------------------------------

    def start(self, engine: "Engine") -> None:
        """Open the nodes, then start the threads."""
        self._engine = engine
        for node in engine.nodes:
            node.open = self._outside(node, node.open, skippable=False)
            node.invoke = self._outside(node, node.invoke, skippable=True)
            node.close = self._outside(node, node.close, skippable=False)
        self.locked(engine.open_ready_nodes)
        if engine.ended:
            return
        for executor in self._executors:
            for i in range(executor.queue.threads):
                threading.Thread(
                    target=self._work,
                    args=(executor,),
                    name=f"graph-{executor.name or 'main'}-{i}",
                    daemon=True,
                ).start()

    def _work(self, executor: _Executor) -> None:
        engine, queue = self._engine, executor.queue
        me = threading.get_ident()
        with self._lock:
            while not self._stopped:
                if not queue.bits:
                    executor.sleeping += 1
                    executor.work_there.wait()
                    executor.sleeping -= 1
                    continue
                self._inside[me] = ""
                try:
                    engine.run_ready(queue)
                    self._show()
                except BaseException as error:  # whatever it is, a thread has no one to raise it to
                    engine.interrupt(error)
                del self._inside[me]
                self._wake()
            if not engine.finished and not self._inside:
                engine.finish()

    def _outside(self, node: Node, call: Call, skippable: bool) -> Call:
        """Return `call` giving the lock away while it runs, or skipped once the run has ended."""
        lock, inside, deferred = self._lock, self._inside, self._deferred
        engine, queue, watching = self._engine, node.queue, self._watching
        several = len(self._executors) > 1

        def called(ctx: Context) -> object:
            me = threading.get_ident()
            before = inside.get(me)
            inside[me] = node.name
            node.calls += 1
            try:
                for each in deferred:
                    if each.packets:
                        self._show()
                if queue.bits or watching or several:
                    self._wake()
                if self._stopped and not engine.ended:
                    engine.halt()
                if skippable and engine.ended:
                    return _TOO_LATE
                lock.release()
                try:
                    result = call(ctx)
                finally:
                    lock.acquire()
            except Exception:  # raised on, unless the run has ended and nobody waits for it
                if not (skippable and engine.ended):
                    raise
            finally:
                node.calls -= 1
                if before is None:
                    del inside[me]
                else:
                    inside[me] = before
                if engine.finished:
                    engine.close_late(node)
            return _TOO_LATE if engine.ended else result

        return called

    def _wake(self) -> None:
        """Wake a thread for each queue with work, and who waits for what has come true."""
        for executor in self._executors:
            if executor.sleeping and executor.queue.bits:
                executor.work_there.notify()
        for came_true in self._watching:
            if came_true():
                self._progress.notify_all()
                return

    def _show(self) -> None:
        """Call the observers, without the lock, from a thread that counts as inside."""
        if not any(d.packets for d in self._deferred):
            return
        me = threading.get_ident()
        before, self._inside[me] = self._inside[me], "an observer"
        problem: GraphError | None = None
        self._lock.release()
        try:
            for deferred in self._deferred:
                deferred.flush()
        except GraphError as error:
            problem = error
        finally:
            self._lock.acquire()
            self._inside[me] = before
        if problem is not None:
            self._engine.fail_with(problem)

    # -- from outside ----------------------------------------------------------------------

    def is_inside(self) -> bool:
        """Whether the calling thread is in one of this run's calculators or observers."""
        return threading.get_ident() in self._inside

    def locked(self, transition: Callable[..., None], *args: Any) -> None:
        """Apply a transition of the engine, show what it sent, and wake whoever may go on."""
        with self._lock:
            self._apply(transition, *args)

    def _apply(self, transition: Callable[..., None], *args: Any) -> None:
        me = threading.get_ident()
        if me in self._inside:
            transition(*args)
        else:
            self._inside[me] = ""
            try:
                transition(*args)
                self._show()
            except TimestampError:
                raise
            except BaseException as error:  # Ctrl-C among them: the graph ends by it
                self._engine.interrupt(error)
                raise
            finally:
                del self._inside[me]
        self._wake()

    def add(self, graph_input: "GraphInput", packet: Packet) -> bool:
        """Send a packet in, waiting while the graph is full."""
        engine = self._engine
        with self._lock:
            if graph_input.throttles and not self.is_inside():
                self._wait_for_room(graph_input)
            if engine.error is not None:
                raise engine.error
            if engine.stopping:
                return False
            graph_input.port.add(packet)
            self._apply(engine.deliver, graph_input.port)
        return True

    def _wait_for_room(self, graph_input: "GraphInput") -> None:
        engine = self._engine

        def has_room() -> bool:
            return not graph_input.throttles or engine.ended or engine.stopping

        while not has_room():
            if self._is_idle():
                engine.pressure.relieve()
            else:
                either = lambda: has_room() or self._is_idle()  # noqa: E731
                self._watch(either, either, None)

    def _watch(
        self, came_true: Callable[[], bool], until: Callable[[], bool], timeout_s: float | None
    ) -> bool:
        """Wait until `until`, looking whenever another thread finds that something `came_true`."""
        self._watching.append(came_true)
        try:
            return self._progress.wait_for(until, timeout_s)
        finally:
            self._watching.remove(came_true)

    def _is_idle(self) -> bool:
        return not self._inside and not any(queue.bits for queue in self.queues.values())

    def wait_for(self, condition: Callable[[], bool], timeout_s: float | None) -> None:
        """Wait for `condition` or until nothing runs and nothing can run.

        Raises:
            GraphTimeoutError: neither came true in `timeout_s`; names the nodes that run.
        """
        engine = self._engine

        def came_true() -> bool:
            return condition() or self._is_idle()

        def settled() -> bool:
            while self._is_idle() and engine.sources_held_back and not condition():
                engine.pressure.relieve()
                self._wake()
            return came_true()

        with self._lock:
            if not self._watch(came_true, settled, timeout_s) and engine.error is None:
                running = sorted(name for name in self._inside.values() if name)
                raise GraphTimeoutError(
                    f"the graph is still busy after {timeout_s} s; running now: "
                    f"{running or 'nothing'}. cancel() ends the run"
                )

    def take_polled(self, node: Node, timeout_s: float | None) -> Packet | None:
        """Take the next packet of a polled stream, or None once the graph is idle."""
        queue = node.inputs[0].queue
        with self._lock:
            self.wait_for(lambda: bool(queue), timeout_s)
            if not queue:
                return None
            packet = queue.popleft()
            self._engine.pressure.release(node)
            self._wake()
            return packet

    def end(self) -> None:
        """End all threads after the call they are in, and close the nodes.

        A node whose call goes on is closed by its thread when the call returns.
        """
        with self._lock:
            for deferred in self._deferred:
                deferred.packets.clear()
            self._engine.finish()
            self.abandon()

    def abandon(self) -> None:
        """Tell all threads to end: the run is no longer held by anyone.

        Garbage collection calls this in the middle of anything, so it changes nothing else.
        """
        with self._lock:
            self._stopped = True
            for executor in self._executors:
                executor.work_there.notify_all()
            self._progress.notify_all()
