"""Annotations: what is written is read again, and what cannot be is refused by name."""

import json
import math
import stat
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firsthand.errors import InputError, MediaError
from firsthand.geometry import Box
from firsthand.objects.annotations import (
    FARTHEST_M,
    FILE,
    LEAST_EDGE_M,
    LONGEST_NAME,
    MOST_OBJECTS,
    Annotation,
    annotations_of,
    plain,
    read_annotations,
    write_annotations,
)  # fmt: skip

NAMES = st.text(st.characters(categories=("L", "N", "P", "S")), min_size=1, max_size=LONGEST_NAME)
PLACES = st.floats(-FARTHEST_M, FARTHEST_M)
EDGES = st.floats(LEAST_EDGE_M, FARTHEST_M)


def turn(angle: float) -> np.ndarray:
    c, s = math.cos(angle), math.sin(angle)
    return np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]])


BOXES = st.builds(
    lambda middle, angle, size: Box(np.array(middle), turn(angle), np.array(size)),
    st.tuples(PLACES, PLACES, PLACES),
    st.floats(-10, 10),
    st.tuples(EDGES, EDGES, EDGES),
)
OBJECTS = st.lists(
    st.builds(Annotation, NAMES, NAMES, BOXES), max_size=4, unique_by=lambda a: a.name
)

CHAIR = Annotation("chair-1", "chair", Box(np.array([0.4, 0.45, -1.2]), turn(0.3), np.ones(3)))


@settings(max_examples=20)
@given(OBJECTS)
def test_what_is_written_is_read_again(tmp_path_factory, objects):
    folder = tmp_path_factory.mktemp("session")
    assert write_annotations(folder, objects) == folder / FILE
    again = read_annotations(folder)
    assert plain(again) == plain(objects)
    assert [path.name for path in folder.iterdir()] == [FILE]


def test_where_nothing_was_annotated_there_is_nothing(tmp_path):
    assert read_annotations(tmp_path) == ()


def spoilt(**changed) -> list:
    return [plain([CHAIR])[0] | changed]


TURNED = [[1, 0, 0], [0, 1, 0]]
WRONG = {
    "no list": ({}, "no list of objects"),
    "no object": ([3], r"\[0\]: is no dict"),
    "a field too many": (spoilt(colour="red"), "colour"),
    "a field too few": ([{"name": "x"}], "has no 'category'"),
    "no name": (spoilt(name=""), "a name is 1 to"),
    "a blank name": (spoilt(name="  "), "a name is 1 to"),
    "a long name": (spoilt(name="x" * 61), "a name is 1 to"),
    "control characters": (spoilt(category="a\nb"), "a category is 1 to"),
    "half a character": (spoilt(name="\ud800"), "a name is 1 to"),
    "a name that is none": (spoilt(name=3), "is no str"),
    "two of a name": (spoilt() * 2, r"\[1\]: there are two 'chair-1'"),
    "NaN": (spoilt(middle=[math.nan, 0, 0]), "NaN or infinity"),
    "NaN in words": (spoilt(size=["nan", 1, 1]), "NaN or infinity"),
    "endless": (spoilt(middle=[0, math.inf, 0]), "NaN or infinity"),
    "too large for a number": (spoilt(middle=[10**400, 0, 0]), "too large"),
    "truth": (spoilt(middle=[True, 0, 0]), "is no number"),
    "two numbers": (spoilt(size=[1, 1]), "3 numbers each"),
    "two rows": (spoilt(rotation=TURNED), "a rotation"),
    "uneven rows": (spoilt(rotation=[*TURNED, [0, 0]]), "3 numbers each"),
    "a mirror": (spoilt(rotation=[*TURNED, [0, 0, -1]]), "do not mirror"),
    "a slant": (spoilt(rotation=[*TURNED, [0, 1, 1]]), "orthonormal"),
    "an edge of none": (spoilt(size=[0, 1, 1]), "0.001 m or longer"),
    "an edge below none": (spoilt(size=[-1, 1, 1]), "0 or longer"),
    "far away": (spoilt(middle=[0, 0, 2e4]), "within 10000 m"),
    "too large": (spoilt(size=[1, 1, 2e4]), "no larger"),
    "too many": ([{}] * (MOST_OBJECTS + 1), "501 objects, above 500"),
}


@pytest.mark.parametrize(("objects", "words"), WRONG.values(), ids=WRONG.keys())
def test_what_cannot_be_is_refused_by_name(objects, words):
    with pytest.raises(InputError, match=words) as raised:
        annotations_of(objects, "here")
    assert str(raised.value).startswith("here")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "empty"),
        ("{", "is no JSON document"),
        ("[" * 100_000, "is no JSON document"),
        ("[]", "is no dict"),
        (json.dumps({"format": "other", "version": 1, "objects": []}), "this reads"),
        (json.dumps({"format": "firsthand-annotations", "version": 2, "objects": []}), "version 2"),
        (json.dumps({"format": "firsthand-annotations", "version": 1}), "has no 'objects'"),
        (
            json.dumps({"format": "firsthand-annotations", "version": 10**4000, "objects": []}),
            r"version 10{79}; this reads",
        ),
    ],
)
def test_a_file_that_is_none_is_told(tmp_path, text, words):
    (tmp_path / FILE).write_text(text)
    with pytest.raises(InputError, match=words) as raised:
        read_annotations(tmp_path)
    assert str(tmp_path / FILE) in str(raised.value)


@pytest.mark.parametrize(
    "wrong",
    [
        replace(CHAIR, name="x" * (LONGEST_NAME + 1)),
        replace(CHAIR, box=replace(CHAIR.box, size=np.array([1, np.nan, 1]))),
        replace(CHAIR, box=replace(CHAIR.box, middle=np.array([0, 0, 2e4]))),
    ],
)
def test_what_could_not_be_read_again_is_not_written(tmp_path, wrong):
    with pytest.raises(InputError):
        write_annotations(tmp_path, [wrong])
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_written_leaves_what_was_there(tmp_path):
    write_annotations(tmp_path, [CHAIR])
    with pytest.raises(MediaError, match="there is no directory"):
        write_annotations(tmp_path / "nowhere", [])
    (tmp_path / "taken" / FILE).mkdir(parents=True)
    with pytest.raises(MediaError, match="is a directory"):
        write_annotations(tmp_path / "taken", [])
    assert plain(read_annotations(tmp_path)) == plain([CHAIR])
    assert stat.S_ISREG((tmp_path / FILE).stat().st_mode)


@pytest.mark.parametrize("is_there", [True, False])
def test_a_link_is_neither_lost_nor_followed(tmp_path, is_there):
    folder, other = tmp_path / "session", tmp_path / "other.json"
    folder.mkdir()
    if is_there:
        write_annotations(tmp_path, [])
        (tmp_path / FILE).rename(other)
    (folder / FILE).symlink_to(other)
    with pytest.raises(MediaError, match="is a link; put the file itself"):
        write_annotations(folder, [CHAIR])
    assert (folder / FILE).is_symlink()
    assert other.exists() == is_there
    assert not is_there or read_annotations(folder) == ()
