"""Firsthand's graph against MediaPipe's own: same text, same packets in, same packets out.

FIRSTHAND_CONFORMANCE_GRAPHS sets how many graphs each test generates.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, note, settings
from oracle import ours
from oracle.graphs import node, requests
from oracle.peer import Oracle

from firsthand.errors import ConfigError
from firsthand.graph import Graph

pytestmark = pytest.mark.oracle

GRAPHS = int(os.environ.get("FIRSTHAND_CONFORMANCE_GRAPHS", "300"))
generated = settings(max_examples=GRAPHS, suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="module")
def oracle(mediapipe_python: Path) -> Iterator[Oracle]:
    made = Oracle(mediapipe_python)
    yield made
    made.close()


def settled(answer: dict[str, Any], before: int | None = None) -> dict[str, list[Any]]:
    """Return what came out, up to an event where one is given.

    How many steps a bound takes to where it settles depends on which node runs first, and
    MediaPipe leaves that open. So of the bounds seen during one event only the last counts.
    """
    out: dict[str, list[Any]] = {}
    for name, found in answer["out"].items():
        kept = out[name] = []
        for entry in found:
            if before is not None and entry[0] >= before:
                continue
            bound = False if name.startswith("bound_") else None
            if kept and kept[-1][0] == entry[0] and kept[-1][2] is bound:
                kept.pop()
            kept.append(entry)
    return out


def check(theirs: dict[str, Any], mine: dict[str, Any]) -> None:
    note(f"MediaPipe's error: {theirs['error']}")
    note(f"our error: {mine['error']}")
    where = None
    if theirs["error"] is not None:
        assert mine["error"] is not None, f"MediaPipe fails: {theirs['error']}"
        where = theirs["error"]["event"]
        assert mine["error"]["phase"] == theirs["error"]["phase"]
        assert mine["error"]["event"] == where
        assert mine["error"]["timestamp"] == is_timestamp_error(theirs["error"]["text"])
    else:
        assert mine["error"] is None
    assert settled(mine, where) == settled(theirs, where)


def is_timestamp_error(text: str) -> bool:
    return "timestamp mismatch" in text or "must be the only Packet" in text


@generated
@given(request=requests(racy=True, settle=True))
def test_same_packets_at_the_same_event(oracle: Oracle, request: dict[str, Any]) -> None:
    note(request["config"])
    theirs = oracle.ask("run", **request)
    if theirs is not None:
        check(theirs, ours.run(request))
    assert oracle.mostly_alive


@pytest.mark.parametrize("threads", [0, 2])
@generated
@given(request=requests(racy=False, settle=False))
def test_same_packets_without_waiting(
    oracle: Oracle, threads: int, request: dict[str, Any]
) -> None:
    note(request["config"])
    theirs = oracle.ask("run", **request)
    if theirs is None or theirs["error"] is not None:
        return  # when an error ends the graph, what had come out before depends on the threads
    mine = ours.run(request, threads)
    assert mine["error"] is None
    assert packets(mine) == packets(theirs)
    assert oracle.mostly_alive


def packets(answer: dict[str, Any]) -> dict[str, list[Any]]:
    return {name: [entry[1:] for entry in found] for name, found in answer["out"].items()}


PORTS = [
    ("A:a", "A:x"),
    ("A:a", "A:0:x"),
    ("A:1:a", "A:1:x"),
    ("A:0:a A:1:b", "A:0:x A:1:y"),
    ("A:1:b A:0:a", "A:1:y A:0:x"),
    ("A:0:a A:2:b", "A:0:x A:2:y"),
    ("A:a A:b", "A:x A:y"),
    ("A:a A:1:b", "A:x A:1:y"),
    ("A:a B:b", "B:y A:x"),
    ("a A:b", "x A:y"),
    ("A:b a", "A:y x"),
    ("A:0:a A:1:b", "A:0:x"),
    ("a b", "x"),
    ("a a", "x y"),
    ("a b", "x x"),
    ("a", "a"),
    ("q", "x"),
    (":a", ":x"),
    ("::a", "::x"),
    (":0:a", ":0:x"),
    ("A::a", "A::x"),
    ("A:00:a", "A:00:x"),
    ("A:-1:a", "A:-1:x"),
    ("A:0:0:a", "A:0:0:x"),
    ("al:a", "al:x"),
    ("_:a", "_:x"),
    ("_A9:a", "_A9:x"),
    ("9A:a", "9A:x"),
    ("a", "9x"),
    ("a", "x9_"),
    ("a", "x-y"),
    ("a", "X"),
]


@pytest.mark.parametrize(("inputs", "outputs"), PORTS)
def test_ports_are_taken_and_refused_alike(oracle: Oracle, inputs: str, outputs: str) -> None:
    config = 'input_stream: "a"\ninput_stream: "b"\n'
    config += node("PassThroughCalculator", inputs.split(), outputs.split())
    same_verdict(oracle, config)


LOOP = (
    'input_stream: "a" node {{ calculator: "MergeCalculator" input_stream: "a" input_stream: "y" '
    'output_stream: "x" {} }} '
    'node {{ calculator: "PassThroughCalculator" input_stream: "x" output_stream: "y" }}'
)
BACK = 'input_stream_info {{ tag_index: "{}" back_edge: true }}'
PASS = (
    'node { calculator: "PassThroughCalculator" input_side_packet: "%s" output_side_packet: "%s" }'
)


@pytest.mark.parametrize(
    "config",
    [
        LOOP.format(""),
        LOOP.format(BACK.format(":1")),
        LOOP.format(BACK.format("FOO")),
        LOOP.format('executor: "e"'),
        'executor { name: "e" } executor { name: "e" }',
        'input_stream: "a" input_stream: "a"',
        'input_stream: "A:1:a"',
        'node { calculator: "FooCalculator" }',
        'node { input_stream: "a" }',
        'node { calculator: "GateCalculator" }',
        PASS % ("p", "q") + PASS % ("q", "p"),
        'input_side_packet: "s"' + PASS % ("s", "q") + PASS % ("s", "q"),
        'input_side_packet: "s"' + PASS % ("r", "q") + PASS % ("s", "r"),
        "",
        "node {",
        "foo: 3",
    ],
)
def test_graphs_are_taken_and_refused_alike(oracle: Oracle, config: str) -> None:
    same_verdict(oracle, config)


def same_verdict(oracle: Oracle, config: str) -> None:
    theirs = oracle.ask(
        "run", config=config, observe=[], events=[], kinds={}, side={}, settle=False, bounds=False
    )
    assert theirs is not None
    refused = theirs["error"] is not None and theirs["error"]["phase"] == "config"
    if refused:
        with pytest.raises(ConfigError):
            Graph(config)
    else:
        Graph(config)
