"""Back-pressure: sources wait while a queue below them is full."""

from collections.abc import Callable

from firsthand.errors import DeadlockError
from firsthand.graph.nodes import Node
from firsthand.graph.streams import InputStream


class BackPressure:
    """The full queues of one run, and the sources they hold back."""

    __slots__ = ("_report", "_update", "full")

    def __init__(self, report_deadlock: bool, update: Callable[[Node], None]) -> None:
        self.full: set[InputStream] = set()
        self._report = report_deadlock
        self._update = update

    def throttle(self, stream: InputStream) -> None:
        """Hold back what feeds `stream`: its queue has reached its capacity."""
        if stream.full:
            return
        stream.full = True
        self.full.add(stream)
        for source in stream.sources:
            source.throttles += 1
            if isinstance(source, Node) and source.queue.bits & source.bit:
                source.queue.bits &= ~source.bit
                source.in_flight = 0

    def release(self, node: Node) -> None:
        """Let sources go on whose queues at `node` have room again."""
        for stream in node.inputs:
            if stream.full and len(stream.queue) < stream.capacity:
                stream.full = False
                self.full.discard(stream)
                for source in stream.sources:
                    source.throttles -= 1
                    if isinstance(source, Node):
                        self._update(source)

    def relieve(self) -> None:
        """Grow the full queues, or report: for when all is idle but sources are held back.

        Raises:
            DeadlockError: the graph asks for deadlocks to be reported.
        """
        if self._report:
            names = sorted(f"{s.node.name}.{s.name} ({len(s.queue)})" for s in self.full)
            raise DeadlockError(
                f"every source is held back and nothing can run; full queues: {', '.join(names)}. "
                "A node waits for a stream that falls behind: raise max_queue_size or send its "
                "timestamp bounds"
            )
        for stream in list(self.full):
            stream.capacity = len(stream.queue) + 1
            self.release(stream.node)
