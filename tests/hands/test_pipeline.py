"""The graph of hand tracking gives what the plain functions give, live or not."""

import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firsthand.core import ManualClock
from firsthand.errors import CalculatorError, ConfigError, InputError, ShapeError
from firsthand.graph import Graph, Tracer
from firsthand.hands import Hands, TrackerOptions, TrackerState, step
from firsthand.hands.gestures.sets import SIGNS
from firsthand.hands.naming import NamingState, name_step
from firsthand.hands.pipeline import gesture_graph, tracking_graph
from firsthand.media import Frame

from .fake_models import FakeScene
from .hand_clips import clip

GRAPH = Graph(gesture_graph())
IMAGE = np.zeros((48, 64, 3), np.uint8)


def frames(times_us, image=IMAGE):
    return [Frame(image, t) for t in times_us]


def by_step(models, options, given):
    state, results = TrackerState(), []
    for frame in given:
        state, result = step(state, frame.image, frame.timestamp_us, models, options)
        results.append(result)
    return results


def by_graph(models, options, given, graph=GRAPH, threads=0):
    results = []
    side = {"models": models, "options": options}
    with graph.start(
        side, observe={"hands": lambda p: results.append(p.payload)}, threads=threads
    ) as run:
        for frame in given:
            run.add("frame", frame, frame.timestamp_us)
    return results


def same(one, other):
    assert [r.timestamp_us for r in one] == [r.timestamp_us for r in other]
    for a, b in zip(one, other, strict=True):
        assert (a.width, a.height, a.detector_ran) == (b.width, b.height, b.detector_ran)
        assert [h.track_id for h in a.hands] == [h.track_id for h in b.hands]
        for p, q in zip(a.hands, b.hands, strict=True):
            np.testing.assert_array_equal(p.keypoints, q.keypoints)
            np.testing.assert_array_equal(p.world, q.world)
            assert (p.handedness, p.presence, p.region) == (q.handedness, q.presence, q.region)


@settings(deadline=None, max_examples=40)
@given(
    st.lists(st.integers(1, 200_000), min_size=1, max_size=25),
    st.lists(st.booleans(), max_size=60),
    st.integers(1, 3),
    st.sampled_from([0, 100_000]),
    st.sampled_from([0, 1, 3]),
)
def test_the_graph_equals_the_steps(gaps, visible, max_hands, interval_us, threads):
    times = np.cumsum(gaps).tolist()
    options = TrackerOptions(max_hands=max_hands, redetect_interval_us=interval_us)
    palms = [(0.3, 0.4), (0.7, 0.5)]
    expected = by_step(FakeScene(palms, visible).models, options, frames(times))
    found = by_graph(FakeScene(palms, visible).models, options, frames(times), threads=threads)
    same(expected, found)


@pytest.mark.models
def test_the_graph_equals_the_steps_on_real_hands(store_models):
    hands = Hands.load("lite", store=store_models)
    given = [Frame(image, 33_333 * i) for i, image in enumerate(clip("two, one comes and goes"))]
    expected = by_step(hands.models, hands.options, given)
    same(expected, list(hands.track(given)))
    same(expected, by_graph(hands.models, hands.options, given, threads=2))
    assert {len(r.hands) for r in expected} >= {1, 2}


def test_gestures_are_named_as_by_the_step():
    scene = FakeScene([(0.5, 0.5)])
    names = []
    side = {"models": scene.models, "options": TrackerOptions()}
    with GRAPH.start(side, observe={"gestures": lambda p: names.append(p.payload)}) as run:
        for frame in frames(range(0, 1_000_000, 100_000)):
            run.add("frame", frame, frame.timestamp_us)
    state, expected = NamingState(), []
    for result in by_step(scene.models, TrackerOptions(), frames(range(0, 1_000_000, 100_000))):
        state, shown = name_step(state, result, SIGNS)
        expected.append(shown)
    assert names == expected
    assert names[-1] != ()


def test_the_live_graph_drops_frames_while_the_models_are_busy():
    busy, go_on, dropped = threading.Event(), threading.Event(), threading.Event()
    scene = FakeScene([(0.5, 0.5)])
    fill = scene.landmark._fill

    def slow(outputs, image):
        busy.set()
        assert go_on.wait(20)
        fill(outputs, image)

    scene.landmark._fill = slow
    seen = []

    def limited(packet):
        if packet.is_empty and packet.timestamp >= 3:
            dropped.set()

    side = {"models": scene.models, "options": TrackerOptions()}
    run = Graph(tracking_graph(in_flight=1, executor="models")).start(
        side,
        observe={"hands": lambda p: seen.append(p.timestamp), "limited_frame": limited},
        bounds=["limited_frame"],
        threads=1,
    )
    with run:
        run.add("frame", Frame(IMAGE, 0), 0)
        assert busy.wait(20)
        for frame in frames([1, 2, 3]):  # the first is under way, so these come to nothing
            run.add("frame", frame, frame.timestamp_us)
        assert dropped.wait(20)
        go_on.set()
        run.wait_until_idle(timeout_s=20)
        run.add("frame", Frame(IMAGE, 4), 4)
    assert seen == [0, 4]


def test_a_trace_tells_what_each_node_takes():
    tracer = Tracer(ManualClock())
    hands = Hands(FakeScene([(0.5, 0.5)]).models)
    list(hands.track(frames([0, 10]), trace=tracer))
    calls = {node: len(times) for node, times in tracer.busy_us().items()}
    assert calls["begin"] == calls["landmarks"] == 2
    assert calls["palm_detector"] == 1


def test_errors_are_the_users_own():
    hands = Hands(FakeScene().models)
    with pytest.raises(InputError, match="frame at 5 us is not after the last, at 5 us"):
        list(hands.track(frames([5, 5])))
    with pytest.raises(ShapeError):
        list(hands.track([np.zeros((3, 3, 7), np.uint8)]))


def test_a_model_that_fails_ends_the_track_by_name():
    scene = FakeScene([(0.5, 0.5)])

    def broken(outputs, image):
        raise RuntimeError("no memory")

    scene.landmark._fill = broken
    with pytest.raises(CalculatorError, match=r"'landmarks'.*no memory"):
        list(Hands(scene.models).track(frames([0])))


@pytest.mark.parametrize("fps", [0, -1, float("nan"), float("inf")])
def test_a_rate_is_positive(fps):
    with pytest.raises(ConfigError, match="fps is a rate from"):
        list(Hands(FakeScene().models).track([IMAGE], fps=fps))


@pytest.mark.parametrize("wrong", [{"max_hands": 2.5}, {"redetect_interval_us": float("nan")}])
def test_counts_and_intervals_are_whole_numbers(wrong):
    with pytest.raises(ConfigError, match="is a whole number"):
        TrackerOptions(**wrong)
