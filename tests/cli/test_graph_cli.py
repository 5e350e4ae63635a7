import json
import sys
from xml.etree import ElementTree as ET

import pytest
from typer.testing import CliRunner

from firsthand.cli.graph import app
from firsthand.errors import FirsthandError
from firsthand.graph.times import read_trace

CHAIN = """
type: "Chain"
input_stream: "in"
input_stream: "other"
output_stream: "out"
output_stream: "other_out"
node { calculator: "PassThroughCalculator" name: "second"
       input_stream: "mid" output_stream: "out" }
node { calculator: "PassThroughCalculator" name: "first"
       input_stream: "in" input_stream: "other" output_stream: "mid" output_stream: "other_out"
       input_stream_handler { input_stream_handler: "DefaultInputStreamHandler" } }
"""
UNKNOWN = 'node { calculator: "NobodyKnowsCalculator" output_stream: "x" }'


@pytest.fixture
def call(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    (tmp_path / "chain.pbtxt").write_text(CHAIN)
    (tmp_path / "unknown.pbtxt").write_text(UNKNOWN)

    def run(*arguments, fails=None):
        result = CliRunner().invoke(app, [str(a) for a in arguments])
        if fails is None:
            assert result.exit_code == 0, (result.output, result.exception)
        else:
            # `firsthand` itself turns these into one line on standard error and exit code 1.
            assert result.exit_code == 1
            assert isinstance(result.exception, FirsthandError), result.exception
            assert fails in str(result.exception)
        return result

    return run


def packets(path, *lines):
    path.write_text(
        "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines)
    )


def at(timestamp, payload):
    return {"timestamp": timestamp, "payload": payload}


# -- draw ------------------------------------------------------------------------------------


def test_draw_writes_an_svg_beside_us(call, tmp_path):
    assert "chain.svg: 2 nodes" in call("draw", "chain.pbtxt").stderr
    root = ET.parse(tmp_path / "chain.svg").getroot()
    assert root.get("aria-label") == "Chain"


def test_draw_to_a_file_or_to_standard_output(call, tmp_path):
    call("draw", "chain.pbtxt", "-o", "a.svg")
    assert call("draw", "chain.pbtxt", "-o", "-").stdout == (tmp_path / "a.svg").read_text()


def test_draw_needs_to_know_no_calculator_unless_asked_to_expand(call, tmp_path):
    call("draw", "unknown.pbtxt")
    assert "NobodyKnows" in (tmp_path / "unknown.svg").read_text()
    call("draw", "unknown.pbtxt", "--expand", fails="'NobodyKnowsCalculator' is registered")


def test_draw_with_the_times_of_a_trace(call, tmp_path):
    packets(tmp_path / "in.jsonl", at(1, "a"))
    call("trace", "chain.pbtxt", "--input", "in=in.jsonl", "-o", "t.json")
    call("draw", "chain.pbtxt", "--trace", "t.json")
    assert 'class="heat"' in (tmp_path / "chain.svg").read_text()


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"node {", "bad.pbtxt: graph text, line 1, column 7"),
        (b"\xff\xfe\x00", "is not text"),
        (b'node { calculator: "A" input_stream: "Bad" }', "'Bad'"),
    ],
)
def test_draw_says_what_is_wrong_with_a_graph(call, tmp_path, content, says):
    (tmp_path / "bad.pbtxt").write_bytes(content)
    call("draw", "bad.pbtxt", fails=says)
    assert not (tmp_path / "bad.svg").exists()


def test_draw_says_which_file_is_the_trouble(call, tmp_path):
    call("draw", "none.pbtxt", fails="none.pbtxt: cannot be read: No such file")
    call("draw", ".", fails=".: cannot be read: Is a directory")
    call(
        "draw",
        "chain.pbtxt",
        "-o",
        "no/such/folder.svg",
        fails="no/such/folder.svg: cannot be written: there is no directory",
    )
    call("draw", "chain.pbtxt", "--trace", "chain.pbtxt", fails="chain.pbtxt is not JSON")


# -- check -----------------------------------------------------------------------------------


def test_check_lists_the_nodes_in_their_order(call):
    lines = call("check", "chain.pbtxt").stdout.splitlines()
    rows = [line for line in lines if "PassThroughCalculator" in line]
    assert ["first" in row for row in rows] == [True, False]
    assert "graph inputs: in, other" in lines
    found = json.loads(call("check", "chain.pbtxt", "--json").stdout)
    assert found["inputs"] == ["in", "other"]
    assert found["nodes"][0]["calculator"] == "PassThroughCalculator"
    assert len(found["nodes"]) == len(rows)


def test_check_refuses_what_cannot_run(call, tmp_path):
    call("check", "unknown.pbtxt", fails="NobodyKnowsCalculator")
    (tmp_path / "loop.pbtxt").write_text(
        'node { calculator: "PassThroughCalculator" input_stream: "a" output_stream: "a" }'
    )
    call("check", "loop.pbtxt", fails="back edge")


def test_a_module_can_bring_calculators(call, tmp_path, monkeypatch):
    (tmp_path / "calculators_of_mine.py").write_text(
        "from firsthand.graph import STANDARD, from_function\n"
        "STANDARD.calculator('AddOneForCliTest')(from_function(lambda x: x + 1))\n"
    )
    (tmp_path / "mine.pbtxt").write_text(
        'input_stream: "x" output_stream: "y" node { calculator: "AddOneForCliTest" '
        'input_stream: "x" output_stream: "y" }'
    )
    packets(tmp_path / "x.jsonl", at(0, 41))
    call("check", "mine.pbtxt", "--module", "no_such_module", fails="no_such_module")
    call("check", "mine.pbtxt", fails="AddOneForCliTest")
    monkeypatch.syspath_prepend(str(tmp_path))
    try:
        result = call(
            "trace", "mine.pbtxt", "--module", "calculators_of_mine", "--input", "x=x.jsonl"
        )
        assert json.loads(result.stdout)["payload"] == 42
        packets(tmp_path / "x.jsonl", at(0, 1), at(1, "text"))
        failed = call("trace", "mine.pbtxt", "--input", "x=x.jsonl", fails="at 1 us: TypeError")
        # What came out before the error, and its trace, are there.
        assert json.loads(failed.stdout) == {"stream": "y", "timestamp": 0, "payload": 2}
        assert len(next(iter(read_trace(tmp_path / "trace.json").values()))) == 2
    finally:
        sys.modules.pop("calculators_of_mine", None)


# -- trace -----------------------------------------------------------------------------------


@pytest.mark.parametrize("threads", [0, 2])
def test_trace_runs_packets_through_in_the_order_of_their_times(call, tmp_path, threads):
    packets(tmp_path / "in.jsonl", at(1, [1, "ä"]), "", at(3, None), at(5, {"a": 1.5}))
    packets(tmp_path / "other.jsonl", at(2, "two"), at(3, "three"))
    result = call(
        "trace", "chain.pbtxt", "--input", "in=in.jsonl", "--input", "other=other.jsonl",
        "-o", "t.json", "--threads", threads,
    )  # fmt: skip
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    by_stream = {
        stream: [(p["timestamp"], p["payload"]) for p in lines if p["stream"] == stream]
        for stream in ("out", "other_out")
    }
    assert by_stream == {
        "out": [(1, [1, "ä"]), (3, None), (5, {"a": 1.5})],
        "other_out": [(2, "two"), (3, "three")],
    }
    assert {name: len(calls) for name, calls in read_trace(tmp_path / "t.json").items()} == {
        "first": 4,
        "second": 3,
    }
    assert "first" in result.stderr
    assert "median" in result.stderr
    assert "t.json" in result.stderr


def test_trace_gives_side_packets(call, tmp_path):
    (tmp_path / "gate.pbtxt").write_text(
        """input_stream: "in" output_stream: "out" input_side_packet: "allow"
        node { calculator: "GateCalculator" input_stream: "in" output_stream: "out"
               input_side_packet: "ALLOW:allow" }"""
    )
    packets(tmp_path / "in.jsonl", at(1, "x"))
    for allow, lines in (("true", 1), ("false", 0)):
        result = call(
            "trace", "gate.pbtxt", "--input", "in=in.jsonl", "--side", f"allow={allow}"
        )  # fmt: skip
        assert len(result.stdout.splitlines()) == lines
    call("trace", "gate.pbtxt", "--side", "allow=yes", fails="not JSON")


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("{", "line 2: '{' is not JSON"),
        ("[" * 100_000, "is not JSON"),
        ("3", "line 2: a packet is"),
        ("{}", "line 2: a packet is"),
        ('{"timestamp": 1, "payload": 1, "more": 1}', "a packet is"),
        ('{"timestamp": "1", "payload": 1}', "timestamp 1 must be a whole number"),
        ('{"timestamp": 1.5, "payload": 1}', "timestamp 1.5 must be"),
        ('{"timestamp": true, "payload": 1}', "timestamp True must be"),
        ('{"timestamp": 1e400, "payload": 1}', "timestamp inf must be"),
        ('{"timestamp": 99999999999999999999, "payload": 1}', "must be a whole number"),
        ('{"timestamp": 0, "payload": 1}', "the lowest timestamp allowed now is 1 us"),
        ("\udcff", "not UTF-8"),
    ],
)
def test_a_bad_line_is_named(call, tmp_path, line, says):
    text = json.dumps(at(0, "good")) + "\n" + line
    (tmp_path / "in.jsonl").write_bytes(text.encode("utf-8", "surrogateescape"))
    call("trace", "chain.pbtxt", "--input", "in=in.jsonl", fails=says)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--input", "in"], "--input 'in' must be written NAME=VALUE"),
        (["--input", "=in.jsonl"], "must be written"),
        (["--input", "in=a", "--input", "in=b"], "'in' is given twice"),
        (["--input", "wrong=in.jsonl"], "no inputs ['wrong']; it has: in, other"),
        (["--input", "in=none.jsonl"], "none.jsonl: cannot be read"),
        (["-o", "no/such/t.json"], "no/such/t.json: cannot be written: there is no directory"),
        (["--side", "x=1"], "side packets ['x']"),
    ],
)
def test_bad_arguments_are_named(call, arguments, says):
    call("trace", "chain.pbtxt", *arguments, fails=says)


def test_names_with_brackets_are_printed_as_they_are(call, tmp_path):
    (tmp_path / "odd.pbtxt").write_text(
        'input_stream: "a" node { calculator: "PassThroughCalculator" name: "[red]x[/red]" '
        'input_stream: "a" output_stream: "b" }'
    )
    assert "[red]x[/red]" in call("check", "odd.pbtxt").stdout
    packets(tmp_path / "a.jsonl", at(0, 0))
    assert "[red]x[/red]" in call("trace", "odd.pbtxt", "--input", "a=a.jsonl").stderr
