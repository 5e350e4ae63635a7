import math
import string
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firsthand.errors import ConfigError, FirsthandError
from firsthand.graph import Graph, GraphBuilder, GraphConfig, NodeConfig, parse
from firsthand.graph.textformat import MAX_DEPTH, MAX_TEXT, read_fields
from firsthand.graph.textprint import to_text

# -- configurations, text and back -----------------------------------------------------------

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
names = st.text(string.ascii_letters + string.digits + "_", min_size=1, max_size=8).filter(
    lambda name: not name[0].isdigit()
)
scalars = (
    st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False)
    | texts
    | st.binary(max_size=4).map(lambda raw: raw.decode("utf-8", "surrogateescape"))
)


def lists_of(values):
    """What a repeated field is read back as: a list of one is its element."""
    return st.lists(values, max_size=4).filter(lambda items: len(items) != 1)


def messages(values):
    return st.dictionaries(names, values | lists_of(values), max_size=3)


options = st.recursive(scalars, messages, max_leaves=6).flatmap(
    lambda value: messages(st.just(value) | scalars)
)
entries = st.lists(texts, max_size=3).map(tuple)
positive = st.integers(1, 2**40)
nodes = st.builds(
    NodeConfig,
    calculator=texts.filter(bool),
    name=texts,
    inputs=entries,
    outputs=entries,
    side_inputs=entries,
    side_outputs=entries,
    options=options,
    back_edges=st.frozensets(texts, max_size=3),
    policy=st.none() | texts.filter(bool),
    policy_options=options,
    executor=texts,
    max_in_flight=positive,
    source_layer=st.integers(-5, 5),
)
configs = st.builds(
    GraphConfig,
    nodes=st.lists(nodes, max_size=3).map(tuple),
    inputs=entries,
    outputs=entries,
    side_inputs=entries,
    side_outputs=entries,
    executors=st.dictionaries(texts, st.integers(-2, 64), max_size=3),
    max_queue_size=st.integers(-1, 1000).filter(bool),
    report_deadlock=st.booleans(),
    type=texts,
)


@given(configs)
def test_what_is_printed_is_read_back(config):
    assert parse(to_text(config)) == config


def test_a_built_graph_is_read_back_and_runs():
    g = GraphBuilder()
    frames, rate = g.input("VIDEO:frames"), g.side_input("rate")
    done = g.loop("done")
    g.node(
        "FlowLimiterCalculator",
        name="limiter",
        inputs={"": frames, "FINISHED": done},
        outputs={"": "limited"},
        options={"max_in_flight": 2},
    )
    last = g.node(
        "PassThroughCalculator",
        inputs={"A": frames, "B": done},
        outputs={"A": "out", "B": "done_again"},
        side={"RATE": rate},
        side_outputs={"RATE": "rate_again"},
        policy="Immediate",
        executor="pool",
        max_in_flight=3,
    )
    g.node("PassThroughCalculator", inputs=[last["A"]], outputs=["done"])
    g.output(last["A"], "OUT")
    config = g.build(executors={"pool": 2}, report_deadlock=True)
    again = parse(to_text(config))
    assert again == config
    assert [node.name for node in Graph(again).plan.nodes] == [
        node.name for node in Graph(config).plan.nodes
    ]


@pytest.mark.parametrize(
    ("config", "says"),
    [
        (GraphConfig((NodeConfig(GraphBuilder),)), "GraphBuilder is given by its class"),
        (GraphConfig((NodeConfig("A", options={"a b": 1}),)), "'a b'"),
        (GraphConfig((NodeConfig("A", options={"x": object()}),)), "'x' is <object"),
        (GraphConfig((NodeConfig("A", options={"x": [[1]]}),)), r"'x' is \[1\]"),
        (GraphConfig((NodeConfig("A", options={"x": None}),)), "'x' is None"),
        (GraphConfig((NodeConfig("A", options={"x": 1 << 20_000}),)), "bits"),
        (GraphConfig((NodeConfig("A", max_in_flight=0),)), "max_in_flight=0"),
        (GraphConfig(max_queue_size=0), "max_queue_size=0"),
        (GraphConfig(type="\ud800"), "surrogate"),
    ],
)
def test_what_text_cannot_hold_is_refused_by_name(config, says):
    with pytest.raises(ConfigError, match=says):
        to_text(config)


def test_options_deeper_than_is_read_are_not_written():
    deep = {}
    for _ in range(MAX_DEPTH - 2):
        deep = {"x": deep}
    with pytest.raises(ConfigError, match="deeper"):
        to_text(GraphConfig((NodeConfig("A", options=deep),)))
    config = GraphConfig((NodeConfig("A", options=deep["x"]["x"]),))
    assert parse(to_text(config)) == config


# -- what the format allows ------------------------------------------------------------------


def node_of(text):
    (node,) = parse(f'node {{ calculator: "C" {text} }}').nodes
    return node


def options_of(text):
    return node_of(f"options {{ [x.ext] {{ {text} }} }}").options


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("v: 12", 12),
        ("v: -12", -12),
        ("v: - 12", -12),
        ("v: 0x1F", 31),
        ("v: -0x1f", -31),
        ("v: 017", 15),
        ("v: 0", 0),
        ("v: 1.5", 1.5),
        ("v: .5", 0.5),
        ("v: 1.", 1.0),
        ("v: 1e3", 1000.0),
        ("v: 1.5f", 1.5),
        ("v: 2F", 2.0),
        ("v: inf", math.inf),
        ("v: -Infinity", -math.inf),
        ("v: 1e999", math.inf),
        ("v: true", True),
        ("v: False", False),
        ("v: SOME_ENUM", "SOME_ENUM"),
        ('v: "a" "b"\n  \'c\'', "abc"),
        (r'v: "\"\\\'\n\t\101\x42é"', "\"\\'\n\tABé"),
        (r'v: "\u00e9\U0001F600"', "é😀"),
        ('v: "\\303" "\\251"', "é"),
        (r'v: "\377"', "\udcff"),
        ("v: []", []),
        ("v: [1, 2]", [1, 2]),
        ("v: [1]", 1),
        ("v: 1 v: 2", [1, 2]),
        ("v: 1; v: 2, v: 3", [1, 2, 3]),
        ("v { a: 1 }", {"a": 1}),
        ("v: { a: 1 }", {"a": 1}),
        ("v < a: 1 >", {"a": 1}),
        ("v: [{ a: 1 }, < b: 2 >]", [{"a": 1}, {"b": 2}]),
        ("v [{ a: 1 }, { b: 2 }]", [{"a": 1}, {"b": 2}]),
        ("v: 1 # and so on { \" ' \n", 1),
        ("v { [type.googleapis.com/pkg.Message] { a: 1 } }",
         {"[type.googleapis.com/pkg.Message]": {"a": 1}}),
        ("v { [pkg.ext-2] : 3 }", {"[pkg.ext-2]": 3}),
    ],
)  # fmt: skip
def test_values(text, value):
    options = options_of(text)
    assert options == {"v": value}
    assert type(options["v"]) is type(value)


def test_nan_is_a_number():
    assert math.isnan(options_of("v: nan")["v"])


def test_all_forms_of_options_are_merged():
    node = node_of(
        "options { [mediapipe.A.ext] { a: 1 b: 1 } }"
        "node_options: { [type.googleapis.com/mediapipe.B] { b: 2 c { d: 3 } } }"
    )
    assert node.options == {"a": 1, "b": 2, "c": {"d": 3}}


def test_a_hands_pipeline_reads_as_mediapipe_writes_it():
    config = parse(
        """
        # A loop over the hands of the previous image.
        type: "HandTracking"
        input_stream: "IMAGE:image"
        output_stream: "HANDS:hands"
        input_side_packet: "NUM_HANDS:num_hands"
        max_queue_size: 1
        num_threads: 3
        executor { name: "gpu" type: "Any" options {
          [mediapipe.ThreadPoolExecutorOptions.ext] { num_threads: 2 } } }
        node {
          calculator: "PreviousLoopbackCalculator"
          input_stream: "MAIN:image"
          input_stream: "LOOP:hands"
          input_stream_info: { tag_index: "LOOP" back_edge: true }
          input_stream_info: { tag_index: "MAIN" back_edge: false }
          output_stream: "PREV_LOOP:previous"
          input_stream_handler {
            input_stream_handler: "SyncSetInputStreamHandler"
            options: { [mediapipe.SyncSetInputStreamHandlerOptions.ext] {
              sync_set { tag_index: "MAIN" } } }
          }
        }
        node {
          calculator: "Track"
          name: "track"
          input_stream: "IMAGE:image"
          input_stream: "PREVIOUS:previous"
          input_side_packet: "num_hands"
          output_stream: "hands"
          executor: "gpu"
          max_in_flight: 2
          node_options: { [type.googleapis.com/mediapipe.TrackOptions] { threshold: 0.5 } }
        }
        """
    )
    assert config == GraphConfig(
        nodes=(
            NodeConfig(
                "PreviousLoopbackCalculator",
                inputs=("MAIN:image", "LOOP:hands"),
                outputs=("PREV_LOOP:previous",),
                back_edges=frozenset({"LOOP"}),
                policy="SyncSetInputStreamHandler",
                policy_options={"sync_set": {"tag_index": "MAIN"}},
            ),
            NodeConfig(
                "Track",
                name="track",
                inputs=("IMAGE:image", "PREVIOUS:previous"),
                outputs=("hands",),
                side_inputs=("num_hands",),
                options={"threshold": 0.5},
                executor="gpu",
                max_in_flight=2,
            ),
        ),
        inputs=("IMAGE:image",),
        outputs=("HANDS:hands",),
        side_inputs=("NUM_HANDS:num_hands",),
        executors={"gpu": 2, "": 3},
        max_queue_size=1,
        type="HandTracking",
    )


def test_zero_means_the_default_as_in_mediapipe():
    assert parse("max_queue_size: 0") == parse("") == GraphConfig()
    assert node_of("max_in_flight: 0").max_in_flight == 1


# -- hostile text ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "line", "column", "says"),
    [
        ('type: "abc', 1, 7, "not closed"),
        ("type: 'abc\n'", 1, 7, "not closed"),
        ('node {\n  calculator: "a\n}', 2, 15, "not closed"),
        ("node {", 1, 7, "expected a field name, found the end"),
        ("node { calculator: 'a' ", 1, 24, "found the end"),
        ("node }", 1, 6, "expected { or <, found '}'"),
        ("node { >", 1, 8, "found '>'"),
        ("node < }", 1, 8, "found '}'"),
        ("}", 1, 1, "expected a field name"),
        ("type", 1, 5, "expected { or <"),
        ("type:", 1, 6, "expected a value, found the end"),
        ("type: :", 1, 7, "expected a value"),
        ("type: - x", 1, 7, "expected a value, found '-'"),
        ("type: -x", 1, 7, "expected a value, found '-x'"),
        ("-type: 1", 1, 1, "expected a field name"),
        ("'type': 1", 1, 1, "expected a field name"),
        ("1: 1", 1, 1, "expected a field name"),
        ("type: [1", 1, 9, "expected , or ], found the end"),
        ("type: [1 2]", 1, 10, "expected , or ]"),
        ("type: [1,]", 1, 10, "expected a value"),
        ("type: [[1]]", 1, 8, "expected a value"),
        ("type [1]", 1, 7, "expected { or <"),
        ("[x.y", 1, 5, "extension name"),
        ("[x{y] {}", 1, 3, "extension name"),
        ("[] {}", 1, 1, "extension name is empty"),
        ("type: 1x", 1, 7, "unexpected '1x'"),
        ("type: 0x", 1, 7, "unexpected"),
        ("type: \x00", 1, 7, r"unexpected '\x00'"),
        ("ty\x00pe: 1", 1, 3, r"unexpected '\x00"),
        ("type: ~", 1, 7, "unexpected"),
        ("é: 1", 1, 1, "unexpected"),
        ("type: ;", 1, 7, "expected a value"),
        (";", 1, 1, "expected a field name"),
        (r'type: "\U00110000"', 1, 7, "no character"),
        (r'type: "\ud800"', 1, 7, "no character"),
        ('type: "\ud800"', 1, 7, "surrogate"),
        ("\n\ttype: " + "9" * 5000, 2, 8, "5000 digits"),
        ("type: 0x" + "f" * 5000, 1, 7, "5002 digits"),
        ("\n\n type: 5", 3, 2, "'type' is 5; it must be text"),
        ("type {}", 1, 1, "'type' is a message; it must be text"),
        ("input_stream: 'a' input_stream: 3", 1, 19, "'input_stream' holds 3"),
        ("max_queue_size: 1.5", 1, 1, "'max_queue_size' is 1.5; it must be one int"),
        ("max_queue_size: true", 1, 1, "must be one int"),
        ("report_deadlock: 1", 1, 1, "must be one bool"),
        ("node: 1", 1, 1, "'node' is 1; it must be a message"),
        ("node {}", 1, 7, "names no calculator"),
        ("node { calculator: 'a' calculaTor: 'b' }", 1, 24, "no field 'calculaTor'"),
        ("nodes {}", 1, 1, "a graph has no field 'nodes'"),
        ("\nnode { calculator: 'a' options: 3 }", 2, 24, "'options' is 3"),
        ("executor { options { [x] { num_threads: 'two' } } }", 1, 12, "num_threads is 'two'"),
        ("packet_generator {}", 1, 1, "retired"),
    ],
)
def test_errors_point_at_the_place(text, line, column, says):
    with pytest.raises(ConfigError) as caught:
        parse(text)
    message = str(caught.value)
    assert message.startswith(f"graph text, line {line}, column {column}: ")
    assert says in message


@pytest.mark.parametrize("opening", ["node {", "node: <", "options { [x] {"])
def test_deep_nesting_is_refused_before_the_stack_is(opening):
    with pytest.raises(ConfigError, match="nested deeper"):
        parse(opening * 20_000)


def test_a_text_beyond_all_measure_is_refused():
    with pytest.raises(ConfigError, match="at most"):
        parse(" " * (MAX_TEXT + 1))


@pytest.mark.parametrize(
    "text",
    [
        "-" * 100_000,
        "- " * 50_000,
        '"' * 99_999,
        "\\" * 100_000,
        "[" * 100_000,
        "a:1;" * 25_000 + "}",
        "# " * 50_000,
        'type: "' + "\\" * 99_999,
        'type: ' + '"a" ' * 25_000,
        " \n" * 50_000 + "?",
    ],
)  # fmt: skip
def test_long_nonsense_is_read_in_little_time(text):
    # It ends at all, and within the suite's patience: none of these costs quadratic time.
    try:
        config = parse(text)
    except ConfigError:
        return
    assert replace(config, type="") == GraphConfig()


@given(st.text(max_size=60) | st.text("{}<>[]:;,.-/\"'\\#x1 \n", max_size=60))
def test_any_text_is_read_or_refused(text):
    try:
        read_fields(text)
        parse(text)
    except FirsthandError:
        pass


@given(configs, st.data())
def test_a_damaged_graph_is_read_or_refused(config, data):
    text = to_text(config)
    at = data.draw(st.integers(0, len(text)))
    cut = data.draw(st.integers(0, 5))
    damaged = text[:at] + data.draw(st.text(max_size=3)) + text[at + cut :]
    refused = ""
    try:
        parse(damaged)
    except FirsthandError as error:
        refused = str(error)
    assert not refused or "line" in refused
