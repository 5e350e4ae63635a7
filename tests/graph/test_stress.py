"""Depth, and many threads that switch at every step: the same comes out, and all ends."""

import contextlib
import random
import sys
import threading

import pytest
from calculators_for_tests import chain, function, join, source, watched

from firsthand.errors import CalculatorError, TimestampError
from firsthand.graph import STOP, Calculator, Graph, GraphBuilder, GraphConfig, NodeConfig

THREADS = pytest.mark.parametrize("threads", [0, 2])


@THREADS
def test_bounds_and_ends_travel_deeper_than_the_stack(threads):
    silent = function(lambda x: None)
    run = chain(3 * sys.getrecursionlimit(), silent).start(threads=threads)
    run.add("in", 1, 0)
    run.wait_until_idle(timeout_s=30)
    run.set_bound("in", 100)
    run.wait_until_idle(timeout_s=30)
    run.close_inputs()
    run.wait_until_done(timeout_s=30)


def test_side_packets_may_depend_on_each_other_deeper_than_the_stack():
    class Hand(Calculator):
        @classmethod
        def contract(cls, contract):
            contract.side_input(0)
            contract.side_output(0)

        def open(self, ctx):
            ctx.side_outputs.set(0, ctx.side[0] + 1)

        def process(self, ctx):
            return STOP

    count = 1200
    nodes = tuple(
        NodeConfig(Hand, side_inputs=(f"p{i}",), side_outputs=(f"p{i + 1}",))
        for i in reversed(range(count))
    )
    assert len(Graph(GraphConfig(nodes=nodes, side_inputs=("p0",))).plan.nodes) == count


@THREADS
def test_graphs_of_nothing_run(threads):
    Graph(GraphConfig()).start(threads=threads).wait_until_done(timeout_s=20)
    got = []
    with Graph(GraphConfig(inputs=("a",))).start(observe={"a": got.append}, threads=threads) as run:
        run.add("a", 1, 0)
    assert [p.payload for p in got] == [1]


def random_graph(rng):
    g = GraphBuilder()
    count = rng.randint(1, 40)
    streams = [g.input(f"i{i}") for i in range(rng.randint(0, 2))]
    inputs = [s.name for s in streams]
    for i in range(rng.randint(0 if streams else 1, 2)):
        numbers = source(count, step=rng.choice([1, 2]))
        executor, limit = rng.choice(["", "e"]), rng.choice([1, 2])
        outputs = [f"q{i}"]
        streams.append(g.node(numbers, outputs=outputs, executor=executor, max_in_flight=limit)[0])
    for i in range(rng.randint(1, 8)):
        reads = [rng.choice(streams) for _ in range(rng.choice([1, 1, 2, 3]))]
        offset, drop = rng.choice([0, 0, None]), rng.choice([1, 2, 3])
        if len(reads) == 1:
            calculator = function(lambda x, d=drop: x if hash(x) % d == 0 else None, offset=offset)
        else:
            calculator = join(len(reads), offset=offset)
        streams.append(
            g.node(
                calculator,
                inputs=reads,
                outputs=[f"s{i}"],
                executor=rng.choice(["", "", "e"]),
                max_in_flight=rng.choice([1, 1, 2, 4]),
            )[0]
        )
    executors, size = {"e": rng.randint(1, 2)}, rng.choice([1, 2, 5, 100])
    config = g.build(executors=executors, max_queue_size=size)
    return Graph(config), [s.name for s in streams], inputs, count


def outputs_of(graph, names, inputs, count, threads):
    out = {name: [] for name in names}
    run = graph.start(observe={n: got.append for n, got in out.items()}, threads=threads)

    def feed(name):
        for t in range(count):
            run.add(name, t, 2 * t)
        run.close_input(name)

    feeders = [threading.Thread(target=feed, args=(name,)) for name in inputs] if threads else []
    for feeder in feeders:
        feeder.start()
    for feeder in feeders:
        feeder.join(30)
        assert not feeder.is_alive()
    if not threads:
        for name in inputs:
            feed(name)
    run.wait_until_done(timeout_s=30)
    return out


@pytest.mark.usefixtures("eager_switching")
@pytest.mark.parametrize("seed", range(40))
def test_threads_change_nothing_in_what_comes_out(seed):
    made = random_graph(random.Random(seed))
    want = outputs_of(*made, 0)
    assert outputs_of(*made, 1) == want
    assert outputs_of(*made, 3) == want


@pytest.mark.usefixtures("eager_switching")
@pytest.mark.parametrize("seed", range(30))
def test_every_call_returns_whatever_ends_a_run_and_nodes_close_once(threads_end, seed):
    rng = random.Random(seed)
    log, at, end = [], rng.randint(1, 30), rng.choice(["raise", "stop", "cancel", "user", "none"])

    class Ends(watched(log)):
        def process(self, ctx):
            super().process(ctx)
            if ctx.timestamp == at:
                match end:
                    case "raise":
                        raise ValueError("planted")
                    case "stop":
                        return STOP
                    case "cancel":
                        run.cancel()
            return None

    size = {"max_queue_size": rng.choice([1, 3, 100])}
    run = chain(3, Ends, size).start(poll=["s2"], threads=rng.choice([1, 2, 4]))

    def calm(call, *args, **kwargs):
        with contextlib.suppress(CalculatorError, TimestampError):
            return call(*args, **kwargs)

    def feed():
        for t in range(50):
            calm(run.add, "in", t, t)
        run.close_inputs()

    def poll():
        while calm(run.next_output, "s2", timeout_s=20) is not None:
            pass

    calls = [feed, poll, poll, lambda: calm(run.wait_until_idle, timeout_s=20)]
    calls += [run.cancel, run.cancel] if end == "user" else []
    workers = [threading.Thread(target=call) for call in calls]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(30)
        assert not worker.is_alive()
    calm(run.wait_until_done, timeout_s=20)
    run.cancel()
    threads_end()
    assert sorted(what for what, _ in log) == ["close"] * 3 + ["open"] * 3
