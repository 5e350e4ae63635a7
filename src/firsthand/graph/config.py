"""A graph as data: what the builder and the text format both produce, before it is compiled."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Options = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class NodeConfig:
    """One node: a calculator's (or subgraph's) registered name, or its class, and its ports.

    Port entries follow the `TAG:index:name` grammar of `firsthand.graph.ports`. `back_edges`
    holds the entries of `inputs` ("TAG", "TAG:1", or an untagged index as text) that close a
    cycle. `policy` names an input policy with its options; None takes the calculator's own.
    """

    calculator: str | type
    name: str = ""
    inputs: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    side_inputs: tuple[str, ...] = ()
    side_outputs: tuple[str, ...] = ()
    options: Options = field(default_factory=dict)
    back_edges: frozenset[str] = frozenset()
    policy: str | None = None
    policy_options: Options = field(default_factory=dict)
    executor: str = ""
    max_in_flight: int = 1
    source_layer: int = 0

    @property
    def calculator_name(self) -> str:
        """The calculator's name, whether it was given as text or as a class."""
        return self.calculator if isinstance(self.calculator, str) else self.calculator.__name__


@dataclass(frozen=True, slots=True)
class GraphConfig:
    """A whole graph, or a subgraph when `type` names it.

    `max_queue_size` is the number of packets an input stream holds before its sources are held
    back (-1: no limit). `executors` maps executor names to thread counts. With
    `report_deadlock`, back-pressure that stops every source raises; otherwise full queues grow.
    """

    nodes: tuple[NodeConfig, ...] = ()
    inputs: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    side_inputs: tuple[str, ...] = ()
    side_outputs: tuple[str, ...] = ()
    executors: Mapping[str, int] = field(default_factory=dict)
    max_queue_size: int = 100
    report_deadlock: bool = False
    type: str = ""


def option_list(options: Options, name: str) -> list[Any]:
    """Return a repeated option as a list: text graphs write one element without brackets."""
    value = options.get(name, [])
    return list(value) if isinstance(value, (list, tuple)) else [value]
