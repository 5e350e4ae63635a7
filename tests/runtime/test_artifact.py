"""A model's bytes are read only if they are the card's."""

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from firsthand.errors import ChecksumError, ModelError, ModelNotFoundError
from firsthand.runtime import Model, load_runner

TINY = Path(__file__).parents[1] / "golden" / "models" / "sum_product.tflite"


@pytest.fixture
def path(tmp_path) -> Path:
    copy = tmp_path / "My Model (2).tflite"
    copy.write_bytes(TINY.read_bytes())
    return copy


def test_a_bare_file_gets_a_card_made_from_it(path):
    model = Model.open(path)
    assert model.card.name == "my-model-2"
    assert model.card.format == "tflite"
    assert model.card.licence == "unknown"
    assert model.card.size_bytes == path.stat().st_size
    assert model.card.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert model.read() == path.read_bytes()


@pytest.mark.parametrize("stem", ["...", "ÄÖÜ", "a..b", "-x-", "x" * 200])
def test_any_file_name_becomes_a_name(tmp_path, stem):
    path = tmp_path / f"{stem}.tflite"
    path.write_bytes(b"x")
    assert Model.open(path).read() == b"x"


def test_a_card_beside_the_file_is_used(path):
    card = replace(Model.open(path).card, description="mine", licence="MIT")
    path.with_suffix(".json").write_bytes(card.to_json())
    assert Model.open(path).card == card


def test_a_bad_card_beside_the_file_is_refused(path):
    path.with_suffix(".json").write_text('{"learning_rate": 0.1}')
    with pytest.raises(ModelError, match=r"My Model \(2\)\.json.*missing"):
        Model.open(path)


def test_a_card_of_another_format_is_refused(path):
    card = replace(Model.open(path).card, format="onnx")
    path.with_suffix(".json").write_bytes(card.to_json())
    with pytest.raises(ModelError, match=r"describes a \.onnx file"):
        Model.open(path)


def test_one_changed_bit_is_found(path):
    model = Model.open(path)
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    with pytest.raises(ChecksumError, match="SHA-256 is"):
        load_runner(model)


def test_another_size_is_found(path):
    model = Model.open(path)
    path.write_bytes(path.read_bytes() + b"x")
    with pytest.raises(ChecksumError, match=r"593 bytes, but the card .* promises 592"):
        model.read()


def test_files_that_are_no_models_are_refused(tmp_path):
    (tmp_path / "empty.tflite").write_bytes(b"")
    (tmp_path / "folder.tflite").mkdir()
    (tmp_path / "other.txt").write_bytes(b"x")
    with pytest.raises(ModelError, match="is empty"):
        Model.open(tmp_path / "empty.tflite")
    with pytest.raises(ModelError, match="cannot be read"):
        Model.open(tmp_path / "folder.tflite")
    with pytest.raises(ModelError, match=r"ends in \.tflite or \.onnx"):
        Model.open(tmp_path / "other.txt")
    with pytest.raises(ModelNotFoundError, match="no such model file"):
        Model.open(tmp_path / "absent.tflite")
    with pytest.raises(ModelError, match="cannot be read: File name too long"):
        Model.open(tmp_path / f"{300 * 'a'}.tflite")


def test_a_file_too_large_for_any_runtime_is_refused_unread(tmp_path):
    huge = tmp_path / "huge.tflite"
    with huge.open("wb") as file:
        file.truncate(1 << 31)  # sparse: takes no room
    with pytest.raises(ModelError, match="at most 2147483647"):
        Model.open(huge)
