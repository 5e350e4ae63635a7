"""A node while a graph runs."""

from collections import deque
from collections.abc import Callable
from typing import Final

from firsthand.core import Clock
from firsthand.core import timestamp as ts
from firsthand.errors import CalculatorError
from firsthand.graph.calculator import Calculator
from firsthand.graph.context import Context, Inputs, OutputPort, Outputs, SideOutputs, SidePackets
from firsthand.graph.packet import Packet
from firsthand.graph.plan import NodePlan
from firsthand.graph.policies import DefaultPolicy, InputPolicy, default
from firsthand.graph.streams import InputStream, OutputStream, Throttled

UNOPENED: Final = 0
OPENING: Final = 1
OPENED: Final = 2
CLOSED: Final = 3


Call = Callable[[Context], object]
"""How a node's calculator is called; tracing and threads put their own around it."""


class ReadyQueue:
    """Nodes with work to do, as the bits of an integer: the highest bit runs first.

    Nodes are numbered downstream with sources first, so work already in the graph is finished
    before new work enters it.
    """

    __slots__ = ("bits", "threads")

    def __init__(self, threads: int) -> None:
        self.bits = 0
        self.threads = threads


class Node(Throttled):
    """The state of one node in one run: its calculator, streams, and invocations under way."""

    __slots__ = (
        "bit",
        "calculator",
        "calls",
        "close",
        "completed",
        "context",
        "contexts",
        "in_flight",
        "inputs",
        "invoke",
        "is_source",
        "max_in_flight",
        "must_close",
        "next_release",
        "next_sequence",
        "open",
        "outputs",
        "packets",
        "parallel",
        "plan",
        "policy",
        "ports",
        "prepared",
        "queue",
        "simple",
        "state",
        "trims",
        "waiting_sides",
    )

    def __init__(self, index: int, plan: NodePlan, queue: ReadyQueue, capacity: int) -> None:
        super().__init__(plan.name)
        self.plan = plan
        self.bit = 1 << index
        self.queue = queue
        self.calculator = _made(plan)
        self.open: Call = self.calculator.open
        self.invoke: Call = self.calculator.process
        self.close: Call = self.calculator.close
        self.is_source = plan.is_source
        self.max_in_flight = 1 if plan.is_source else plan.config.max_in_flight
        self.parallel = self.max_in_flight > 1
        self.inputs = tuple(InputStream(p.name, self, capacity) for p in plan.inputs)
        self.outputs = tuple(
            OutputStream(p.name, t, plan.timestamp_offset)
            for p, t in zip(plan.outputs, plan.output_types, strict=True)
        )
        self.policy: InputPolicy = plan.policy(self.inputs, plan.inputs, plan.process_bounds)
        self.trims = type(self.policy).arrived is not InputPolicy.arrived
        self.simple = (
            len(self.inputs) == 1
            and self.max_in_flight == 1
            and not plan.process_bounds
            and not plan.side_outputs
            and plan.policy is default
            and type(self.policy) is DefaultPolicy
        )
        self.state = UNOPENED
        self.must_close = False
        self.in_flight = 0
        self.calls = 0  # that threads are in just now
        self.prepared: deque[Context] = deque()
        self.contexts: list[Context] = []
        self.context: Context
        self.packets: list[Packet]
        self.ports: list[OutputPort]
        self.next_sequence = 0
        self.next_release = 0
        self.completed: dict[int, Context] = {}
        self.waiting_sides: set[str] = set()

    def make_contexts(self, side: SidePackets, clock: Clock) -> None:
        """Make as many contexts as invocations may be under way; they are reused."""
        plan = self.plan
        side_outputs = SideOutputs(plan.name, plan.side_outputs.ids, len(plan.side_outputs))
        self.contexts = [
            Context(
                plan.name,
                plan.config.options,
                Inputs(plan.inputs.ids, len(plan.inputs)),
                Outputs(plan.outputs.ids, self.outputs),
                side,
                side_outputs,
                clock,
            )
            for _ in range(self.max_in_flight)
        ]
        self.context = self.contexts[0]
        self.packets = self.context.inputs.packets
        self.ports = self.context.outputs.ports

    def take_context(self, timestamp: int) -> Context:
        """Take a free context for an invocation at `timestamp`."""
        ctx = self.contexts.pop() if self.parallel else self.context
        ctx.timestamp = timestamp
        if self.parallel:
            for port in ctx.outputs.ports:
                port.bound, port.closed = port.stream.bound, port.stream.closed
        ctx.sequence = self.next_sequence
        self.next_sequence += 1
        return ctx

    def give_back(self, ctx: Context) -> None:
        """Return a context once its outputs were released."""
        if self.parallel:
            self.contexts.append(ctx)

    @property
    def earliest_output(self) -> int:
        """The lowest bound among the outputs: sources that are behind run first."""
        return min((s.bound for s in self.outputs), default=ts.UNSET)


def _made(plan: NodePlan) -> Calculator:
    try:
        return plan.calculator()
    except Exception as error:  # whatever a constructor raises, the node is named
        raise CalculatorError(
            f"node {plan.name!r}: {plan.calculator.__name__} could not be made: "
            f"{type(error).__name__}: {error}",
            node=plan.name,
            timestamp=ts.UNSTARTED,
        ) from error
