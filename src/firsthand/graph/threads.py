"""Drives an engine from executors' threads, all transitions under one lock."""

import threading
from collections import deque
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from firsthand.errors import GraphTimeoutError
from firsthand.graph.nodes import ReadyQueue
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
    """Executors: a ready queue each, served by its own threads.

    Threads sleep on their queue's condition and are woken one at a time, only for work that the
    committing thread does not take itself; so a chain of nodes stays on one thread.
    """

    def __init__(self, executors: Mapping[str, int], default_threads: int) -> None:
        sizes = {**executors, "": default_threads}
        self.queues = {name: ReadyQueue(max(1, size)) for name, size in sizes.items()}
        self._lock = threading.Lock()
        self._work_there = {id(q): threading.Condition(self._lock) for q in self.queues.values()}
        self._sleeping = dict.fromkeys(self._work_there, 0)
        self._progress = threading.Condition(self._lock)
        self._watchers = 0
        self._deferred: list[_Deferred] = []
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
                threading.Thread(
                    target=self._work,
                    args=(queue,),
                    name=f"graph-{name or 'main'}-{i}",
                    daemon=True,
                ).start()

    def _work(self, queue: ReadyQueue) -> None:
        engine, key = self._engine, id(queue)
        me = threading.current_thread()
        with self._lock:
            while not self._stopped:
                taken = engine.take(queue)
                if taken is None:
                    self._sleeping[key] += 1
                    self._work_there[key].wait()
                    self._sleeping[key] -= 1
                    continue
                node, ctx = taken
                self._running[me] = node.name
                if queue.bits:
                    self._wake()
                self._lock.release()
                try:
                    engine.call(node, ctx)
                finally:
                    self._lock.acquire()
                engine.commit(node, ctx)
                if any(d.packets for d in self._deferred):
                    self._lock.release()
                    try:
                        problem = self._flush()
                    finally:
                        self._lock.acquire()
                    if problem is not None:
                        engine.fail(node, "observer", ctx.timestamp, problem)
                del self._running[me]
                self._wake(mine=queue)

    def _wake(self, mine: ReadyQueue | None = None) -> None:
        """Wake a thread for each queue with work, but for one invocation that I take myself."""
        for queue in self.queues.values():
            bits = queue.bits
            if mine is queue:
                bits &= bits - 1
            if bits and self._sleeping[id(queue)]:
                self._work_there[id(queue)].notify()
        if self._watchers:
            self._progress.notify_all()

    def _flush(self) -> Exception | None:
        try:
            for deferred in self._deferred:
                deferred.flush()
        except Exception as error:  # an observer's error ends the graph like a node's
            return error
        return None

    def locked(self, transition: Callable[..., None], *args: Any) -> None:
        """Apply a transition of the engine and wake whoever may go on."""
        with self._lock:
            transition(*args)
            self._wake()

    def add(self, graph_input: "GraphInput", packet: Packet) -> bool:
        """Send a packet in, waiting while the graph is full."""
        engine = self._engine
        inside = threading.current_thread() in self._running  # waiting here would block the graph
        with self._lock:
            while not inside and graph_input.throttles and engine.error is None:
                if engine.stopping:
                    break
                if not self._running and engine.is_idle():
                    engine.pressure.relieve()
                else:
                    self._wait_for_progress()
            if engine.error is not None:
                raise engine.error
            if engine.stopping:
                return False
            graph_input.port.add(packet)
            engine.deliver(graph_input.port)
            self._wake()
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
                self._wake()
                return False
            return True

        with self._lock:
            self._watchers += 1
            try:
                settled_in_time = self._progress.wait_for(settled, timeout_s)
            finally:
                self._watchers -= 1
            if not settled_in_time:
                raise GraphTimeoutError(
                    f"the graph is still busy after {timeout_s} s; running now: "
                    f"{sorted(self._running.values()) or 'nothing'}. cancel() ends the run"
                )

    def _wait_for_progress(self) -> None:
        self._watchers += 1
        try:
            self._progress.wait()
        finally:
            self._watchers -= 1

    def stop(self) -> None:
        """Tell all threads to end after the call they are in; a hanging one is left behind."""
        with self._lock:
            self._stopped = True
            for condition in self._work_there.values():
                condition.notify_all()
            self._progress.notify_all()
