"""What a drawing shows: boxes with ports, and lines between ports, free of any geometry."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import Final, Literal

from firsthand.errors import ConfigError
from firsthand.graph.config import GraphConfig, NodeConfig
from firsthand.graph.plan import NodePlan, Plan
from firsthand.graph.policies import default
from firsthand.graph.ports import Port, PortMap

Shape = Literal["node", "source", "input", "output", "side input", "side output", "missing"]
MAX_BOXES: Final = 5_000
MAX_LINES: Final = 50_000


@dataclass(frozen=True, slots=True)
class Anchor:
    """Where lines meet a box: the tag shown there, the stream or side packet, and its kind."""

    tag: str
    name: str
    side: bool
    back: bool = False


@dataclass(frozen=True, slots=True)
class Box:
    """A node, or a stream or side packet that enters or leaves the graph."""

    shape: Shape
    title: str
    key: str = ""
    subtitle: str = ""
    badges: tuple[str, ...] = ()
    entries: tuple[Anchor, ...] = ()
    exits: tuple[Anchor, ...] = ()


@dataclass(frozen=True, slots=True)
class Line:
    """A stream or side packet from one box's exit to another's entry, all given by index.

    `back` lines run against the reading direction: declared back edges, and in a graph that was
    not validated whatever else closes a cycle.
    """

    source: int
    exit: int
    target: int
    entry: int
    name: str
    side: bool
    back: bool


@dataclass(frozen=True, slots=True)
class Sketch:
    """All boxes and lines; `title` is the graph's type, if it has one."""

    title: str
    boxes: tuple[Box, ...] = ()
    lines: tuple[Line, ...] = ()


def sketch(graph: Plan | GraphConfig) -> Sketch:
    """List the boxes and lines of a compiled graph, or of one nobody has validated.

    A configuration is taken as it is: its calculators need not be registered, subgraphs stay one
    box, a stream that nothing produces gets a box of its own, cycles are allowed.

    Raises:
        ConfigError: a port entry does not follow the `TAG:index:name` grammar.
    """
    config = graph.config if isinstance(graph, Plan) else graph
    boxes = [
        *_outer("input", config.inputs, exits=True),
        *_outer("side input", config.side_inputs, exits=True),
    ]
    if isinstance(graph, Plan):
        boxes += [_planned(node) for node in graph.nodes]
    else:
        boxes += [_configured(i, node) for i, node in enumerate(graph.nodes)]
    boxes += _outer("output", config.outputs, exits=False)
    boxes += _outer("side output", config.side_outputs, exits=False)
    boxes += _missing(boxes)
    if len(boxes) > MAX_BOXES:
        raise ConfigError(f"the graph has {len(boxes)} boxes to draw; at most {MAX_BOXES} are")
    lines = list(islice(_lines(boxes), MAX_LINES + 1))
    if len(lines) > MAX_LINES:
        raise ConfigError(f"the graph has more lines to draw than {MAX_LINES}")
    lines = _break_cycles(len(boxes), lines)
    return Sketch(config.type, tuple(boxes), tuple(lines))


def _outer(shape: Shape, entries: tuple[str, ...], *, exits: bool) -> Iterator[Box]:
    side = shape.startswith("side")
    for port in _ports(f"graph {shape}s", entries):
        anchor = (Anchor("", port.name, side),)
        tag = f"{port.tag}:{port.index}" if port.index and port.tag else port.tag
        yield Box(
            shape,
            port.name,
            subtitle=tag,
            entries=() if exits else anchor,
            exits=anchor if exits else (),
        )


def _ports(owner: str, entries: tuple[str, ...]) -> PortMap:
    try:
        return PortMap(entries)
    except ConfigError as error:
        raise ConfigError(f"{owner}: {error}") from error


def _anchors(ports: PortMap, side: bool, back: frozenset[int] = frozenset()) -> list[Anchor]:
    counts = Counter(port.tag for port in ports)
    return [
        Anchor(_tag(port, alone=counts[port.tag] == 1), port.name, side, i in back)
        for i, port in enumerate(ports)
    ]


def _tag(port: Port, *, alone: bool) -> str:
    if alone:
        return port.tag
    return f"{port.tag}:{port.index}" if port.tag else str(port.index)


def _configured(i: int, node: NodeConfig) -> Box:
    owner = f"node {node.name or node.calculator_name!r}"
    inputs = _ports(owner, node.inputs)
    keys = {key.removeprefix(":") or "0" for key in node.back_edges}
    back = frozenset(k for key, k in inputs.ids.items() if str(key) in keys)
    return _node(
        node,
        key=node.name or f"{node.calculator_name}_{i}",
        policy=(node.policy or "").removesuffix("InputStreamHandler"),
        entries=_anchors(inputs, False, back) + _anchors(_ports(owner, node.side_inputs), True),
        exits=_anchors(_ports(owner, node.outputs), False)
        + _anchors(_ports(owner, node.side_outputs), True),
    )


def _planned(node: NodePlan) -> Box:
    policy = (node.config.policy or "").removesuffix("InputStreamHandler")
    if not policy and node.policy is not default:
        # A policy is known by the function that makes it: `immediate`, or `make` in `sync_sets`.
        policy = getattr(node.policy, "__qualname__", "own").split(".")[0]
    return _node(
        node.config,
        key=node.name,
        policy=policy,
        entries=_anchors(node.inputs, False, node.back_edges) + _anchors(node.side_inputs, True),
        exits=_anchors(node.outputs, False) + _anchors(node.side_outputs, True),
    )


_POLICIES: Final = {
    "Immediate": "immediate",
    "SyncSet": "sync sets",
    "sync_sets": "sync sets",
    "Barrier": "barrier",
    "FixedSize": "fixed size",
    "fixed_size": "fixed size",
}


def _node(
    node: NodeConfig, key: str, policy: str, entries: list[Anchor], exits: list[Anchor]
) -> Box:
    badges: list[str] = []
    if policy and policy.lower() != "default":
        badges.append(_POLICIES.get(policy, policy))
    if node.max_in_flight > 1:
        badges.append(f"{node.max_in_flight} in flight")
    if node.executor:
        badges.append(f"on {node.executor}")
    title = node.calculator_name
    is_source = not any(not a.side for a in entries) and any(not a.side for a in exits)
    return Box(
        "source" if is_source else "node",
        title,
        key=key,
        subtitle=node.name if node.name != title else "",
        badges=tuple(badges),
        entries=tuple(entries),
        exits=tuple(exits),
    )


def _missing(boxes: list[Box]) -> Iterator[Box]:
    """Make a box for everything that is read, but made nowhere."""
    made = {(a.name, a.side) for box in boxes for a in box.exits}
    wanted = dict.fromkeys((a.name, a.side) for box in boxes for a in box.entries)
    for name, side in wanted:
        if (name, side) not in made:
            # A side packet may come from outside without being declared, as in MediaPipe.
            shape: Shape = "side input" if side else "missing"
            note = "not declared" if side else "made by nothing"
            yield Box(shape, name, subtitle=note, exits=(Anchor("", name, side),))


def _lines(boxes: list[Box]) -> Iterator[Line]:
    makers: dict[tuple[str, bool], list[tuple[int, int]]] = {}
    for i, box in enumerate(boxes):
        for k, anchor in enumerate(box.exits):
            makers.setdefault((anchor.name, anchor.side), []).append((i, k))
    for i, box in enumerate(boxes):
        for k, anchor in enumerate(box.entries):
            for source, exit_ in makers.get((anchor.name, anchor.side), ()):
                yield Line(source, exit_, i, k, anchor.name, anchor.side, anchor.back)


def _break_cycles(count: int, lines: list[Line]) -> list[Line]:
    """Mark as `back` every line that a depth-first walk finds closing a cycle."""
    leaving: list[list[int]] = [[] for _ in range(count)]
    for i, line in enumerate(lines):
        if not line.back:
            leaving[line.source].append(i)
    new, open_, done = 0, 1, 2
    state = [new] * count
    for start in range(count):
        if state[start] != new:
            continue
        state[start] = open_
        stack = [(start, iter(leaving[start]))]
        while stack:
            box, following = stack[-1]
            for i in following:
                target = lines[i].target
                if state[target] == open_:
                    lines[i] = replace(lines[i], back=True)
                elif state[target] == new:
                    state[target] = open_
                    stack.append((target, iter(leaving[target])))
                    break
            else:
                state[box] = done
                stack.pop()
    return lines
