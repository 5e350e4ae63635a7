"""Record every call of a run and write it as a Chrome trace, which Perfetto opens too.

Format: the Trace Event Format's JSON object form, with complete events ("ph": "X").
"""

import json
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from firsthand.core import Clock, MonotonicClock
from firsthand.core import timestamp as ts

if TYPE_CHECKING:
    from firsthand.graph.context import Context
    from firsthand.graph.nodes import Node


class Call(NamedTuple):
    """One call of a calculator: times in microseconds of the tracer's clock."""

    node: str
    phase: str
    timestamp: int
    start_us: int
    end_us: int
    thread: str


class Tracer:
    """Collects calls. A run that is not traced pays nothing for it.

    Args:
        clock: a `ManualClock` makes traces repeatable.
        limit: the newest calls kept, so that a trace of hours stays small.
    """

    def __init__(self, clock: Clock | None = None, limit: int = 1_000_000) -> None:
        self._clock = clock or MonotonicClock()
        self._limit = limit
        self.calls: list[Call] = []
        self.dropped = 0
        self._lock = threading.Lock()

    def attach(self, nodes: Iterable["Node"]) -> None:
        """Wrap the calculators of a run; called by `Graph.start`."""
        for node in nodes:
            node.open = self._wrapped(node.name, "open", node.open)
            node.invoke = self._wrapped(node.name, "process", node.invoke)
            node.close = self._wrapped(node.name, "close", node.close)

    def _wrapped(
        self, node: str, phase: str, call: Callable[["Context"], object]
    ) -> Callable[["Context"], object]:
        now_us = self._clock.now_us

        def traced(ctx: "Context") -> object:
            start = now_us()
            try:
                return call(ctx)
            finally:
                thread = threading.current_thread().name
                self._record(Call(node, phase, ctx.timestamp, start, now_us(), thread))

        return traced

    def _record(self, call: Call) -> None:
        with self._lock:
            if len(self.calls) >= self._limit:
                drop = self._limit // 10 or 1
                del self.calls[:drop]
                self.dropped += drop
            self.calls.append(call)

    def busy_us(self) -> dict[str, list[int]]:
        """Return the durations of each node's `process` calls, in microseconds."""
        durations: dict[str, list[int]] = {}
        for call in self.calls:
            if call.phase == "process":
                durations.setdefault(call.node, []).append(call.end_us - call.start_us)
        return durations

    def write(self, path: Path | str) -> None:
        """Write the trace as JSON for chrome://tracing or Perfetto."""
        threads = {name: i + 1 for i, name in enumerate(sorted({c.thread for c in self.calls}))}
        events: list[dict[str, object]] = [
            {"ph": "M", "name": "thread_name", "pid": 1, "tid": tid, "args": {"name": name}}
            for name, tid in threads.items()
        ]
        events += [
            {
                "ph": "X",
                "name": call.node,
                "cat": call.phase,
                "ts": call.start_us,
                "dur": call.end_us - call.start_us,
                "pid": 1,
                "tid": threads[call.thread],
                "args": {"phase": call.phase, "timestamp": ts.describe(call.timestamp)},
            }
            for call in self.calls
        ]
        document = {"traceEvents": events, "displayTimeUnit": "ms"}
        Path(path).write_text(json.dumps(document), encoding="utf-8")
