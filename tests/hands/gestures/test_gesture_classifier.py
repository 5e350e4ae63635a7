import dataclasses
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from posed_hands import letters, rotation_in_space, sign_digits, turned

from firsthand.errors import ConfigError, InputError, ShapeError
from firsthand.hands.gestures import NONE
from firsthand.hands.gestures.classifier import gesture_distances, leave_one_out, predict, train
from firsthand.hands.gestures.evaluation import confusion
from firsthand.hands.gestures.files import load_gesture_model, save_gesture_model

PATTERNS = ("bsbbb", "bssbb", "sssss", "bbbbb", "bsbbs")


def taught(orientation="free", mirror=True, dimensions=3, **options):
    hands = np.array([letters(pattern)[:, :dimensions] for pattern in PATTERNS])
    return train(hands, PATTERNS, orientation=orientation, mirror=mirror, **options)


@given(seed=st.integers(0, 2**32 - 1), scale=st.floats(1e-3, 1e3), place=st.integers(0, 4))
def test_one_example_is_known_again_anywhere_in_space(seed, scale, place):
    rng = np.random.default_rng(seed)
    moved = letters(PATTERNS[place]) @ rotation_in_space(rng).T * scale + rng.normal(size=3)
    for points in (moved, moved * [-1, 1, 1]):
        result = predict(taught(), points)
        assert result.name == PATTERNS[place]
        assert result.score > 0.999


@given(degrees=st.floats(-180, 180), place=st.integers(0, 4))
def test_flat_hands_are_known_again_turned_and_mirrored(degrees, place):
    points = turned(letters(PATTERNS[place])[:, :2], degrees)
    model = taught(dimensions=2)
    assert gesture_distances(model, points)[place] == pytest.approx(0, abs=1e-5)
    assert gesture_distances(model, points * [-1, 1])[place] == pytest.approx(0, abs=1e-5)


def test_up_and_down_differ_where_the_image_matters():
    thumb = turned(letters("sbbbb"), 70)
    hands, labels = np.array([thumb, turned(thumb, 180)]), ["up", "down"]
    model = train(hands, labels, orientation="image")
    for flip in (1, -1):
        assert predict(model, turned(thumb, 15) * [flip, 1, 1]).name == "up"
        assert predict(model, turned(thumb, 195) * [flip, 1, 1]).name == "down"
    free = gesture_distances(train(hands, labels), thumb)
    assert free[0] == pytest.approx(free[1], abs=1e-6)


def test_without_mirroring_the_other_hand_is_another_one():
    points = letters("bsbbs")
    distance = gesture_distances(taught(mirror=False), points * [-1, 1, 1])
    assert distance[PATTERNS.index("bsbbs")] > 0.05


def test_an_unknown_gesture_is_none():
    model = taught(reject_distance=0.3)
    result = predict(model, letters("sbbbs"))
    assert result.name == NONE
    assert predict(model, letters("bsbbs")).name == "bsbbs"


def test_examples_of_none_teach_what_is_no_gesture():
    hands = np.array([letters("bsbbs"), letters("sbbbs")])
    assert predict(train(hands, ["rock", NONE]), letters("sbbbs")).name == NONE


def test_five_examples_each_read_the_photographs():
    keypoints, digits = sign_digits()
    rng = np.random.default_rng(0)
    chosen = np.concatenate([rng.permutation(np.flatnonzero(digits == d))[:5] for d in range(10)])
    rest = np.setdiff1d(np.arange(len(digits)), chosen)
    for dimensions in (3, 2):
        points = keypoints[..., :dimensions]
        model = train(points[chosen], [str(d) for d in digits[chosen]])
        best = gesture_distances(model, points[rest]).argmin(axis=-1)
        answers = np.array(model.names)[best]
        assert np.mean(answers == digits[rest].astype(str)) > 0.95


def test_photographs_of_a_digit_never_taught_are_mostly_none():
    keypoints, digits = sign_digits()
    taught_digits = digits != 3
    model = train(keypoints[taught_digits][::2], [str(d) for d in digits[taught_digits][::2]])
    unknown = [predict(model, points).name for points in keypoints[digits == 3]]
    known = [predict(model, points).name for points in keypoints[taught_digits][1::2]]
    assert unknown.count(NONE) > 0.7 * len(unknown)
    assert known.count(NONE) < 0.1 * len(known)


def test_leaving_one_out_is_training_without_it():
    keypoints, digits = sign_digits()
    keypoints, labels = keypoints[::5], [str(d) for d in digits[::5]]
    model = train(keypoints, labels)
    estimate = leave_one_out(model)
    expected = []
    for place in range(len(labels)):
        others = [other for other in range(len(labels)) if other != place]
        without = train(
            keypoints[others],
            [labels[other] for other in others],
            reject_distance=model.reject_distance,
        )
        expected.append(predict(without, keypoints[place]).name)
    assert list(estimate.answers) == expected
    right = np.mean([a == b for a, b in zip(expected, labels, strict=True)])
    assert estimate.accuracy == pytest.approx(right)
    assert estimate.n == len(labels)


def test_a_wrong_label_is_suspected():
    keypoints, digits = sign_digits()
    labels = [str(d) for d in digits]
    labels[45] = "9"  # a photograph of 2
    assert 45 in leave_one_out(train(keypoints, labels)).suspects


def test_single_examples_cannot_be_estimated():
    estimate = leave_one_out(taught())
    assert estimate.accuracy is None
    assert estimate.n == 0
    assert estimate.suspects == ()


def test_many_hands_are_judged_as_each_alone():
    keypoints, _ = sign_digits()
    model = taught()
    together = gesture_distances(model, keypoints[:6].reshape(2, 3, 21, 3))
    assert together.shape == (2, 3, 5)
    np.testing.assert_allclose(together[1, 2], gesture_distances(model, keypoints[5]), atol=1e-9)


@pytest.mark.parametrize("orientation", ["free", "image"])
@pytest.mark.parametrize("dimensions", [2, 3])
def test_a_saved_model_answers_the_same(tmp_path, orientation, dimensions):
    keypoints, digits = sign_digits()
    points = keypoints[..., :dimensions]
    model = train(points[::4], [str(d) for d in digits[::4]], orientation=orientation)
    path = tmp_path / "gestures.json"
    save_gesture_model(model, path)
    loaded = load_gesture_model(path)
    assert loaded.names == model.names
    assert loaded.reject_distance == model.reject_distance
    np.testing.assert_allclose(
        gesture_distances(loaded, points), gesture_distances(model, points), atol=1e-4
    )
    save_gesture_model(loaded, tmp_path / "again.json")
    again = load_gesture_model(tmp_path / "again.json")
    np.testing.assert_allclose(again.examples, loaded.examples, atol=2e-6)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["again.json", "gestures.json"]


def test_a_model_that_never_rejects_is_saved_as_one(tmp_path):
    path = tmp_path / "gestures.json"
    save_gesture_model(taught(reject_distance=np.inf), path)
    assert load_gesture_model(path).reject_distance == np.inf


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"format": "other"}, "format"),
        ({"orientation": "sideways"}, "orientation"),
        ({"orientation": []}, "orientation"),
        ({"mirror": 1}, "needs"),
        ({"reject_distance": -1}, "above 0"),
        ({"reject_distance": float("nan")}, "above 0"),
        ({"reject_distance": "1"}, "needs"),
        ({"reject_distance": 10**400}, "large"),
        ({"labels": ["a"]}, "labels"),
        ({"labels": [1, 2, 3, 4, 5]}, "text"),
        ({"labels": ["a"] * 5}, "two gestures"),
        ({"labels": []}, "labels"),
        ({"keypoints": []}, "shape"),
        ({"keypoints": [[1, 2, 3]]}, "shape"),
        ({"keypoints": [[[float("nan")] * 3] * 21] * 5}, "finite"),
        ({"keypoints": [[["x"] * 3] * 21] * 5}, "numbers"),
        ({"keypoints": [[[0.0] * 3] * 21] * 5}, "coincide"),
        ({"keypoints": {"a": 1}}, "needs"),
    ],
)
def test_altered_files_are_refused(tmp_path, change, complaint):
    path = tmp_path / "gestures.json"
    save_gesture_model(taught(), path)
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    with pytest.raises(InputError, match=complaint) as caught:
        load_gesture_model(path)
    assert "gestures.json" in str(caught.value)


@pytest.mark.parametrize(
    "data", [b"", b"{", b"null", b"[]", b"\xff\xfe\x00", b"\x80\x04K\x01.", b"[" * 200_000]
)
def test_files_that_are_no_model_are_refused(tmp_path, data):
    path = tmp_path / "gestures.json"
    path.write_bytes(data)
    with pytest.raises(InputError, match=r"gestures\.json"):
        load_gesture_model(path)


def test_missing_fields_and_files_are_refused(tmp_path):
    path = tmp_path / "gestures.json"
    for absent in (path, tmp_path):
        with pytest.raises(InputError, match=absent.name):
            load_gesture_model(absent)
    with pytest.raises(InputError, match="cannot be written"):
        save_gesture_model(taught(), tmp_path / "no folder" / "gestures.json")
    save_gesture_model(taught(), path)
    document = json.loads(path.read_text())
    for field in document:
        path.write_text(json.dumps({k: v for k, v in document.items() if k != field}))
        with pytest.raises(InputError, match="needs"):
            load_gesture_model(path)


@pytest.mark.parametrize(
    ("keypoints", "labels", "complaint"),
    [
        (np.zeros((0, 21, 3)), [], "two gestures"),
        ([letters("sssss")], ["a"], "two gestures"),
        ([letters("sssss")] * 2, ["a", "a"], "two gestures"),
        ([letters("sssss")] * 2, ["a"], "2 examples"),
        ([letters("sssss")] * 2, ["a", ""], "text"),
        ([letters("sssss")] * 2, ["a", None], "text"),
        (letters("sssss"), ["a"], "shape"),
        ([np.full((21, 3), np.nan)] * 2, ["a", "b"], "finite"),
        (np.broadcast_to(letters("sssss"), (10_001, 21, 3)), ["a"] * 10_001, "fewer"),
    ],
)
def test_impossible_training_sets_are_refused(keypoints, labels, complaint):
    with pytest.raises(InputError, match=complaint):
        train(keypoints, labels)


def test_impossible_options_are_refused():
    with pytest.raises(ConfigError, match="orientation"):
        taught(orientation="up")
    for distance in (0, -1, float("nan")):
        with pytest.raises(ConfigError, match="reject_distance"):
            taught(reject_distance=distance)


def test_keypoints_of_other_dimensions_are_refused():
    with pytest.raises(ShapeError, match="3D"):
        predict(taught(), letters("sssss")[:, :2])
    with pytest.raises(ShapeError, match="one hand"):
        predict(taught(), np.array([letters("sssss")]))


def test_equal_examples_of_two_names_leave_the_score_open():
    model = train(np.array([letters("sssss")] * 2), ["a", "b"])
    assert predict(model, letters("sssss")).score == pytest.approx(0.5)


def test_a_model_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        taught().mirror = False


def test_a_confusion_table_counts_each_answer_once():
    table = confusion(["a", "a", "b", "c"], ["a", "b", "b", NONE], ["a", "b", "c", NONE])
    np.testing.assert_array_equal(
        table.counts, [[1, 1, 0, 0], [0, 1, 0, 0], [0, 0, 0, 1], [0, 0, 0, 0]]
    )
    assert (table.n, table.hits, table.accuracy) == (4, 2, 0.5)
    np.testing.assert_array_equal(table.recall, [0.5, 1, 0, np.nan])
    np.testing.assert_array_equal(table.precision, [1, 0.5, np.nan, 0])


@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("abcd")), min_size=1, max_size=50)
)
def test_confusion_sums(pairs):
    truth, answers = zip(*pairs, strict=True)
    table = confusion(truth, answers)
    assert table.names == tuple(sorted({*truth, *answers}))
    assert table.n == len(pairs)
    assert table.accuracy == np.mean([a == b for a, b in pairs])
    for place, name in enumerate(table.names):
        assert table.counts[place].sum() == truth.count(name)
        assert table.counts[:, place].sum() == answers.count(name)


def test_confusions_that_cannot_be_counted_are_refused():
    for truth, answers in ((["a"], []), ([], [])):
        with pytest.raises(InputError, match="compared"):
            confusion(truth, answers)
    with pytest.raises(InputError, match="lack"):
        confusion(["a"], ["b"], ["a"])
