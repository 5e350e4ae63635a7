"""Nodes that cannot be made or opened, late side packets, and wrong values from outside."""

import threading

import pytest
from calculators_for_tests import chain, function

from firsthand.core import timestamp as ts
from firsthand.errors import CalculatorError, ConfigError, GraphError, TimestampError
from firsthand.graph import Calculator, Graph, GraphBuilder, Packet
from firsthand.graph.calculators import PassThrough
from firsthand.graph.policies import InputPolicy

THREADS = pytest.mark.parametrize("threads", [0, 2])


def test_a_failed_open_is_raised_by_whatever_comes_next_on_threads():
    class Bad(PassThrough):
        def open(self, ctx):
            raise OSError("no device")

    run = chain(1, Bad).start(threads=1)
    for call in (lambda: run.add("in", 1, 0), run.wait_until_idle):
        with pytest.raises(CalculatorError, match="no device"):
            call()
    run.close_inputs()
    run.cancel()


def test_constructors_and_contracts_that_raise_are_named():
    class Constructed(PassThrough):
        def __init__(self):
            raise RuntimeError("planted")

    class Contracted(PassThrough):
        @classmethod
        def contract(cls, contract):
            raise KeyError("planted")

    with pytest.raises(CalculatorError, match=r"'mine'.*planted"):
        chain(1, Constructed, name="mine").start()
    with pytest.raises(ConfigError, match=r"'mine'.*planted"):
        chain(1, Contracted, name="mine")


def side_packet_graph(value, at):
    """A node that sets side packet S at time `at` (or never), and one that needs it."""

    class Makes(Calculator):
        @classmethod
        def contract(cls, contract):
            contract.input(0)
            contract.output(0)
            contract.side_output("S")

        def process(self, ctx):
            if ctx.timestamp == at:
                ctx.side_outputs.set("S", value)

    class Needs(PassThrough):
        @classmethod
        def contract(cls, contract):
            contract.input(0)
            contract.output(0)
            contract.side_input("S", threading.Event)

        def open(self, ctx):
            ctx.side["S"].wait(20)

    g = GraphBuilder()
    stream = g.input("in")
    made = g.node(Makes, inputs=[stream], outputs=["x"], side_outputs={"S": "s"})
    g.node(Needs, inputs=[stream], outputs=["late"], side={"S": made.side("S")}, name="needs")
    g.node(PassThrough, inputs=[stream], outputs=["quick"])
    return Graph(g.build())


def test_a_node_that_opens_late_and_slowly_holds_nobody_up_and_misses_nothing():
    go_on, got = threading.Event(), {"late": [], "quick": []}
    third = threading.Event()

    def quick(packet):
        got["quick"].append(packet.payload)
        if packet.payload == 2:
            third.set()

    run = side_packet_graph(go_on, at=1).start(
        observe={"late": lambda p: got["late"].append(p.payload), "quick": quick}, threads=2
    )
    for t in range(3):
        run.add("in", t, t)
    assert third.wait(20)
    assert got["late"] == []
    go_on.set()
    run.close_inputs()
    run.wait_until_done(timeout_s=20)
    assert got == {"late": [0, 1, 2], "quick": [0, 1, 2]}


@THREADS
def test_a_side_packet_that_never_comes_or_is_of_the_wrong_type_is_an_error(threads):
    run = side_packet_graph(None, at=-1).start(threads=threads)
    run.add("in", 1, 0)
    run.close_inputs()
    with pytest.raises(GraphError, match=r"'needs'.*never ran.*'s'"):
        run.wait_until_done(timeout_s=20)
    run = side_packet_graph("text", at=0).start(threads=threads)
    run.add("in", 1, 0)
    with pytest.raises(CalculatorError, match="'s' is a str; node 'needs' takes a Event"):
        run.wait_until_idle(timeout_s=20)


def test_bounds_may_be_set_to_special_times():
    run = chain(1).start()
    run.set_bound("in", ts.PRE_STREAM)
    run.add("in", 1, 5)
    run.set_bound("in", ts.POST_STREAM)
    with pytest.raises(TimestampError, match="PostStream"):
        run.add("in", 2, 7)
    with pytest.raises(TimestampError, match="above Done"):
        run.set_bound("in", 2**70)
    run.cancel()


def test_timestamps_are_whole_numbers_and_packets_may_be_of_a_subclass():
    class Mine(Packet):
        pass

    run = chain(1).start(poll=["s0"])
    with pytest.raises(TypeError):
        run.add("in", 1, 1.5)
    run.add_packet("in", Mine(1, 2))
    assert run.next_output("s0") == (1, 2)
    run.cancel()


@THREADS
def test_a_policy_that_raises_is_blamed_on_its_node(threads):
    class Bad(InputPolicy):
        def readiness(self):
            raise ZeroDivisionError

        def fill(self, timestamp):
            return []

    calculator = function(lambda x: x, policy=lambda streams, ports, bounds: Bad())

    def feed():
        run.add("in", 1, 0)
        run.wait_until_idle(timeout_s=20)

    run = chain(1, calculator, name="bad").start(threads=threads)
    with pytest.raises(CalculatorError, match=r"'bad'.*policy"):
        feed()


def test_executors_have_a_limit():
    with pytest.raises(ConfigError, match="'e' asks for 1000000 threads"):
        chain(1, settings={"executors": {"e": 1_000_000}}).start(threads=1)
