"""Observers and polls: what they may do, and how they hold sources back."""

import pytest
from calculators_for_tests import chain, function, join, source

from firsthand.errors import CalculatorError, DeadlockError, GraphError
from firsthand.graph import Graph, GraphBuilder
from firsthand.graph.calculators import PassThrough

THREADS = pytest.mark.parametrize("threads", [0, 2])


@THREADS
@pytest.mark.parametrize("stream", ["a", "joined"])
def test_an_observer_that_raises_is_named_whatever_it_observes(threads, stream):
    def observer(_):
        raise ValueError("planted")

    def feed():
        run.add("a", 1, 0)
        run.add("b", 1, 0)
        run.wait_until_idle(timeout_s=20)

    g = GraphBuilder()
    g.node(join(2), inputs=[g.input("a"), g.input("b")], outputs=["joined"])
    run = Graph(g.build()).start(observe={stream: observer}, threads=threads)
    with pytest.raises(CalculatorError, match=rf"observer of stream '{stream}'.*planted"):
        feed()


@THREADS
def test_an_observer_of_an_input_may_feed_that_input(threads):
    def again(packet):
        if packet.payload < 5:
            run.add("in", packet.payload + 1, packet.timestamp + 1)

    seen = []
    run = chain(1).start(observe={"in": again, "s0": seen.append}, threads=threads)
    run.add("in", 0, 0)
    run.wait_until_idle(timeout_s=20)
    assert [p.payload for p in seen] == list(range(6))
    run.cancel()


@THREADS
def test_waiting_from_inside_is_refused(threads):
    def waits(_):
        for wait in (run.wait_until_idle, run.wait_until_done, lambda: run.next_output("s1")):
            with pytest.raises(GraphError, match="wait for itself"):
                wait()
            refused.append(1)

    refused = []
    run = chain(2).start(observe={"s0": waits}, poll=["s1"], threads=threads)
    run.add("in", 1, 0)
    run.wait_until_idle(timeout_s=20)
    assert len(refused) == 3
    run.cancel()


@THREADS
def test_bounds_are_shown_that_rise_because_an_input_closes(threads):
    g = GraphBuilder()
    g.node(join(2), inputs=[g.input("a"), g.input("b")], outputs=["o"])
    seen = []
    run = Graph(g.build()).start(observe={"o": seen.append}, bounds=["o"], threads=threads)
    run.set_bound("a", 10)
    run.close_input("b")
    run.wait_until_idle(timeout_s=20)
    assert [p.timestamp for p in seen] == [9]
    run.cancel()


def test_an_observer_may_feed_a_full_graph_while_its_threads_show_packets():
    def other(packet):
        run.add("b", packet.payload, packet.timestamp)

    g = GraphBuilder()
    a, b = g.input("a"), g.input("b")
    g.node(PassThrough, inputs=[b], outputs=["o"])
    g.node(PassThrough, inputs=[a], outputs=["p"])
    seen = []
    graph = Graph(g.build(max_queue_size=1))
    run = graph.start(observe={"a": other, "o": seen.append}, threads=1)
    for t in range(200):
        run.add("a", t, t)
    run.close_inputs()
    run.wait_until_done(timeout_s=20)
    assert [p.payload for p in seen] == list(range(200))


@THREADS
def test_polling_holds_sources_back_and_loses_nothing(threads):
    made = []

    class Counted(source(10**9)):
        def process(self, ctx):
            made.append(self.i)
            return super().process(ctx)

    g = GraphBuilder()
    g.node(Counted, outputs=["n"])
    run = Graph(g.build(max_queue_size=4)).start(poll=["n"], threads=threads)
    assert [run.next_output("n", 20).payload for _ in range(50)] == list(range(50))
    run.cancel()
    assert len(made) <= 50 + 4 + 2


@THREADS
def test_polling_grows_queues_that_block_what_is_polled(threads):
    g = GraphBuilder()
    numbers = g.node(source(30), outputs=["n"])
    late = function(lambda x: x if x == 25 else None, offset=None)
    rare = g.node(late, inputs=[numbers[0]], outputs=["rare"])
    g.node(join(2), inputs=[numbers[0], rare[0]], outputs=["o"])
    run = Graph(g.build(max_queue_size=4)).start(poll=["o"], threads=threads)
    got = iter(lambda: run.next_output("o", 20), None)
    assert [p.payload for p in got] == [(i, 25 if i == 25 else None) for i in range(30)]


def test_threads_end_when_a_deadlock_is_raised_at_the_end_of_with(threads_end):
    g = GraphBuilder()
    numbers = g.node(source(30), outputs=["n"])
    never = g.node(function(lambda x: None, offset=None), inputs=[numbers[0]], outputs=["rare"])
    g.node(join(2), inputs=[numbers[0], never[0]], outputs=["o"])
    graph = Graph(g.build(max_queue_size=4, report_deadlock=True))
    with pytest.raises(DeadlockError), graph.start(threads=2):
        pass
    threads_end()


@THREADS
def test_a_source_may_ask_for_several_calls_in_flight(threads):
    g = GraphBuilder()
    g.node(source(50), outputs=["n"], max_in_flight=3)
    got = []
    Graph(g.build()).start(observe={"n": got.append}, threads=threads).wait_until_done(20)
    assert [p.payload for p in got] == list(range(50))
