from dataclasses import replace

import numpy as np
import pytest
from fake_models import FakeScene, blank
from hypothesis import given, settings
from hypothesis import strategies as st

from firsthand.errors import ConfigError, InputError, ShapeError
from firsthand.hands.api import Hands
from firsthand.hands.tracking import TrackerOptions, TrackerState, step

FRAME_US = 33_333
LEFT, RIGHT = (0.25, 0.5), (0.75, 0.5)


def run(scene, times, options=None, images=None):
    state, results = TrackerState(), []
    for index, time in enumerate(times):
        image = blank() if images is None else images[index]
        state, result = step(state, image, time, scene.models, options or TrackerOptions())
        results.append(result)
    return results


def ran(results):
    return [result.detector_ran for result in results]


def times(count, interval_us=FRAME_US):
    return [index * interval_us for index in range(count)]


def test_with_all_hands_in_view_the_detector_rests() -> None:
    scene = FakeScene(palms=[LEFT, RIGHT])
    results = run(scene, times(20))
    assert ran(results) == [True] + [False] * 19
    assert [len(r.hands) for r in results] == [2] * 20
    assert (scene.palm.calls, scene.landmark.calls) == (1, 40)


def test_with_no_hand_in_view_it_runs_on_every_frame() -> None:
    assert ran(run(FakeScene(), times(5))) == [True] * 5


@pytest.mark.parametrize("interval_us", [0, 1, 33_333, 100_000, 150_000])
def test_with_one_of_two_hands_it_runs_once_in_an_interval(interval_us: int) -> None:
    options = TrackerOptions(redetect_interval_us=interval_us)
    results = run(FakeScene(palms=[LEFT]), times(60), options)
    at = [r.timestamp_us for r in results if r.detector_ran]
    every = max(1, -(-interval_us // FRAME_US))
    assert at == times(60)[::every]


@given(
    st.lists(st.integers(1_000, 400_000), min_size=8, max_size=40),
    st.integers(0, 300_000),
    st.integers(1, 20),
)
def test_a_second_hand_appears_within_the_stated_time(gaps, interval_us, appears) -> None:
    scene = FakeScene(palms=[LEFT])
    options = TrackerOptions(redetect_interval_us=interval_us)
    when = np.cumsum(gaps).tolist()
    state, appeared = TrackerState(), min(appears, len(when) - 1)
    for index, time in enumerate(when):
        if index == appeared:
            scene.palms.append(RIGHT)
        state, result = step(state, blank(), time, scene.models, options)
        if index >= appeared and time >= when[appeared] + interval_us:
            assert len(result.hands) == 2
            return


def test_the_frame_after_a_loss_is_searched_once() -> None:
    scene = FakeScene(palms=[LEFT, RIGHT], visible=[True, True, True, True, False, True])
    options = TrackerOptions(redetect_interval_us=10**9)
    first = run(scene, times(3), options)
    assert [len(r.hands) for r in first] == [2, 2, 1]

    scene = FakeScene(palms=[LEFT, RIGHT], visible=[True, True, True, False])
    state, ids = TrackerState(), []
    for time in times(6):
        state, result = step(state, blank(), time, scene.models, options)
        ids.append([hand.track_id for hand in result.hands])
        scene.palms = [LEFT]
        if time == times(6)[1]:
            lost = {0, 1} - set(ids[-1])
    assert len(lost) == 1
    assert scene.palm.calls == 2  # the first frame and the one after the loss
    assert ids[2:] == [[0]] * 4 if lost == {1} else [[1]] * 4


def test_ids_stay_with_their_hands_and_are_never_used_again() -> None:
    scene = FakeScene(palms=[LEFT])
    first = run(scene, times(4))
    assert [[h.track_id for h in r.hands] for r in first] == [[0]] * 4
    scene = FakeScene(palms=[LEFT], visible=[True, False, True, True])
    results = run(scene, times(4))
    assert [[h.track_id for h in r.hands] for r in results] == [[0], [], [1], [1]]


def test_more_palms_than_hands_allowed() -> None:
    scene = FakeScene(palms=[(0.1, 0.5), (0.5, 0.5), (0.9, 0.5)])
    for allowed in (1, 2, 3):
        results = run(scene, times(3), TrackerOptions(max_hands=allowed))
        assert [len(r.hands) for r in results] == [allowed] * 3


def test_mirroring_exchanges_left_and_right() -> None:
    plain = run(FakeScene(palms=[LEFT], left=0.9), [0])[0].hands[0]
    mirrored = run(FakeScene(palms=[LEFT], left=0.9), [0], TrackerOptions(mirrored=True))[0].hands[
        0
    ]
    assert (plain.handedness, mirrored.handedness) == ("right", "left")
    assert plain.handedness_score == pytest.approx(0.9)
    assert mirrored.handedness_score == pytest.approx(0.9)


def test_a_video_that_changes_size_keeps_or_resets_its_hands() -> None:
    scene = FakeScene(palms=[LEFT, RIGHT])
    results = run(scene, times(2), images=[blank(640, 480), blank(320, 240)])
    assert [h.track_id for h in results[1].hands] == [0, 1]
    assert not results[1].detector_ran
    for small, large in zip(results[1].hands, results[0].hands, strict=True):
        assert small.keypoints.max() < large.keypoints.max() / 1.5
    results = run(scene, times(2), images=[blank(640, 480), blank(480, 640)])
    assert results[1].detector_ran
    assert [h.track_id for h in results[1].hands] == [2, 3]
    assert (results[1].width, results[1].height) == (480, 640)


@settings(max_examples=30)
@given(st.lists(st.booleans(), max_size=40), st.integers(1, 3), st.integers(0, 200_000))
def test_the_same_frames_give_the_same_results(visible, max_hands, interval_us) -> None:
    options = TrackerOptions(max_hands=max_hands, redetect_interval_us=interval_us)
    runs = [
        run(FakeScene(palms=[LEFT, RIGHT], visible=visible), times(15), options) for _ in range(2)
    ]
    for one, two in zip(*runs, strict=True):
        assert (one.timestamp_us, one.detector_ran) == (two.timestamp_us, two.detector_ran)
        for a, b in zip(one.hands, two.hands, strict=True):
            assert (a.track_id, a.handedness, a.region) == (b.track_id, b.handedness, b.region)
            np.testing.assert_array_equal(a.keypoints, b.keypoints)


def test_two_tracks_at_once_do_not_disturb_each_other() -> None:
    scene = FakeScene(palms=[LEFT, RIGHT])
    hands = Hands(scene.models)
    alone = [h.keypoints for r in hands.track([blank()] * 3) for h in r.hands]
    pairs = zip(hands.track([blank()] * 3), hands.track([blank()] * 3), strict=True)
    together = [(a, b) for a, b in pairs]
    for which in (0, 1):
        found = [h.keypoints for pair in together for h in pair[which].hands]
        np.testing.assert_array_equal(alone, found)


def test_images_without_times_get_them_from_the_rate() -> None:
    scene = FakeScene()
    gray = np.zeros((20, 30), np.uint8)
    results = list(Hands(scene.models).track([gray] * 3, fps=25))
    assert [r.timestamp_us for r in results] == [0, 40_000, 80_000]


def test_time_goes_forward() -> None:
    with pytest.raises(InputError, match="not after the last"):
        run(FakeScene(), [5, 5])
    assert len(run(FakeScene(), [-10, 5])) == 2


@pytest.mark.parametrize(
    "image", [np.zeros((0, 5, 3), np.uint8), np.zeros((5, 5), np.uint8), np.zeros((5, 5, 3))]
)
def test_what_is_no_frame_is_refused(image: np.ndarray) -> None:
    with pytest.raises(ShapeError, match="as_rgb"):
        run(FakeScene(), [0], images=[image])


@pytest.mark.parametrize(
    "wrong",
    [
        {"max_hands": 0},
        {"max_hands": 65},
        {"palm_threshold": 0.0},
        {"palm_threshold": float("nan")},
        {"presence_threshold": 1.0},
        {"redetect_interval_us": -1},
    ],
)
def test_options_out_of_range(wrong) -> None:
    with pytest.raises(ConfigError, match=next(iter(wrong))):
        replace(TrackerOptions(), **wrong)


def test_a_palm_of_our_detector_is_looked_at_twice_when_it_is_new() -> None:
    scene = FakeScene(palms=[LEFT, RIGHT], ours=True)
    results = run(scene, times(3))
    assert [len(r.hands) for r in results] == [2, 2, 2]
    assert scene.landmark.calls == 4 + 2 + 2


def test_no_hand_at_the_second_look_is_no_hand() -> None:
    scene = FakeScene(palms=[LEFT], visible=[True, False], ours=True)
    assert [len(r.hands) for r in run(scene, times(1))] == [0]


def test_two_palms_that_prove_to_be_of_one_hand_count_once() -> None:
    scene = FakeScene(palms=[(0.42, 0.5), (0.58, 0.5)], ours=True)
    assert len(run(scene, times(1))[0].hands) == 2

    scene = FakeScene(palms=[(0.42, 0.5), (0.58, 0.5)], ours=True)
    drift = {1: 0.4, 3: -0.4}  # at their first look, both hands prove to be in the middle

    def drifting(outputs, image):
        scene._hand(outputs, image)
        share = drift.get(scene.landmark.calls, 0)
        outputs[0].reshape(21, 3)[:, 0] += share * scene.hand_px

    scene.landmark._fill = drifting
    (result,) = run(scene, times(1))
    assert (len(result.hands), scene.landmark.calls) == (1, 3)


def test_rough_palms_are_looked_in_until_there_are_hands_enough() -> None:
    places = [(x, y) for y in (0.2, 0.8) for x in (0.1, 0.35, 0.6, 0.85)]
    options = TrackerOptions(max_hands=1)
    refused = [False, False, True, True]  # two palms show no hand, the third does, twice
    scene = FakeScene(palms=places, visible=refused, ours=True)
    (result,) = run(scene, times(1), options)
    assert (len(result.hands), scene.landmark.calls) == (1, 4)

    scene = FakeScene(palms=places, visible=[False] * 8, ours=True)
    (result,) = run(scene, times(1), options)
    assert (len(result.hands), scene.landmark.calls) == (0, 3)

    scene = FakeScene(palms=places, visible=[False] * 8)  # as MediaPipe, the best palm alone
    (result,) = run(scene, times(1), options)
    assert (len(result.hands), scene.landmark.calls) == (0, 1)
