import fingertip_ways as ways
import numpy as np
import pytest
import seen_hands
from hypothesis import given, settings
from hypothesis import strategies as st

from firsthand.errors import ConfigError, InputError
from firsthand.graph import Graph, GraphBuilder, Packet
from firsthand.graph.testing import collect
from firsthand.hands.calculators import Motions
from firsthand.hands.gestures.motion import (
    MotionOptions,
    MotionsState,
    MotionState,
    motion_model,
    motion_step,
    motions_step,
)
from firsthand.hands.gestures.smoothing import Smoothing
from firsthand.hands.types import Hand, HandsResult

MODEL = ways.by_arithmetic()
FRAME_US = 33_000


def told(points, *, times_us=None, model=MODEL, options=MotionOptions(), palm_px=80.0):  # noqa: B008
    """The motion at each frame."""
    times_us = np.arange(len(points)) * FRAME_US if times_us is None else times_us
    state, motions = MotionState(), []
    for time_us, point in zip(times_us, points, strict=True):
        hand = ways.pointing_at(point, palm_px)
        state, motion = motion_step(state, hand, int(time_us), model, options)
        motions.append(motion)
    return motions


def names(motions):
    """What was announced, in order."""
    return [motion.name for motion in motions if motion.changed]


def to_the_right(frames, step_px=12.0):
    return [(step_px * n, 100.0) for n in range(frames)]


def test_nothing_is_said_before_enough_was_seen_and_before_it_lasts():
    motions = told(to_the_right(30))
    first = next(n for n, motion in enumerate(motions) if motion.leader != "none")
    announced = next(n for n, motion in enumerate(motions) if motion.changed)
    assert first * FRAME_US >= 240_000 > (first - 1) * FRAME_US
    assert (announced - first) * FRAME_US >= 120_000 > (announced - first - 1) * FRAME_US
    assert {motion.name for motion in motions[:announced]} == {"none"}
    assert motions[announced].name == "right"
    assert motions[-1].since_us == announced * FRAME_US
    assert names(motions) == ["right"]


def test_a_change_is_announced_once():
    there = to_the_right(25)
    back = there[::-1]
    rest = [back[-1]] * 40
    assert names(told(there + back + rest)) == ["right", "left", "rest"]


def test_what_is_not_sure_has_no_name():
    unsure = told(to_the_right(30), options=MotionOptions(min_score=1.0))
    assert {motion.leader for motion in unsure} == {"none"}
    assert names(unsure) == []
    assert max(motion.score for motion in unsure) > 0.9


def test_mirrored_left_is_right():
    mirrored = told(to_the_right(30), options=MotionOptions(mirror=True))
    assert names(mirrored) == ["left"]


def test_a_gap_starts_the_way_anew():
    times_us = np.arange(30) * FRAME_US
    times_us[20:] += 400_000
    motions = told(to_the_right(30), times_us=times_us)
    leaders = [motion.leader for motion in motions]
    assert leaders[19] == "right"
    assert leaders[20:27] == ["none"] * 7


@settings(max_examples=25)
@given(seed=st.integers(0, 1000), palm_px=st.floats(10, 2000))
def test_distance_from_the_camera_makes_no_difference(seed, palm_px):
    points = np.random.default_rng(seed).normal(0, 15, (25, 2)).cumsum(axis=0)
    near = told(points * palm_px / 80, palm_px=palm_px)
    far = told(points)
    assert [m.leader for m in near] == [m.leader for m in far]
    assert names(near) == names(far)


def test_time_must_rise():
    state, _ = motion_step(MotionState(), ways.pointing_at((0, 0)), 7, MODEL)
    with pytest.raises(InputError, match="must rise: 7 us after 7 us"):
        motion_step(state, ways.pointing_at((0, 0)), 7, MODEL)


def test_a_step_leaves_the_state_it_was_given_alone():
    state = MotionState()
    for n in range(12):
        state, _ = motion_step(state, ways.pointing_at((12 * n, 0)), n * FRAME_US, MODEL)
    hand = ways.pointing_at((500, 0))
    one = motion_step(state, hand, 12 * FRAME_US, MODEL)
    same = motion_step(state, hand, 12 * FRAME_US, MODEL)
    assert one[1] == same[1]
    assert np.array_equal(one[0].trail.points, same[0].trail.points)


@pytest.mark.parametrize(
    "wrong",
    [
        {"min_seen_us": -1},
        {"min_seen_us": 700_000},
        {"max_gap_us": 0},
        {"min_score": 1.5},
        {"min_score": float("nan")},
    ],
)
def test_impossible_options_are_refused(wrong):
    with pytest.raises(ConfigError, match=next(iter(wrong))):
        MotionOptions(**wrong)


def hand_at(track_id, point):
    made = seen_hands.hand(track_id)
    return Hand(
        ways.pointing_at(point).astype(np.float32),
        made.world,
        made.handedness,
        made.handedness_score,
        made.presence,
        made.region,
        track_id,
    )


def frames_of_two(count):
    """One hand goes right, one left; they change places in the result, and one leaves for good."""
    for n in range(count):
        hands = [hand_at(5, (12 * n, 50)), hand_at(8, (900 - 12 * n, 300))]
        if n % 2:
            hands.reverse()
        if n >= count - 3:
            hands = [hand for hand in hands if hand.track_id == 5]
        yield seen_hands.result(n * FRAME_US, hands)


def test_each_hand_has_its_own_way_and_loses_it_with_its_track():
    state, last = MotionsState(), {}
    for result in frames_of_two(30):
        state, motions = motions_step(state, result, MODEL)
        assert len(motions) == len(result.hands)
        last |= {h.track_id: m.name for h, m in zip(result.hands, motions, strict=True)}
    assert last == {5: "right", 8: "left"}
    assert set(state.tracks) == {5}
    _, (again,) = motions_step(state, seen_hands.result(10**7, [hand_at(8, (0, 0))]), MODEL)
    assert again.name == "none"


def test_in_a_graph_it_is_the_same():
    frames = list(frames_of_two(30))
    state, expected = MotionsState(), []
    for result in frames:
        state, motions = motions_step(state, result, MODEL)
        expected.append(motions)
    g = GraphBuilder()
    hands = g.input("hands", HandsResult)
    motions = g.node(
        Motions, inputs=[hands], outputs=["motions"], side={"MODEL": g.side_input("model")}
    )
    g.output(motions[0])
    graph = Graph(g.build())
    packets = [("hands", Packet(result, result.timestamp_us)) for result in frames]
    for _ in range(2):  # a second run starts anew
        out = collect(graph, packets, ["motions"], side_packets={"model": MODEL})["motions"]
        assert [packet.payload for packet in out] == expected
        assert [packet.timestamp for packet in out] == [r.timestamp_us for r in frames]


def test_in_a_graph_options_are_a_side_packet():
    g = GraphBuilder()
    side = {"MODEL": g.side_input("model"), "OPTIONS": g.side_input("options")}
    g.output(
        g.node(Motions, inputs=[g.input("hands", HandsResult)], outputs=["motions"], side=side)[0]
    )
    packets = [("hands", Packet(r, r.timestamp_us)) for r in frames_of_two(20)]
    options = MotionOptions(smoothing=Smoothing(0, 0), mirror=True)
    out = collect(
        Graph(g.build()), packets, ["motions"], side_packets={"model": MODEL, "options": options}
    )["motions"]
    assert [motion.name for motion in out[-1].payload] == ["left"]


@pytest.mark.parametrize(
    ("name", "way"),
    [
        ("still", lambda t_s: np.array([320.0, 240.0])),
        ("clockwise", lambda t_s: ways.circle(t_s)),
        ("counter_clockwise", lambda t_s: ways.circle(t_s, sense=-1)),
        ("move", lambda t_s: np.array([100 + 120 * t_s, 100 + 70 * t_s])),
        ("wave", lambda t_s: np.array([320 + 80 * np.sin(2 * np.pi * 2.5 * t_s), 240.0])),
    ],
)
@pytest.mark.parametrize("fps", [15, 30, 60])
def test_the_bundled_model_knows_plain_motions_at_any_rate(name, way, fps):
    times_us = np.round(np.arange(0, 2, 1 / fps) * 1e6).astype(int)
    motions = told([way(t / 1e6) for t in times_us], times_us=times_us, model=motion_model())
    assert motions[-1].name == name


@pytest.mark.parametrize(
    ("name", "across", "down"),
    [
        ("swipe_left", -1, 0),
        ("swipe_right", 1, 0),
        ("swipe_up", 0, -1),
        ("swipe_down", 0, 1),
    ],
)
def test_the_bundled_model_knows_plain_swipes(name, across, down):
    t = np.clip((np.arange(60) / 30 - 0.8) / 0.3, 0, 1)
    far_px = 240 * t**3 * (10 - 15 * t + 6 * t**2)
    points = np.stack([300 + across * far_px, 300 + down * far_px], axis=-1)
    assert names(told(points, model=motion_model())) == ["still", name, "still"]


def test_from_the_person_s_side_a_turn_is_the_other_one():
    times_us = np.arange(60) * FRAME_US
    points = [ways.circle(t / 1e6) for t in times_us]
    seen = told(points, model=motion_model(), options=MotionOptions(mirror=True))
    assert seen[-1].name == "counter_clockwise"


def test_missing_frames_do_no_harm():
    rng = np.random.default_rng(3)
    times_us = np.flatnonzero(rng.random(90) > 0.35) * FRAME_US
    motions = told(
        [ways.circle(t / 1e6) for t in times_us], times_us=times_us, model=motion_model()
    )
    assert motions[-1].name == "clockwise"
    assert set(names(motions)) <= {"move", "clockwise"}
