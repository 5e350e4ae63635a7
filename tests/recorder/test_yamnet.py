"""YAMNet in windows, and its classes in categories."""

import csv

import numpy as np
import pytest

from firsthand.errors import InputError, ShapeError
from firsthand.media import read_audio
from firsthand.recorder.sounds.categories import CATEGORIES, Grouping
from firsthand.recorder.sounds.yamnet import HOP, RATE_HZ, WINDOW, Waiting, Yamnet


@pytest.fixture(scope="module")
def yamnet(data_root):
    return Yamnet.open(
        data_root / "models" / "yamnet.tflite", data_root / "models" / "yamnet_class_map.csv"
    )


@pytest.mark.data
def test_a_stream_of_blocks_is_classified_as_the_whole(yamnet) -> None:
    samples = np.random.default_rng(0).normal(0, 0.1, WINDOW + 7 * HOP + 31).astype(np.float32)
    state, whole = yamnet.step(Waiting(), samples)
    assert whole.shape == (8, 521)
    assert len(state.samples) == WINDOW - HOP + 31
    state, parts = Waiting(), []
    for block in np.array_split(samples, 19):
        state, scores = yamnet.step(state, block)
        parts.append(scores)
    np.testing.assert_array_equal(np.concatenate(parts), whole)
    assert yamnet.last(state).shape == (1, 521)
    assert yamnet.last(Waiting()).shape == (0, 521)
    with pytest.raises(ShapeError, match=r"\(2, 2\)"):
        yamnet.step(Waiting(), np.zeros((2, 2)))


@pytest.mark.data
@pytest.mark.parametrize(("label", "category"), [("Dog", "dog"), ("Rain", "rain and water")])
def test_sounds_fall_into_their_categories(yamnet, data_root, label, category) -> None:
    folder = data_root / "sounds" / "esc50"
    with (folder / "labels.csv").open() as file:
        names = [row["file"] for row in csv.DictReader(file) if row["class"] == label][:6]
    group = Grouping(yamnet.classes)
    right = 0
    for name in names:
        samples, _ = read_audio(folder / "clips" / name, RATE_HZ)
        padded = np.pad(samples, (0, max(0, WINDOW - len(samples))))
        _, scores = yamnet.step(Waiting(), padded[: WINDOW + 4 * HOP])
        right += list(CATEGORIES)[int(group(scores).mean(axis=0).argmax())] == category
    assert right >= 4


def test_a_category_is_heard_as_its_surest_class() -> None:
    classes = [name for members in CATEGORIES.values() for name in members]
    assert len(set(classes)) == len(classes)
    scores = np.random.default_rng(0).uniform(size=(5, len(classes)))
    found = Grouping(classes)(scores)
    places = {name: place for place, name in enumerate(classes)}
    for column, members in enumerate(CATEGORIES.values()):
        wanted = scores[:, [places[name] for name in members]].max(axis=1)
        np.testing.assert_allclose(found[:, column], wanted, rtol=1e-6)
    with pytest.raises(ShapeError):
        Grouping(classes)(scores[:, 1:])
    with pytest.raises(InputError, match="lacks AudioSet"):
        Grouping(classes[1:])


def test_a_damaged_class_map_is_told_of(tmp_path) -> None:
    (tmp_path / "map.csv").write_bytes(b"\xff\xfe")
    with pytest.raises(InputError, match="no class map"):
        Yamnet.open(tmp_path / "none.tflite", tmp_path / "map.csv")
    (tmp_path / "map.csv").write_text("a,b\n1,2\n")
    with pytest.raises(InputError, match="no class map"):
        Yamnet.open(tmp_path / "none.tflite", tmp_path / "map.csv")
