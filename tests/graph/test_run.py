import gc
import threading
import weakref

import pytest
from calculators_for_tests import Recorder, function, join, source
from hypothesis import given
from hypothesis import strategies as st

from firsthand.core import ManualClock
from firsthand.core import timestamp as ts
from firsthand.errors import (
    CalculatorError,
    ConfigError,
    DeadlockError,
    GraphError,
    GraphTimeoutError,
    TimestampError,
)
from firsthand.graph import (
    STOP,
    Calculator,
    Graph,
    GraphBuilder,
    GraphConfig,
    NodeConfig,
    Packet,
    empty_packet,
)
from firsthand.graph.calculators import PassThrough
from firsthand.graph.testing import collect


def chain(*calculators, settings=None, **node_settings):
    g = GraphBuilder()
    stream = g.input("in")
    for i, calculator in enumerate(calculators):
        node = g.node(calculator, inputs=[stream], outputs=[f"s{i}"], **node_settings)
        stream = node[0]
    g.output(stream)
    return Graph(g.build(**(settings or {}))), stream.name


def two_inputs(calculator, **settings):
    g = GraphBuilder()
    a, b = g.input("a"), g.input("b")
    node = g.node(calculator, inputs=[a, b], outputs=["out"], **settings)
    g.output(node[0])
    return Graph(g.build())


def payloads(packets):
    return [(p.payload, p.timestamp) for p in packets]


# -- what flows ------------------------------------------------------------------------------


@pytest.mark.parametrize("threads", [0, 1, 3])
def test_a_chain_hands_every_packet_on_in_order(threads):
    graph, out = chain(PassThrough, function(lambda x: x + 1), PassThrough)
    packets = [("in", Packet(i, 10 * i)) for i in range(300)]
    got = collect(graph, packets, [out], threads=threads)[out]
    assert payloads(got) == [(i + 1, 10 * i) for i in range(300)]


@given(st.sets(st.integers(0, 40)), st.sets(st.integers(0, 40)), st.randoms())
def test_default_policy_joins_by_timestamp_whatever_the_arrival_order(times_a, times_b, random):
    graph = two_inputs(join(2))
    queues = {"a": sorted(times_a), "b": sorted(times_b)}
    order = ["a"] * len(times_a) + ["b"] * len(times_b)
    random.shuffle(order)
    packets = [(s, Packet(f"{s}{t}", t)) for s in order for t in [queues[s].pop(0)]]
    got = collect(graph, packets, ["out"])["out"]
    assert payloads(got) == [
        ((f"a{t}" if t in times_a else None, f"b{t}" if t in times_b else None), t)
        for t in sorted(times_a | times_b)
    ]


def test_default_policy_waits_for_what_may_still_arrive():
    graph = two_inputs(join(2))
    out = []
    run = graph.start(observe={"out": out.append})
    run.add("a", 1, 10)
    run.wait_until_idle()
    assert out == []
    run.set_bound("b", 11)
    run.wait_until_idle()
    assert payloads(out) == [((1, None), 10)]
    run.close_inputs()
    run.wait_until_done()


def test_bounds_travel_through_nodes_that_send_nothing():
    g = GraphBuilder()
    a = g.input("a")
    filtered = g.node(function(lambda x: None), inputs=[a], outputs=["odd"])
    both = g.node(join(2), inputs=[a, filtered[0]], outputs=["out"])
    out = []
    run = Graph(g.build()).start(observe={both[0].name: out.append})
    run.add("a", 1, 0)
    run.wait_until_idle()
    assert payloads(out) == [((1, None), 0)]
    run.cancel()


def test_immediate_policy_gives_packets_as_they_come():
    graph = two_inputs(join(2, offset=None), policy="Immediate")
    out = []
    run = graph.start(observe={"out": out.append})
    run.add("b", "late", 5)
    run.wait_until_idle()
    run.add("a", "next", 7)
    run.wait_until_idle()
    assert payloads(out) == [((None, "late"), 5), (("next", None), 7)]
    run.cancel()


def test_barrier_policy_pairs_packets_regardless_of_time():
    class Pair(join(2, offset=None)):
        def process(self, ctx):
            self.n = getattr(self, "n", -1) + 1
            ctx.send(0, tuple(p.payload for p in ctx.inputs.packets), at=self.n)

    graph = two_inputs(Pair, policy="Barrier")
    packets = [("a", Packet(i, i)) for i in range(3)] + [("b", Packet(-i, 100 * i)) for i in (1, 2)]
    got = collect(graph, packets, ["out"])["out"]
    assert [p.payload for p in got] == [(0, -1), (1, -2)]


def test_fixed_size_policy_drops_the_oldest():
    graph = two_inputs(
        join(2),
        policy="FixedSize",
        policy_options={"trigger_queue_size": 3, "target_queue_size": 1},
    )
    out = []
    run = graph.start(observe={"out": out.append})
    for t in range(10):
        run.add("a", t, t)
    run.add("b", "b", 9)
    run.wait_until_idle()
    assert payloads(out)[-1] == ((9, "b"), 9)
    assert len(out) <= 3
    run.cancel()


def test_sync_sets_are_independent_of_each_other():
    g = GraphBuilder()
    streams = {tag: g.input(tag.lower()) for tag in ("A", "B", "C")}

    class Three(Calculator):
        @classmethod
        def contract(cls, contract):
            for tag in ("A", "B", "C"):
                contract.input(tag)
            contract.output(0)

        def process(self, ctx):
            self.n = getattr(self, "n", -1) + 1
            ctx.send(0, [str(ctx.inputs[t].payload) for t in ("A", "B", "C")], at=self.n)

    g.node(
        Three,
        inputs=streams,
        outputs=["out"],
        policy="SyncSet",
        policy_options={"sync_set": [{"tag_index": ["A", "B"]}]},
    )
    out = []
    run = Graph(g.build()).start(observe={"out": out.append})
    run.add("a", 1, 10)
    run.add("c", 3, 2)
    run.wait_until_idle()
    assert [p.payload for p in out] == [["EMPTY", "EMPTY", "3"]]
    run.add("b", 2, 10)
    run.wait_until_idle()
    assert [p.payload for p in out][1:] == [["1", "2", "EMPTY"]]
    run.cancel()


def test_process_timestamp_bounds_runs_at_settled_times_without_packets():
    seen = []

    class Watch(Calculator):
        @classmethod
        def contract(cls, contract):
            contract.input(0)
            contract.process_timestamp_bounds = True

        def process(self, ctx):
            seen.append((ctx.timestamp, ctx.inputs[0].is_empty))

    g = GraphBuilder()
    g.node(Watch, inputs=[g.input("in")])
    run = Graph(g.build()).start()
    run.add("in", 1, 0)
    run.wait_until_idle()
    run.set_bound("in", 50)
    run.wait_until_idle()
    assert seen == [(0, False), (49, True)]
    run.cancel()


def test_a_packet_is_restamped_without_copying():
    payload = [1, 2]
    packet = Packet(payload, 5)
    assert packet.at(9).payload is payload
    assert packet.at(9).timestamp == 9
    with pytest.raises(AttributeError):
        packet.timestamp = 3
    assert empty_packet(4).is_empty


# -- bounds and special times ----------------------------------------------------------------


def test_a_packet_below_the_bound_is_an_error_and_the_graph_goes_on():
    graph, out = chain(PassThrough)
    run = graph.start(poll=[out])
    run.add("in", 1, 5)
    with pytest.raises(TimestampError, match=r"5 us came.*6 us"):
        run.add("in", 2, 5)
    run.add("in", 3, 6)
    run.close_inputs()
    run.wait_until_done()
    assert [run.next_output(out).payload for _ in range(2)] == [1, 3]


def test_lowering_a_bound_is_an_error():
    graph, _ = chain(PassThrough)
    run = graph.start()
    run.set_bound("in", 10)
    with pytest.raises(TimestampError, match="below the present bound"):
        run.set_bound("in", 9)
    run.cancel()


@pytest.mark.parametrize("special", [ts.PRE_STREAM, ts.POST_STREAM])
def test_a_packet_for_the_whole_stream_is_alone_in_it(special):
    graph, out = chain(PassThrough)
    got = collect(graph, [("in", Packet("header", special))], [out])[out]
    assert payloads(got) == [("header", special)]
    run = graph.start()
    run.add("in", "header", special)
    with pytest.raises(TimestampError):
        run.add("in", "more", 0 if special == ts.PRE_STREAM else special)
    run.cancel()
    run = graph.start()
    run.add("in", "first", 0)
    with pytest.raises(TimestampError):
        run.add("in", "header", special)
    run.cancel()


@pytest.mark.parametrize("time", [ts.UNSET, ts.UNSTARTED, ts.ONE_OVER_POST_STREAM, ts.DONE])
def test_times_that_no_packet_may_have(time):
    graph, _ = chain(PassThrough)
    run = graph.start()
    with pytest.raises(TimestampError):
        run.add("in", 1, time)
    run.cancel()


@pytest.mark.parametrize("threads", [0, 2])
def test_bounds_can_be_observed(threads):
    graph, out = chain(function(lambda x: x if x % 2 else None), PassThrough)
    seen = []
    run = graph.start(observe={out: seen.append}, bounds=[out], threads=threads)
    for t in (1, 2, 3):
        run.add("in", t, 10 * t)
        run.wait_until_idle(timeout_s=20)
    run.set_bound("in", 100)
    run.wait_until_idle(timeout_s=20)
    assert [(p.timestamp, p.is_empty) for p in seen] == [
        (10, False),
        (20, True),
        (30, False),
        (99, True),
    ]
    run.close_inputs()
    run.wait_until_done(timeout_s=20)
    assert len(seen) == 4


# -- life of a node --------------------------------------------------------------------------


@pytest.mark.parametrize("threads", [0, 2])
def test_open_process_close_in_order(threads):
    log = []
    g = GraphBuilder()
    side = g.side_input("log")
    node = g.node(Recorder, inputs=[g.input("in")], outputs=["x"], side={"LOG": side}, name="a")
    g.node(Recorder, inputs=[node[0]], side={"LOG": side}, name="b")
    run = Graph(g.build()).start({"log": log}, threads=threads)
    with run:
        run.add("in", 0, 7)
    assert [e[:2] for e in log if e[0] == "a"] == [("a", p) for p in ("open", "process", "close")]
    assert [e for e in log if e[1] == "process"] == [("a", "process", 7), ("b", "process", 7)]
    assert all(e[2] is None for e in log if e[1] == "close")


@pytest.mark.parametrize("threads", [0, 2])
def test_close_runs_after_an_error_if_open_succeeded(threads):
    log = []

    def fail(_):
        raise ZeroDivisionError("one by nought")

    g = GraphBuilder()
    side = g.side_input("log")
    node = g.node(Recorder, inputs=[g.input("in")], outputs=["x"], side={"LOG": side}, name="a")
    bad = g.node(function(fail), inputs=[node[0]], outputs=["y"], name="bad")
    g.node(Recorder, inputs=[bad[0]], side={"LOG": side}, name="b")
    run = Graph(g.build()).start({"log": log}, threads=threads)
    run.add("in", 1, 3)
    with pytest.raises(CalculatorError, match=r"'bad'.*process at 3 us.*one by nought") as caught:
        run.wait_until_idle(timeout_s=20)
    assert isinstance(caught.value.__cause__, ZeroDivisionError)
    assert (caught.value.node, caught.value.timestamp) == ("bad", 3)
    assert [(e[0], e[2] is not None) for e in log if e[1] == "close"] == [("a", True), ("b", True)]
    with pytest.raises(CalculatorError):
        run.add("in", 2, 4)


def test_an_error_in_open_closes_only_what_was_opened():
    log = []

    class Bad(PassThrough):
        def open(self, ctx):
            raise OSError("no device")

        def close(self, ctx):
            raise AssertionError("must not be closed")

    g = GraphBuilder()
    side = g.side_input("log")
    node = g.node(Recorder, inputs=[g.input("in")], outputs=["x"], side={"LOG": side}, name="a")
    g.node(Bad, inputs=[node[0]], outputs=["y"], name="bad")
    run = Graph(g.build()).start({"log": log})
    with pytest.raises(CalculatorError, match=r"'bad'.*open.*no device"):
        run.wait_until_idle()
    assert [e[1] for e in log] == ["open", "close"]


@pytest.mark.parametrize("nonsense", [7, "text", [1]])
def test_nonsense_returned_from_process_is_an_error(nonsense):
    class Nonsense(PassThrough):
        def process(self, ctx):
            return nonsense

    graph, _ = chain(Nonsense)
    run = graph.start()
    run.add("in", 1, 0)
    with pytest.raises(CalculatorError, match="may return None or STOP"):
        run.wait_until_idle()


@pytest.mark.parametrize("thing", [None, 3, (1, 2), "packet"])
def test_sending_what_is_no_packet_is_an_error(thing):
    class Wrong(PassThrough):
        def process(self, ctx):
            ctx.outputs[0].add(thing)

    graph, _ = chain(Wrong)
    run = graph.start()
    run.add("in", 1, 0)
    with pytest.raises(CalculatorError, match="takes a Packet"):
        run.wait_until_idle()


def test_a_payload_of_another_type_than_declared_is_an_error():
    class Text(Calculator):
        @classmethod
        def contract(cls, contract):
            contract.input(0)
            contract.output(0, str)

        def process(self, ctx):
            ctx.send(0, 3)

    graph, _ = chain(Text)
    run = graph.start()
    run.add("in", 1, 0)
    with pytest.raises(CalculatorError, match="carries str, not int"):
        run.wait_until_idle()


@pytest.mark.parametrize("threads", [0, 2])
def test_stop_is_no_error_and_lets_the_graph_finish(threads):
    class StopAtThree(PassThrough):
        def process(self, ctx):
            super().process(ctx)
            return STOP if ctx.inputs[0].payload == 3 else None

    g = GraphBuilder()
    numbers = g.node(source(1000), outputs=["n"])
    node = g.node(StopAtThree, inputs=[numbers[0]], outputs=["out"])
    out = []
    run = Graph(g.build()).start(observe={node[0].name: out.append}, threads=threads)
    run.wait_until_done(timeout_s=20)
    assert [p.payload for p in out][:4] == [0, 1, 2, 3]
    assert len(out) < 300


def test_after_a_stop_inputs_are_not_taken_any_more():
    class StopNow(PassThrough):
        def process(self, ctx):
            return STOP

    graph, _ = chain(StopNow)
    run = graph.start()
    assert run.add("in", 1, 0)
    run.wait_until_idle()
    assert not run.add("in", 2, 1)
    run.wait_until_done()


def test_sources_run_after_what_is_in_the_graph_and_lowest_time_first():
    order = []

    def seen(x):
        order.append(x)
        return x

    g = GraphBuilder()
    slow = g.node(source(3, step=10), outputs=["slow"])
    fast = g.node(source(3, step=1), outputs=["fast"])
    g.node(function(lambda x: seen(("slow", x))), inputs=[slow[0]], outputs=["o1"])
    g.node(function(lambda x: seen(("fast", x))), inputs=[fast[0]], outputs=["o2"])
    run = Graph(g.build()).start()
    run.wait_until_done()
    # equal bounds: the first declared; then slow has promised nothing below 11, so fast catches up
    assert order == [("slow", 0), ("fast", 0), ("slow", 1), ("fast", 1), ("fast", 2), ("slow", 2)]


def test_source_layers_run_one_after_the_other():
    config = GraphConfig(
        nodes=(
            NodeConfig(source(2), outputs=("late",), source_layer=1),
            NodeConfig(source(2), outputs=("early",), source_layer=0),
        )
    )
    log = []
    run = Graph(config).start(observe={n: lambda p, n=n: log.append(n) for n in ("late", "early")})
    run.wait_until_done()
    assert log == ["early", "early", "late", "late"]


# -- loops -----------------------------------------------------------------------------------


def test_a_back_edge_closes_a_loop():
    class Sum(Calculator):
        @classmethod
        def contract(cls, contract):
            contract.input("IN")
            contract.input("LAST")
            contract.output("OUT")

        def open(self, ctx):
            self.total = 0

        def process(self, ctx):
            if not ctx.inputs["LAST"].is_empty:
                self.total = ctx.inputs["LAST"].payload
            if not ctx.inputs["IN"].is_empty:
                ctx.send("OUT", self.total + ctx.inputs["IN"].payload)

    g = GraphBuilder()
    node = g.node(
        Sum,
        inputs={"IN": g.input("in"), "LAST": g.loop("sum")},
        outputs={"OUT": "sum"},
        policy="Immediate",
    )
    g.output(node["OUT"])
    out = []
    run = Graph(g.build()).start(observe={"sum": out.append})
    with run:
        for t in range(5):
            run.add("in", t, t * 10)
            run.wait_until_idle()
    assert [p.payload for p in out] == [0, 1, 3, 6, 10]


def test_an_undeclared_cycle_is_refused():
    nodes = (
        NodeConfig(PassThrough, inputs=("a",), outputs=("b",)),
        NodeConfig(PassThrough, inputs=("b",), outputs=("a",)),
    )
    with pytest.raises(ConfigError, match="cycle through nodes"):
        Graph(GraphConfig(nodes=nodes))


# -- several at once -------------------------------------------------------------------------


def test_max_in_flight_overlaps_calls_and_keeps_the_order():
    both = threading.Barrier(2, timeout=20)

    class Meet(PassThrough):
        def process(self, ctx):
            both.wait()  # passes only while two calls are under way
            super().process(ctx)

    graph, out = chain(Meet, max_in_flight=2)
    got = []
    run = graph.start(observe={out: got.append}, threads=2)
    with run:
        for t in range(10):
            run.add("in", t, t)
    assert [p.payload for p in got] == list(range(10))


@given(st.lists(st.integers(1, 4), min_size=1, max_size=4), st.integers(1, 30))
def test_max_in_flight_gives_the_same_as_one_at_a_time(limits, count):
    g = GraphBuilder()
    stream = g.input("in")
    for i, limit in enumerate(limits):
        keep = function(lambda x: x if x % 3 else None)
        stream = g.node(keep, inputs=[stream], outputs=[f"s{i}"], max_in_flight=limit)[0]
    graph = Graph(g.build())
    packets = [("in", Packet(i, i)) for i in range(count)]
    want = [(i, i) for i in range(count) if i % 3]
    assert payloads(collect(graph, packets, [stream.name])[stream.name]) == want
    assert payloads(collect(graph, packets, [stream.name], threads=2)[stream.name]) == want


def test_named_executors_run_their_nodes_on_their_own_threads():
    names = {}

    def where(label):
        def run(x):
            names[label] = threading.current_thread().name
            return x

        return function(run)

    g = GraphBuilder()
    a = g.node(where("a"), inputs=[g.input("in")], outputs=["x"], executor="gpu")
    g.node(where("b"), inputs=[a[0]], outputs=["y"])
    run = Graph(g.build(executors={"gpu": 1})).start(threads=1)
    with run:
        run.add("in", 1, 0)
    assert names == {"a": "graph-gpu-0", "b": "graph-main-0"}


def test_a_hanging_calculator_is_named_and_can_be_left_behind():
    release = threading.Event()

    class Hang(PassThrough):
        def process(self, ctx):
            release.wait(30)

    graph, _ = chain(Hang, name="stuck")
    run = graph.start(threads=1)
    run.add("in", 1, 0)
    with pytest.raises(GraphTimeoutError, match="stuck"):
        run.wait_until_idle(timeout_s=0.05)
    run.cancel()
    release.set()


# -- back-pressure ---------------------------------------------------------------------------


@pytest.mark.parametrize("threads", [0, 2])
def test_a_source_is_held_back_by_a_full_queue(threads):
    sent, taken, worst = [0], [0], [0]

    class Slow(PassThrough):
        def process(self, ctx):
            taken[0] += 1
            worst[0] = max(worst[0], sent[0] - taken[0])

    class Counted(source(500)):
        def process(self, ctx):
            sent[0] += 1
            return super().process(ctx)

    g = GraphBuilder()
    numbers = g.node(Counted, outputs=["n"])
    g.node(Slow, inputs=[numbers[0]], outputs=["o"])
    run = Graph(g.build(max_queue_size=4)).start(threads=threads)
    run.wait_until_done(timeout_s=30)
    assert taken[0] == 500
    assert worst[0] <= 8


@pytest.mark.parametrize("threads", [0, 2])
def test_deadlock_by_back_pressure_is_grown_out_of(threads):
    graph = two_inputs(join(2))
    packets = [("a", Packet(i, i)) for i in range(250)] + [("b", Packet(1, 1000))]
    got = collect(graph, packets, ["out"], threads=threads)["out"]
    assert len(got) == 251


@pytest.mark.parametrize("threads", [0, 2])
def test_deadlock_by_back_pressure_is_reported_where_asked(threads):
    g = GraphBuilder()
    node = g.node(join(2), inputs=[g.input("a"), g.input("b")], outputs=["out"])
    g.output(node[0])
    run = Graph(g.build(max_queue_size=10, report_deadlock=True)).start(threads=threads)

    def feed():
        for i in range(50):
            run.add("a", i, i)

    with pytest.raises(DeadlockError, match="full queues"):
        feed()
    run.cancel()


# -- side packets ----------------------------------------------------------------------------


def test_side_packets_reach_nodes_and_nodes_make_them():
    class Make(Calculator):
        @classmethod
        def contract(cls, contract):
            contract.side_input("N", int)
            contract.side_output("TWICE", int)

        def open(self, ctx):
            ctx.side_outputs.set("TWICE", 2 * ctx.side["N"])

        def process(self, ctx):
            return STOP

    class Add(Calculator):
        @classmethod
        def contract(cls, contract):
            contract.input(0)
            contract.output(0)
            contract.side_input("BY", int)
            contract.side_input("MAYBE", optional=True)

        def open(self, ctx):
            self.by = ctx.side["BY"]

        def process(self, ctx):
            ctx.send(0, ctx.inputs[0].payload + self.by)

    g = GraphBuilder()
    stream = g.input("in")
    made = g.node(Make, side={"N": g.side_input("n")}, side_outputs={"TWICE": "twice"})
    out = g.node(Add, inputs=[stream], outputs=["out"], side={"BY": made.side("TWICE")})
    graph = Graph(g.build())
    got = collect(graph, [("in", Packet(1, 0))], [out[0].name], side_packets={"n": 20})
    assert got["out"][0].payload == 41
    with pytest.raises(ConfigError, match="was not given"):
        graph.start()
    with pytest.raises(ConfigError, match="is a str"):
        graph.start({"n": "x"})
    with pytest.raises(ConfigError, match="not inputs of the graph"):
        graph.start({"n": 1, "m": 2})


# -- hands off -------------------------------------------------------------------------------


def test_next_output_runs_just_far_enough():
    graph, out = chain(function(lambda x: x))
    g = GraphBuilder()
    numbers = g.node(source(10**9), outputs=["n"])
    run = Graph(g.build()).start(poll=[numbers[0].name])
    assert [run.next_output("n").payload for _ in range(3)] == [0, 1, 2]
    run.cancel()
    run = graph.start(poll=[out])
    assert run.next_output(out) is None
    run.add("in", 5, 1)
    assert run.next_output(out).payload == 5
    with pytest.raises(ConfigError, match="not polled"):
        run.next_output("in")
    run.cancel()


def test_waiting_for_done_with_open_inputs_is_refused():
    graph, _ = chain(PassThrough)
    run = graph.start()
    with pytest.raises(GraphError, match="close_inputs"):
        run.wait_until_done()
    run.cancel()


def test_unknown_names_are_answered_with_the_known_ones():
    graph, _ = chain(PassThrough)
    run = graph.start()
    with pytest.raises(ConfigError, match="no input 'other'; it has: in"):
        run.add("other", 1, 0)
    with pytest.raises(ConfigError, match="no stream 'zzz'"):
        graph.start(observe={"zzz": print})
    run.cancel()


def test_the_same_graph_gives_the_same_twice_and_leaves_nothing_behind():
    class Payload:
        pass

    graph, _ = chain(PassThrough, PassThrough)
    payload = Payload()
    reference = weakref.ref(payload)
    run = graph.start(clock=ManualClock())
    run.add("in", payload, 0)
    run.close_inputs()
    run.wait_until_done()
    del payload, run
    gc.collect()
    assert reference() is None
