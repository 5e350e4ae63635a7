import json

import numpy as np
import pytest
from seen_hands import hand, result

from firsthand.errors import InputError
from firsthand.hands.gestures import NONE
from firsthand.hands.records import record


def test_a_line_holds_what_was_seen_rounded():
    seen = hand(7, handedness="left")
    line = record(result(40_000, [seen]), ("ok",), "one.jpg")
    assert "\n" not in line
    fields = json.loads(line)
    assert list(fields) == ["source", "timestamp_us", "size", "hands"]
    assert (fields["source"], fields["timestamp_us"]) == ("one.jpg", 40_000)
    assert fields["size"] == [320, 240]
    (found,) = fields["hands"]
    assert (found["track"], found["handedness"], found["gesture"]) == (7, "left", "ok")
    assert (found["score"], found["presence"]) == (0.9877, 0.9)
    np.testing.assert_allclose(found["keypoints"], seen.keypoints, atol=0.00501)
    np.testing.assert_allclose(found["world"], seen.world, atol=0.00000501)
    assert np.shape(found["world"]) == (21, 3)


def test_no_known_gesture_is_null_and_a_video_has_no_source():
    fields = json.loads(record(result(0, [hand()]), (NONE,)))
    assert fields["hands"][0]["gesture"] is None
    assert "source" not in fields
    assert json.loads(record(result(1), ()))["hands"] == []


def test_rounding_leaves_no_binary_digits():
    line = record(result(0, [hand(at=(0.1, 0.2))]), ("ok",))
    assert max(len(number) for number in line.replace("[", ",").split(",")) < 24


def test_motions_are_told_where_there_are_any():
    seen = [hand(1), hand(2)]
    fields = json.loads(record(result(0, seen), ("ok", NONE), motions=("clockwise", NONE)))
    assert [each["motion"] for each in fields["hands"]] == ["clockwise", None]
    assert "motion" not in json.loads(record(result(0, seen), ("ok", NONE)))["hands"][0]
    with pytest.raises(InputError, match="2 hands, but 1 motions"):
        record(result(0, seen), ("ok", NONE), motions=("move",))


def test_hands_without_gestures_are_refused():
    with pytest.raises(InputError, match="1 hands, but 0 gestures"):
        record(result(0, [hand()]), ())
