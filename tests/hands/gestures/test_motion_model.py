import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from firsthand.errors import ChecksumError, ModelError, ModelNotFoundError
from firsthand.hands.gestures.motion_model import BUNDLED, motion_model
from firsthand.hands.gestures.motion_window import POINTS


def copied(tmp_path, **changes):
    """The bundled model with other words on its card."""
    path = tmp_path / BUNDLED.name
    shutil.copy(BUNDLED, path)
    card = json.loads(BUNDLED.with_suffix(".json").read_bytes()) | changes
    path.with_suffix(".json").write_text(json.dumps(card))
    return path


def test_the_bundled_model_is_small_and_says_what_it_was_made_from():
    card = motion_model().card
    assert BUNDLED.stat().st_size < 20_000
    assert card.licence == "Apache-2.0"
    assert any("simulated" in source for source in card.training_sources)
    assert any("Apache-2.0" in source for source in card.training_sources)
    assert {each.metric for each in card.accuracy} == {
        "accuracy, nine names",
        "accuracy, four labels",
    }


def test_scores_are_probabilities():
    model = motion_model()
    rng = np.random.default_rng(0)
    for window in rng.normal(0, 1, (20, POINTS, 2)).cumsum(axis=1):
        scores = model.scores(window)
        assert scores.shape == (len(model.names),)
        assert scores.min() >= 0
        assert scores.sum() == pytest.approx(1)


def test_the_bundled_model_runs_without_torch():
    code = (
        "import sys, numpy\n"
        "from firsthand.hands.gestures.motion import motion_model\n"
        "motion_model().scores(numpy.zeros((16, 2)))\n"
        "print('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout.strip()) == (0, "False")


@pytest.mark.parametrize(
    "labels",
    [[], ["one"], ["still", "still", *"abcdefg"], ["none", *"abcdefgh"], ["still", "move"]],
)
def test_labels_that_do_not_fit_are_refused(tmp_path, labels):
    with pytest.raises(ModelError, match="a motion model"):
        motion_model(copied(tmp_path, labels=labels))


def test_a_model_of_something_else_is_refused(tmp_path):
    golden = Path(__file__).parents[2] / "golden" / "models"
    other = next(golden.glob("*.tflite"))
    path = tmp_path / other.name
    shutil.copy(other, path)
    with pytest.raises(ModelError, match="a motion model"):
        motion_model(path)


def test_a_damaged_file_is_found_out(tmp_path):
    path = copied(tmp_path)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(ChecksumError, match="SHA-256"):
        motion_model(path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ModelNotFoundError, match=r"nothing\.tflite"):
        motion_model(tmp_path / "nothing.tflite")
