import doctest
from typing import TypedDict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firsthand.errors import ConfigError
from firsthand.graph import (
    Graph,
    GraphBuilder,
    Packet,
    builder,
    from_function,
    from_step,
    functions,
)
from firsthand.graph.testing import collect


def run(calculator, packets, tags=None):
    g = GraphBuilder()
    inputs = {t: g.input(t.lower()) for t in tags} if tags else [g.input("x")]
    g.node(calculator, inputs=inputs, outputs=["out"])
    return [(p.payload, p.timestamp) for p in collect(Graph(g.build()), packets, ["out"])["out"]]


@pytest.mark.parametrize("module", [functions, builder])
def test_the_examples_in_the_docstrings(module):
    failed, tried = doctest.testmod(module)
    assert (failed, tried > 0) == (0, True)


@given(st.lists(st.integers()))
def test_a_stepped_sum_equals_the_sum_of_what_came(numbers):
    def step(total: int, x: int):
        return total + x, total + x

    got = run(from_step(step, int), [("x", Packet(n, i)) for i, n in enumerate(numbers)])
    assert got == [(sum(numbers[: i + 1]), i) for i in range(len(numbers))]


def test_runs_do_not_share_state():
    counter = from_step(lambda n, _x: (n + 1, n + 1), int)
    for _ in range(2):
        assert run(counter, [("x", Packet("a", 0))]) == [(1, 0)]


def test_missing_inputs_are_none_and_none_sends_nothing():
    def first(a: int | None, b: int | None) -> int | None:
        return a

    packets = [("b", Packet(1, 0)), ("a", Packet(2, 1)), ("b", Packet(3, 1))]
    assert run(from_function(first), packets, tags=("A", "B")) == [(2, 1)]


def test_annotations_become_port_types():
    def double(x: int) -> int:
        return 2 * x

    g = GraphBuilder()
    g.node(from_function(double), inputs=[g.input("x")], outputs=["out"])
    graph_run = Graph(g.build()).start()
    with pytest.raises(TypeError, match="carries int, not str"):
        graph_run.add("x", "text", 0)
    graph_run.cancel()


@pytest.mark.parametrize("function", [lambda: 1, lambda *xs: xs, lambda **xs: xs, max])
def test_a_function_without_named_payloads_is_refused(function):
    with pytest.raises(ConfigError, match="has no inputs"):
        from_function(function)


def test_hints_that_no_payload_can_be_asked_about_mean_anything():
    class Point(TypedDict):
        x: int

    def shifted(point: Point) -> Point:
        return {"x": point["x"] + 1}

    g = GraphBuilder()
    g.node(from_function(shifted), inputs=[g.input("in")], outputs=["out"])
    got = collect(Graph(g.build()), [("in", Packet({"x": 1}, 0))], ["out"])["out"]
    assert [p.payload for p in got] == [{"x": 2}]


def test_functions_are_applied_to_streams():
    def ratio(a: float, b: float) -> float | None:
        return a / b if b else None

    g = GraphBuilder()
    ratios = g.apply(ratio, g.input("a", float), g.input("b", float))
    best = g.scan(lambda top, x: (max(top, x), max(top, x)), float, ratios, name="best")
    g.output(best)
    packets = [("a", Packet(6, 0)), ("b", Packet(2, 0)), ("a", Packet(1, 1)), ("b", Packet(0, 1))]
    packets += [("a", Packet(8, 2)), ("b", Packet(1.0, 2))]
    got = collect(Graph(g.build()), packets, ["best"])["best"]
    assert [(p.payload, p.timestamp) for p in got] == [(3.0, 0), (8.0, 2)]


def test_applied_functions_of_one_name_have_streams_of_their_own():
    def double(x: int) -> int:
        return 2 * x

    g = GraphBuilder()
    x = g.input("double", int)
    for _ in range(3):
        x = g.apply(double, x)
    g.output(x)
    graph = Graph(g.build())
    got = collect(graph, [("double", Packet(1, 0))], [x.name])
    assert got[x.name][0].payload == 8
    with pytest.raises(ConfigError, match="takes 1 payloads, but 2 streams"):
        g.apply(double, x, x)
