"""Subgraphs are expanded into their nodes before anything else looks at a graph."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Final

from firsthand.errors import ConfigError
from firsthand.graph.calculator import Registry
from firsthand.graph.config import GraphConfig, NodeConfig
from firsthand.graph.ports import PortMap, parse_port, port_key

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
    taken: set[str] = set()
    for node in nodes:
        inner = (
            registry.find_subgraph(node.calculator) if isinstance(node.calculator, str) else None
        )
        if inner is None:
            yield node
            continue
        prefix = _prefix(node.name or node.calculator_name, taken)
        yield from _expand_nodes(_inline(node, inner, prefix), registry, depth + 1)


def _prefix(name: str, taken: set[str]) -> str:
    """Return a start for the inner names that no other subgraph beside this one has."""
    base = prefix = re.sub(r"[^a-z0-9_]", "_", name.lower())
    if not re.match(r"[a-z_]", base):
        base = prefix = f"_{base}"
    n = 1
    while prefix in taken:
        n += 1
        prefix = f"{base}_{n}"
    taken.add(prefix)
    return prefix


def _inline(node: NodeConfig, inner: GraphConfig, prefix: str) -> Iterator[NodeConfig]:
    streams = {
        **_bind("input stream", node, node.inputs, inner.inputs),
        **_bind("output stream", node, node.outputs, inner.outputs),
    }
    sides = {
        **_bind("input side packet", node, node.side_inputs, inner.side_inputs),
        **_bind("output side packet", node, node.side_outputs, inner.side_outputs),
    }
    looped = _looped_streams(node, inner)
    for i, child in enumerate(inner.nodes):
        name = child.name or f"{child.calculator_name.lower()}_{i}"
        reads = PortMap(child.inputs)
        yield replace(
            child,
            name=f"{prefix}__{name}",
            inputs=_rename(child.inputs, streams, prefix),
            outputs=_rename(child.outputs, streams, prefix),
            side_inputs=_rename(child.side_inputs, sides, prefix),
            side_outputs=_rename(child.side_outputs, sides, prefix),
            executor=child.executor or node.executor,
            back_edges=child.back_edges
            | {str(key) for key, k in reads.ids.items() if reads[k].name in looped},
        )


def _looped_streams(node: NodeConfig, inner: GraphConfig) -> set[str]:
    """Return the subgraph's own names of the inputs that are back edges of its node."""
    outside, inside = PortMap(node.inputs), PortMap(inner.inputs)
    return {inside[inside.ids[port_key(outside, text)]].name for text in node.back_edges}


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
