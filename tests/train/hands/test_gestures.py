import json
from pathlib import Path

import numpy as np
import pytest
from test_histories import a_way, filmed

from firsthand.errors import ConfigError, InputError, TrainingError
from firsthand.hands.gestures.motion_model import BUNDLED, motion_model
from firsthand.hands.gestures.motion_window import POINTS
from firsthand.runtime import Model
from firsthand.train.hands import gestures
from firsthand.train.hands.gestures import train_gestures, write_motion_model
from firsthand.train.hands.histories import held_out, read_histories
from firsthand.train.hands.motion_accuracy import answers_to, labels_of
from firsthand.train.hands.motion_training import MotionNet, simulated_windows
from firsthand.train.hands.strokes import NAMES
from firsthand.train.run import Run

STEPS = 60


@pytest.fixture(autouse=True)
def few_performances(monkeypatch):
    monkeypatch.setattr(gestures, "_PERFORMANCES", 12)
    monkeypatch.setattr(gestures, "_TEST_PERFORMANCES", 3)


def run_in(folder, **changes):
    chosen = {"recipe": "usual", "data": None, "seed": 4, "resume": False, "steps": STEPS}
    return Run(folder=folder, **(chosen | changes))


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gestures, "_PERFORMANCES", 12)
        patch.setattr(gestures, "_TEST_PERFORMANCES", 3)
        told = []
        path = train_gestures(run_in(tmp_path_factory.mktemp("motion")), told.append)
    return path, told


def test_it_trains_and_says_what_it_was_made_from(trained):
    path, told = trained
    assert [progress.step for progress in told if progress.losses] == list(range(1, STEPS + 1))
    assert told[-1].losses["total"] < 0.7 * told[0].losses["total"]
    card = motion_model(path).card
    assert card.labels == NAMES
    assert "Trained on simulated strokes alone." in card.description
    assert card.training_sources == ("strokes simulated by this project's own formulas",)
    assert [each.metric for each in card.accuracy] == ["accuracy, nine names"]
    assert card.accuracy[0].value > 0.5
    assert list((path.parent / "training").glob("preview-*.jpg"))


@pytest.mark.slow
def test_a_run_that_was_killed_ends_with_the_same_weights(trained, tmp_path):
    path, _ = trained

    def killed(progress):
        if progress.step == STEPS // 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train_gestures(run_in(tmp_path), killed)
    again = train_gestures(run_in(tmp_path, resume=True))
    assert Model.open(again).card == Model.open(path).card


@pytest.mark.slow
def test_recorded_histories_are_trained_on_and_told_of(tmp_path):
    data = tmp_path / "data" / "hands" / "kinivi_keypoints"
    data.mkdir(parents=True)
    filmed([(label, a_way(label, 300)) for label in range(4)], data / "point_history.csv")
    path = train_gestures(run_in(tmp_path / "run", data=tmp_path / "data", steps=5))
    card = json.loads(path.with_suffix(".json").read_bytes())
    assert "kinivi" in card["training_sources"][1]
    assert "Apache-2.0" in card["training_sources"][1]
    assert "alone" not in card["description"]
    assert [each["metric"] for each in card["accuracy"]] == [
        "accuracy, nine names",
        "accuracy, four labels",
    ]
    with pytest.raises(InputError, match="another run"):
        train_gestures(run_in(tmp_path / "run", resume=True, steps=5))


def test_weights_to_begin_from_are_refused(tmp_path):
    with pytest.raises(ConfigError, match=r"leave out --start w\.pt"):
        train_gestures(run_in(tmp_path / "out", start=Path("w.pt")))
    assert not (tmp_path / "out").exists()


def test_a_folder_without_histories_is_refused_before_anything_is_written(tmp_path):
    with pytest.raises(InputError, match=r"has neither point_history\.csv nor hands/kinivi"):
        train_gestures(run_in(tmp_path / "run", data=tmp_path))
    assert not (tmp_path / "run").exists()


def test_a_file_that_answers_otherwise_than_the_network_is_found_out(tmp_path, monkeypatch):
    other = gestures._export(MotionNet(1))
    monkeypatch.setattr(gestures, "_export", lambda _: other)
    with pytest.raises(TrainingError, match="logits differ"):
        write_motion_model(MotionNet(2), tmp_path, None, 0)


def test_a_model_of_other_names_cannot_be_measured(tmp_path):
    class Other:
        names = ("a", "b")

    with pytest.raises(InputError, match=r"tells \['a', 'b'\] apart"):
        answers_to(Other(), np.zeros((1, POINTS, 2)))


@pytest.mark.data
def test_the_bundled_card_states_what_is_measured(data_root):
    model = motion_model(BUNDLED)
    histories = read_histories(data_root / "hands" / "kinivi_keypoints" / "point_history.csv")
    apart = histories.only(held_out(histories.rows))
    stated = {each.metric: each.value for each in model.card.accuracy}
    found = (labels_of(model, apart) == apart.labels).mean()
    assert found == pytest.approx(stated["accuracy, four labels"], abs=0.002)
    assert found > 0.97


def test_the_bundled_model_tells_simulated_strokes_apart():
    strokes = simulated_windows(99, 5).clear()
    assert (answers_to(motion_model(BUNDLED), strokes.points) == strokes.labels).mean() > 0.97
