"""Feed one node by hand and see what comes out of it, bounds included."""

from typing import Any

from firsthand.core import timestamp as ts
from firsthand.graph import EMPTY, Graph, GraphConfig, NodeConfig

BOUND = "|"
"""Stands for a bound where a test names a payload."""


def play(
    node: NodeConfig, events: list[tuple[str, int, Any]], sides: dict[str, Any] | None = None
) -> dict[str, list[tuple[int, Any]]]:
    """Feed one node, in the order given, and return what came out of it, bounds included.

    An event's payload may be `BOUND`: then its time is settled without a packet. A time of
    `ts.DONE` closes the stream.
    """
    read = [entry.split(":")[-1] for entry in node.inputs]
    made = [entry.split(":")[-1] for entry in node.outputs]
    graph = Graph(
        GraphConfig(
            nodes=(node,),
            inputs=tuple(read),
            side_inputs=tuple(entry.split(":")[-1] for entry in node.side_inputs),
        )
    )
    out: dict[str, list[tuple[int, Any]]] = {name: [] for name in made}

    def listen(name: str) -> Any:
        return lambda p: out[name].append((p.timestamp, BOUND if p.payload is EMPTY else p.payload))

    observe = {name: listen(name) for name in made}
    with graph.start(sides, observe=observe, bounds=made) as run:
        for stream, time, payload in events:
            if time == ts.DONE:
                run.close_input(stream)
            elif payload is BOUND:
                run.set_bound(stream, time + 1)
            else:
                run.add(stream, payload, time)
            run.wait_until_idle()
    return out


def packets(found: list[tuple[int, Any]]) -> list[tuple[int, Any]]:
    return [entry for entry in found if entry[1] is not BOUND]
