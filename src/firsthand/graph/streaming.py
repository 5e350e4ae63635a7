"""Running a graph that answers every packet with one, as a plain iterator."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from firsthand.graph.run import Graph
from firsthand.graph.trace import Tracer


def one_for_one(
    graph: Graph,
    packets: Iterable[tuple[Any, int]],
    *,
    into: str,
    out: str,
    side: Mapping[str, Any],
    trace: Tracer | None = None,
) -> Iterator[Any]:
    """Yield the payload of stream `out` for each payload and time of `packets`, sent `into`.

    The next packet is asked for once the answer to the last was taken; the work is done in this
    thread where the graph names no executor. Raises what `Run.add` and `Run.next_output` raise.
    """
    run = graph.start(side, poll=[out], trace=trace)
    try:
        for payload, timestamp_us in packets:
            run.add(into, payload, timestamp_us)
            found = run.next_output(out)
            assert found is not None, "every packet has an answer"
            yield found.payload
    finally:
        run.cancel()
