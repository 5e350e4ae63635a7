"""`firsthand compress run`, `pick` and `show`."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from colours import colours
from typer.testing import CliRunner

from firsthand.cli.command import app
from firsthand.compress import Member, write_members
from firsthand.measure import Warmup, single_stream
from firsthand.media import write_image

MODEL = """
import sys
sys.path.insert(0, {tests!r})
from colours import Small

def make(classes):
    return Small(classes)
"""


def run(*arguments: object, code: int = 0):
    done = CliRunner().invoke(app, ["compress", *map(str, arguments)])
    assert done.exit_code == code, (done.output, done.exception)
    return done


def member(name: str, size: int, accuracy: float, us: float, *, teacher: bool = False) -> Member:
    return Member(
        name, f"{name}.tflite", "int8", size, 10 * size, accuracy, accuracy - 0.01, accuracy + 0.01,
        0.99, us, us - 1, us + 1, 1.1 * us, 1.0, 0.1, teacher,
    )  # fmt: skip


@pytest.fixture
def family(tmp_path) -> Path:
    write_members(
        tmp_path,
        [
            member("teacher", 900_000, 0.95, 5000, teacher=True),
            member("large", 200_000, 0.945, 1500),
            member("small", 50_000, 0.90, 300),
        ],
    )
    return tmp_path


@pytest.mark.slow
def test_pictures_and_a_network_become_a_family(tmp_path, monkeypatch) -> None:
    short = replace(
        single_stream.QUICK, queries=12, seconds=0.0, launches=1, block_s=1e-3,
        warmup=Warmup(max_blocks=0),
    )  # fmt: skip
    monkeypatch.setattr(single_stream, "QUICK", short)
    tests = str(Path(__file__).parents[1] / "train" / "compress")
    (tmp_path / "own.py").write_text(MODEL.format(tests=tests))
    pictures = colours(60)
    for at, (pixels, label) in enumerate(zip(pictures.pixels, pictures.labels, strict=True)):
        path = tmp_path / "data" / pictures.names[label] / f"{at}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        write_image(path, pixels)
    out = tmp_path / "out"
    command = (
        *("run", f"{tmp_path / 'own.py'}:make", "--data", tmp_path / "data", "-o", out),
        *("--teacher-epochs", 2, "--epochs", 2, "--int8-epochs", 1, "--batch", 16, "--quick"),
        *("--budget", "size <= 16 KB"),
    )
    done = run(*command)
    assert "size <= 16 KB" in done.stdout
    assert "training 3 students" in done.stderr
    names = {"teacher", "large", "middle", "small"}
    assert {path.stem for path in out.glob("*.tflite")} == names
    assert {path.stem for path in out.glob("*.json")} == names
    assert all((out / f"{name}.tflite").stat().st_size <= 16_000 for name in names - {"teacher"})
    assert (out / "pareto.html").is_file()
    again = run(*command)
    assert "training 3 students" not in again.stderr  # all of that was done
    chosen = json.loads(run("pick", out, "--json").stdout)
    assert chosen["fits"]
    assert np.isfinite(chosen["median_us"])


def test_the_most_accurate_within_a_budget_is_picked(family) -> None:
    assert "large.tflite: 94.50% right, 200 KB" in run("pick", family, "--latency", "2ms").stdout
    assert "small.tflite" in run("pick", family, "--size", "100KB").stdout
    assert "small.tflite" in run("pick", family, "--budget", "macs <= 1 M").stdout
    nothing = run("pick", family, "--latency", "0.1ms", "--drop", "1pt", code=1).stdout
    assert "nothing is within latency <= 0.1 ms, accuracy drop <= 1 pt; nearest is" in nothing


def test_a_family_is_shown(family) -> None:
    shown = run("show", family).stdout
    assert "94.50% (93.50 .. 95.50)" in shown
    assert "teacher (int8)" in shown
    told = [json.loads(line) for line in run("show", family, "--json").stdout.splitlines()]
    assert {each["name"] for each in told} == {"teacher", "large", "small"}


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("pick", "{}/absent"), "is no family's table"),
        (("pick", "{}", "--latency", "soon"), "is no limit"),
        (("run", "{}/m.py:make", "--data", "{}/absent", "-o", "{}/o"), "no such folder"),
        (("run", "m.py", "--data", "{}", "-o", "{}/o"), "no pictures in folders"),
        (("run", "m.py:make", "--data", "{}", "-o", "{}/o", "--budget", "size > 3"), "no limit"),
    ],
)
def test_what_is_wrong_is_told(family, arguments, told) -> None:
    done = run(*(each.replace("{}", str(family)) for each in arguments), code=1)
    assert told in str(done.exception)
