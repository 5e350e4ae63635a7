"""`firsthand objects evaluate` prints what is measured, and errors in words."""

import json

import numpy as np
import pytest
import typer
from fake_models import FakeRunner
from typer.testing import CliRunner

from firsthand.cli import objects_evaluate
from firsthand.errors import InputError
from firsthand.geometry import Box, Camera
from firsthand.media.image import write_image
from firsthand.objects.annotations import Annotation, write_annotations
from firsthand.objects.session import Frame, Session, write_session
from firsthand.objects.single_stage import PLACES, STRIDE, TURNS, UNIT_PX, Fitting

SIDE = 64
CAMERA = Camera(60.0, 60.0, 32.0, 24.0)
CHAIR = Box(np.array([0.1, 0.2, 3.0]), np.diag([1.0, -1.0, -1.0]), np.array([0.5, 0.9, 0.6]))


def knowing():
    """A network that says of any picture where the one chair is."""
    cells = SIDE // STRIDE
    nine = CAMERA.project(np.vstack([CHAIR.middle, CHAIR.corners]))
    there = Fitting.of(64, 48, SIDE).forth(nine)
    down, right = np.mgrid[:cells, :cells]
    middles = (np.stack([right, down], -1) + 0.5) * STRIDE
    places = (there - middles[:, :, None]).reshape(1, cells, cells, PLACES) / UNIT_PX
    places = np.tile(places, TURNS).astype(np.float32)
    turns = np.zeros((1, cells, cells, TURNS), np.float32)
    logits = np.full((1, cells, cells, 1), -9.0, np.float32)
    column, row = (there[0] // STRIDE).astype(int)
    logits[0, row, column] = 3.0
    answers = logits, places, turns, np.zeros_like(logits)

    def tell(outputs, _):
        for output, answer in zip(outputs, answers, strict=True):
            output[...] = answer

    return FakeRunner((1, SIDE, SIDE, 3), [each.shape for each in answers], tell)


@pytest.fixture
def run(monkeypatch):
    monkeypatch.setattr("firsthand.runtime.load_runner", lambda path: knowing())
    app = typer.Typer()
    app.command()(objects_evaluate.evaluate)
    return lambda *words: CliRunner().invoke(app, [*map(str, words), "--model", "m.tflite"])


@pytest.fixture
def session(tmp_path):
    write_image(tmp_path / "0.png", np.zeros((48, 64, 3), np.uint8))
    frame = Frame("0.png", 0.0, 64, 48, CAMERA, np.eye(4), None)
    write_session(Session(tmp_path, "a test", (frame,), (), np.zeros((0, 3))))
    write_annotations(tmp_path, [Annotation("chair-1", "chair", CHAIR)])
    return tmp_path


def test_what_is_measured_is_printed(run, session):
    done = run(session)
    assert done.exit_code == 0, done.output
    rows = {row.split("│")[1].strip(): row for row in done.output.splitlines() if "│" in row}
    assert "100.0%" in rows["matched, of all things"]
    assert "1.000" in rows["average precision, 3D overlap of 0.5"]
    assert "0.0 degrees" in rows["azimuth error, mean"]
    found = json.loads(run(session, "--json").stdout)
    assert (found["things"], found["found"], found["ap_iou50"]) == (1, 1, 1)


def test_a_category_that_is_not_there_is_told(run, session):
    done = run(session, "--category", "cup")
    assert isinstance(done.exception, InputError)
    assert "'cup'" in str(done.exception)


def test_a_folder_without_sessions_is_told(run, tmp_path):
    done = run(tmp_path)
    assert isinstance(done.exception, InputError)
