"""YAMNet in windows, and its classes in categories."""

import csv

import numpy as np
import pytest

from firsthand.errors import InputError, ModelNotFoundError, ShapeError
from firsthand.media import read_audio
from firsthand.recorder.sounds.categories import CATEGORIES, Grouping
from firsthand.recorder.sounds.listener import together
from firsthand.recorder.sounds.loading import YAMNET, load_listener, yamnet_listener
from firsthand.recorder.sounds.yamnet import HOP, RATE_HZ, WINDOW, Waiting, Yamnet
from firsthand.runtime import ModelStore


@pytest.fixture(scope="module")
def model(data_root, tmp_path_factory):
    store = ModelStore(tmp_path_factory.mktemp("store"))
    return store.add(data_root / "models" / "yamnet.tflite", store.card(YAMNET))


@pytest.fixture(scope="module")
def yamnet(model):
    return Yamnet.open(model)


@pytest.mark.data
def test_the_card_has_audiosets_names(model, yamnet, data_root) -> None:
    with (data_root / "models" / "yamnet_class_map.csv").open(encoding="utf-8") as file:
        names = tuple(row["display_name"] for row in csv.DictReader(file))
    assert yamnet.classes == model.card.labels == names


@pytest.mark.data
def test_a_bark_is_found_under_its_own_name_and_its_category(model, data_root) -> None:
    folder = data_root / "sounds" / "esc50"
    listener = yamnet_listener(model)
    with (folder / "labels.csv").open() as file:
        names = [row["file"] for row in csv.DictReader(file) if row["class"] == "Dog"][:6]
    heard: set[str] = set()
    for name in names:
        samples, _ = read_audio(folder / "clips" / name, RATE_HZ)
        state, first = listener.step(listener.begin(), samples)
        found = together([first, listener.finish(state)])
        heard |= {sound.name for sound in found.sounds}
    assert {"dog", "Dog"} <= heard


def test_without_its_file_yamnet_tells_how_to_get_it(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("FIRSTHAND_MODELS", str(tmp_path))
    with pytest.raises(ModelNotFoundError, match="firsthand models add yamnet FILE"):
        load_listener("yamnet")


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
