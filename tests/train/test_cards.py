"""A written model is read back verified; a card that says too little is refused."""

from pathlib import Path

import numpy as np
import pytest
from torch import nn

from firsthand.errors import ChecksumError, ConfigError, InputError, ModelError
from firsthand.runtime import Measurement, Model, load_runner
from firsthand.train.cards import About, write_model
from firsthand.train.export import to_tflite


@pytest.fixture(scope="module")
def data() -> bytes:
    return to_tflite(nn.Conv2d(3, 2, 1), (4, 4))


def about(**more: object) -> About:
    given = {
        "version": "1",
        "task": "test",
        "description": "a test's",
        "licence": "Apache-2.0",
        "inputs": ("RGB, 0..1",),
        "outputs": ("two values a pixel",),
        "preprocessing": "none",
        "training_sources": ("random numbers, CC0",),
        "accuracy": (Measurement("error", 0.5, "random numbers"),),
    }
    return About(**(given | more))  # type: ignore[arg-type]


def test_a_written_model_is_read_back(tmp_path: Path, data: bytes) -> None:
    model = write_model(tmp_path / "new", "small-one", data, about())
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == [
        "small-one.json",
        "small-one.tflite",
    ]
    assert model == Model.open(tmp_path / "new" / "small-one.tflite")
    assert model.read() == data
    assert model.card.inputs[0].shape == (1, 4, 4, 3)
    assert model.card.inputs[0].meaning == "RGB, 0..1"
    assert model.card.outputs[0].dtype == "float32"
    assert model.card.accuracy == (Measurement("error", 0.5, "random numbers"),)
    load_runner(model)(np.zeros((1, 4, 4, 3), np.float32))


def test_a_model_is_written_over_an_older_one(tmp_path: Path, data: bytes) -> None:
    write_model(tmp_path, "one", data, about())
    assert write_model(tmp_path, "one", data, about(version="2")).card.version == "2"


def test_a_stop_between_file_and_card_is_told_of(tmp_path: Path, data: bytes) -> None:
    model = write_model(tmp_path, "one", data, about())
    model.path.write_bytes(data + b"\0")
    with pytest.raises(ChecksumError):
        Model.open(model.path).read()


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"training_sources": ()}, "training sources"),
        ({"preprocessing": ""}, "preprocessing"),
        ({"licence": "unknown"}, "licence"),
        ({"outputs": ("a", "b")}, "1 outputs, but 2 are described"),
    ],
)
def test_cards_that_say_too_little_are_refused(
    tmp_path: Path, data: bytes, wrong: dict[str, object], message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        write_model(tmp_path, "one", data, about(**wrong))
    assert not list(tmp_path.iterdir())


def test_what_is_no_model_is_not_written(tmp_path: Path, data: bytes) -> None:
    for wrong in (b"", b"nothing", data[: len(data) // 2]):
        with pytest.raises(ModelError):
            write_model(tmp_path, "one", wrong, about())
    with pytest.raises(ModelError, match="model name"):
        write_model(tmp_path, "../one", data, about())
    nan = (Measurement("error", float("nan"), "none"),)
    with pytest.raises(ModelError, match="number"):
        write_model(tmp_path, "one", data, about(accuracy=nan))
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match=r"one.tflite: cannot be written"):
        write_model(tmp_path / "file", "one", data, about())
