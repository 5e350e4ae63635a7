import pytest
from calculators_for_tests import function, join, source

from firsthand.errors import ConfigError
from firsthand.graph import (
    Calculator,
    Graph,
    GraphBuilder,
    GraphConfig,
    NodeConfig,
    Packet,
    Registry,
)
from firsthand.graph.calculators import PassThrough
from firsthand.graph.plan import compile_graph
from firsthand.graph.testing import collect

ECHO = NodeConfig(PassThrough, inputs=("a",), outputs=("b",), name="echo")


def config(*nodes, inputs=("a",), **settings):
    return GraphConfig(nodes=nodes, inputs=inputs, **settings)


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (config(NodeConfig("Nobody")), "no calculator or subgraph 'Nobody'"),
        (config(NodeConfig(int)), "not a Calculator"),
        (config(ECHO, inputs=()), "'a', which nothing produces"),
        (
            config(ECHO, NodeConfig(PassThrough, inputs=("a",), outputs=("b",))),
            "produced by both node 'echo'",
        ),
        (
            config(NodeConfig(PassThrough, inputs=("a",), outputs=("a",))),
            "produced by both the graph's input",
        ),
        (config(ECHO, inputs=("a", "a")), "input stream 'a' twice"),
        (config(ECHO, outputs=("zzz",)), "output stream 'zzz' is produced by no node"),
        (config(ECHO, side_outputs=("s",)), "output side packet 's' is produced by no node"),
        (config(NodeConfig(join(2), inputs=("a",), outputs=("b",))), "at least 2 input stream"),
        (config(NodeConfig(source(1), outputs=("T:b",))), "needs output stream 0"),
        (
            config(NodeConfig(source(1), outputs=("b",), side_inputs=("S:s",), name="src")),
            "'src' has no input side packet 'S:0:s'",
        ),
        (
            config(NodeConfig(PassThrough, inputs=("a",), outputs=("b", "c"))),
            "must have the same tags",
        ),
        (
            config(NodeConfig(PassThrough, inputs=("A",), outputs=("b",), name="n")),
            r"node 'n': port 'A': name 'A' must match",
        ),
        (
            config(NodeConfig(PassThrough, inputs=("a",), outputs=("b",), policy="Psychic")),
            "no input policy 'Psychic'",
        ),
        (
            config(NodeConfig(PassThrough, inputs=("a",), outputs=("b",), executor="gpu")),
            "executor 'gpu', but the graph declares: none",
        ),
        (
            config(NodeConfig(PassThrough, inputs=("a",), outputs=("b",), max_in_flight=0)),
            "max_in_flight=0",
        ),
        (
            config(
                NodeConfig(PassThrough, inputs=("a",), outputs=("b",), back_edges=frozenset(["X"]))
            ),
            "back edge 'X' is not among its inputs",
        ),
    ],
)
def test_what_is_wrong_is_said_with_names(bad, message):
    with pytest.raises(ConfigError, match=message):
        compile_graph(bad)


def test_nodes_of_the_same_name_are_numbered():
    again = NodeConfig(PassThrough, inputs=("b",), outputs=("c",), name="echo")
    assert [n.name for n in compile_graph(config(ECHO, again)).nodes] == ["echo", "echo_2"]


def typed(reads, makes):
    class Typed(Calculator):
        @classmethod
        def contract(cls, contract):
            contract.input(0, reads)
            contract.output(0, makes)

        def process(self, ctx):
            pass

    return Typed


def test_payload_types_of_neighbours_must_agree():
    def pair(makes, reads):
        return config(
            NodeConfig(typed(object, makes), inputs=("a",), outputs=("b",), name="first"),
            NodeConfig(typed(reads, object), inputs=("b",), outputs=("c",), name="second"),
        )

    compile_graph(pair(bool, int))
    compile_graph(pair(object, int))
    with pytest.raises(ConfigError, match="carries str from node 'first', but node 'second' reads"):
        compile_graph(pair(str, int))


def test_graph_inputs_take_the_type_of_whoever_reads_them():
    graph = Graph(config(NodeConfig(typed(int, object), inputs=("a",), outputs=("b",))))
    run = graph.start()
    with pytest.raises(TypeError, match="carries int, not str"):
        run.add("a", "text", 0)
    run.cancel()


def test_nodes_are_ordered_downstream_and_sources_come_first():
    plan = compile_graph(
        config(
            NodeConfig(PassThrough, inputs=("b",), outputs=("c",), name="last"),
            NodeConfig(PassThrough, inputs=("a",), outputs=("b",), name="middle"),
            NodeConfig(source(1), outputs=("a",), name="source"),
            inputs=(),
        )
    )
    assert [n.name for n in plan.nodes] == ["source", "middle", "last"]


def test_side_packets_in_a_circle_are_refused():
    class Circle(Calculator):
        @classmethod
        def contract(cls, contract):
            contract.side_input("IN")
            contract.side_output("OUT")

        def process(self, ctx):
            pass

    with pytest.raises(ConfigError, match="wait for each other's side packets"):
        compile_graph(
            GraphConfig(
                nodes=(
                    NodeConfig(Circle, side_inputs=("IN:x",), side_outputs=("OUT:y",)),
                    NodeConfig(Circle, side_inputs=("IN:y",), side_outputs=("OUT:x",)),
                )
            )
        )


# -- subgraphs -------------------------------------------------------------------------------


def twice_registry():
    registry = Registry()
    registry.calculator("AddOne")(function(lambda x: x + 1))
    registry.add_subgraph(
        GraphConfig(
            type="AddTwo",
            nodes=(
                NodeConfig("AddOne", inputs=("in",), outputs=("between",)),
                NodeConfig("AddOne", inputs=("between",), outputs=("out",)),
            ),
            inputs=("N:in",),
            outputs=("N:out",),
        )
    )
    registry.add_subgraph(
        GraphConfig(
            type="AddFour",
            nodes=(
                NodeConfig("AddTwo", inputs=("N:in",), outputs=("N:between",)),
                NodeConfig("AddTwo", inputs=("N:between",), outputs=("N:out",)),
            ),
            inputs=("N:in",),
            outputs=("N:out",),
        )
    )
    return registry


def test_subgraphs_are_expanded_with_names_of_their_own():
    graph = Graph(
        config(NodeConfig("AddFour", inputs=("N:a",), outputs=("N:b",)), outputs=("b",)),
        registry=twice_registry(),
    )
    assert len(graph.plan.nodes) == 4
    assert len({n.name for n in graph.plan.nodes}) == 4
    got = collect(graph, [("a", Packet(1, 0))], ["b"])
    assert [p.payload for p in got["b"]] == [5]


def test_the_same_subgraph_twice_does_not_clash():
    graph = Graph(
        config(
            NodeConfig("AddTwo", inputs=("N:a",), outputs=("N:b",)),
            NodeConfig("AddTwo", inputs=("N:b",), outputs=("N:c",)),
        ),
        registry=twice_registry(),
    )
    got = collect(graph, [("a", Packet(0, 0))], ["c"])
    assert got["c"][0].payload == 4


def test_a_subgraph_that_contains_itself_is_refused():
    registry = Registry()
    registry.add_subgraph(
        GraphConfig(
            type="Mirror",
            nodes=(NodeConfig("Mirror", inputs=("in",), outputs=("out",)),),
            inputs=("in",),
            outputs=("out",),
        )
    )
    with pytest.raises(ConfigError, match="do they contain themselves"):
        Graph(config(NodeConfig("Mirror", inputs=("a",), outputs=("b",))), registry=registry)


def test_ports_a_subgraph_does_not_have_are_refused():
    with pytest.raises(ConfigError, match="subgraph 'AddTwo' has no input stream 'M:0'"):
        Graph(
            config(NodeConfig("AddTwo", inputs=("M:a",), outputs=("N:b",))),
            registry=twice_registry(),
        )


def test_a_name_is_registered_once():
    registry = twice_registry()
    with pytest.raises(ConfigError, match="registered already"):
        registry.calculator("AddOne")(PassThrough)
    with pytest.raises(ConfigError, match="needs a type"):
        registry.add_subgraph(GraphConfig())


def test_a_builder_and_text_make_the_same_graph():
    g = GraphBuilder()
    node = g.node("PassThroughCalculator", inputs=[g.input("a")], outputs=["b"], name="n")
    g.output(node[0])
    text = """
      input_stream: "a"  output_stream: "b"
      node { calculator: "PassThroughCalculator" name: "n" input_stream: "a" output_stream: "b" }
    """
    from firsthand.graph import parse

    assert parse(text) == g.build()
    with pytest.raises(ConfigError, match="without output 'X'"):
        node["X"]
