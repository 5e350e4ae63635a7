"""`firsthand doctor` as it is run, in environments that are whole and that are not."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import firsthand

SOURCE = Path(firsthand.__file__).parents[1]


@pytest.fixture
def run(tmp_path):
    """Run Python with modules of one's own in front of all others."""
    front = tmp_path / "front"
    front.mkdir()

    def call(*arguments: str, **modules: str) -> subprocess.CompletedProcess[str]:
        for name, code in modules.items():
            (front / f"{name}.py").write_text(code)
        environ = {
            "PYTHONPATH": os.pathsep.join([str(front), str(SOURCE)]),
            "FIRSTHAND_MODELS": str(tmp_path / "models"),
            "PATH": os.environ["PATH"],
        }
        command = [sys.executable, "-m", *arguments]
        return subprocess.run(command, capture_output=True, text=True, env=environ, timeout=120)

    return call


def test_a_whole_environment_in_lines(run):
    done = run("firsthand.cli", "doctor")
    assert done.returncode == 0, done.stdout
    groups = [line for line in done.stdout.splitlines() if not line.startswith(" ")]
    assert groups == ["machine", "base install", "models", "extras", "programs and libraries"]
    assert "  ok      numpy: " in done.stdout
    assert "firsthand models pull mediapipe-palm-lite" in done.stdout


def test_a_whole_environment_as_json_by_either_command(run):
    first, second = run("firsthand.cli", "doctor", "--json"), run("firsthand.doctor", "--json")
    report = json.loads(first.stdout)
    assert report["works"]
    assert report["firsthand"] == firsthand.__version__
    assert [check["name"] for check in report["checks"]] == [
        check["name"] for check in json.loads(second.stdout)["checks"]
    ]
    assert {check["status"] for check in report["checks"]} <= {"ok", "missing", "broken"}


def test_a_broken_package_of_the_base_install(run):
    done = run("firsthand.cli", "doctor", "--json", cv2="raise ImportError('libGL is gone')")
    assert done.returncode == 1
    faults = [check for check in json.loads(done.stdout)["checks"] if check["needed"]]
    faults = [check for check in faults if check["status"] != "ok"]
    assert [(check["name"], check["status"]) for check in faults] == [
        ("opencv-python-headless", "broken")
    ]
    assert faults[0]["detail"].endswith("cannot be imported: ImportError: libGL is gone")


def test_where_the_command_line_cannot_be_loaded_the_module_still_tells(run):
    broken = {"typer": "raise ImportError('half a file')"}
    done = run("firsthand.cli", "--help", **broken)
    assert done.returncode == 1
    assert done.stderr.startswith("firsthand: the command line cannot be loaded: half a file")
    assert "-m firsthand.doctor" in done.stderr
    told = run("firsthand.doctor", **broken)
    assert told.returncode == 1
    assert "cannot be imported: ImportError: half a file" in told.stdout


def test_an_import_that_fails_below_a_command_is_one_line(run, tmp_path):
    picture = tmp_path / "a.jpg"
    picture.write_bytes(b"")
    broken = "raise ImportError('libGL is gone')"
    done = run("firsthand.cli", "hands", "track", str(picture), cv2=broken)
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "firsthand: libGL is gone: `firsthand doctor` says what is missing or broken"
    ]
