"""Subgraphs are expanded into their nodes before anything else looks at a graph."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Final

from firsthand.errors import ConfigError
from firsthand.graph.calculator import Registry
from firsthand.graph.config import GraphConfig, NodeConfig
from firsthand.graph.ports import PortMap, parse_port

MAX_DEPTH: Final = 32
MAX_NODES: Final = 10_000


def expand(config: GraphConfig, registry: Registry) -> GraphConfig:
    """Return `config` with every subgraph node replaced by the subgraph's own nodes.

    Inner streams get the prefix of the node that stood for them; streams joined to the
    subgraph's ports take the outer names.

    Raises:
        ConfigError: ports do not match, or subgraphs contain each other.
    """
    nodes = tuple(_expand_nodes(config.nodes, registry, 0))
    if len(nodes) > MAX_NODES:
        raise ConfigError(f"the graph expands to {len(nodes)} nodes; at most {MAX_NODES} are taken")
    return replace(config, nodes=nodes)


def _expand_nodes(
    nodes: Iterable[NodeConfig], registry: Registry, depth: int
) -> Iterator[NodeConfig]:
    if depth > MAX_DEPTH:
        raise ConfigError(
            f"subgraphs are nested deeper than {MAX_DEPTH}: do they contain themselves?"
        )
    seen: dict[str, int] = {}
    for node in nodes:
        inner = (
            registry.find_subgraph(node.calculator) if isinstance(node.calculator, str) else None
        )
        if inner is None:
            yield node
            continue
        base = node.name or node.calculator_name.lower()
        seen[base] = seen.get(base, 0) + 1
        prefix = base if seen[base] == 1 else f"{base}_{seen[base]}"
        yield from _expand_nodes(_inline(node, inner, prefix), registry, depth + 1)


def _inline(node: NodeConfig, inner: GraphConfig, prefix: str) -> Iterator[NodeConfig]:
    streams = {
        **_bind("input stream", node, node.inputs, inner.inputs),
        **_bind("output stream", node, node.outputs, inner.outputs),
    }
    sides = {
        **_bind("input side packet", node, node.side_inputs, inner.side_inputs),
        **_bind("output side packet", node, node.side_outputs, inner.side_outputs),
    }
    for i, child in enumerate(inner.nodes):
        name = child.name or f"{child.calculator_name.lower()}_{i}"
        yield replace(
            child,
            name=f"{prefix}__{name}",
            inputs=_rename(child.inputs, streams, prefix),
            outputs=_rename(child.outputs, streams, prefix),
            side_inputs=_rename(child.side_inputs, sides, prefix),
            side_outputs=_rename(child.side_outputs, sides, prefix),
            executor=child.executor or node.executor,
            back_edges=child.back_edges
            | {
                str(key)
                for key, i in PortMap(child.inputs).ids.items()
                if _outer_back_edge(node, inner, PortMap(child.inputs)[i].name)
            },
        )


def _outer_back_edge(node: NodeConfig, inner: GraphConfig, stream: str) -> bool:
    for port in PortMap(inner.inputs):
        if port.name == stream:
            keys = {port.tag, f"{port.tag}:{port.index}"} if port.tag else {str(port.index)}
            return bool(keys & node.back_edges)
    return False


def _bind(
    what: str, node: NodeConfig, outer: tuple[str, ...], inner: tuple[str, ...]
) -> dict[str, str]:
    """Map the subgraph's own stream names to those of the node that stands for it."""
    outside, inside = PortMap(outer), PortMap(inner)
    bound: dict[str, str] = {}
    for key, i in outside.ids.items():
        if key not in inside.ids:
            raise ConfigError(
                f"subgraph {node.calculator_name!r} has no {what} {key!r}; it has: "
                f"{inside.describe()}"
            )
        bound[inside[inside.ids[key]].name] = outside[i].name
    return bound


def _rename(entries: tuple[str, ...], names: Mapping[str, str], prefix: str) -> tuple[str, ...]:
    renamed: list[str] = []
    for entry in entries:
        tag, index, name = parse_port(entry)
        new = names.get(name, f"{prefix}__{name}")
        if not tag:
            renamed.append(new)
        else:
            renamed.append(f"{tag}:{new}" if index is None else f"{tag}:{index}:{new}")
    return tuple(renamed)
