"""Detect rarely, follow always: the graph of what a detector finds and a tracker follows.

Google's hand tracking (AI Blog, 2019) and Objectron (2020) are of one shape: what is known of one
frame goes back to the next through a loop, and only frames in which something new may have to be
found go to the detector, which is slow. A system gives its functions and types, `Tracking`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from firsthand.graph.builder import GraphBuilder, Stream
from firsthand.graph.calculator import STANDARD, Calculator, Contract
from firsthand.graph.calculators import FlowLimiter, PreviousLoopback
from firsthand.graph.context import Context


@dataclass(frozen=True, slots=True)
class Tracking:
    """A system's functions, and the types of what goes between them.

    `frame` has an `image`. `state()` is what is known before the first frame. `searching` and
    `finishing` are the names, in traces and errors, of the stages that run models.

    - `begin(state, image, timestamp)` returns the state as a frame finds it;
    - `is_due(state, timestamp, options)`, whether the detector is to look at it;
    - `search(image, models, options)`, what the detector `found` in it;
    - `finish(state, found or None, image, timestamp, models, options)`, the state that it leaves,
      and the `result`.
    """

    searching: str
    finishing: str
    frame: type
    state: type
    models: type
    options: type
    found: type
    result: type
    begin: Callable[[Any, Any, int], Any]
    is_due: Callable[[Any, int, Any], bool]
    search: Callable[[Any, Any, Any], Any]
    finish: Callable[[Any, Any, Any, int, Any, Any], tuple[Any, Any]]


@dataclass(frozen=True, slots=True)
class Stages:
    """A tracking, and its calculators by the functions that they call."""

    tracking: Tracking
    begin: type[Calculator]
    search: type[Calculator]
    finish: type[Calculator]


def tracking_stages(name: str, tracking: Tracking) -> Stages:
    """Return a tracking's calculators, registered as `{name}BeginCalculator` and so on."""

    @STANDARD.calculator(f"{name}BeginCalculator")
    class Begin(Calculator):
        """Takes FRAME and what the last one left, PREVIOUS; lets frames to SEARCH through if due.

        STATE is what is known of the frames before.
        """

        @classmethod
        def contract(cls, contract: Contract) -> None:
            """Read a frame; PREVIOUS has no packet at the first."""
            contract.input("FRAME", tracking.frame)
            contract.input("PREVIOUS", tracking.state)
            contract.side_input("OPTIONS", tracking.options)
            contract.output("SEARCH", tracking.frame)
            contract.output("STATE", tracking.state)
            contract.timestamp_offset = 0

        def process(self, ctx: Context) -> None:
            """Check the frame and decide."""
            frame, previous = ctx.inputs["FRAME"], ctx.inputs["PREVIOUS"]
            last = tracking.state() if previous.is_empty else previous.payload
            state = tracking.begin(last, frame.payload.image, ctx.timestamp)
            if tracking.is_due(state, ctx.timestamp, ctx.side["OPTIONS"]):
                ctx.outputs["SEARCH"].add(frame)
            ctx.send("STATE", state)

    @STANDARD.calculator(f"{name}SearchCalculator")
    class Search(Calculator):
        """From FRAME to what the detector FOUND in it."""

        @classmethod
        def contract(cls, contract: Contract) -> None:
            """Run where there is a frame, let bounds pass where there is none."""
            contract.input("FRAME", tracking.frame)
            contract.side_input("MODELS", tracking.models)
            contract.side_input("OPTIONS", tracking.options)
            contract.output("FOUND", tracking.found)
            contract.timestamp_offset = 0

        def process(self, ctx: Context) -> None:
            """Detect."""
            image = ctx.inputs["FRAME"].payload.image
            ctx.send("FOUND", tracking.search(image, ctx.side["MODELS"], ctx.side["OPTIONS"]))

    @STANDARD.calculator(f"{name}FinishCalculator")
    class Finish(Calculator):
        """Looks where things were, by STATE, and where they were FOUND: to RESULT.

        FOUND has a packet only where the detector ran; AFTER goes back to the next frame.
        """

        @classmethod
        def contract(cls, contract: Contract) -> None:
            """Take everything known of this frame."""
            contract.input("FRAME", tracking.frame)
            contract.input("STATE", tracking.state)
            contract.input("FOUND", tracking.found)
            contract.side_input("MODELS", tracking.models)
            contract.side_input("OPTIONS", tracking.options)
            contract.output("RESULT", tracking.result)
            contract.output("AFTER", tracking.state)
            contract.timestamp_offset = 0

        def process(self, ctx: Context) -> None:
            """Find and follow."""
            found = ctx.inputs["FOUND"]
            after, result = tracking.finish(
                ctx.inputs["STATE"].payload,
                None if found.is_empty else found.payload,
                ctx.inputs["FRAME"].payload.image,
                ctx.timestamp,
                ctx.side["MODELS"],
                ctx.side["OPTIONS"],
            )
            ctx.send("RESULT", result)
            ctx.send("AFTER", after)

    for made in (Begin, Search, Finish):
        made.__name__ = made.__qualname__ = f"{name}{made.__name__}"
    return Stages(tracking, Begin, Search, Finish)


def add_tracking(
    g: GraphBuilder, stages: Stages, out: str, in_flight: int, executor: str
) -> Stream[Any]:
    """Add the stages and their loop to a graph, from its input `frame` to the stream `out`.

    Side packets are `models` and `options`. Of live input only `in_flight` frames are under way at
    once, others are dropped, so that results are never late; 0 drops none. Models run on
    `executor`, which is to have one thread; "" is the default one.
    """
    models, options = g.side_input("models"), g.side_input("options")
    frame: Stream[Any] = g.input("frame", stages.tracking.frame)
    if in_flight:
        frame = g.node(
            FlowLimiter,
            inputs={"": frame, "FINISHED": g.loop(out)},
            outputs={"": "limited_frame"},
            options={"max_in_flight": in_flight},
            name="flow_limiter",
        )[0]
    previous = g.node(
        PreviousLoopback,
        inputs={"MAIN": frame, "LOOP": g.loop("after")},
        outputs={"PREV_LOOP": "previous"},
        name="previous_frame",
    )
    start = g.node(
        stages.begin,
        inputs={"FRAME": frame, "PREVIOUS": previous["PREV_LOOP"]},
        outputs={"SEARCH": "frame_to_search", "STATE": "state"},
        side={"OPTIONS": options},
        name="begin",
    )
    found = g.node(
        stages.search,
        inputs={"FRAME": start["SEARCH"]},
        outputs={"FOUND": "found"},
        side={"MODELS": models, "OPTIONS": options},
        name=stages.tracking.searching,
        executor=executor,
    )
    told = g.node(
        stages.finish,
        inputs={"FRAME": frame, "STATE": start["STATE"], "FOUND": found["FOUND"]},
        outputs={"RESULT": out, "AFTER": "after"},
        side={"MODELS": models, "OPTIONS": options},
        name=stages.tracking.finishing,
        executor=executor,
    )
    return told["RESULT"]
