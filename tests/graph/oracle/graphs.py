"""Graphs and what is fed to them, generated for MediaPipe and for us alike.

A request is a dictionary of
    config    text of a `CalculatorGraphConfig`
    observe   names of streams; the packets of each are reported in order
    events    ["add", input, time, value] or ["close", input], in order
    kinds     input or side packet name -> "int", "bool", "float" or "floats"
    side      side packet name -> value
    settle    whether to wait after every event until the graph is idle
    bounds    whether risen bounds are reported too, as empty packets
and an answer of
    out       stream name -> list of [index of the event during which it came, time, value];
              the value of an empty packet is None
    error     None, or phase ("config", "start", "event", "finish"), event and text
"""

from typing import Any

from hypothesis import strategies as st

from firsthand.core import timestamp as ts

FIXED_SIZE = "FixedSizeInputStreamHandler"
IMMEDIATE = "ImmediateInputStreamHandler"
Draw = Any


def node(
    calculator: str,
    inputs: list[str],
    outputs: list[str],
    *,
    back: str = "",
    side: str = "",
    options: str = "",
    handler: str = "",
    handler_options: str = "",
) -> str:
    lines = [f'calculator: "{calculator}"']
    lines += [f'input_stream: "{name}"' for name in inputs]
    lines += [f'output_stream: "{name}"' for name in outputs]
    if back:
        lines.append(f'input_stream_info {{ tag_index: "{back}" back_edge: true }}')
    if side:
        lines.append(f'input_side_packet: "{side}"')
    if options:
        lines.append(f"options {{ [mediapipe.{calculator}Options.ext] {{ {options} }} }}")
    if handler:
        extra = ""
        if handler_options:
            extra = f"options {{ [mediapipe.{handler}Options.ext] {{ {handler_options} }} }}"
        lines.append(f'input_stream_handler {{ input_stream_handler: "{handler}" {extra} }}')
    return "node { " + "\n  ".join(lines) + " }\n"


class Drawing:
    """A graph being generated: streams so far by kind, nodes, and loops still to be closed."""

    def __init__(self, draw: Draw, *, racy: bool) -> None:
        self.draw = draw
        self.racy = racy  # calculators and policies whose output depends on arrival
        # Special times; MediaPipe ends the process where a loop computes with one.
        self.special = self.number(0, 4) == 0
        self.streams: dict[str, str] = {}
        self.kinds: dict[str, str] = {}
        self.nodes: list[str] = []
        self.pending: list[str] = []
        self.side: dict[str, Any] = {}

    def name(self, prefix: str, kind: str) -> str:
        name = f"{prefix}{len(self.streams)}"
        self.streams[name] = kind
        return name

    def pick(self, kind: str = "") -> str:
        names = [n for n, k in self.streams.items() if not kind or k == kind]
        return self.draw(st.sampled_from(names))

    def has(self, kind: str) -> bool:
        return kind in self.streams.values()

    def flag(self) -> bool:
        return self.draw(st.booleans())

    def number(self, low: int, high: int) -> int:
        return self.draw(st.integers(low, high))

    # -- nodes -----------------------------------------------------------------------------

    def add_pass_through(self) -> None:
        inputs = [self.pick() for _ in range(self.number(1, 3))]
        handler = options = ""
        if self.racy and self.number(0, 2) == 0:
            handler = self.draw(st.sampled_from([FIXED_SIZE] * 5 + [IMMEDIATE]))
        if handler == FIXED_SIZE and self.flag():
            target = self.number(1, 2)
            options = (
                f"trigger_queue_size: {target + self.number(1, 2)} target_queue_size: {target} "
                f"fixed_min_size: {str(self.flag()).lower()}"
            )
        tags = ["A:", "B:", ""] if self.flag() else ["", "", ""]
        self.nodes.append(
            node(
                "PassThroughCalculator",
                [tag + name for tag, name in zip(tags, inputs, strict=False)],
                [
                    tag + self.name("x", self.streams[name])
                    for tag, name in zip(tags, inputs, strict=False)
                ],
                handler=handler,
                handler_options=options,
            )
        )

    def add_merge(self) -> None:
        kind = self.streams[self.pick()]
        inputs = [self.pick(kind) for _ in range(self.number(1, 3))]
        handler = FIXED_SIZE if self.racy and self.number(0, 4) == 0 else ""
        self.nodes.append(node("MergeCalculator", inputs, [self.name("m", kind)], handler=handler))

    def add_gate(self) -> None:
        inputs = [self.pick() for _ in range(self.number(1, 2))]
        outputs = [self.name("g", self.streams[name]) for name in inputs]
        options = side = ""
        tag = self.draw(st.sampled_from(["ALLOW", "DISALLOW"]))
        way = self.number(0, 5)
        if way == 0:
            side = f"s{len(self.side)}"
            self.side[side] = self.flag()
            self.kinds[side] = "bool"
            side = f"{tag}:{side}"
        elif way == 1 or not self.has("bool"):
            options = f"allow: {str(self.flag()).lower()}"
        else:
            inputs.append(f"{tag}:{self.pick('bool')}")
            options = f"empty_packets_as_allow: {str(self.flag()).lower()}"
        if self.flag():
            outputs.append("STATE_CHANGE:" + self.name("c", "bool"))
        self.nodes.append(node("GateCalculator", inputs, outputs, options=options, side=side))

    def add_presence(self) -> None:
        source = self.pick()
        self.nodes.append(
            node(
                "PacketPresenceCalculator",
                [f"PACKET:{source}"],
                ["PRESENCE:" + self.name("p", "bool")],
            )
        )

    def add_loopback(self) -> None:
        main = self.pick()
        loop = f"l{len(self.pending)}"
        self.pending.append(loop)
        self.nodes.append(
            node(
                "PreviousLoopbackCalculator",
                [f"MAIN:{main}", f"LOOP:{loop}"],
                ["PREV_LOOP:" + self.name("b", "int")],
                back="LOOP",
            )
        )

    def add_flow_limiter(self) -> None:
        inputs = [self.pick() for _ in range(self.number(1, 2))]
        outputs = [self.name("f", self.streams[name]) for name in inputs]
        loop = f"l{len(self.pending)}"
        self.pending.append(loop)
        if self.flag():
            outputs.append("ALLOW:" + self.name("w", "bool"))
        options = f"max_in_flight: {self.number(1, 3)} max_in_queue: {self.number(0, 2)}"
        if self.flag():
            options += f" in_flight_timeout: {self.number(0, 4)}"
        self.nodes.append(
            node(
                "FlowLimiterCalculator",
                [*inputs, f"FINISHED:{loop}"],
                outputs,
                back="FINISHED",
                options=options,
            )
        )

    def add_loop_over_elements(self) -> None:
        if not self.has("floats"):
            return
        inputs = [f"ITERABLE:{self.pick('floats')}"]
        outputs = []
        if self.flag():
            clone = self.pick()
            inputs.append(f"CLONE:{clone}")
            outputs.append("CLONE:" + self.name("k", self.streams[clone]))
        item, end = self.name("i", "float"), self.name("e", "time")
        self.nodes.append(
            node(
                "BeginLoopFloatCalculator",
                inputs,
                [f"ITEM:{item}", f"BATCH_END:{end}", *outputs],
            )
        )
        if self.flag() and self.has("bool"):
            gated = self.name("j", "float")
            self.nodes.append(node("GateCalculator", [item, f"ALLOW:{self.pick('bool')}"], [gated]))
            item = gated
        self.nodes.append(
            node(
                "EndLoopFloatCalculator",
                [f"ITEM:{item}", f"BATCH_END:{end}"],
                ["ITERABLE:" + self.name("v", "floats")],
            )
        )

    def add_side_packet_stream(self) -> None:
        side = f"s{len(self.side)}"
        self.side[side] = self.number(0, 9)
        self.kinds[side] = "int"
        tags = ["AT_TICK", "AT_FIRST_TICK", "AT_ZERO"]
        if self.special:
            tags = [*tags[:2], "AT_PRESTREAM", "AT_POSTSTREAM"]
        tag = self.draw(st.sampled_from(tags))
        inputs = [f"TICK:{self.pick()}"] if tag.endswith("TICK") else []
        outputs = [f"{tag}:" + self.name("o", "int")]
        self.nodes.append(node("SidePacketToStreamCalculator", inputs, outputs, side=side))

    def close_loops(self) -> None:
        """Give every stream that a back edge reads a producer: a copy of some integer stream."""
        for loop in self.pending:
            self.nodes.append(node("PassThroughCalculator", [self.pick("int")], [loop]))


@st.composite
def requests(draw: Draw, *, racy: bool, settle: bool) -> dict[str, Any]:
    """Generate a request. Without `racy`, what comes out does not depend on arrival."""
    drawing = Drawing(draw, racy=racy)
    inputs = [drawing.name("a", "int") for _ in range(drawing.number(1, 3))]
    inputs += [drawing.name("d", "bool") for _ in range(drawing.number(0, 2))]
    inputs += [drawing.name("u", "floats") for _ in range(drawing.number(0, 1))]
    drawing.kinds.update({name: drawing.streams[name] for name in inputs})
    adders = [
        drawing.add_pass_through,
        drawing.add_merge,
        drawing.add_gate,
        drawing.add_gate,
        drawing.add_side_packet_stream,
    ]
    if racy:
        adders.append(drawing.add_presence)
    if not drawing.special:
        adders.append(drawing.add_loopback)
        # A loop over elements counts a step for each bound it sees, so arrival decides its times.
        adders += [drawing.add_loop_over_elements, *[drawing.add_flow_limiter] * 2] * racy
    for _ in range(drawing.number(1, 7)):
        draw(st.sampled_from(adders))()
    drawing.close_loops()
    # Inputs are observed too: MediaPipe checks the order of a stream only where someone reads it.
    observe = [n for n, kind in drawing.streams.items() if kind != "time"]
    nodes = draw(st.permutations(drawing.nodes))
    if racy:
        # Settled times become packets, so that bounds are compared as well.
        nodes += [
            node("PacketPresenceCalculator", [f"PACKET:{name}"], [f"PRESENCE:bound_{name}"])
            for name in observe
        ]
        observe += [f"bound_{name}" for name in observe]
    header = "".join(f'input_stream: "{name}"\n' for name in inputs)
    header += "".join(f'input_side_packet: "{name}"\n' for name in drawing.side)
    return {
        "config": 'executor { name: "" type: "ApplicationThreadExecutor" }\n'
        + header
        + "".join(nodes),
        "observe": observe,
        "events": draw(event_lists(inputs, drawing.kinds, special=drawing.special)),
        "kinds": drawing.kinds,
        "side": drawing.side,
        "settle": settle,
        "bounds": settle,
    }


@st.composite
def event_lists(
    draw: Draw, inputs: list[str], kinds: dict[str, str], *, special: bool
) -> list[list[Any]]:
    """Packets in any order between streams, in order within one; sometimes a wrong one."""
    times = dict.fromkeys(inputs, -1)
    closed: list[str] = []
    full: list[str] = []
    events: list[list[Any]] = []
    for _ in range(draw(st.integers(0, 14))):
        name = draw(st.sampled_from(inputs))
        what = draw(st.integers(0, 79))
        if name in closed:
            continue
        if what == 0:
            closed.append(name)
            events.append(["close", name])
            continue
        if name in full:
            continue
        step = draw(st.integers(1, 3))
        time = times[name] + (step if what > 1 else -step)
        if what < 8 and special:
            time = draw(st.sampled_from([ts.MAX, ts.POST_STREAM, ts.PRE_STREAM, ts.MIN]))
            full.append(name)
        times[name] = max(time, times[name])
        value: Any = len(events)
        if kinds[name] == "bool":
            value = draw(st.booleans())
        elif kinds[name] == "floats":
            value = [float(v) for v in draw(st.lists(st.integers(0, 9), max_size=3))]
        events.append(["add", name, time, value])
    # MediaPipe closes what is left in no particular order, and the order can matter.
    rest = draw(st.permutations([name for name in inputs if name not in closed]))
    return events + [["close", name] for name in rest]
