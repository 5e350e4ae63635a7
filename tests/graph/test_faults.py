"""Whatever calculators do, a graph ends: as was asked, or with an error that names the node."""

import pytest
from calculators_for_tests import function
from hypothesis import given, settings
from hypothesis import strategies as st

from firsthand.errors import CalculatorError
from firsthand.graph import STOP, Calculator, Graph, GraphBuilder, Packet

FAULTS = ["raise", "stop", "nonsense", "wrong type", "old packet", "bad bound", "silent", "none"]


def faulty(kind, at):
    class Faulty(Calculator):
        @classmethod
        def contract(cls, contract):
            contract.inputs_of("", at_least=1)
            contract.output(0, int)

        def open(self, ctx):
            self.calls = 0

        def process(self, ctx):
            self.calls += 1
            if self.calls == at:
                match kind:
                    case "raise":
                        raise KeyError("planted")
                    case "stop":
                        return STOP
                    case "nonsense":
                        return "nonsense"
                    case "wrong type":
                        ctx.send(0, "text")
                    case "old packet":
                        ctx.send(0, 1, at=-5)
                        ctx.send(0, 1, at=-6)
                    case "bad bound":
                        ctx.outputs[0].set_next_timestamp_bound(10**9)
                        ctx.outputs[0].set_next_timestamp_bound(3)
                    case "silent":
                        return None
            ctx.send(0, self.calls)
            return None

    return Faulty


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.tuples(st.sampled_from(FAULTS), st.integers(1, 12)), min_size=1, max_size=5),
    st.booleans(),
    st.sampled_from([0, 1, 2]),
    st.integers(1, 5),
)
def test_no_fault_deadlocks_a_graph(faults, joined, threads, queue_size):
    g = GraphBuilder()
    entry = stream = g.input("in")
    for i, (kind, at) in enumerate(faults):
        inputs = [stream, entry] if joined and i else [stream]
        stream = g.node(faulty(kind, at), inputs=inputs, outputs=[f"s{i}"])[0]
    out = []
    graph = Graph(g.build(max_queue_size=queue_size))
    run = graph.start(observe={stream.name: out.append}, threads=threads)
    blamed = None
    try:
        for t in range(20):
            if not run.add("in", t, t):
                break
        run.close_inputs()
        run.wait_until_done(timeout_s=30)
    except CalculatorError as error:
        blamed = error.node
    assert blamed is None or blamed.startswith("Faulty_")
    assert [p.timestamp for p in out] == sorted({p.timestamp for p in out})
    if all(kind == "none" for kind, _ in faults):
        assert blamed is None
        assert len(out) == 20


@pytest.mark.parametrize("threads", [0, 2])
def test_an_observer_that_raises_ends_the_graph(threads):
    def observer(_packet):
        raise ValueError("observer")

    g = GraphBuilder()
    node = g.node(function(lambda x: x), inputs=[g.input("in")], outputs=["out"])
    run = Graph(g.build()).start(observe={node[0].name: observer}, threads=threads)
    run.add("in", 1, 0)
    with pytest.raises(CalculatorError, match="observer"):
        run.wait_until_idle(timeout_s=20)


@pytest.mark.parametrize("threads", [0, 2])
def test_an_observer_may_feed_the_graph(threads):
    g = GraphBuilder()
    node = g.node(function(lambda x: x), inputs=[g.input("in")], outputs=["out"])
    seen = []

    def again(packet):
        seen.append(packet.payload)
        if packet.payload < 500:
            run.add("in", packet.payload + 1, packet.timestamp + 1)

    run = Graph(g.build(max_queue_size=2)).start(observe={node[0].name: again}, threads=threads)
    run.add("in", 0, 0)
    run.wait_until_idle(timeout_s=20)
    assert seen == list(range(501))
    run.cancel()


def test_an_exception_while_feeding_closes_the_nodes():
    closed = []

    class Closes(Calculator):
        @classmethod
        def contract(cls, contract):
            contract.input(0)

        def process(self, ctx):
            pass

        def close(self, ctx):
            closed.append(ctx.name)

    g = GraphBuilder()
    g.node(Closes, inputs=[g.input("in")], name="a")

    def interrupted():
        with Graph(g.build()).start() as run:
            run.add_packet("in", Packet(1, 0))
            raise RuntimeError("the user's own")

    with pytest.raises(RuntimeError, match="the user's own"):
        interrupted()
    assert closed == ["a"]
