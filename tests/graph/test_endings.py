"""Interrupts, cancelling from anywhere, runs that are dropped: nodes close once, threads end."""

import gc
import threading
import weakref

import pytest
from calculators_for_tests import chain, function, watched

from firsthand.errors import CalculatorError, GraphError
from firsthand.graph import Graph, GraphBuilder

THREADS = pytest.mark.parametrize("threads", [0, 2])


@pytest.mark.parametrize("in_flight", [1, 2])
def test_an_interrupt_in_a_calculator_ends_the_run_and_is_passed_on(in_flight):
    def interrupted(_):
        raise KeyboardInterrupt

    run = chain(2, function(interrupted), max_in_flight=in_flight).start()
    run.add("in", 1, 0)
    with pytest.raises(KeyboardInterrupt):
        run.wait_until_idle()
    with pytest.raises(GraphError, match="KeyboardInterrupt"):
        run.add("in", 2, 1)


@pytest.mark.parametrize("stream", ["in", "s0"])
def test_an_interrupt_in_an_observer_ends_the_run_and_is_passed_on(stream):
    def interrupted(_):
        raise KeyboardInterrupt

    def feed():
        run.add("in", 1, 0)
        run.wait_until_idle()

    run = chain(1).start(observe={stream: interrupted})
    with pytest.raises(KeyboardInterrupt):
        feed()
    with pytest.raises(GraphError, match="KeyboardInterrupt"):
        run.add("in", 2, 1)


def test_a_thread_that_wants_to_exit_ends_the_run():
    def leave(_):
        raise SystemExit(3)

    run = chain(1, function(leave)).start(threads=1)
    run.add("in", 1, 0)
    with pytest.raises(CalculatorError, match="SystemExit: 3"):
        run.wait_until_idle(timeout_s=20)


@THREADS
def test_nothing_runs_or_closes_twice_after_cancel(threads):
    log = []
    run = chain(3, watched(log)).start(threads=threads)
    for t in range(20):
        run.add("in", t, t)
    run.cancel()
    run.wait_until_idle(timeout_s=20)
    run.wait_until_done(timeout_s=20)
    run.cancel()
    assert not run.add("in", 1, 100)
    bad = [what for what, _ in log if what not in ("open", "close")]
    assert bad == []


@THREADS
@pytest.mark.parametrize("where", ["observer", "calculator"])
def test_a_run_can_be_cancelled_from_inside(threads_end, threads, where):
    log = []

    class Cancels(watched(log)):
        def process(self, ctx):
            super().process(ctx)
            if where == "calculator" and ctx.name == "PassThrough_1":
                run.cancel()

    Cancels.__name__ = "PassThrough"
    observe = {"s1": lambda p: run.cancel()} if where == "observer" else {}
    run = chain(3, Cancels).start(observe=observe, threads=threads)
    run.add("in", 1, 0)
    run.add("in", 2, 1)
    run.wait_until_idle(timeout_s=20)
    run.wait_until_done(timeout_s=20)
    threads_end()
    both = [(what, f"PassThrough_{i}") for what in ("open", "close") for i in range(3)]
    assert sorted(log) == sorted(both)


def test_a_node_is_not_closed_while_it_is_called(threads_end):
    log, entered, leave = [], threading.Event(), threading.Event()

    class Slow(watched(log)):
        def process(self, ctx):
            self.calls += 1
            entered.set()
            leave.wait(20)
            self.time = ctx.timestamp
            self.calls -= 1

    def fails(_):
        entered.wait(20)
        raise ValueError("planted")

    g = GraphBuilder()
    stream = g.input("in")
    g.node(function(fails), inputs=[stream], outputs=["b"], executor="other")
    g.node(Slow, inputs=[stream], outputs=["a"], name="slow")
    run = Graph(g.build(executors={"other": 1})).start(threads=1)
    run.add("in", 1, 7)
    with pytest.raises(CalculatorError, match="planted"):
        run.wait_until_idle(timeout_s=0.2)  # does not wait for the slow node for ever
    assert log == [("open", "slow")]
    leave.set()
    threads_end()
    assert log == [("open", "slow"), ("close", "slow")]


def test_waiters_return_when_another_thread_cancels():
    entered, leave = threading.Event(), threading.Event()

    def hang(_):
        entered.set()
        leave.wait(20)

    run = chain(2, function(hang)).start(threads=1)
    waiter = threading.Thread(target=run.wait_until_idle)
    for t in range(5):
        run.add("in", t, t)
    waiter.start()
    assert entered.wait(20)
    run.cancel()
    leave.set()
    waiter.join(20)
    assert not waiter.is_alive()


def test_a_run_that_is_dropped_ends_its_threads_and_closes_its_nodes(threads_end):
    log = []
    for _ in range(5):
        run = chain(1, watched(log)).start(threads=2)
        run.add("in", 1, 0)
        run.wait_until_idle(timeout_s=20)
    del run
    gc.collect()
    threads_end()
    assert [what for what, _ in log if what == "close"] == ["close"] * 5


@THREADS
@pytest.mark.parametrize("in_flight", [1, 2])
def test_a_graph_at_rest_keeps_no_payload(threads, in_flight):
    class Payload:
        pass

    run = chain(3, max_in_flight=in_flight).start(threads=threads)
    payload = Payload()
    reference = weakref.ref(payload)
    run.add("in", payload, 0)
    del payload
    run.wait_until_idle(timeout_s=20)
    gc.collect()
    assert reference() is None
    run.cancel()
