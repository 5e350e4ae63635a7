"""Models that come with the package."""

import shutil

import pytest

from firsthand.errors import ChecksumError, ModelError
from firsthand.runtime.bundled import bundled


def test_every_bundled_model_is_what_its_card_promises():
    models = bundled()
    assert "firsthand-hand-motion" in models
    for name, model in models.items():
        assert len(model.read()) == model.card.size_bytes
        assert model.path.stem == name


def test_a_damaged_one_is_told_without_advice_that_cannot_help(tmp_path):
    weights = tmp_path / "system" / "weights"
    weights.mkdir(parents=True)
    model = bundled()["firsthand-hand-motion"]
    shutil.copy(model.path.with_suffix(".json"), weights)
    (weights / model.path.name).write_bytes(model.path.read_bytes()[:-1])
    with pytest.raises(ChecksumError, match="install again") as told:
        bundled(tmp_path)["firsthand-hand-motion"].read()
    assert "models pull" not in str(told.value)
    (weights / "firsthand-hand-motion.json").write_text("{")
    with pytest.raises(ModelError, match=r"firsthand-hand-motion\.json"):
        bundled(tmp_path)
