import json

import numpy as np
import pytest

from firsthand.errors import InputError
from firsthand.hands.labels import read_labelled

TRIPLES = [value for n in range(21) for value in (10.0 + n, 20.0 + n, int(n != 3))]


def photograph(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"never opened here")
    return path


def coco(folder, annotations, *, images=None, name="labels.json"):
    photograph(folder / "b.jpg")
    photograph(folder / "a.jpg")
    images = images or [{"file_name": "b.jpg", "id": 1}, {"file_name": "a.jpg", "id": 2}]
    (folder / name).write_text(json.dumps({"images": images, "annotations": annotations}))
    return folder


def handpose(folder, points=None, *, text=None):
    photograph(folder / "x.jpg")
    points = points or {str(n): {"x": n, "y": 2 * n} for n in range(21)}
    document = {"info": [{"bbox": [0, 0, 0, 0], "pts": points}]}
    (folder / "x.json").write_text(json.dumps(document) if text is None else text)
    return folder


def test_onehand10k(tmp_path):
    found = read_labelled(coco(tmp_path, [{"image_id": 2, "keypoints": TRIPLES}]))
    assert [p.path.name for p in found] == ["a.jpg", "b.jpg"]
    assert found[1].hands == ()
    (hand,) = found[0].hands
    np.testing.assert_array_equal(hand.keypoints[:, 0], 10.0 + np.arange(21))
    assert hand.visible.sum() == 20
    assert not hand.visible[3]


def test_coco_wholebody_takes_valid_hands_only(tmp_path):
    person = {"lefthand_kpts": TRIPLES, "righthand_kpts": [0.0] * 63, "keypoints": [0] * 51}
    valid = {"lefthand_valid": True, "righthand_valid": False}
    coco(tmp_path, [{"image_id": 1, **person, **valid}])
    (tmp_path / "boxes.json").write_text("[]")
    by_name = {p.path.name: p.hands for p in read_labelled(tmp_path)}
    assert [len(by_name[name]) for name in ("a.jpg", "b.jpg")] == [0, 1]


def test_handpose_x(tmp_path):
    photograph(tmp_path / "unlabelled" / "y.jpg")
    (found,) = read_labelled(handpose(tmp_path))
    (hand,) = found.hands
    np.testing.assert_array_equal(hand.keypoints, [[n, 2 * n] for n in range(21)])
    assert hand.visible.all()


def test_photographs_alone_are_unlabelled(tmp_path):
    for name in ("b/2.JPG", "a/1.png", "a/notes.txt"):
        photograph(tmp_path / name)
    found = read_labelled(tmp_path)
    assert [str(p.path.relative_to(tmp_path)) for p in found] == ["a/1.png", "b/2.JPG"]
    assert [p.hands for p in found] == [None, None]


def without(key, **entry):
    return {k: v for k, v in entry.items() if k != key}


NOTE = {"image_id": 1, "keypoints": TRIPLES}


@pytest.mark.parametrize(
    ("annotations", "images", "message"),
    [
        ([NOTE, {**NOTE, "image_id": 9}], None, r"annotations\[1\]: image_id 9 is not among"),
        ([NOTE, {**NOTE, "image_id": [1]}], None, r"image_id \[1\] is not among"),
        ([NOTE, {"image_id": 1}], None, r"annotations\[1\] has no 'keypoints'"),
        ([NOTE, {**NOTE, "keypoints": [1]}], None, r"needs 63 numbers .*got 1"),
        ([NOTE, {**NOTE, "keypoints": 7}], None, r"needs 63 numbers .*got int"),
        ([NOTE, {**NOTE, "keypoints": ["x", *TRIPLES[1:]]}], None, r"\[0\] is 'x', not a number"),
        ([NOTE, {**NOTE, "keypoints": [True, *TRIPLES[1:]]}], None, "not a number"),
        ([NOTE, {**NOTE, "keypoints": [1e9, *TRIPLES[1:]]}], None, "not a place"),
        ([NOTE, {**NOTE, "keypoints": [float("nan"), *TRIPLES[1:]]}], None, "not a place"),
        ([NOTE], [{"file_name": "../b.jpg", "id": 1}], "not the plain name"),
        ([NOTE], [{"file_name": "..", "id": 1}], "not the plain name"),
        ([NOTE], [{"file_name": 3, "id": 1}], "not the plain name"),
        ([NOTE], [{"id": 1}], "no 'file_name'"),
        ([NOTE], [{"file_name": "b.jpg", "id": {}}], "neither a number nor a text"),
        ([NOTE], [{"file_name": "gone.jpg", "id": 1}], "gone.jpg, which is not beside it"),
        ([NOTE], "nothing", "images is not a list"),
    ],
)
def test_wrong_labels_are_refused_by_place(tmp_path, annotations, images, message):
    with pytest.raises(InputError, match=message):
        read_labelled(coco(tmp_path, annotations, images=images))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "no readable JSON"),
        ("[" * 100_000, "no readable JSON"),
        ("\x00", "no readable JSON"),
        ("[]", "has no `info`"),
        ('{"info": 3}', "info is not a list"),
        ('{"info": [3]}', r"info\[0\] has no 'pts'"),
        ('{"info": [{"pts": {"0": {}}}]}', "needs the joints 0 to 20"),
    ],
)
def test_wrong_files_beside_photographs_are_refused(tmp_path, text, message):
    with pytest.raises(InputError, match=message):
        read_labelled(handpose(tmp_path, text=text))


def test_folders_that_cannot_be_read(tmp_path):
    with pytest.raises(InputError, match="is no folder"):
        read_labelled(tmp_path / "gone")
    with pytest.raises(InputError, match="holds no photograph"):
        read_labelled(tmp_path)
    coco(tmp_path, [NOTE])
    coco(tmp_path, [NOTE], name="second.json")
    with pytest.raises(InputError, match=r"several files of hand labels: \['labels.json', 'second"):
        read_labelled(tmp_path)


@pytest.mark.data
@pytest.mark.parametrize(
    ("name", "photographs", "hands"),
    [("coco_wholebody", 4, 10), ("onehand10k", 4, 4), ("handpose_x", 5, 5)],
)
def test_the_real_sets(data_root, name, photographs, hands):
    found = read_labelled(data_root / "hands" / name)
    assert len(found) == photographs
    assert sum(len(photograph.hands) for photograph in found) == hands
