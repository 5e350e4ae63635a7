"""Following things: identity, what is hidden, what is lost, and how often each model runs."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from marked_things import (
    CAMERA,
    HEIGHT,
    STEP_US,
    WIDTH,
    MarkedScene,
    box_at,
    clip,
    picture,
    points_of,
)

from firsthand.core.clock import ManualClock
from firsthand.errors import ConfigError, InputError, ShapeError
from firsthand.geometry import Camera
from firsthand.graph import Tracer
from firsthand.media import Frame
from firsthand.objects import Objects, TrackerOptions, TrackerState, step

AT = (160.0, 120.0)


def moving(count, step_px=(1.0, 0.5), start=(130.0, 100.0)):
    return [[(start[0] + i * step_px[0], start[1] + i * step_px[1])] for i in range(count)]


def tracked(frames, scene=None, **options):
    scene = scene or MarkedScene()
    return list(Objects(scene.models, TrackerOptions(**options)).track(frames))


def off_px(found, place):
    return float(np.linalg.norm(found.points - points_of(box_at(*place)), axis=1).max())


def test_one_thing_is_found_where_it_is():
    result = Objects(MarkedScene().models).detect(picture([box_at(*AT)]))
    (found,) = result.objects
    assert (found.category, found.track_id, found.is_seen, found.is_metric) == (
        *("cup", 0, True, False),
    )
    assert off_px(found, AT) < 1.5
    true = box_at(*AT)
    assert found.box.middle[2] == pytest.approx(1, abs=0.02)
    np.testing.assert_allclose(found.box.size, true.size, rtol=0.12)
    np.testing.assert_allclose(found.box.corners, true.corners, atol=0.02)
    assert result.camera == CAMERA
    assert result.detector_ran


def test_several_things_are_found_and_keep_their_numbers():
    places = [[(70.0 + i, 80.0), (240.0, 160.0 - i)] for i in range(12)]
    results = tracked(clip(places))
    for number, result in enumerate(results):
        assert [each.track_id for each in result.objects] == [0, 1]
        for each, place in zip(result.objects, sorted(places[number]), strict=True):
            assert off_px(each, place) < 6


def test_no_more_things_than_are_wanted_and_the_best_first():
    image = picture([box_at(70, 80), box_at(240, 160)])
    (found,) = Objects(MarkedScene().models, TrackerOptions(max_objects=1)).detect(image).objects
    assert off_px(found, (70, 80)) < 1.5


def test_nothing_is_found_where_nothing_is():
    results = tracked(clip([[]] * 3))
    assert [result.objects for result in results] == [()] * 3
    assert all(result.detector_ran for result in results)


def test_the_detector_runs_once_in_a_while_and_the_second_stage_once_for_each_thing():
    scene = MarkedScene()
    results = tracked(clip(moving(31)), scene, redetect_interval_us=10 * STEP_US)
    assert [n for n, result in enumerate(results) if result.detector_ran] == [0, 10, 20, 30]
    assert (scene.detector.calls, scene.corners.calls) == (4, 31)


def test_the_detector_rests_once_all_that_are_wanted_are_seen():
    results = tracked(clip(moving(20)), max_objects=1, redetect_interval_us=0)
    assert [result.detector_ran for result in results] == [True] + [False] * 19


def test_a_thing_goes_on_with_the_picture_while_it_is_hidden():
    places = moving(40)
    hidden = range(15, 30)
    results = tracked(clip(places, hidden))
    for number, (result, (place,)) in enumerate(zip(results, places, strict=True)):
        (found,) = result.objects
        assert found.track_id == 0
        assert found.is_seen is (number not in hidden)
        assert off_px(found, place) < 6, number
    assert results[29].objects[0].unseen_us == 15 * STEP_US
    moved_px = np.linalg.norm(np.subtract(places[29][0], places[14][0]))
    assert moved_px > 15  # so what stood still would have been off by more


def test_a_thing_that_stays_hidden_is_lost_and_comes_back_as_another():
    places = moving(40, (0.5, 0))
    results = tracked(clip(places, range(10, 32)), hidden_us=5 * STEP_US)
    counts = [len(result.objects) for result in results]
    assert counts == [1] * 15 + [0] * 17 + [1] * 8
    assert results[-1].objects[0].track_id == 1
    assert all(result.detector_ran for result in results[16:33])


def test_a_cut_ends_what_was_tracked_at_once():
    before = clip(moving(6))
    after = clip([[]] * 3, seed=5)
    frames = before + [Frame(f.image, f.timestamp_us + 6 * STEP_US) for f in after]
    assert [len(r.objects) for r in tracked(frames)] == [1] * 6 + [0] * 3


def test_a_thing_that_leaves_the_picture_is_let_go():
    places = moving(60, (6.0, 0), (160, 120))
    results = tracked(clip(places))
    assert results[10].objects
    assert not results[-1].objects


def test_steadying_takes_noise_away_and_does_not_lag():
    scene = MarkedScene()
    rng = np.random.default_rng(0)
    exact = scene.corners._fill

    def noisy(outputs, image):
        exact(outputs, image)
        outputs[0] += rng.normal(0, 2.0, outputs[0].shape)

    scene.corners._fill = noisy
    places = moving(60, (1.0, 0.5), (110, 90))
    shaking = {}
    for name, options in (("raw", {"steadiness": None}), ("steady", {})):
        results = tracked(clip(places), scene, **options)
        points = np.array([result.objects[0].points for result in results])
        shaking[name] = np.sqrt((np.diff(points, 2, axis=0) ** 2).mean())
        late = points - np.array([points_of(box_at(*place)) for (place,) in places])
        assert np.abs(late[20:].mean(axis=0)).max() < 1.5
    assert shaking["steady"] < 0.5 * shaking["raw"]


@settings(max_examples=4)
@given(st.integers(0, 2**32 - 1))
def test_a_graph_gives_what_the_plain_step_gives(seed):
    rng = np.random.default_rng(seed)
    places = moving(8, rng.uniform(-2, 2, 2), (150, 110))
    hidden = set(rng.integers(0, 8, 2).tolist())
    frames = clip(places, hidden)
    options = TrackerOptions(redetect_interval_us=3 * STEP_US)
    scene = MarkedScene()
    state, plain = TrackerState(), []
    for frame in frames:
        state, result = step(state, frame.image, frame.timestamp_us, scene.models, options)
        plain.append(result)
    streamed = list(Objects(scene.models, options).track(iter(frames)))
    assert [r.timestamp_us for r in plain] == [r.timestamp_us for r in streamed]
    for one, other in zip(plain, streamed, strict=True):
        assert one.detector_ran == other.detector_ran
        assert [o.track_id for o in one.objects] == [o.track_id for o in other.objects]
        for a, b in zip(one.objects, other.objects, strict=True):
            np.testing.assert_array_equal(a.points, b.points)
            np.testing.assert_array_equal(a.box.corners, b.box.corners)


def test_a_result_comes_before_the_next_frame_is_asked_for():
    asked = []

    def live():
        for frame in clip(moving(3)):
            asked.append(frame.timestamp_us)
            yield frame

    for count, _ in enumerate(Objects(MarkedScene().models).track(live()), start=1):
        assert len(asked) == count


def test_a_trace_tells_how_often_each_stage_ran():
    tracer = Tracer(ManualClock())
    list(Objects(MarkedScene().models).track(clip(moving(3)), trace=tracer))
    calls = {node: len(times) for node, times in tracer.busy_us().items()}
    assert (calls["begin"], calls["detector"], calls["corners"]) == (3, 1, 3)


def test_images_without_times_are_given_some():
    images = [frame.image for frame in clip(moving(3))]
    results = list(Objects(MarkedScene().models).track(images, fps=10))
    assert [result.timestamp_us for result in results] == [0, 100_000, 200_000]


def test_a_frame_that_is_not_after_the_last_is_refused():
    frames = clip(moving(2))
    with pytest.raises(InputError, match="not after the last"):
        list(Objects(MarkedScene().models).track([frames[1], frames[0]]))
    with pytest.raises(InputError, match="not after the last"):
        step(
            TrackerState(timestamp_us=5), frames[0].image, 5, MarkedScene().models, TrackerOptions()
        )


def test_an_empty_video_has_no_results():
    assert list(Objects(MarkedScene().models).track([])) == []


def test_a_video_that_changes_size_starts_afresh():
    frames = clip(moving(4))
    other = Frame(np.ascontiguousarray(frames[3].image[:200, :300]), frames[3].timestamp_us)
    results = tracked([*frames[:3], other])
    assert [[o.track_id for o in r.objects] for r in results] == [[0], [0], [0], [1]]
    assert results[3].detector_ran


@pytest.mark.parametrize("size", [(1, 1), (1, 50), (50, 1), (2, 3)])
def test_the_smallest_pictures_have_nothing_in_them(size):
    images = [np.full((*size, 3), 90, np.uint8)] * 3
    assert [r.objects for r in Objects(MarkedScene().models).track(images)] == [()] * 3


def test_pictures_wider_than_opencv_counts_are_looked_at():
    image = np.zeros((8, 70_000, 3), np.uint8)
    assert Objects(MarkedScene().models).detect(image).objects == ()


def test_a_picture_on_its_side_has_the_points_on_theirs():
    image = picture([box_at(*AT)])
    scene = MarkedScene()
    tracker = Objects(scene.models)
    (upright,) = tracker.detect(image).objects
    turned = np.ascontiguousarray(np.rot90(image, -1))  # its top is now at the right
    (sideways,) = tracker.detect(turned).objects
    there = np.stack([HEIGHT - 1 - upright.points[:, 1], upright.points[:, 0]], axis=1)
    np.testing.assert_allclose(sideways.points, there, atol=2)


def test_what_is_no_image_is_refused():
    with pytest.raises(ShapeError, match="image"):
        Objects(MarkedScene().models).detect(np.zeros((4, 4, 7), np.uint8))


@pytest.mark.parametrize("wrong", [float("nan"), float("inf")])
def test_points_that_are_no_numbers_are_no_thing(wrong):
    scene = MarkedScene()
    seen = scene.corners._fill
    spoilt = []

    def spoil(outputs, image):
        seen(outputs, image)
        if spoilt:
            outputs[0][0, 5] = wrong

    scene.corners._fill = spoil
    tracker = Objects(scene.models)
    frames = clip(moving(4))
    results = []
    for result in tracker.track(frames):
        results.append(result)
        spoilt.append(True)
    assert results[0].objects[0].is_seen
    assert [r.objects[0].is_seen for r in results[1:]] == [False] * 3
    assert tracker.detect(frames[0].image).objects == ()


def test_points_in_one_spot_are_no_thing():
    scene = MarkedScene()

    def spot(outputs, _image):
        outputs[0][...] = 100
        outputs[1][...] = 1

    scene.corners._fill = spot
    assert Objects(scene.models).detect(picture([box_at(*AT)])).objects == ()


def test_a_presence_that_is_no_number_is_no_thing():
    scene = MarkedScene()
    scene.corners._fill = lambda outputs, _image: outputs[1].fill(np.nan)
    assert Objects(scene.models).detect(picture([box_at(*AT)])).objects == ()


@pytest.mark.parametrize("focal_px", [0.0, -5.0, float("nan"), float("inf")])
def test_a_focal_length_that_is_none_is_refused(focal_px):
    with pytest.raises(ConfigError, match="focal length"):
        TrackerOptions(focal_px=focal_px)


@pytest.mark.parametrize(
    "wrong",
    [
        {"max_objects": 0},
        {"max_objects": 65},
        {"max_objects": 1.5},
        {"detector_threshold": 0.0},
        {"presence_threshold": 1.0},
        {"presence_threshold": float("nan")},
        {"redetect_interval_us": -1},
        {"hidden_us": 0.5},
        {"longest_m": 0.0},
        {"camera": CAMERA, "focal_px": 5.0},
    ],
)
def test_options_out_of_range_are_refused(wrong):
    with pytest.raises(ConfigError):
        TrackerOptions(**wrong)


def test_the_camera_is_the_one_that_is_known():
    image = picture([box_at(*AT)])
    scene = MarkedScene()
    wide = Camera(150.0, 150.0, 170.0, 110.0)
    by_focal = Objects(scene.models, TrackerOptions(focal_px=300.0)).detect(image)
    assert by_focal.camera == Camera(300.0, 300.0, WIDTH / 2, HEIGHT / 2)
    assert Objects(scene.models, TrackerOptions(camera=wide)).detect(image).camera == wide
    given_here = Objects(scene.models, TrackerOptions(focal_px=300.0)).detect(image, camera=wide)
    assert given_here.camera == wide
    np.testing.assert_array_equal(given_here.objects[0].points, by_focal.objects[0].points)
    assert not np.allclose(given_here.objects[0].box.size, by_focal.objects[0].box.size, rtol=0.05)


def test_a_known_length_makes_boxes_metric():
    options = TrackerOptions(longest_m=0.31)
    (found,) = Objects(MarkedScene().models, options).detect(picture([box_at(*AT)])).objects
    assert found.is_metric
    assert found.box.size.max() == pytest.approx(0.31)
    np.testing.assert_allclose(CAMERA.project(found.box.middle), found.points[0], atol=1.5)


@pytest.mark.parametrize("step_px", [-6.0, 6.0])
def test_a_thing_that_leaves_over_the_border_is_shown_until_nothing_of_it_is_left(step_px):
    start = 60.0 if step_px < 0 else WIDTH - 60.0
    results = tracked(clip(moving(25, (step_px, 0.0), (start, 100.0))), hidden_us=2_000_000)
    cut = [
        each.points[:, 0]
        for result in results
        for each in result.objects
        if each.points[:, 0].min() < -1 or each.points[:, 0].max() > WIDTH + 1
    ]
    assert len(cut) > 3
    assert all(x.max() > 0 and x.min() < WIDTH for x in cut)
    assert not results[-1].objects


def test_nothing_of_a_track_is_left_for_the_next():
    tracker = Objects(MarkedScene().models)
    frames = clip(moving(3))
    once = [r.objects[0].points for r in tracker.track(frames)]
    again = [r.objects[0].points for r in tracker.track(frames)]
    np.testing.assert_array_equal(once, again)
