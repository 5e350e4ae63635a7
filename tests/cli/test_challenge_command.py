"""`firsthand challenge run`, `compare` and `macs`."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tiny_models import Background, Colours, tiny
from typer.testing import CliRunner

from firsthand.cli.command import app
from firsthand.measure import Warmup, single_stream
from firsthand.media import write_image


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    """Two models and six images of colours; measured so little that it is quick."""
    short = replace(
        single_stream.QUICK, queries=100, seconds=0.0, block_s=1e-4, warmup=Warmup(max_blocks=0)
    )
    monkeypatch.setattr(single_stream, "QUICK", short)
    monkeypatch.setenv("COLUMNS", "200")
    for name, kind in (("plain", Colours), ("more", Background)):
        (tmp_path / f"{name}.tflite").write_bytes(tiny(kind))
    for n in range(6):
        pixels = np.full((40, 48, 3), 40, np.uint8)
        pixels[..., n % 3] = 200
        path = tmp_path / "data" / str(n % 3) / f"{n}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        write_image(path, pixels)
    return tmp_path


def run(*arguments: object, code: int = 0):
    done = CliRunner().invoke(app, ["challenge", *map(str, arguments)])
    assert done.exit_code == code, (done.output, done.exception)
    return done


def test_models_are_judged_and_written_down(folder) -> None:
    done = run(
        *("run", folder / "plain.tflite", folder / "more.tflite", "--data", folder / "data"),
        *("--quick", "--record", folder / "v.json", "--plot", folder / "v.svg"),
    )
    assert "6 (6 .. 6)" in done.stdout
    assert "100.0%" in done.stdout
    found = json.loads((folder / "v.json").read_text())
    assert found["models"]["plain"]["accuracy"]["value"] == 1
    assert found["models"]["more"]["scores"]["score"]["value"] == 6
    assert found["machine"]["cpu"]
    assert "<svg" in (folder / "v.svg").read_text()


def test_all_of_it_is_json_where_that_is_asked_for(folder) -> None:
    models = folder / "plain.tflite", folder / "more.tflite"
    judged = run("run", *models, "--data", folder / "data", "--quick", "--json")
    assert set(json.loads(judged.stdout)["models"]) == {"plain", "more"}
    for command in ("time", "compare"):
        timed = run(command, *models, "--quick", "--json", "--record", folder / "r.json")
        assert timed.stdout.strip() == (folder / "r.json").read_text().strip()
        assert timed.stderr == f"wrote {folder / 'r.json'}\n"
    rows = [json.loads(row) for row in run("macs", models[0], "--json").stdout.splitlines()]
    assert {"MEAN", "FULLY_CONNECTED"} & {row["operator"] for row in rows}


def test_two_models_are_compared(folder) -> None:
    done = run("compare", folder / "plain.tflite", folder / "plain.tflite", "--quick")
    assert "time of plain over plain-2: " in done.stdout


def test_operators_are_counted_and_timed(folder) -> None:
    done = run("macs", folder / "plain.tflite", "--operators", "--time")
    assert "MEAN" in done.stdout
    assert "million multiply-accumulates" in done.stdout


def test_an_output_that_is_the_model_is_refused(folder) -> None:
    model = folder / "plain.tflite"
    done = run("run", model, "--data", folder / "data", "--record", model, code=1)
    assert "is what is read here" in str(done.exception)
    assert model.read_bytes() == tiny(Colours)


def test_a_model_that_is_not_there_is_told_of(folder) -> None:
    done = run("macs", folder / "none.tflite", code=1)
    assert "no such model file" in str(done.exception)
