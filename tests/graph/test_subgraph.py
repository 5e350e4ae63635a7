"""Names and back edges across the border of a subgraph."""

import pytest
from calculators_for_tests import join

from firsthand.errors import ConfigError
from firsthand.graph import Graph, GraphConfig, NodeConfig, Registry
from firsthand.graph.calculators import PassThrough


def registry(*inputs):
    """One with a subgraph "Sub" that joins x and y."""
    inner = GraphConfig(
        type="Sub",
        inputs=inputs,
        outputs=("o",),
        nodes=(
            NodeConfig(join(2), inputs=("x", "y"), outputs=("m",)),
            NodeConfig(PassThrough, inputs=("m",), outputs=("o",)),
        ),
    )
    known = Registry()
    known.add_subgraph(inner)
    return known


def looped(inputs, back_edge):
    node = NodeConfig("Sub", inputs=inputs, outputs=("z",), back_edges=frozenset([back_edge]))
    return GraphConfig(inputs=("p",), nodes=(node,))


@pytest.mark.parametrize("name", ["MySub", "my sub", "9th", "sub_2"])
def test_subgraphs_may_have_any_name(name):
    nodes = tuple(
        NodeConfig("Sub", name=n, inputs=("p", "q"), outputs=(f"z{i}",))
        for i, n in enumerate((name, "sub", "sub", "Sub"))
    )
    plan = Graph(GraphConfig(inputs=("p", "q"), nodes=nodes), registry("x", "y")).plan
    assert len({node.name for node in plan.nodes}) == 8


@pytest.mark.parametrize(
    ("ports", "inputs", "back_edge"),
    [
        (("x", "y"), ("p", "z"), "1"),
        (("x", "y"), ("p", "z"), ":1"),
        (("A:x", "A:1:y"), ("A:p", "A:1:z"), "A:1"),
        (("A:y", "A:1:x"), ("A:z", "A:1:p"), "A"),
        (("A:y", "A:1:x"), ("A:z", "A:1:p"), "A:0"),
    ],
)
def test_a_back_edge_marks_one_input_inside(ports, inputs, back_edge):
    plan = Graph(looped(inputs, back_edge), registry(*ports)).plan
    assert plan.nodes[0].back_edges == {1}


def test_a_back_edge_of_no_input_is_refused():
    with pytest.raises(ConfigError, match="no port '7'"):
        Graph(looped(("p", "z"), "7"), registry("x", "y"))
