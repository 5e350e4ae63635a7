"""Compile a graph once: names resolved, types checked, nodes in order. Running it is then dull."""

import heapq
from collections.abc import Mapping
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from typing import Final

from firsthand.errors import ConfigError, FirsthandError
from firsthand.graph.calculator import STANDARD, Calculator, Contract, Registry
from firsthand.graph.config import GraphConfig, NodeConfig
from firsthand.graph.policies import PolicyFactory, default, named
from firsthand.graph.ports import PortMap, port_key
from firsthand.graph.subgraph import expand

GRAPH: Final = -1
"""The producer of a stream or side packet that comes from outside the graph."""


@dataclass(frozen=True, slots=True)
class NodePlan:
    """One node, resolved: its calculator, ports and how its inputs are joined."""

    name: str
    calculator: type[Calculator]
    config: NodeConfig
    inputs: PortMap
    outputs: PortMap
    side_inputs: PortMap
    side_outputs: PortMap
    input_types: tuple[type, ...]
    output_types: tuple[type, ...]
    side_types: tuple[type, ...]
    optional_sides: frozenset[int]
    back_edges: frozenset[int]
    policy: PolicyFactory
    process_bounds: bool
    timestamp_offset: int | None

    @property
    def is_source(self) -> bool:
        """Whether the node has no input streams."""
        return not self.inputs

    def refuses_side(self, name: str, value: object) -> str | None:
        """Return why `value` cannot be side packet `name` of this node, or None."""
        for port, wanted in zip(self.side_inputs, self.side_types, strict=True):
            if port.name == name and not isinstance(value, wanted):
                return (
                    f"side packet {name!r} is a {type(value).__name__}; node {self.name!r} takes "
                    f"a {wanted.__name__}"
                )
        return None


@dataclass(frozen=True, slots=True)
class Plan:
    """A compiled graph. Nodes are in an order in which every stream flows downwards."""

    config: GraphConfig
    nodes: tuple[NodePlan, ...]
    inputs: PortMap
    outputs: PortMap
    side_inputs: PortMap
    side_outputs: PortMap
    producers: Mapping[str, int] = field(default_factory=dict)
    side_producers: Mapping[str, int] = field(default_factory=dict)
    input_types: Mapping[str, type] = field(default_factory=dict)


def compile_graph(config: GraphConfig, registry: Registry = STANDARD) -> Plan:
    """Expand, validate and order a graph.

    Raises:
        ConfigError: a name, port, type or cycle is wrong; the message says which node and how.
    """
    config = expand(config, registry)
    inputs, outputs = PortMap(config.inputs), PortMap(config.outputs)
    side_inputs, side_outputs = PortMap(config.side_inputs), PortMap(config.side_outputs)
    taken: set[str] = set()
    nodes = [_resolve(_name(i, n, taken), n, config, registry) for i, n in enumerate(config.nodes)]
    _producers("stream", [n.outputs for n in nodes], inputs, nodes)  # two of a name: no order
    nodes = _in_order(nodes)
    producers = _producers("stream", [n.outputs for n in nodes], inputs, nodes)
    side_producers = _producers("side packet", [n.side_outputs for n in nodes], side_inputs, nodes)
    for i, node in enumerate(nodes):
        for port in node.inputs:
            if port.name not in producers:
                raise ConfigError(
                    f"node {node.name!r} reads stream {port.name!r}, which nothing produces"
                )
        for k, port in enumerate(node.side_inputs):
            maker = side_producers.get(port.name)
            if maker is None and k not in node.optional_sides:
                raise ConfigError(
                    f"node {node.name!r} needs side packet {port.name!r}, which nothing produces"
                )
            if maker == i:
                raise ConfigError(f"node {node.name!r} needs its own side packet {port.name!r}")
    for what, ports, known in (
        ("output stream", outputs, producers),
        ("output side packet", side_outputs, side_producers),
    ):
        for port in ports:
            if port.name not in known:
                raise ConfigError(f"graph {what} {port.name!r} is produced by no node")
    _check_side_cycles(nodes, side_producers)
    return Plan(
        config=config,
        nodes=tuple(nodes),
        inputs=inputs,
        outputs=outputs,
        side_inputs=side_inputs,
        side_outputs=side_outputs,
        producers=producers,
        side_producers=side_producers,
        input_types=_check_types(nodes, producers),
    )


def _name(i: int, config: NodeConfig, taken: set[str]) -> str:
    """Return a name no other node has: the given one, numbered where it is given twice."""
    wanted = config.name or f"{config.calculator_name}_{i}"
    name, n = wanted, 1
    while name in taken:
        n += 1
        name = f"{wanted}_{n}"
    taken.add(name)
    return name


def _resolve(name: str, config: NodeConfig, graph: GraphConfig, registry: Registry) -> NodePlan:
    if isinstance(config.calculator, str):
        calculator = registry.find_calculator(config.calculator)
    elif isinstance(config.calculator, type) and issubclass(config.calculator, Calculator):
        calculator = config.calculator
    else:
        raise ConfigError(f"node {name!r}: {config.calculator!r} is not a Calculator")
    if config.max_in_flight < 1:
        raise ConfigError(f"node {name!r}: max_in_flight={config.max_in_flight} must be 1 or more")
    if config.executor and config.executor not in graph.executors:
        raise ConfigError(
            f"node {name!r} runs on executor {config.executor!r}, but the graph declares: "
            f"{', '.join(sorted(graph.executors)) or 'none'}"
        )
    try:
        ports = tuple(
            PortMap(entries)
            for entries in (
                config.inputs,
                config.outputs,
                config.side_inputs,
                config.side_outputs,
            )
        )
    except ConfigError as error:
        raise ConfigError(f"node {name!r}: {error}") from error
    contract = Contract(name, config.options, *ports)
    try:
        calculator.contract(contract)
    except FirsthandError:
        raise
    except Exception as error:  # whatever a contract raises, the node is named
        raise ConfigError(
            f"node {name!r}: the contract of {calculator.__name__} failed: "
            f"{type(error).__name__}: {error}"
        ) from error
    input_types, output_types, side_types, _ = contract.finish()
    back_edges: set[int] = set()
    for key in config.back_edges:
        try:
            back_edges.add(ports[0].ids[port_key(ports[0], key)])
        except ConfigError:
            raise ConfigError(
                f"node {name!r}: back edge {key!r} is not among its inputs: {ports[0].describe()}"
            ) from None
    if config.policy:
        policy = named(config.policy, config.policy_options)
    else:
        policy = contract.policy or default
    return NodePlan(
        name=name,
        calculator=calculator,
        config=config,
        inputs=ports[0],
        outputs=ports[1],
        side_inputs=ports[2],
        side_outputs=ports[3],
        input_types=input_types,
        output_types=output_types,
        side_types=side_types,
        optional_sides=contract.optional_side_inputs,
        back_edges=frozenset(back_edges),
        policy=policy,
        process_bounds=contract.process_timestamp_bounds,
        timestamp_offset=contract.timestamp_offset,
    )


def _producers(
    what: str, made: list[PortMap], given: PortMap, nodes: list[NodePlan]
) -> dict[str, int]:
    producers: dict[str, int] = {}
    for port in given:
        if port.name in producers:
            raise ConfigError(f"the graph declares input {what} {port.name!r} twice")
        producers[port.name] = GRAPH
    for i, ports in enumerate(made):
        for port in ports:
            if port.name in producers:
                other = producers[port.name]
                owner = "the graph's input" if other == GRAPH else f"node {nodes[other].name!r}"
                raise ConfigError(
                    f"{what} {port.name!r} is produced by both {owner} and node {nodes[i].name!r}"
                )
            producers[port.name] = i
    return producers


def _in_order(nodes: list[NodePlan]) -> list[NodePlan]:
    """Return the nodes so that producers precede consumers; sources first, else as given."""
    maker = {port.name: i for i, node in enumerate(nodes) for port in node.outputs}
    waits = [
        {
            maker[port.name]
            for k, port in enumerate(node.inputs)
            if k not in node.back_edges and port.name in maker
        }
        for node in nodes
    ]
    followers: dict[int, list[int]] = {}
    for i, before in enumerate(waits):
        for j in before:
            followers.setdefault(j, []).append(i)
    ready = [(not nodes[i].is_source, i) for i in range(len(nodes)) if not waits[i]]
    heapq.heapify(ready)
    order: list[int] = []
    while ready:
        _, i = heapq.heappop(ready)
        order.append(i)
        for k in followers.get(i, ()):
            waits[k].discard(i)
            if not waits[k]:
                heapq.heappush(ready, (True, k))
    if len(order) < len(nodes):
        placed = set(order)
        cycle = [node.name for i, node in enumerate(nodes) if i not in placed]
        raise ConfigError(
            f"the graph has a cycle through nodes {cycle}; declare the stream that closes it as a "
            "back edge of the node that reads it"
        )
    return [nodes[i] for i in order]


def _check_side_cycles(nodes: list[NodePlan], producers: Mapping[str, int]) -> None:
    makers = {
        i: {producers.get(port.name, GRAPH) for port in node.side_inputs} - {GRAPH}
        for i, node in enumerate(nodes)
    }
    try:
        TopologicalSorter(makers).prepare()
    except CycleError as error:
        names = [nodes[i].name for i in error.args[1]]
        raise ConfigError(f"nodes {names} wait for each other's side packets") from None


def _check_types(nodes: list[NodePlan], producers: Mapping[str, int]) -> dict[str, type]:
    """Check that what flows suits who reads it; return the types that graph inputs must have."""
    wanted: dict[str, type] = {}
    for node in nodes:
        for port, reads in zip(node.inputs, node.input_types, strict=True):
            i = producers[port.name]
            if i == GRAPH:
                if reads is not object:
                    known = wanted.get(port.name, object)
                    wanted[port.name] = reads if issubclass(reads, known) else known
                continue
            maker = nodes[i]
            makes = next(
                t
                for p, t in zip(maker.outputs, maker.output_types, strict=True)
                if p.name == port.name
            )
            if not (issubclass(makes, reads) or issubclass(reads, makes)):
                raise ConfigError(
                    f"stream {port.name!r} carries {makes.__name__} from node {maker.name!r}, but "
                    f"node {node.name!r} reads {reads.__name__}"
                )
    return wanted
