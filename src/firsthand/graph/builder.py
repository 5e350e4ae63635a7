"""Build a graph in Python: streams are values, and calculators are named by their class."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from itertools import count
from typing import Any, Generic, TypeVar, overload

from firsthand.errors import ConfigError
from firsthand.graph.config import GraphConfig, NodeConfig
from firsthand.graph.functions import from_function, from_step, payload_keys
from firsthand.graph.ports import PortKey

T = TypeVar("T")
R = TypeVar("R")
A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C")
State = TypeVar("State")


class Stream(Generic[T]):
    """A stream of the graph under construction; hand it to the node that reads it.

    Its type parameter is what it carries, for type checkers; when the graph runs, the types that
    calculators declare decide.
    """

    __slots__ = ("closes_loop", "name")

    def __init__(self, name: str, *, closes_loop: bool = False) -> None:
        self.name = name
        self.closes_loop = closes_loop


class SidePacket:
    """A side packet of the graph under construction."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name


class NodeOutputs:
    """The outputs of a node that was added: `outputs["TAG"]` is a `Stream`."""

    def __init__(
        self, node: str, streams: Mapping[PortKey, Stream[Any]], sides: Mapping[PortKey, SidePacket]
    ):
        self._node = node
        self._streams = streams
        self._sides = sides

    def __getitem__(self, key: PortKey) -> Stream[Any]:
        if key not in self._streams:
            raise ConfigError(
                f"node {self._node!r} was added without output {key!r}; it has: "
                f"{list(self._streams)}"
            )
        return self._streams[key]

    def side(self, key: PortKey) -> SidePacket:
        """Return the side packet the node produces at `key`."""
        return self._sides[key]


class GraphBuilder:
    """Collects nodes and streams; `build` returns the `GraphConfig`.

    >>> from firsthand.graph import Graph, GraphBuilder
    >>> from firsthand.graph.calculators import PassThrough
    >>> g = GraphBuilder()
    >>> copy = g.node(PassThrough, inputs=[g.input("numbers")], outputs=["copied"])
    >>> g.output(copy[0])
    >>> Graph(g.build()).plan.outputs.describe()
    'copied'

    Plain functions are joined with `apply` and `scan`, which type checkers follow:

    >>> def half(n: int) -> float:
    ...     return n / 2
    >>> g = GraphBuilder()
    >>> g.output(g.apply(half, g.input("n", int)))
    >>> Graph(g.build()).plan.outputs.describe()
    'half'
    """

    def __init__(self) -> None:
        self._nodes: list[NodeConfig] = []
        self._inputs: list[str] = []
        self._outputs: list[str] = []
        self._side_inputs: list[str] = []

    @overload
    def input(self, name: str) -> Stream[Any]: ...
    @overload
    def input(self, name: str, payload_type: type[T]) -> Stream[T]: ...
    def input(self, name: str, payload_type: type[Any] = object) -> Stream[Any]:  # noqa: ARG002
        """Declare a stream that is fed from outside; `payload_type` tells type checkers."""
        self._inputs.append(name)
        return Stream(name.split(":")[-1])

    def side_input(self, name: str) -> SidePacket:
        """Declare a side packet that is given from outside."""
        self._side_inputs.append(name)
        return SidePacket(name.split(":")[-1])

    def output(self, stream: Stream[Any], tag: str = "") -> None:
        """Make `stream` an output of the graph."""
        self._outputs.append(f"{tag}:{stream.name}" if tag else stream.name)

    def loop(self, name: str) -> Stream[Any]:
        """Return a stream whose producer is added later: a back edge for whoever reads it."""
        return Stream(name, closes_loop=True)

    @overload
    def apply(
        self, function: Callable[[A], R | None], a: Stream[A], /, *, name: str = ""
    ) -> Stream[R]: ...
    @overload
    def apply(
        self, function: Callable[[A, B], R | None], a: Stream[A], b: Stream[B], /, *, name: str = ""
    ) -> Stream[R]: ...
    @overload
    def apply(
        self,
        function: Callable[[A, B, C], R | None],
        a: Stream[A],
        b: Stream[B],
        c: Stream[C],
        /,
        *,
        name: str = "",
    ) -> Stream[R]: ...
    def apply(
        self, function: Callable[..., Any], /, *streams: Stream[Any], name: str = ""
    ) -> Stream[Any]:
        """Add a node that sends what `function` makes of the streams' payloads, None nothing.

        Where some of the streams have no packet at a timestamp, their arguments are None. The
        node and its output are named `name`, by default after the function.
        """
        return self._joined(from_function(function), payload_keys(function), streams, name)

    def scan(
        self,
        step: Callable[[State, A], tuple[State, R | None]],
        initial: Callable[[], State],
        stream: Stream[A],
        *,
        name: str = "",
    ) -> Stream[R]:
        """Add a node that carries the state of `step(state, payload) -> (state, out)`."""
        return self._joined(from_step(step, initial), payload_keys(step, skip=1), (stream,), name)

    def _joined(
        self,
        calculator: type,
        keys: list[PortKey],
        streams: tuple[Stream[Any], ...],
        name: str,
    ) -> Stream[Any]:
        if len(keys) != len(streams):
            raise ConfigError(
                f"{calculator.__name__} takes {len(keys)} payloads, but {len(streams)} streams "
                "were given"
            )
        wanted = re.sub(r"\W|^(?=\d)", "_", name or calculator.__name__).lower()
        made = {stream for node in self._nodes for stream in node.outputs} | {*self._inputs}
        free = wanted if wanted not in made else f"{wanted}_{len(self._nodes)}"
        inputs = {("" if key == 0 else str(key)): s for key, s in zip(keys, streams, strict=True)}
        return self.node(calculator, inputs=inputs, outputs=[free], name=free)[0]

    def node(
        self,
        calculator: str | type,
        *,
        inputs: Mapping[str, Stream[Any]] | Iterable[Stream[Any]] = (),
        outputs: Mapping[str, str] | Iterable[str] = (),
        side: Mapping[str, SidePacket] | None = None,
        side_outputs: Mapping[str, str] | None = None,
        name: str = "",
        options: Mapping[str, Any] | None = None,
        policy: str | None = None,
        policy_options: Mapping[str, Any] | None = None,
        executor: str = "",
        max_in_flight: int = 1,
    ) -> NodeOutputs:
        """Add a node.

        Args:
            calculator: its class, or the name of a calculator or subgraph.
            inputs: streams by "TAG" or "TAG:1", or a list of them for untagged ports.
            outputs: stream names by tag, or a list of names for untagged ports.
            side: side packets by tag.
            side_outputs: names of the side packets it produces, by tag.
            name: what errors and traces call it.
            options: what the calculator sees as `ctx.options`.
            policy: an input policy's name, "Immediate" for one.
            policy_options: its options.
            executor: the executor it runs on, when the graph runs on threads.
            max_in_flight: how many calls may be under way at once; outputs keep their order.
        """
        inputs = inputs if isinstance(inputs, Mapping) else list(inputs)
        reads = _entries(inputs)
        made = _entries(outputs)
        side_made = _entries(side_outputs or {})
        streams = inputs.values() if isinstance(inputs, Mapping) else inputs
        loops = {stream.name for stream in streams if stream.closes_loop}
        back_edges = frozenset(str(key) for key, read in _keyed(reads) if read in loops)
        self._nodes.append(
            NodeConfig(
                calculator=calculator,
                name=name,
                inputs=_text(reads),
                outputs=_text(made),
                side_inputs=_text(_entries(side or {})),
                side_outputs=_text(side_made),
                options=dict(options or {}),
                back_edges=back_edges,
                policy=policy,
                policy_options=dict(policy_options or {}),
                executor=executor,
                max_in_flight=max_in_flight,
            )
        )
        node_name = name or getattr(calculator, "__name__", str(calculator))
        return NodeOutputs(
            node_name,
            {key: Stream(stream) for key, stream in _keyed(made)},
            {key: SidePacket(packet) for key, packet in _keyed(side_made)},
        )

    def build(self, **settings: Any) -> GraphConfig:
        """Return the graph; `settings` are further fields of `GraphConfig`."""
        config = GraphConfig(
            nodes=tuple(self._nodes),
            inputs=tuple(self._inputs),
            outputs=tuple(self._outputs),
            side_inputs=tuple(self._side_inputs),
        )
        return replace(config, **settings)


def _entries(
    ports: Mapping[str, Stream[Any]]
    | Mapping[str, SidePacket]
    | Mapping[str, str]
    | Iterable[Stream[Any]]
    | Iterable[str],
) -> list[tuple[str, str]]:
    pairs = ports.items() if isinstance(ports, Mapping) else [("", port) for port in ports]
    return [(key, port if isinstance(port, str) else port.name) for key, port in pairs]


def _keyed(entries: list[tuple[str, str]]) -> list[tuple[PortKey, str]]:
    """Return the entries by port key, the untagged numbered among themselves."""
    numbers = count()
    return [(key or next(numbers), name) for key, name in entries]


def _text(entries: list[tuple[str, str]]) -> tuple[str, ...]:
    return tuple(f"{key}:{name}" if key else name for key, name in entries)
