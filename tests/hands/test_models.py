"""Loading by name and from files; the stand-ins have the inputs and outputs of our own models."""

import json
from pathlib import Path

import numpy as np
import pytest
from fake_models import blank

from firsthand.errors import (
    ChecksumError,
    ConfigError,
    InputError,
    ModelError,
    ModelNotFoundError,
)
from firsthand.hands import HandModels, Hands, load_models, open_models, weights
from firsthand.hands.anchors import FIRSTHAND
from firsthand.hands.landmarks import landmark_model
from firsthand.hands.palms import palm_model
from firsthand.runtime import Model, ModelStore, load_runner

STAND_INS = Path(__file__).parent / "stand_ins"
PALM, HAND = STAND_INS / "palm.tflite", STAND_INS / "hand.tflite"


def install(folder: Path, name: str) -> None:
    """Put the stand-ins where the pair of bundled models of that name would lie."""
    for stem, source in zip(weights.BUNDLED[name], (PALM, HAND), strict=True):
        path = folder / f"{stem}.tflite"
        path.write_bytes(source.read_bytes())
        card = json.loads(Model.open(source).card.to_json()) | {"name": stem, "licence": "MIT"}
        path.with_suffix(".json").write_text(json.dumps(card))


@pytest.fixture
def empty_store(tmp_path: Path) -> ModelStore:
    return ModelStore(tmp_path / "store", cards={})


@pytest.mark.parametrize("name", weights.BUNDLED)
def test_bundled_models_load_by_name_from_their_folder(tmp_path: Path, name: str) -> None:
    install(tmp_path, name)
    models = load_models(name, folder=tmp_path)
    assert tuple(card.name for card in models.cards) == weights.BUNDLED[name]
    assert (models.palm.layout, models.palm.input.size_px) == (FIRSTHAND, 256)
    assert models.landmark.input.size_px == 128
    assert weights.bundled_here(tmp_path) == (name,)


def test_a_bundled_model_that_is_not_there_is_named_and_what_is(tmp_path: Path) -> None:
    install(tmp_path, "tiny")
    with pytest.raises(
        ModelNotFoundError, match=r"firsthand-palm-small.*\['tiny', 'full', 'lite'\]"
    ):
        load_models("small", folder=tmp_path)


def test_a_bundled_model_is_only_what_its_card_promises(tmp_path: Path) -> None:
    install(tmp_path, "small")
    path = tmp_path / "firsthand-hand-small-int8.tflite"
    path.write_bytes(path.read_bytes()[:-1] + b"\1")
    with pytest.raises(ChecksumError, match="firsthand-hand-small-int8"):
        load_models("small", folder=tmp_path)
    install(tmp_path, "tiny")
    card = (tmp_path / "firsthand-hand-tiny-int8.json").read_bytes()
    path.with_suffix(".json").write_bytes(card)
    with pytest.raises(ModelError, match=r"small-int8.json is the card of firsthand-hand-tiny"):
        load_models("small", folder=tmp_path)
    path.with_suffix(".json").unlink()
    with pytest.raises(ModelError, match="cannot read the model card"):
        load_models("small", folder=tmp_path)


@pytest.mark.parametrize("name", ["", "huge", "../small", "small\0"])
def test_another_name_is_refused_with_those_there_are(name: str) -> None:
    with pytest.raises(ConfigError, match=r"'small', 'tiny', 'full', 'lite'"):
        load_models(name)


def test_files_take_the_place_of_the_named_pairs(tmp_path: Path, empty_store: ModelStore) -> None:
    both = Hands.load("full", palm=PALM, landmark=HAND, store=empty_store)
    assert [card.name for card in both.cards] == ["palm", "hand"]
    install(tmp_path, "small")
    one = load_models("small", landmark=HAND, folder=tmp_path)
    assert [card.name for card in one.cards] == ["firsthand-palm-small-int8", "hand"]
    with pytest.raises(ModelError):  # the other is fetched, from where nothing is
        load_models("full", landmark=HAND, store=empty_store)


def test_models_whose_outputs_move_are_followed() -> None:
    class Moving:
        """A runner that, as some back ends do, has no output before a run and then a new one."""

        def __init__(self, runner):
            self.runner, self.made = runner, None
            self.inputs, self.outputs, self.input_view = (
                runner.inputs,
                runner.outputs,
                runner.input_view,
            )

        def invoke(self):
            self.runner.invoke()
            self.made = [self.runner.output_view(i).copy() for i in range(len(self.outputs))]

        def output_view(self, index):
            if self.made is None:
                raise InputError("call invoke() first")
            return self.made[index]

    image = blank(640, 480)
    image[160:280, 240:360] = (255, 0, 0)
    fixed = open_models(PALM, HAND)
    palm, hand = Moving(load_runner(PALM)), Moving(load_runner(HAND))
    moving = HandModels(palm_model(palm), landmark_model(hand), ())
    for shown in (image, blank(640, 480), image):
        expected, found = Hands(fixed).detect(shown).hands, Hands(moving).detect(shown).hands
        assert len(found) == len(expected)
        for one, other in zip(expected, found, strict=True):
            np.testing.assert_array_equal(one.keypoints, other.keypoints)


def test_models_in_each_others_place_are_told() -> None:
    with pytest.raises(ModelError, match=r"^hand: a palm detector gives"):
        open_models(HAND, PALM)
    with pytest.raises(ModelError, match=r"^palm: a landmark model gives"):
        open_models(PALM, PALM)


def test_the_default_is_a_name_and_what_is_bundled_is_whole() -> None:
    assert weights.DEFAULT_MODEL in weights.NAMES
    for name in weights.bundled_here():
        models = load_models(name)
        assert tuple(card.name for card in models.cards) == weights.BUNDLED[name]
        assert all(card.licence == "Apache-2.0" for card in models.cards)
    if weights.DEFAULT_MODEL in weights.BUNDLED:
        assert weights.DEFAULT_MODEL in weights.bundled_here()
    files = list(weights.FOLDER.glob("*.tflite"))
    assert all(path.with_suffix(".json").is_file() for path in files)
    assert sum(path.stat().st_size for path in files) <= 6_000_000


@pytest.mark.parametrize("size", [(640, 480), (480, 640), (1920, 1080)])
def test_the_whole_pipeline_at_our_sizes(size: tuple[int, int]) -> None:
    image = blank(*size)
    unit = max(size) // 16
    left, top = 6 * unit, 4 * unit
    image[top : top + 3 * unit, left : left + 3 * unit] = (255, 0, 0)
    middle = np.array([left, top]) + 1.5 * unit
    hands = Hands.load(palm=PALM, landmark=HAND)
    (hand,) = hands.detect(image).hands
    # The stand-in's joints run along the middle of the palm's region, which lies above it.
    assert abs(hand.keypoints[9, 0] - middle[0]) < 1.1 * unit  # a cell of its detector
    wrist = hand.region.y + 0.3 * hand.region.height
    assert hand.keypoints[0, 1] == pytest.approx(wrist, abs=1)
    for hand in hands.detect(image, search="tiles").hands:
        away = np.abs(middle - (hand.region.x, hand.region.y))
        assert (away < hand.region.width / 2).all()


def test_following_at_our_sizes_keeps_to_the_hand() -> None:
    image = blank(640, 480)
    image[160:280, 240:360] = (255, 0, 0)
    hands = Hands.load(palm=PALM, landmark=HAND, max_hands=1)
    results = list(hands.track([image] * 5))
    assert [len(r.hands) for r in results] == [1] * 5
    assert [r.detector_ran for r in results] == [True] + [False] * 4
