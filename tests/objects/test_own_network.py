"""A network of one's own, which sees whole pictures, followed from frame to frame."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from fake_models import FakeRunner
from marked_things import (
    STEP_US,
    MarkedNetwork,
    MarkedScene,
    backdrop,
    box_at,
    clip,
    picture,
    points_of,
)

from firsthand.errors import ConfigError, ModelError
from firsthand.media import read_image
from firsthand.objects import Objects, TrackerOptions, TrackerState, step
from firsthand.objects.models import open_network
from firsthand.objects.single_stage import PLACES, TURNS, single_stage
from firsthand.runtime import Model, TensorSpec

ROOT = Path(__file__).resolve().parents[2]
CHAIRS = ROOT / "benchmarks" / "weights" / "objects" / "firsthand-chair-boxes.tflite"
AT = (160.0, 120.0)


def options(**given):
    return TrackerOptions(**{"redetect_interval_us": 3 * STEP_US - 1000} | given)


def tracked(frames, network=None, **given):
    return list(Objects((network or MarkedNetwork()).models, options(**given)).track(frames))


def moving(count):
    return [[(120.0 + 2 * i, 100.0 + i)] for i in range(count)]


def off_px(found, place):
    return float(np.linalg.norm(found.points - points_of(box_at(*place)), axis=1).max())


def test_a_photograph_is_looked_at_once():
    network = MarkedNetwork()
    result = Objects(network.models).detect(picture([box_at(*AT)]))
    (found,) = result.objects
    assert (found.category, found.is_seen, result.detector_ran) == ("cup", True, True)
    assert found.score == pytest.approx(0.9, abs=0.01)
    assert off_px(found, AT) < 1.5
    assert network.runs == 1


def test_between_two_looks_flow_carries_things_on():
    network, places = MarkedNetwork(), moving(13)
    results = tracked(clip(places), network)
    assert [result.detector_ran for result in results] == [i % 3 == 0 for i in range(13)]
    assert network.runs == 5
    for result, (place,) in zip(results, places, strict=True):
        (found,) = result.objects
        assert (found.track_id, found.is_seen) == (0, True)
        assert off_px(found, place) < 4


def test_every_frame_is_looked_at_where_that_is_asked_for():
    network = MarkedNetwork()
    results = tracked(clip(moving(5)), network, redetect_interval_us=0, max_objects=1)
    assert all(result.detector_ran for result in results)
    assert network.runs == 5


def test_several_things_keep_their_numbers():
    places = [[(70.0 + i, 80.0), (240.0 - i, 160.0)] for i in range(10)]
    results = tracked(clip(places))
    first = {each.track_id: each for each in results[0].objects}
    left = 0 if off_px(first[0], places[0][0]) < off_px(first[1], places[0][0]) else 1
    for result, pair in zip(results, places, strict=True):
        by_id = {each.track_id: each for each in result.objects}
        assert sorted(by_id) == [0, 1]
        assert off_px(by_id[left], pair[0]) < 6
        assert off_px(by_id[1 - left], pair[1]) < 6


def told_by(network, monkeypatch, scenes):
    """Let a network tell scenes, lists of (x, score), one a run."""
    left = iter(scenes)

    def told(_model, _image, threshold, most):
        boxes = [(points_of(box_at(x, 120.0)), score) for x, score in next(left)]
        above = [each for each in boxes if each[1] >= threshold]
        return sorted(above, key=lambda each: -each[1])[:most]

    monkeypatch.setattr("firsthand.objects.models.find_places", told)


def test_a_surer_neighbour_is_another_thing_and_takes_no_track(monkeypatch):
    network = MarkedNetwork()
    told_by(
        network,
        monkeypatch,
        [[(130.0, 0.6)], [(130.0, 0.6), (160.0, 0.9)], [(160.0, 0.9), (130.0, 0.28)]],
    )
    frames = clip([[]] * 3)
    results = tracked(frames, network, redetect_interval_us=0)
    assert [len(result.objects) for result in results] == [1, 2, 2]
    for result in results[1:]:
        by_id = {each.track_id: each for each in result.objects}
        assert off_px(by_id[0], (130.0, 120.0)) < 2
        assert off_px(by_id[1], (160.0, 120.0)) < 2
    assert all(each.is_seen for each in results[2].objects)


def test_as_many_things_are_found_as_are_asked_for(monkeypatch):
    asked = []
    monkeypatch.setattr(
        "firsthand.objects.models.find_places", lambda *given: asked.append(given[2:]) or []
    )
    tracked(clip([[]]), max_objects=64, detector_threshold=0.5)
    tracked(clip([[]]), max_objects=3, detector_threshold=5e-324)
    assert asked == [(0.25, 64), (1e-6, 3)]


def test_what_is_hidden_for_half_a_second_goes_on_and_comes_back_as_itself():
    places, hidden = moving(30), range(9, 24)
    results = tracked(clip(places, hidden))
    for number, result in enumerate(results):
        (found,) = result.objects
        assert found.track_id == 0
        assert off_px(found, places[number][0]) < 12
        assert found.is_seen == (number not in hidden)
    unseen = [result.objects[0].unseen_us for result in results]
    assert max(unseen) >= 450_000


def test_what_stays_away_is_given_up():
    results = tracked(clip(moving(40), range(6, 40)), hidden_us=300_000)
    assert [len(result.objects) for result in results][-3:] == [0, 0, 0]


def test_less_is_needed_to_go_on_with_a_thing_than_to_begin():
    network = MarkedNetwork(0.4)
    frames = clip(moving(7))
    assert not any(result.objects for result in tracked(frames, network))
    results = []
    network.score = 0.9
    for result in Objects(network.models, options()).track(frames):
        results.append(result)
        network.score = 0.4
    assert all(result.objects[0].is_seen for result in results)
    assert results[-1].objects[0].score == pytest.approx(0.4, abs=0.01)
    state, seen = TrackerState(), []
    for frame, score in zip(frames, [0.9, 0.9, 0.9, 0.2, 0.2, 0.2, 0.2], strict=True):
        network.score = score
        state, found = step(state, frame.image, frame.timestamp_us, network.models, options())
        seen.append(found.objects[0].is_seen)
    assert seen == [True, True, True, False, False, False, False]


def test_a_cut_makes_it_look_at_once():
    before, after = clip(moving(5)), clip([[(90.0, 150.0)]] * 4, seed=7)
    frames = [*before]
    for number, each in enumerate(after):
        frames.append(type(each)(each.image, (5 + number) * STEP_US))
    results = tracked(frames)
    assert results[5].detector_ran
    assert off_px(results[5].objects[-1], (90.0, 150.0)) < 4


def test_nothing_is_found_where_nothing_is_and_every_frame_is_looked_at():
    network = MarkedNetwork()
    results = tracked(clip([[]] * 4), network)
    assert [result.objects for result in results] == [()] * 4
    assert network.runs == 4


def test_a_graph_gives_what_the_plain_step_gives():
    network, frames = MarkedNetwork(), clip(moving(9), (4, 5))
    state, plain = TrackerState(), []
    for frame in frames:
        state, result = step(state, frame.image, frame.timestamp_us, network.models, options())
        plain.append(result)
    for one, other in zip(plain, tracked(frames, network), strict=True):
        assert one.detector_ran == other.detector_ran
        for a, b in zip(one.objects, other.objects, strict=True):
            np.testing.assert_array_equal(a.points, b.points)
            assert (a.track_id, a.unseen_us) == (b.track_id, b.unseen_us)


def test_a_trained_network_is_opened_by_its_file():
    chairs = Objects.open(CHAIRS, longest_m=0.9, detector_threshold=0.4)
    assert chairs.models.name == "chair"
    assert [card.name for card in chairs.cards] == ["firsthand-chair-boxes"]
    assert chairs.options.redetect_interval_us == 95_000
    image = read_image(ROOT / "examples" / "media" / "objects" / "cup.jpg")
    (found,) = chairs.detect(image).objects  # of a cup: it is weak
    assert found.category == "chair"
    assert not chairs.detect(backdrop()[:240, :320]).objects


def test_what_is_no_such_network_is_told():
    with pytest.raises(ModelError):
        open_network(ROOT / "README.md")
    other = next((ROOT / "src/firsthand/concealment/weights").glob("*.tflite"))
    with pytest.raises(ModelError, match="no single-stage network of boxes"):
        open_network(other)
    with pytest.raises(ConfigError, match="detector_threshold"):
        Objects.open(CHAIRS, detector_threshold=1.0)


def test_the_published_models_are_looked_with_in_every_frame_as_before():
    scene = MarkedScene()
    results = list(Objects(scene.models, options()).track(clip(moving(6))))
    assert all(result.objects[0].is_seen for result in results)
    assert (scene.corners.calls, scene.detector.calls) == (6, 2)


@pytest.mark.parametrize(
    ("labels", "name"),
    [
        (("my \n  chair",), "my chair"),
        (("a" * 15_000,), "a" * 50),
        (("  ",), "firsthand-chair-boxes"),
        ((), "firsthand-chair-boxes"),
    ],
)
def test_a_cards_label_is_a_line_that_can_be_shown(labels, name):
    opened = Model.open(CHAIRS)
    assert open_network(Model(replace(opened.card, labels=labels), opened.path)).name == name


def test_numbers_that_are_no_floats_are_refused():
    cells = 2
    shapes = [(1, cells, cells, count) for count in (1, TURNS * PLACES, TURNS, 1)]
    runner = FakeRunner((1, 8 * cells, 8 * cells, 3), shapes)
    assert single_stage(runner).side == 16
    runner.inputs = (TensorSpec("in", (1, 16, 16, 3), np.dtype(np.uint8)),)
    with pytest.raises(ModelError, match="in float32, uint8"):
        single_stage(runner)
