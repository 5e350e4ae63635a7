"""Join the streams and side packets of a run before it starts."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from firsthand.errors import ConfigError
from firsthand.graph.context import OutputPort
from firsthand.graph.nodes import Node
from firsthand.graph.packet import Packet
from firsthand.graph.plan import GRAPH, NodePlan, Plan
from firsthand.graph.streams import InputStream, OutputStream, Throttled

Observers = Mapping[str, Iterable[Callable[[Packet], None]]]


class GraphInput(Throttled):
    """A stream that is fed from outside the graph."""

    __slots__ = ("port",)

    def __init__(self, stream: OutputStream) -> None:
        super().__init__(stream.name)
        self.port = OutputPort(stream)


def join_streams(
    nodes: Sequence[Node],
    polls: Mapping[str, Node],
    inputs: Iterable[GraphInput],
    observers: Observers,
    bounds: Iterable[str],
) -> None:
    """Tell every stream who reads it, and every queue which sources feed it.

    Raises:
        ConfigError: an observed or polled stream does not exist.
    """
    inputs = list(inputs)
    streams = {i.name: i.port.stream for i in inputs}
    for node in nodes:
        streams.update((out.name, out) for out in node.outputs)
    for name in (*observers, *polls):
        if name not in streams:
            known = ", ".join(sorted(streams))
            raise ConfigError(f"no stream {name!r} to observe; the graph has: {known}")
    readers: dict[str, list[InputStream]] = {}
    for node in (*nodes, *polls.values()):
        for stream in node.inputs:
            readers.setdefault(stream.name, []).append(stream)
    for name, mirrors in readers.items():
        streams[name].mirrors = tuple(mirrors)
    for name, callbacks in observers.items():
        streams[name].observers = tuple(callbacks)
        streams[name].observes_bounds = name in bounds
    feeding: dict[str, set[Throttled]] = {i.name: {i} for i in inputs}
    for node in nodes:
        above: set[Throttled] = {node} if node.is_source else set()
        for i, stream in enumerate(node.inputs):
            if i not in node.plan.back_edges:
                above |= feeding[stream.name]
        for out in node.outputs:
            feeding[out.name] = above
    for node in (*nodes, *polls.values()):
        for stream in node.inputs:
            stream.sources = tuple(feeding[stream.name])


def missing_side_packets(plan: Plan, node: NodePlan, given: Mapping[str, Any]) -> set[str]:
    """Return the side packets `node` must wait for because other nodes make them.

    Raises:
        ConfigError: one is not given, is of the wrong type, or is unknown to the graph.
    """
    declared = {p.name for p in plan.side_inputs}
    if unknown := sorted(set(given) - declared):
        raise ConfigError(
            f"side packets {unknown} are not inputs of the graph, which takes: {sorted(declared)}"
        )
    missing: set[str] = set()
    for i, port in enumerate(node.side_inputs):
        if port.name in given:
            if problem := node.refuses_side(port.name, given[port.name]):
                raise ConfigError(problem)
        elif plan.side_producers.get(port.name, GRAPH) != GRAPH:
            missing.add(port.name)
        elif i not in node.optional_sides:
            raise ConfigError(
                f"side packet {port.name!r} was not given; node {node.name!r} needs it"
            )
    return missing
