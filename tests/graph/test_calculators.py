"""Calculators that steer packets. test_conformance compares them with MediaPipe's."""

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from playing import BOUND, packets, play

from firsthand.core import timestamp as ts
from firsthand.errors import CalculatorError, ConfigError
from firsthand.graph import EMPTY, STANDARD, Graph, GraphConfig, NodeConfig, calculators


def test_every_calculator_is_exported_and_registered() -> None:
    names = set(STANDARD.names())
    for name in calculators.__all__:
        aliases = {name, f"{name}Calculator"}
        assert any(
            STANDARD.find_calculator(a) is getattr(calculators, name) for a in aliases & names
        )


# -- pass-through and merge ----------------------------------------------------------------


def test_pass_through_without_inputs_ends() -> None:
    node = NodeConfig("PassThroughCalculator", side_inputs=("s",), side_outputs=("t",))
    graph = Graph(GraphConfig(nodes=(node,), side_inputs=("s",), side_outputs=("t",)))
    with graph.start({"s": 3}):
        pass


def test_merge_prefers_the_first_input() -> None:
    node = NodeConfig("MergeCalculator", inputs=("a", "b"), outputs=("x",))
    events = [("b", 1, "b1"), ("a", 2, "a2"), ("b", 2, "b2"), ("b", 3, "b3"), ("a", 3, BOUND)]
    assert play(node, events)["x"] == [(1, "b1"), (2, "a2"), (3, "b3")]


def test_merge_needs_an_input() -> None:
    with pytest.raises(ConfigError, match="one or more inputs"):
        play(NodeConfig("MergeCalculator", outputs=("x",)), [])


# -- gate ----------------------------------------------------------------------------------


def gate(*controls: str, **options: Any) -> NodeConfig:
    return NodeConfig(
        "GateCalculator",
        inputs=("a", *controls),
        outputs=("x", "STATE_CHANGE:s"),
        options=options,
    )


CONTROL = [
    ("a", 1, "a1"), ("g", 1, True), ("a", 2, "a2"), ("g", 2, False),
    ("a", 3, "a3"), ("g", 3, BOUND), ("a", 4, "a4"), ("g", 4, True),
]  # fmt: skip


@pytest.mark.parametrize(
    ("node", "data", "states"),
    [
        (
            gate("ALLOW:g"),
            [(1, "a1"), (2, BOUND), (3, BOUND), (4, "a4")],
            [(1, BOUND), (2, False), (3, BOUND), (4, True)],
        ),
        (
            gate("DISALLOW:g"),
            [(1, BOUND), (2, "a2"), (3, BOUND), (4, BOUND)],
            [(1, BOUND), (2, True), (3, False), (4, BOUND)],
        ),
        (
            gate("ALLOW:g", empty_packets_as_allow=True),
            [(1, "a1"), (2, BOUND), (3, "a3"), (4, "a4")],
            [(1, BOUND), (2, False), (3, True), (4, BOUND)],
        ),
    ],
)
def test_gate_by_a_stream(node: NodeConfig, data: list[Any], states: list[Any]) -> None:
    assert play(node, CONTROL) == {"x": data, "s": states}


@pytest.mark.parametrize("allow", [True, False])
@pytest.mark.parametrize("tag", ["ALLOW", "DISALLOW"])
def test_gate_by_a_side_packet(tag: str, allow: bool) -> None:
    node = NodeConfig("GateCalculator", inputs=("a",), outputs=("x",), side_inputs=(f"{tag}:g",))
    found = play(node, [("a", 1, "a1"), ("a", 2, "a2")], {"g": allow})["x"]
    # Closed for good: not even a bound comes, the output ends.
    assert found == ([(1, "a1"), (2, "a2")] if allow == (tag == "ALLOW") else [])


def test_gate_without_control_is_shut_unless_the_option_opens_it() -> None:
    assert play(gate(), [("a", 1, "a1")])["x"] == [(1, BOUND)]
    assert play(gate(allow=True), [("a", 1, "a1")])["x"] == [(1, "a1")]


def test_gate_refuses_two_controls() -> None:
    with pytest.raises(ConfigError, match="2 controls"):
        play(gate("ALLOW:g", "DISALLOW:h"), [])


def test_gate_refuses_a_control_that_is_no_truth_value() -> None:
    with pytest.raises((TypeError, CalculatorError)):
        play(gate("ALLOW:g"), [("g", 1, 7)])


# -- previous loopback ---------------------------------------------------------------------


def loopback(events: list[tuple[str, int, Any]]) -> list[tuple[int, Any]]:
    node = NodeConfig(
        "PreviousLoopbackCalculator",
        inputs=("MAIN:a", "LOOP:l"),
        outputs=("PREV_LOOP:p",),
        back_edges=frozenset({"LOOP"}),
    )
    return play(node, events)["p"]


def test_loopback_gives_the_packet_made_at_the_previous_main() -> None:
    events = [
        ("a", 1, ""), ("a", 2, ""), ("l", 1, "l1"), ("a", 5, ""), ("l", 2, "l2"), ("l", 5, "l5"),
    ]  # fmt: skip
    assert loopback(events) == [(1, BOUND), (2, "l1"), (5, "l2")]


def test_loopback_does_not_wait_for_what_cannot_come() -> None:
    events = [("a", 1, ""), ("a", 2, ""), ("l", 2, "l2"), ("a", 3, ""), ("l", ts.DONE, None)]
    assert loopback([*events, ("a", 4, "")]) == [(1, BOUND), (2, BOUND), (3, "l2"), (4, BOUND)]


@given(
    mains=st.lists(st.integers(1, 4), min_size=1, max_size=8),
    made=st.lists(st.booleans(), min_size=8, max_size=8),
)
def test_in_a_loop_every_main_meets_the_result_before_it(
    mains: list[int], made: list[bool]
) -> None:
    """The graph sends back one result for each time at which it makes one."""
    times = [sum(mains[: i + 1]) for i in range(len(mains))]
    makes = dict(zip(times, made, strict=False))
    config = GraphConfig(
        nodes=(
            NodeConfig(
                "PreviousLoopbackCalculator",
                inputs=("MAIN:a", "LOOP:l"),
                outputs=("PREV_LOOP:p",),
                back_edges=frozenset({"LOOP"}),
            ),
            NodeConfig("GateCalculator", inputs=("a", "ALLOW:g"), outputs=("l",)),
        ),
        inputs=("a", "g"),
    )
    found: list[tuple[int, Any]] = []
    observe = {"p": lambda p: found.append((p.timestamp, p.payload))}
    with Graph(config).start(observe=observe) as run:
        for time in times:
            run.add("a", time, time)
            run.add("g", makes[time], time)
    wanted = [(now, before) for before, now in itertools.pairwise(times) if makes[before]]
    assert found == wanted


# -- flow limiter --------------------------------------------------------------------------


def limiter(*streams: str, **options: int) -> NodeConfig:
    return NodeConfig(
        "FlowLimiterCalculator",
        inputs=(*streams, "FINISHED:f"),
        outputs=(*(f"{s}_out" for s in streams), "ALLOW:w"),
        back_edges=frozenset({"FINISHED"}),
        options=options,
    )


def test_flow_limiter_drops_while_a_frame_is_under_way() -> None:
    events = [("a", 1, 1), ("a", 2, 2), ("f", 1, ""), ("a", 4, 4)]
    assert play(limiter("a"), events) == {
        "a_out": [(1, 1), (2, BOUND), (4, 4)],
        "w": [(1, True), (2, False), (4, True)],
    }


def test_flow_limiter_keeps_the_newest_in_its_queue() -> None:
    events = [("a", 1, 1), ("a", 2, 2), ("a", 3, 3), ("f", 1, "")]
    found = play(limiter("a", max_in_queue=1), events)
    assert packets(found["a_out"]) == [(1, 1), (3, 3)]
    assert packets(found["w"]) == [(1, True), (2, False), (3, True)]


@pytest.mark.parametrize("retire", [("f", 1, ""), ("f", 1, BOUND), ("f", ts.DONE, None)])
def test_a_packet_a_bound_and_the_end_retire_frames(retire: tuple[str, int, Any]) -> None:
    found = play(limiter("a"), [("a", 1, 1), retire, ("a", 2, 2)])
    assert packets(found["a_out"]) == [(1, 1), (2, 2)]


def test_flow_limiter_gives_up_frames_that_are_too_old() -> None:
    events = [("a", time, time) for time in (1, 50, 101, 102, 103)]
    found = play(limiter("a", in_flight_timeout=100), events)
    assert packets(found["a_out"]) == [(1, 1), (102, 102)]


def test_flow_limiter_lets_other_streams_follow_the_frames() -> None:
    events = [
        ("a", 1, 1), ("b", 1, 11), ("a", 3, 3), ("b", 2, 12), ("b", 3, 13), ("f", 1, ""),
        ("a", 5, 5), ("b", 5, 15),
    ]  # fmt: skip
    found = play(limiter("a", "b"), events)
    assert packets(found["a_out"]) == [(1, 1), (5, 5)]
    assert packets(found["b_out"]) == [(1, 11), (2, 12), (5, 15)]


def test_flow_limiter_takes_its_limit_from_a_side_packet() -> None:
    node = NodeConfig(
        "FlowLimiterCalculator",
        inputs=("a", "FINISHED:f"),
        outputs=("x",),
        side_inputs=("MAX_IN_FLIGHT:n",),
        options={"max_in_flight": 1},
    )
    found = play(node, [("a", time, time) for time in (1, 2, 3)], {"n": 2})["x"]
    assert packets(found) == [(1, 1), (2, 2)]


def test_flow_limiter_takes_new_options_from_a_stream() -> None:
    node = NodeConfig(
        "FlowLimiterCalculator",
        inputs=("a", "FINISHED:f", "OPTIONS:o"),
        outputs=("x",),
        options={"max_in_flight": 1},
    )
    events = [("a", 1, 1), ("a", 2, 2), ("o", 3, {"max_in_flight": 2}), ("a", 4, 4), ("a", 5, 5)]
    assert packets(play(node, events)["x"]) == [(1, 1), (4, 4)]


def test_flow_limiter_refuses_a_limit_of_nothing() -> None:
    with pytest.raises(CalculatorError, match="max_in_flight >= 1"):
        play(limiter("a", max_in_flight=0), [])


@given(
    events=st.lists(st.sampled_from("af"), max_size=30),
    max_in_flight=st.integers(1, 3),
    max_in_queue=st.integers(0, 3),
)
def test_no_more_frames_are_under_way_than_allowed(
    events: list[str], max_in_flight: int, max_in_queue: int
) -> None:
    node = NodeConfig(
        "FlowLimiterCalculator",
        inputs=("a", "FINISHED:f"),
        outputs=("x", "ALLOW:w"),
        options={"max_in_flight": max_in_flight, "max_in_queue": max_in_queue},
    )
    under_way: list[int] = []
    fates: list[int] = []
    sent = 0
    observe = {
        "x": lambda p: under_way.append(p.timestamp),
        "w": lambda p: fates.append(p.timestamp),
    }
    with Graph(GraphConfig(nodes=(node,), inputs=("a", "f"))).start(observe=observe) as run:
        for event in events:
            if event == "a":
                sent += 1
                run.add("a", sent, sent)
            elif under_way:
                run.add("f", "", under_way.pop(0))
            run.wait_until_idle()
            assert len(under_way) <= max_in_flight
            assert sent - len(fates) <= max_in_queue
    assert fates == sorted(set(fates))


# -- loops over elements -------------------------------------------------------------------


def loop(events: list[tuple[str, int, Any]]) -> dict[str, list[tuple[int, Any]]]:
    config = GraphConfig(
        nodes=(
            NodeConfig(
                "BeginLoopCalculator",
                inputs=("ITERABLE:v", "CLONE:c"),
                outputs=("ITEM:i", "CLONE:k", "BATCH_END:e"),
            ),
            NodeConfig("PassThroughCalculator", inputs=("i",), outputs=("j",)),
            NodeConfig(
                "EndLoopCalculator", inputs=("ITEM:j", "BATCH_END:e"), outputs=("ITERABLE:w",)
            ),
        ),
        inputs=("v", "c"),
    )
    out: dict[str, list[tuple[int, Any]]] = {"i": [], "k": [], "w": []}

    def listen(name: str) -> Any:
        return lambda p: out[name].append((p.timestamp, BOUND if p.payload is EMPTY else p.payload))

    observe = {name: listen(name) for name in out}
    with Graph(config).start(observe=observe, bounds=["w"]) as run:
        for stream, time, payload in events:
            if payload is BOUND:
                run.set_bound(stream, time + 1)
            else:
                run.add(stream, payload, time)
    return out


def test_loop_runs_its_body_for_each_element() -> None:
    events = [("v", 10, ["a", "b"]), ("c", 10, 7), ("v", 20, []), ("c", 20, 8), ("v", 30, "c")]
    assert loop([*events, ("c", 30, BOUND)]) == {
        "i": [(0, "a"), (1, "b"), (3, "c")],
        "k": [(0, 7), (1, 7)],
        "w": [(10, ("a", "b")), (20, BOUND), (30, ("c",))],
    }


@given(st.lists(st.lists(st.integers(), max_size=4), max_size=6))
def test_what_begins_a_loop_comes_out_of_its_end(collections: list[list[int]]) -> None:
    events: list[tuple[str, int, Any]] = []
    for time, collection in enumerate(collections):
        events += [("v", time, collection), ("c", time, time)]
    wanted = [(t, tuple(c)) for t, c in enumerate(collections) if c]
    assert packets(loop(events)["w"]) == wanted


def test_a_loop_refuses_what_it_cannot_iterate_over() -> None:
    with pytest.raises((TypeError, CalculatorError)):
        loop([("v", 1, 5), ("c", 1, 5)])
