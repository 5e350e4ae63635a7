import random
import re
from itertools import combinations, pairwise
from xml.etree import ElementTree as ET

import pytest
from calculators_for_tests import join, source
from hypothesis import given, settings
from hypothesis import strategies as st

from firsthand.core import ManualClock
from firsthand.errors import ConfigError, InputError
from firsthand.graph import Graph, GraphBuilder, GraphConfig, NodeConfig, Packet, Tracer, parse
from firsthand.graph.calculators import PassThrough
from firsthand.graph.draw import to_svg
from firsthand.graph.drawing.layers import arrange
from firsthand.graph.drawing.lettering import printable, shorten
from firsthand.graph.drawing.places import place
from firsthand.graph.drawing.sketch import sketch
from firsthand.graph.policies import barrier, fixed_size, immediate, sync_sets
from firsthand.graph.times import node_times, read_trace

SVG = "{http://www.w3.org/2000/svg}"


def drawn(graph, **options):
    return ET.fromstring(to_svg(graph, **options))


def texts(root):
    return [element.text for element in root.iter(f"{SVG}text")]


def classes(root):
    return {name for element in root.iter() for name in element.get("class", "").split()}


def titles(root):
    return [element.text for element in root.iter(f"{SVG}title")]


def loop_graph():
    g = GraphBuilder()
    image, hands = g.input("image"), g.side_input("num_hands")
    loop = g.loop("rects")
    previous = g.node(
        "PreviousLoopbackCalculator",
        inputs={"MAIN": image, "LOOP": loop},
        outputs={"PREV_LOOP": "previous"},
    )
    tracked = g.node(
        "TrackCalculator",
        name="tracker",
        inputs={"IMAGE": image, "RECTS": previous["PREV_LOOP"]},
        outputs={"RECTS": "rects"},
        side={"NUM": hands},
        policy="Immediate",
        executor="pool",
        max_in_flight=4,
    )
    g.output(tracked["RECTS"], "RECTS")
    return g.build(executors={"pool": 2}, type="HandLoop")


# -- what is shown ---------------------------------------------------------------------------


def test_every_name_a_reader_looks_for_is_there():
    root = drawn(loop_graph())
    assert root.get("aria-label") == "HandLoop"
    shown = texts(root)
    for text in (
        *("PreviousLoopback", "Track", "tracker", "immediate", "on pool", "4 in flight"),
        *("image", "num_hands", "previous", "rects"),
        *("MAIN", "LOOP", "PREV_LOOP", "IMAGE", "RECTS", "NUM"),
    ):
        assert text in shown, text
    assert {"input", "output", "sides", "side", "back", "line"} <= classes(root)


def test_a_back_edge_is_dashed_and_runs_outside_everything_it_passes():
    what = sketch(loop_graph())
    layers = arrange(what)
    places = place(what, layers, {})
    ((line, path),) = [
        (line, path) for line, path in zip(what.lines, places.paths, strict=True) if line.back
    ]
    assert (what.boxes[line.source].title, what.boxes[line.target].title) == (
        "TrackCalculator",
        "PreviousLoopbackCalculator",
    )
    rows = range(layers.row_of[line.target], layers.row_of[line.source] + 1)
    passed = [i for r in rows for i in layers.rows[r] if i < len(what.boxes)]
    left = min(places.x[i] - places.frames[i].width / 2 for i in passed)
    right = max(places.x[i] + places.frames[i].width / 2 for i in passed)
    xs = [x for _, x, _ in path]
    assert min(xs) < left or max(xs) > right
    style = next(drawn(loop_graph()).iter(f"{SVG}style")).text
    assert re.search(r"\.back\.line \{ stroke-dasharray", style)
    assert re.search(r"\.side\.line \{ stroke-dasharray", style)


def test_light_and_dark():
    style = next(drawn(loop_graph()).iter(f"{SVG}style")).text
    light, dark = style.split("@media (prefers-color-scheme: dark)")
    colours = re.compile(r"\.paper \{ fill: (#\w+)")
    assert colours.search(light)[1] != colours.search(dark)[1]


def test_nothing_is_fetched_and_nothing_runs():
    svg = to_svg(loop_graph())
    assert "href" not in svg
    assert "url(" not in svg
    assert "<script" not in svg
    assert re.findall(r"https?://[^\"]*", svg) == ["http://www.w3.org/2000/svg"]


def test_a_plan_shows_the_policies_calculators_ask_for():
    expected = {
        "immediate": immediate,
        "barrier": barrier,
        "sync sets": sync_sets([0], [1]),
        "fixed size": fixed_size(),
    }
    for badge, policy in expected.items():
        g = GraphBuilder()
        g.node(join(2, policy=policy), inputs=[g.input("a"), g.input("b")], outputs=["out"])
        assert badge in texts(drawn(Graph(g.build()).plan))
    g = GraphBuilder()
    g.node(join(2), inputs=[g.input("a"), g.input("b")], outputs=["out"])
    assert "badge" not in {e.get("class") for e in drawn(Graph(g.build()).plan).iter(f"{SVG}rect")}


def test_sources_have_a_shape_of_their_own():
    g = GraphBuilder()
    made = g.node(source(3), outputs=["numbers"])
    g.node(PassThrough, inputs=[made[0]], outputs=["copied"])
    graph = g.build()
    for what in (graph, Graph(graph).plan):
        assert "source" in classes(drawn(what))
        assert [box.shape for box in sketch(what).boxes] == ["source", "node"]


def test_plan_and_configuration_of_a_plain_graph_look_alike():
    config = parse(
        """input_stream: "in" output_stream: "out"
        node { calculator: "PassThroughCalculator" input_stream: "in" output_stream: "mid" }
        node { calculator: "PassThroughCalculator" input_stream: "mid" output_stream: "out" }"""
    )
    assert to_svg(config) == to_svg(Graph(config).plan)


# -- graphs nobody validated -----------------------------------------------------------------


def test_mistakes_are_drawn_too():
    config = GraphConfig(
        nodes=(
            NodeConfig("Unknown", inputs=("nowhere", "b"), outputs=("a",)),
            NodeConfig("Circle", inputs=("a", "b"), outputs=("b",), side_inputs=("S:gift",)),
            NodeConfig("Twice", outputs=("a",)),
        ),
        outputs=("never",),
    )
    root = drawn(config)
    assert {"missing", "back"} <= classes(root)
    assert texts(root).count("made by nothing") == 2
    assert texts(root).count("not declared") == 1
    # Both makers of `a` are joined to both of its readers.
    assert sum(t.startswith("a: ") for t in titles(root)) == 2


def test_a_malformed_port_names_its_node():
    with pytest.raises(ConfigError, match=r"node 'me'.*'Bad'"):
        to_svg(GraphConfig((NodeConfig("A", name="me", inputs=("Bad",)),)))


def test_text_from_outside_stays_text():
    evil = "</text><script>alert('\"&')</script>\x00\ud800]]>\x1b"
    config = GraphConfig((NodeConfig(evil, name=evil, policy=evil, executor=evil),), type=evil)
    root = drawn(config, title=evil)
    assert not list(root.iter(f"{SVG}script"))
    assert root.get("aria-label") == printable(evil)
    assert any(printable(evil) in title for title in titles(root))


def test_long_names_are_shortened_and_told_in_full():
    long = "A" + "b" * 198 + "C"
    config = GraphConfig(
        (NodeConfig(long, name="n" * 200, inputs=(f"{'T' * 200}:{'s' * 200}",)),),
        inputs=("s" * 200,),
    )
    root = drawn(config)
    assert max(map(len, texts(root))) <= 60
    assert any(long in title for title in titles(root))
    assert any("T" * 200 in title and "s" * 200 in title for title in titles(root))
    assert float(root.get("width")) < 900


@given(st.text(max_size=30), st.integers(4, 20))
def test_shortening(text, limit):
    short = shorten(text, limit)
    assert len(short) <= limit
    assert short == text or (len(text) > limit and "…" in short and short[0] == text[0])


def test_an_empty_graph_and_a_single_node():
    assert texts(drawn(GraphConfig())) == []
    assert texts(drawn(GraphConfig((NodeConfig("OneCalculator"),)))) == ["One"]


def test_a_graph_too_large_to_be_looked_at_is_refused():
    with pytest.raises(ConfigError, match="at most"):
        to_svg(GraphConfig((NodeConfig("A"),) * 5001))
    nodes = (NodeConfig("A", outputs=("s",)), NodeConfig("B", inputs=("s",))) * 300
    with pytest.raises(ConfigError, match="more lines"):
        to_svg(GraphConfig(nodes))


# -- where things are ------------------------------------------------------------------------


def random_graph(seed, count, back=0.05):
    dice = random.Random(seed)
    nodes = []
    for i in range(count):
        reads = {f"s{dice.randrange(max(0, i - 12), i)}" for _ in range(2)} if i else {"in"}
        if dice.random() < back:
            reads.add(f"s{dice.randrange(i, count)}")
        reads = sorted(reads)
        tagged = [f"T{k}:{name}" for k, name in enumerate(reads)]
        nodes.append(
            NodeConfig(
                f"Stage{i}Calculator",
                inputs=tuple(tagged if dice.random() < 0.5 else reads),
                outputs=(f"s{i}", f"extra{i}") if dice.random() < 0.2 else (f"s{i}",),
                side_inputs=("MODEL:model",) if dice.random() < 0.1 else (),
            )
        )
    return GraphConfig(tuple(nodes), ("in",), (f"s{count - 1}",), ("model",))


@settings(max_examples=40)
@given(st.integers(0, 10_000), st.integers(1, 40), st.sampled_from([0.0, 0.1, 0.5]))
def test_nothing_overlaps_and_streams_flow_down(seed, count, back):
    what = sketch(random_graph(seed, count, back))
    layers = arrange(what)
    places = place(what, layers, {})
    for row in layers.rows:
        boxes = sorted((places.x[i], i) for i in row if i < len(what.boxes))
        for (_, a), (_, b) in pairwise(boxes):
            right = places.x[a] + places.frames[a].width / 2 + places.frames[a].overhang
            assert right < places.x[b] - places.frames[b].width / 2
    spans = [
        (
            min(places.top[i] for i in boxes),
            max(places.top[i] + places.frames[i].height for i in boxes),
        )
        for row in layers.rows
        if (boxes := [i for i in row if i < len(what.boxes)])
    ]
    assert all(above[1] < below[0] for above, below in pairwise(spans))
    for line, path in zip(what.lines, places.paths, strict=True):
        if not line.back:
            assert layers.row_of[line.source] < layers.row_of[line.target]
            ys = [y for _, _, y in path]
            assert all(b > a - 1e-6 for a, b in pairwise(ys))
        for _, x, y in path:
            assert 0 <= x <= places.width
            assert 0 <= y <= places.height
    for i, frame in enumerate(places.frames):
        assert places.x[i] - frame.width / 2 >= 0
        assert places.x[i] + frame.width / 2 + frame.overhang <= places.width
        assert 0 <= places.top[i] <= places.top[i] + frame.height <= places.height


@given(st.integers(0, 1000))
def test_lines_end_at_the_ports_they_join(seed):
    what = sketch(random_graph(seed, 12, 0.3))
    places = place(what, arrange(what), {})
    for line, path in zip(what.lines, places.paths, strict=True):
        frame = places.frames[line.source]
        x = places.x[line.source] + frame.exits[line.exit]
        assert path[0] == ("M", x, places.top[line.source] + frame.height)
        x = places.x[line.target] + places.frames[line.target].entries[line.entry]
        assert path[-1] == ("L", x, places.top[line.target])


def test_ports_of_a_box_keep_their_distance():
    tags = [f"LONG_TAG_NUMBER_{i}" for i in range(6)]
    config = GraphConfig(
        (
            NodeConfig(
                "A",
                inputs=tuple(f"{tag}:in_{i}" for i, tag in enumerate(tags)),
                outputs=tuple(f"{tag}:a_stream_with_a_long_name_{i}" for i, tag in enumerate(tags)),
            ),
        )
    )
    what = sketch(config)
    frame = place(what, arrange(what), {}).frames[0]
    for at, least in ((sorted(frame.entries), 80), (sorted(frame.exits), 170)):
        assert all(b - a > least for a, b in pairwise(at))
        assert -frame.width / 2 < at[0] <= at[-1] < frame.width / 2


def test_crossings_that_can_be_avoided_are():
    # Two chains whose second nodes are listed in the wrong order, and ports as well.
    config = GraphConfig(
        (
            NodeConfig("A", inputs=("a",), outputs=("a1",)),
            NodeConfig("B", inputs=("b",), outputs=("b1",)),
            NodeConfig("D", inputs=("b1",), outputs=("b2",)),
            NodeConfig("C", inputs=("a1",), outputs=("a2",)),
            NodeConfig("End", inputs=("X:b2", "Y:a2")),
        ),
        inputs=("a", "b"),
    )
    what = sketch(config)
    places = place(what, arrange(what), {})
    spans = [(path[0][1], path[-1][1], path[0][2]) for path in places.paths]
    for (a0, a1, ya), (b0, b1, yb) in combinations(spans, 2):
        assert ya != yb or (a0 < b0) == (a1 < b1)


def test_drawing_twice_gives_the_same_text():
    assert to_svg(random_graph(1, 30)) == to_svg(random_graph(1, 30))


def test_two_hundred_nodes():
    root = drawn(random_graph(2, 200))
    assert sum(text.startswith("Stage") for text in texts(root)) == 200


# -- figures of a trace ----------------------------------------------------------------------


def traced():
    class Ticking(ManualClock):
        def now_us(self):
            self.advance(500)
            return super().now_us()

    g = GraphBuilder()
    g.output(g.node(PassThrough, name="copy", inputs=[g.input("x")], outputs=["y"])[0])
    graph, tracer = Graph(g.build()), Tracer(Ticking())
    with graph.start(trace=tracer) as run:
        for i in range(3):
            run.add_packet("x", Packet(i, i))
    return graph, tracer


def test_a_trace_shows_medians_and_shares(tmp_path):
    graph, tracer = traced()
    tracer.write(tmp_path / "trace.json")
    assert "500 µs · 100%" in texts(drawn(graph.plan, trace=tracer))
    with_file = to_svg(graph.plan, trace=tmp_path / "trace.json")
    assert with_file == to_svg(graph.plan, trace=tracer)
    assert with_file == to_svg(graph.plan, trace=str(tmp_path / "trace.json"))
    assert with_file == to_svg(graph.plan, trace=tracer.busy_us())
    assert "3 calls, median 500 µs" in with_file
    other = to_svg(graph.plan, trace={"another": [1, 2]})
    assert other == to_svg(graph.plan)


def test_node_times():
    slow, fast = node_times({"fast": [1, 2, 3], "slow": [10, 20, 30, 40], "never": []})
    assert slow == ("slow", 4, 25, pytest.approx(39.7), 100, pytest.approx(100 / 106))
    assert fast == ("fast", 3, 2, pytest.approx(2.98), 6, pytest.approx(6 / 106))
    assert node_times({}) == []
    assert node_times({"instant": [0]})[0].share == 0


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=50))
def test_quantiles_lie_within_what_was_measured(durations):
    (row,) = node_times({"node": durations})
    assert min(durations) <= row.median_us <= row.p99_us <= max(durations)
    assert row.calls == len(durations)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        "\x00\xff",
        '{"traceEvents": 1}',
        '{"traceEvents": [{"cat": "process", "name": "a"}]}',
        '{"traceEvents": [{"cat": "process", "name": "a", "dur": -1}]}',
        '{"traceEvents": [{"cat": "process", "name": "a", "dur": NaN}]}',
        '{"traceEvents": [{"cat": "process", "name": "a", "dur": true}]}',
        '{"traceEvents": [{"cat": "process", "name": 3, "dur": 1}]}',
        "[" * 100_000,
    ],
)
def test_a_file_that_is_no_trace(tmp_path, text):
    (tmp_path / "trace.json").write_bytes(text.encode("latin-1"))
    with pytest.raises(InputError, match="trace"):
        read_trace(tmp_path / "trace.json")


def test_a_trace_that_is_not_there(tmp_path):
    with pytest.raises(InputError, match="No such file"):
        to_svg(GraphConfig(), trace=tmp_path / "none.json")
