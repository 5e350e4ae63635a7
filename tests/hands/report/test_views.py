import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from seen_hands import hand, result

from firsthand.hands.report.views import frame_ends_s, plain, seen_from, tick_times_s, tracks_of


def test_frames_end_where_the_next_begins_and_the_last_lasts_as_long_as_most():
    results = [result(t) for t in (500_000, 600_000, 700_000, 1_000_000)]
    assert frame_ends_s(results) == pytest.approx([0.1, 0.2, 0.5, 0.6])
    assert frame_ends_s([result(7)]) == [0.0]


def test_a_span_ends_with_its_gesture_and_with_the_hand():
    first, other = hand(4), hand(9, handedness="left")
    results = [
        result(0, [first]),
        result(100_000, [first, other]),
        result(200_000, [other]),
        result(300_000, [first, other]),
    ]
    tracks = tracks_of(results, [("ok",), ("ok", "fist"), ("rock",), ("ok", "rock")])
    assert [(t.track_id, t.handedness) for t in tracks] == [(4, "right"), (9, "left")]
    assert [(s.start_s, s.end_s, s.gesture) for s in tracks[0].spans] == [
        (0.0, pytest.approx(0.2), "ok"),
        (0.3, pytest.approx(0.4), "ok"),
    ]
    assert [s.gesture for s in tracks[1].spans] == ["fist", "rock"]
    assert tracks[1].seconds == pytest.approx(0.3)


@given(
    st.lists(
        st.lists(st.sampled_from([0, 1, 2]), unique=True, max_size=3), min_size=1, max_size=20
    ),
    st.sampled_from(["a", "b"]),
)
def test_spans_cover_exactly_the_frames_with_the_hand(present, name):
    results = [result(i * 40_000, [hand(n) for n in ids]) for i, ids in enumerate(present)]
    names = [[name if i % 3 else "c" for _ in ids] for i, ids in enumerate(present)]
    seconds = {t.track_id: t.seconds for t in tracks_of(results, names)}
    period_s = 0.04 if len(present) > 1 else 0.0
    for track in (0, 1, 2):
        count = sum(track in ids for ids in present)
        assert seconds.get(track, 0.0) == pytest.approx(count * period_s)


@given(st.floats(0.001, 100_000))
def test_ticks_are_few_and_within_the_clip(duration_s):
    ticks = tick_times_s(duration_s)
    assert 1 <= len(ticks) <= 8
    assert ticks[0] == 0
    assert ticks[-1] <= duration_s + 1e-3
    assert sorted(set(ticks)) == list(ticks)


def world_with(joint, place):
    world = np.zeros((21, 3), np.float32)
    world[joint] = place
    return world


def places_seen(world, turn_deg, tilt_deg=0.0):
    """Joints far from the middle: (x, y, near)."""
    joints = seen_from(world, turn_deg, tilt_deg).joints
    return [(*j.points[0], j.near) for j in joints if np.hypot(*j.points[0]) > 0.5 or j.near > 0.9]


def test_from_the_front_x_is_right_y_is_down_and_z_is_far():
    ((x, y, near),) = places_seen(world_with(4, (0.05, 0, 0)), 0)
    assert (x, y) == (1.0, 0.0)
    assert near == pytest.approx(0.5, abs=0.01)
    ((x, y, _),) = places_seen(world_with(4, (0, 0.05, 0)), 0)
    assert (x, y) == (0.0, 1.0)
    ((_, _, near),) = places_seen(world_with(4, (0, 0, -0.05)), 0)
    assert near == 1.0


def test_a_camera_on_the_right_sees_the_near_on_its_left():
    ((x, y, _),) = places_seen(world_with(4, (0, 0, -0.05)), 90)
    assert (x, y) == (-1.0, 0.0)
    ((_, _, near),) = places_seen(world_with(4, (0.05, 0, 0)), 90)
    assert near == 1.0


def test_a_camera_above_sees_the_near_at_the_bottom():
    ((x, y, _),) = places_seen(world_with(4, (0, 0, -0.05)), 0, 90)
    assert (x, y) == (0.0, 1.0)


@given(st.floats(-360, 360), st.floats(-89, 89))
def test_every_view_stays_within_its_frame_and_is_sorted_by_depth(turn_deg, tilt_deg):
    view = seen_from(hand(pattern="shbsb").world, turn_deg, tilt_deg)
    assert len(view.bones) == 21
    assert len(view.joints) == 21
    for strokes in (view.bones, view.joints):
        near = [s.near for s in strokes]
        assert near == sorted(near)
        assert all(0 <= n <= 1 for n in near)
        assert all(abs(c) <= 1.001 for s in strokes for point in s.points for c in point)


def test_a_hand_without_extent_is_drawn_as_a_point():
    view = seen_from(np.zeros((21, 3), np.float32), 30)
    assert {j.points[0] for j in view.joints} == {(0.0, 0.0)}


def test_gestures_in_plain_words():
    assert plain("thumb_up") == "thumb up"
    assert plain("none") == ""
