"""Draws the graphs of docs/graph.md and docs/hands.md. `--check` only says what is stale."""

import argparse
import sys
from pathlib import Path

from firsthand.core import ManualClock
from firsthand.graph import (
    STANDARD,
    Calculator,
    Context,
    Contract,
    Graph,
    GraphBuilder,
    Packet,
    Registry,
    Tracer,
    parse,
)
from firsthand.graph.draw import to_svg
from firsthand.hands import gesture_graph

HERE = Path(__file__).resolve().parent

FIRST = """
input_stream: "celsius"
output_stream: "warning"
node { calculator: "ToFahrenheit" input_stream: "celsius" output_stream: "fahrenheit" }
node { calculator: "Warn" input_stream: "fahrenheit" output_stream: "warning" }
"""

TRACKING = """
type: "Tracking"
input_stream: "frame"
input_side_packet: "model"
output_stream: "box"
executor { name: "models" options { [any] { num_threads: 1 } } }
node {
  calculator: "FlowLimiterCalculator"
  input_stream: "frame"
  input_stream: "FINISHED:box"
  input_stream_info { tag_index: "FINISHED" back_edge: true }
  output_stream: "limited"
}
node {
  calculator: "PreviousLoopbackCalculator"
  input_stream: "MAIN:limited"
  input_stream: "LOOP:box"
  input_stream_info { tag_index: "LOOP" back_edge: true }
  output_stream: "PREV_LOOP:previous"
}
node {
  calculator: "PacketPresenceCalculator"
  input_stream: "PACKET:previous"
  output_stream: "PRESENCE:is_tracked"
}
node {
  calculator: "GateCalculator"
  input_stream: "limited"
  input_stream: "DISALLOW:is_tracked"
  output_stream: "search_here"
}
node {
  calculator: "DetectCalculator"
  name: "detector"
  input_stream: "search_here"
  input_side_packet: "MODEL:model"
  output_stream: "found"
  executor: "models"
}
node {
  calculator: "MergeCalculator"
  input_stream: "previous"
  input_stream: "found"
  output_stream: "region"
}
node {
  calculator: "TrackCalculator"
  name: "tracker"
  input_stream: "IMAGE:limited"
  input_stream: "REGION:region"
  input_side_packet: "MODEL:model"
  output_stream: "box"
  executor: "models"
}
"""


class Detect(Calculator):
    """Stands for a detector: finds a box in every image it is given."""

    @classmethod
    def contract(cls, contract: Contract) -> None:
        contract.input(0)
        contract.side_input("MODEL")
        contract.output(0)
        contract.timestamp_offset = 0

    def process(self, ctx: Context) -> None:
        ctx.send(0, ("found", ctx.timestamp))


class Track(Calculator):
    """Stands for a tracker: follows a box while there is one."""

    @classmethod
    def contract(cls, contract: Contract) -> None:
        contract.input("IMAGE")
        contract.input("REGION")
        contract.side_input("MODEL")
        contract.output(0)
        contract.timestamp_offset = 0

    def process(self, ctx: Context) -> None:
        if not ctx.inputs["REGION"].is_empty:
            ctx.send(0, ("tracked", ctx.timestamp))


class Work(Calculator):
    """Hands its packets on after the options' `us` microseconds on the clock: no real time."""

    @classmethod
    def contract(cls, contract: Contract) -> None:
        contract.input(0)
        contract.output(0)

    def process(self, ctx: Context) -> None:
        assert isinstance(ctx.clock, ManualClock)
        ctx.clock.advance(ctx.options["us"])
        ctx.send(0, ctx.inputs[0].payload)


def tracking() -> Graph:
    registry = Registry(STANDARD)
    registry.calculator("DetectCalculator")(Detect)
    registry.calculator("TrackCalculator")(Track)
    return Graph(parse(TRACKING), registry)


def traced_chain() -> tuple[Graph, Tracer]:
    """Run three stages whose times are made up, on a clock that is moved by hand."""
    g = GraphBuilder()
    stream = g.input("image")
    for name, makes, us in (
        ("shrink", "small", 800),
        ("model", "scores", 5900),
        ("decode", "boxes", 1300),
    ):
        node = g.node(Work, name=name, inputs=[stream], outputs=[makes], options={"us": us})
        stream = node[0]
    g.output(stream)
    graph, clock = Graph(g.build()), ManualClock()
    tracer = Tracer(clock)
    with graph.start(clock=clock, trace=tracer) as run:
        for i in range(10):
            run.add_packet("image", Packet(i, i))
    return graph, tracer


def pictures() -> dict[str, str]:
    first = parse(FIRST)
    graph, tracer = traced_chain()
    return {
        "graph_first.svg": to_svg(first, title="A first graph"),
        "graph_tracking.svg": to_svg(tracking().plan),
        "hands_graph.svg": to_svg(Graph(gesture_graph(in_flight=1)).plan, title="Hand tracking"),
        "graph_traced.svg": to_svg(graph.plan, title="A graph with its times", trace=tracer),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="only say whether a picture is stale")
    check = parser.parse_args().check
    stale = []
    for name, svg in pictures().items():
        path = HERE / name
        if path.is_file() and path.read_text(encoding="utf-8") == svg:
            continue
        stale.append(name)
        if not check:
            path.write_text(svg, encoding="utf-8")
    if stale and check:
        sys.stderr.write(f"stale pictures {', '.join(stale)}: run `make docs`\n")
    return 1 if stale and check else 0


if __name__ == "__main__":
    sys.exit(main())
