"""Drives an engine from executors' threads, all transitions under one lock."""

import threading
from collections import deque
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from firsthand.errors import GraphTimeoutError
from firsthand.graph.nodes import Node, ReadyQueue
from firsthand.graph.packet import Packet

if TYPE_CHECKING:
    from firsthand.graph.engine import Engine
    from firsthand.graph.wiring import GraphInput


class _Deferred:
    """Observed packets, collected under the lock and handed out in order outside it."""

    __slots__ = ("callback", "lock", "packets")

    def __init__(self, callback: Callable[[Packet], None]) -> None:
        self.callback = callback
        self.packets: deque[Packet] = deque()
        self.lock = threading.RLock()

    def flush(self) -> None:
        with self.lock:
            while self.packets:
                self.callback(self.packets.popleft())


class ThreadedDriver:
    """Executors: a ready queue each, served by its own threads."""

    def __init__(self, executors: Mapping[str, int], default_threads: int) -> None:
        sizes = {**executors, "": default_threads}
        self.queues = {name: ReadyQueue(max(1, size)) for name, size in sizes.items()}
        self._changed = threading.Condition(threading.Lock())
        self._deferred: list[_Deferred] = []
        self._threads: list[threading.Thread] = []
        self._stopped = False
        self._running: dict[threading.Thread, str] = {}
        self._engine: Engine

    def defer(
        self, observers: Mapping[str, list[Callable[[Packet], None]]]
    ) -> dict[str, list[Callable[[Packet], None]]]:
        """Return observers that only collect; the real ones are called outside the lock."""
        collecting: dict[str, list[Callable[[Packet], None]]] = {}
        for name, callbacks in observers.items():
            deferred = [_Deferred(callback) for callback in callbacks]
            self._deferred += deferred
            collecting[name] = [d.packets.append for d in deferred]
        return collecting

    def start(self, engine: "Engine") -> None:
        """Start the threads."""
        self._engine = engine
        for name, queue in self.queues.items():
            for i in range(queue.threads):
                thread = threading.Thread(
                    target=self._work,
                    args=(queue,),
                    name=f"graph-{name or 'main'}-{i}",
                    daemon=True,
                )
                self._threads.append(thread)
                thread.start()

    def _work(self, queue: ReadyQueue) -> None:
        engine, changed = self._engine, self._changed
        me = threading.current_thread()
        while True:
            with changed:
                taken = None
                while not self._stopped and (taken := engine.take(queue)) is None:
                    changed.wait()
                if taken is None:
                    return
                node, ctx = taken
                self._running[me] = node.name
            engine.call(node, ctx)
            with changed:
                engine.commit(node, ctx)
            self._flush(engine, node)
            with changed:
                del self._running[me]
                changed.notify_all()

    def _flush(self, engine: "Engine", node: Node) -> None:
        for deferred in self._deferred:
            if deferred.packets:
                try:
                    deferred.flush()
                except Exception as error:  # an observer's error ends the graph like a node's
                    with self._changed:
                        engine.fail(node, "observer", 0, error)

    def locked(self, transition: Callable[..., None], *args: Any) -> None:
        """Apply a transition of the engine and wake whoever may go on."""
        with self._changed:
            transition(*args)
            self._changed.notify_all()

    def add(self, graph_input: "GraphInput", packet: Packet) -> bool:
        """Send a packet in, waiting while the graph is full."""
        engine = self._engine
        inside = threading.current_thread() in self._running  # waiting here would block the graph
        with self._changed:
            while (
                not inside
                and graph_input.throttles
                and engine.error is None
                and not engine.stopping
            ):
                if not self._running and engine.is_idle():
                    engine.pressure.relieve()
                else:
                    self._changed.wait()
            if engine.error is not None:
                raise engine.error
            if engine.stopping:
                return False
            graph_input.port.add(packet)
            engine.deliver(graph_input.port)
            self._changed.notify_all()
        if not inside:
            for deferred in self._deferred:
                deferred.flush()
        return True

    def wait_until_idle(self, timeout_s: float | None) -> None:
        """Wait until nothing runs and nothing can run."""
        self.wait_for(lambda: False, timeout_s)

    def wait_for(self, condition: Callable[[], bool], timeout_s: float | None) -> None:
        """Wait for `condition` or until nothing can run any more.

        Raises:
            GraphTimeoutError: neither came true in `timeout_s`; names the nodes that run.
        """
        engine = self._engine

        def settled() -> bool:
            if condition() or engine.error is not None:
                return True
            if self._running or not engine.is_idle():
                return False
            if engine.sources_held_back:
                engine.pressure.relieve()
                self._changed.notify_all()
                return False
            return True

        with self._changed:
            if not self._changed.wait_for(settled, timeout_s):
                raise GraphTimeoutError(
                    f"the graph is still busy after {timeout_s} s; running now: "
                    f"{sorted(self._running.values()) or 'nothing'}. cancel() ends the run"
                )

    def stop(self) -> None:
        """Tell all threads to end after the call they are in; a hanging one is left behind."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
