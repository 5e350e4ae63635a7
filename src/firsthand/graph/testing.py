"""Run a graph over given packets and collect what comes out: for tests and small experiments."""

from collections.abc import Iterable, Mapping
from typing import Any

from firsthand.core import ManualClock
from firsthand.graph.packet import Packet
from firsthand.graph.run import Graph


def collect(
    graph: Graph,
    packets: Iterable[tuple[str, Packet]],
    streams: Iterable[str],
    *,
    side_packets: Mapping[str, Any] | None = None,
    threads: int = 0,
) -> dict[str, list[Packet]]:
    """Feed `(input, packet)` pairs in order, finish, and return what the streams carried."""
    out: dict[str, list[Packet]] = {name: [] for name in streams}
    run = graph.start(
        side_packets,
        observe={name: got.append for name, got in out.items()},
        threads=threads,
        clock=ManualClock(),
    )
    with run:
        for stream, packet in packets:
            run.add_packet(stream, packet)
    return out
