"""A graph that answers every packet with one, as an iterator."""

import pytest

from firsthand.errors import CalculatorError
from firsthand.graph import Graph, GraphBuilder, Run, from_function
from firsthand.graph.streaming import one_for_one


def halving() -> Graph:
    g = GraphBuilder()
    half = from_function(lambda x: 12 // x, "Half")
    g.output(g.node(half, inputs=[g.input("x")], outputs=["half"])[0])
    return Graph(g.build())


def test_answers_come_in_order_and_before_the_next_packet_is_asked_for():
    asked = []

    def packets():
        for number in (1, 2, 3):
            asked.append(number)
            yield number, number * 10

    answers = one_for_one(halving(), packets(), into="x", out="half", side={})
    assert asked == []
    for count, answer in enumerate(answers, start=1):
        assert answer == 12 // count
        assert len(asked) == count


def test_an_iterator_that_is_left_alone_ends_its_run(monkeypatch):
    ended, cancel = [], Run.cancel
    monkeypatch.setattr(Run, "cancel", lambda run: (cancel(run), ended.append(run)))
    answers = one_for_one(halving(), [(1, 0), (2, 1)], into="x", out="half", side={})
    assert next(answers) == 12
    assert not ended
    answers.close()
    assert len(ended) == 1


def test_what_fails_in_the_graph_is_told():
    with pytest.raises(CalculatorError, match="ZeroDivisionError"):
        list(one_for_one(halving(), [(0, 0)], into="x", out="half", side={}))
