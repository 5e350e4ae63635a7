"""Calculators that choose packets by number or time, and those of side packets."""

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from playing import BOUND, packets, play

from firsthand.core import timestamp as ts
from firsthand.errors import CalculatorError, ConfigError, InputError
from firsthand.graph import Graph, GraphConfig, NodeConfig

# -- mux and demux -------------------------------------------------------------------------

MUX = NodeConfig(
    "MuxCalculator", inputs=("INPUT:0:a", "INPUT:1:b", "SELECT:s"), outputs=("OUTPUT:x",)
)


def test_mux_waits_only_for_the_stream_it_selects() -> None:
    events = [("a", 1, "a1"), ("s", 1, 0), ("b", 2, "b2"), ("s", 2, 1), ("s", 3, 0), ("a", 4, "a4")]
    assert play(MUX, events)["x"] == [(1, "a1"), (2, "b2"), (3, BOUND)]


def test_mux_drops_what_was_not_selected() -> None:
    events = [("a", 1, "a1"), ("a", 2, "a2"), ("b", 1, "b1"), ("s", 1, 1), ("s", 2, 0)]
    assert play(MUX, events)["x"] == [(1, "b1"), (2, "a2")]


def test_mux_refuses_a_stream_it_does_not_have() -> None:
    with pytest.raises(CalculatorError, match="SELECT is 2") as caught:
        play(MUX, [("s", 1, 2)])
    assert isinstance(caught.value.__cause__, InputError)


def test_mux_by_a_side_packet() -> None:
    node = NodeConfig(
        "MuxCalculator",
        inputs=("INPUT:0:a", "INPUT:1:b"),
        outputs=("OUTPUT:x",),
        side_inputs=("SELECT:s",),
    )
    events = [("a", 1, "a1"), ("b", 1, "b1"), ("a", 2, "a2"), ("b", 2, BOUND)]
    assert play(node, events, {"s": 1})["x"] == [(1, "b1"), (2, BOUND)]


@given(times=st.lists(st.integers(1, 3), max_size=12), ways=st.integers(1, 4))
def test_mux_undoes_round_robin(times: list[int], ways: int) -> None:
    shares = tuple(f"s{i}" for i in range(ways))
    config = GraphConfig(
        nodes=(
            NodeConfig(
                "RoundRobinDemuxCalculator",
                inputs=("a",),
                outputs=(*(f"OUTPUT:{i}:{s}" for i, s in enumerate(shares)), "SELECT:way"),
            ),
            NodeConfig(
                "MuxCalculator",
                inputs=(*(f"INPUT:{i}:{s}" for i, s in enumerate(shares)), "SELECT:way"),
                outputs=("OUTPUT:x",),
            ),
        ),
        inputs=("a",),
    )
    sent = [(sum(times[: i + 1]), i) for i in range(len(times))]
    found: list[tuple[int, Any]] = []
    observe = {"x": lambda p: found.append((p.timestamp, p.payload))}
    with Graph(config).start(observe=observe) as run:
        for time, payload in sent:
            run.add("a", payload, time)
    assert found == sent


# -- cloner --------------------------------------------------------------------------------


TICKS = [
    ("t", 0, ""), ("a", 0, BOUND), ("b", 0, BOUND), ("a", 1, "a1"), ("b", 1, BOUND),
    ("t", 2, ""), ("a", 2, BOUND), ("b", 3, "b3"), ("t", 3, ""), ("a", 3, "a3"),
    ("t", 5, ""), ("a", 5, BOUND), ("b", 5, BOUND),
]  # fmt: skip


@pytest.mark.parametrize(
    ("options", "first", "second"),
    [
        (
            {},
            [(0, BOUND), (2, "a1"), (3, "a3"), (5, "a3")],
            [(0, BOUND), (2, BOUND), (3, "b3"), (5, "b3")],
        ),
        (
            {"output_only_when_all_inputs_received": True},
            [(3, "a3"), (5, "a3")],
            [(3, "b3"), (5, "b3")],
        ),
        (
            {"output_packets_only_when_all_inputs_received": True},
            [(0, BOUND), (2, BOUND), (3, "a3"), (5, "a3")],
            [(0, BOUND), (2, BOUND), (3, "b3"), (5, "b3")],
        ),
    ],
)
def test_cloner_repeats_the_latest_at_a_tick(
    options: dict[str, bool], first: list[Any], second: list[Any]
) -> None:
    node = NodeConfig(
        "PacketClonerCalculator",
        inputs=("a", "b", "TICK:t"),
        outputs=("x", "y"),
        options=options,
    )
    assert play(node, TICKS) == {"x": first, "y": second}


def test_cloner_needs_an_output_for_each_input_but_the_tick() -> None:
    with pytest.raises(ConfigError, match="all inputs but the last"):
        play(NodeConfig("PacketClonerCalculator", inputs=("a", "t"), outputs=("x", "y")), [])


# -- resampler -----------------------------------------------------------------------------


def resample(times: list[int], **options: Any) -> list[tuple[int, int]]:
    node = NodeConfig("PacketResamplerCalculator", inputs=("a",), outputs=("x",), options=options)
    return packets(play(node, [("a", time, time) for time in times])["x"])


def test_resampler_takes_the_nearest_and_fills_gaps() -> None:
    # Periods of 100 us, centred at 0, 100, ...; 150 belongs to the centre at 200.
    times = [0, 90, 115, 149, 520]
    wanted = [(0, 0), (100, 90), (200, 149), (300, 149), (400, 149), (500, 520)]
    assert resample(times, frame_rate=10_000) == wanted


def test_resampler_sends_the_last_packet_unless_told_not_to() -> None:
    assert resample([0, 60], frame_rate=10_000) == [(0, 0), (100, 60)]
    assert resample([0, 60], frame_rate=10_000, flush_last_packet=False) == [(0, 0)]


def test_resampler_aligns_to_a_base() -> None:
    assert resample([130, 230], frame_rate=10_000, base_timestamp=0) == [(100, 130), (200, 230)]


def test_resampler_keeps_to_its_limits() -> None:
    times = list(range(0, 500, 50))
    inside = resample(times, frame_rate=10_000, start_time=110, end_time=310)
    assert [t for t, _ in inside] == [200, 300]
    rounded = resample(times, frame_rate=10_000, start_time=110, end_time=310, round_limits=True)
    assert [t for t, _ in rounded] == [100, 200, 300]


@given(
    gaps=st.lists(st.integers(1, 400_000), min_size=1, max_size=20),
    frame_rate=st.floats(0.5, 60.0),
)
def test_resampled_times_are_regular_and_cover_the_input(
    gaps: list[int], frame_rate: float
) -> None:
    times = [sum(gaps[: i + 1]) for i in range(len(gaps))]
    found = resample(times, frame_rate=frame_rate)
    for i, (time, chosen) in enumerate(found):
        assert abs(time - (times[0] + i * 1e6 / frame_rate)) <= 1
        # Nothing newer lies within reach that would have been nearer.
        assert not any(
            abs(other - time) < abs(chosen - time) - 1 for other in times if chosen < other <= time
        )
    assert abs(found[-1][0] - times[-1]) <= 1e6 / frame_rate / 2 + 1


@pytest.mark.parametrize("options", [{}, {"frame_rate": 0}, {"frame_rate": 1e9}])
def test_resampler_needs_a_rate(options: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="frame_rate"):
        resample([0], **options)


@pytest.mark.parametrize("option", ["jitter", "reproducible_sampling"])
def test_resampler_refuses_jitter(option: str) -> None:
    with pytest.raises(ConfigError, match=option):
        resample([0], frame_rate=10, **{option: 0.1})


# -- thinner -------------------------------------------------------------------------------


def thin(times: list[int], **options: Any) -> list[tuple[int, int]]:
    node = NodeConfig("PacketThinnerCalculator", inputs=("a",), outputs=("x",), options=options)
    return packets(play(node, [("a", time, time) for time in times])["x"])


def test_thinner_drops_for_a_period_after_each_packet() -> None:
    assert thin([0, 4, 9, 10, 25, 30, 35], period=10) == [(0, 0), (10, 10), (25, 25), (35, 35)]


def test_thinner_keeps_to_its_limits() -> None:
    assert thin([0, 5, 10, 15], period=1, start_time=5, end_time=15) == [(5, 5), (10, 10)]


def test_synchronous_thinner_sends_the_packet_nearest_to_each_centre() -> None:
    times = [2, 3, 7, 11, 13, 26, 38]
    options = {"thinner_type": "SYNC", "period": 10}
    assert thin(times, **options) == [(0, 2), (10, 11), (30, 26), (40, 38)]
    at_own_time = thin(times, **options, sync_output_timestamps=False)
    assert at_own_time == [(2, 2), (11, 11), (26, 26), (38, 38)]


def test_synchronous_thinner_takes_the_later_of_two_as_near() -> None:
    assert thin([8, 12], thinner_type="SYNC", period=10) == [(10, 12)]


def test_thinner_settles_what_it_drops() -> None:
    node = NodeConfig(
        "PacketThinnerCalculator", inputs=("a",), outputs=("x",), options={"period": 10}
    )
    assert play(node, [("a", 0, 0), ("a", 12, 12)])["x"] == [
        (0, 0),
        (9, BOUND),
        (12, 12),
        (21, BOUND),
    ]


def test_thinner_takes_its_period_from_a_side_packet() -> None:
    node = NodeConfig(
        "PacketThinnerCalculator", inputs=("a",), outputs=("x",), side_inputs=("PERIOD:p",)
    )
    found = play(node, [("a", t, t) for t in range(6)], {"p": 3})["x"]
    assert packets(found) == [(0, 0), (3, 3)]


@given(
    gaps=st.lists(st.integers(1, 30), max_size=30),
    period=st.integers(1, 40),
    kind=st.sampled_from(["ASYNC", "SYNC"]),
)
def test_no_two_packets_of_a_period(gaps: list[int], period: int, kind: str) -> None:
    times = [sum(gaps[: i + 1]) for i in range(len(gaps))]
    found = [time for time, _ in thin(times, period=period, thinner_type=kind)]
    assert all(b - a >= period for a, b in itertools.pairwise(found))
    assert bool(found) == bool(times)


@pytest.mark.parametrize("options", [{"period": 0}, {"start_time": 5, "end_time": 5}])
def test_thinner_refuses_empty_ranges(options: dict[str, int]) -> None:
    with pytest.raises(CalculatorError, match="period >= 1"):
        thin([], **options)


def test_thinner_knows_two_types() -> None:
    with pytest.raises(ConfigError, match="ASYNC or SYNC"):
        thin([], thinner_type="FAST")


# -- presence and side packets -------------------------------------------------------------


def test_presence_tells_packets_from_settled_times() -> None:
    node = NodeConfig("PacketPresenceCalculator", inputs=("PACKET:a",), outputs=("PRESENCE:p",))
    events = [("a", 1, ""), ("a", 4, BOUND), ("a", 6, "")]
    assert play(node, events)["p"] == [(1, True), (4, False), (6, True)]


@pytest.mark.parametrize(
    ("tag", "time"),
    [("AT_PRESTREAM", ts.PRE_STREAM), ("AT_POSTSTREAM", ts.POST_STREAM), ("AT_ZERO", 0)],
)
def test_a_side_packet_becomes_a_stream_of_one(tag: str, time: int) -> None:
    node = NodeConfig("SidePacketToStreamCalculator", outputs=(f"{tag}:x",), side_inputs=("s",))
    assert packets(play(node, [], {"s": 5})["x"]) == [(time, 5)]


def test_a_side_packet_at_a_given_time() -> None:
    node = NodeConfig(
        "SidePacketToStreamCalculator",
        outputs=("AT_TIMESTAMP:x",),
        side_inputs=("s", "TIMESTAMP:t"),
    )
    assert play(node, [], {"s": 5, "t": 33})["x"] == [(33, 5)]


@pytest.mark.parametrize(("tag", "times"), [("AT_TICK", [1, 4]), ("AT_FIRST_TICK", [1])])
def test_a_side_packet_at_ticks(tag: str, times: list[int]) -> None:
    node = NodeConfig(
        "SidePacketToStreamCalculator",
        inputs=("TICK:a",),
        outputs=(f"{tag}:x",),
        side_inputs=("s",),
    )
    assert play(node, [("a", 1, ""), ("a", 4, "")], {"s": 5})["x"] == [(t, 5) for t in times]


def test_constants_become_side_packets() -> None:
    config = GraphConfig(
        nodes=(
            NodeConfig(
                "ConstantSidePacketCalculator",
                side_outputs=("PACKET:0:n", "PACKET:1:b"),
                options={"packet": [{"int_value": 7}, {"bool_value": True}]},
            ),
            NodeConfig("GateCalculator", inputs=("a",), outputs=("x",), side_inputs=("ALLOW:b",)),
            NodeConfig("SidePacketToStreamCalculator", outputs=("AT_ZERO:y",), side_inputs=("n",)),
        ),
        inputs=("a",),
    )
    found: list[Any] = []
    observe = {name: lambda p: found.append(p.payload) for name in "xy"}
    with Graph(config).start(observe=observe) as run:
        run.add("a", "through", 1)
    assert sorted(map(str, found)) == ["7", "through"]


@pytest.mark.parametrize(
    "packet", [{}, [], {"packet": {"int_value": 1, "bool_value": True}}, {"packet": {"x": 1}}]
)
def test_constants_need_a_value_of_a_known_kind(packet: Any) -> None:
    node = NodeConfig(
        "ConstantSidePacketCalculator", side_outputs=("PACKET:n",), options=dict(packet)
    )
    with pytest.raises(ConfigError):
        Graph(GraphConfig(nodes=(node,)))
