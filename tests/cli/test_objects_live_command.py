import signal
import subprocess
import sys
from functools import partial
from pathlib import Path
from urllib.request import urlopen

import pytest
from live_outside import run_live
from visiting import visitor

from firsthand.cli.objects import app
from firsthand.errors import ConfigError, DownloadError

run = partial(run_live, app)
CHAIRS = (
    Path(__file__).resolve().parents[2] / "benchmarks/weights/objects/firsthand-chair-boxes.tflite"
)


def test_a_page_is_served_and_its_address_printed():
    done, outside = run()
    assert done.exit_code == 0, done.output
    assert (outside.loaded, outside.served) == (["shoe"], [("Objects", 0, True)])
    assert done.stdout == "Objects: http://127.0.0.1:9/?token=x\n"
    assert done.stderr == "Ctrl-C ends it.\n"


def test_options_are_passed_on():
    done, outside = run(
        *("--category", "sneakers", "--port", "8123", "--no-browser", "--max-objects", "3"),
        *("--threshold", "0.3", "--focal-px", "500", "--longest-m", "0.3"),
    )
    assert done.exit_code == 0, done.output
    assert (outside.loaded, outside.served) == (["shoe"], [("Objects", 8123, False)])
    with visitor(outside.page) as client:
        about = client.get("/about").json()
    chosen = {"category": "shoe", "max_objects": 3, "threshold": 0.3, "focal_px": 500}
    expected = {**chosen, "longest_m": 0.3}
    assert {name: about[name] for name in expected} == expected


def test_of_which_pictures_a_focal_length_is_says_the_help():
    done, _ = run("--help")
    told = " ".join(done.output.replace("│", " ").split())
    assert "640 pixels long at most: --focal-px is then in those pixels" in told
    assert "in pixels of the picture" in told


def test_a_network_of_ones_own_is_chosen_at_first():
    done, outside = run("--model", str(CHAIRS))
    assert done.exit_code == 0, done.output
    assert (outside.loaded, outside.served) == ([], [("Objects", 0, True)])
    with visitor(outside.page) as client:
        about = client.get("/about").json()
    assert about["category"] == "chair (own)"
    assert about["models"] == ["camera", "chair", "cup", "shoe", "chair (own)"]


@pytest.mark.parametrize(
    "arguments",
    [
        ("--model", str(CHAIRS), "--category", "cup"),
        ("--port", "65536"),
        ("--max-objects", "0"),
        ("--max-objects", "65"),
        ("--threshold", "1"),
        ("--focal-px", "x"),
    ],
)
def test_options_out_of_range_are_a_wrong_use(arguments):
    done, outside = run(*arguments)
    assert (done.exit_code, outside.loaded, outside.served) == (2, [], [])


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("--category", "elephant"), "not 'elephant'"),
        (("--focal-px", "nan"), "not nan"),
        (("--longest-m", "-1"), "not -1.0"),
        (("--longest-m", "1e-7"), "longest_m is 1e-06..999999 on a live page, not 1e-07"),
        (("--focal-px", "0.5"), "focal_px is 1..1000000 on a live page, not 0.5"),
    ],
)
def test_what_there_is_not_is_told_before_anything_is_served(arguments, why):
    done, outside = run(*arguments)
    assert isinstance(done.exception, ConfigError)
    assert why in str(done.exception)
    assert (outside.loaded, outside.served) == ([], [])


def test_without_models_the_page_opens_all_the_same_and_a_line_says_so():
    done, outside = run("--category", "chair", error=DownloadError("no source delivered"))
    assert done.exit_code == 0, done.output
    assert outside.served == [("Objects", 0, True)]
    told = " ".join(done.stderr.split())
    assert "there are no models of a chair yet (no source delivered)" in told


@pytest.mark.models
def test_the_command_serves_until_ctrl_c():
    command = [sys.executable, "-m", "firsthand.cli", "objects", "live", "--no-browser"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen([*command, "--category", "cup"], **pipes) as process:
        try:
            line = process.stdout.readline()
            assert line.startswith("Objects: http://127.0.0.1:")
            with urlopen(line.split()[-1], timeout=30) as answer:
                assert answer.status == 200
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=30)
        finally:
            process.kill()
    assert (process.returncode, out) == (0, "")
    assert "Traceback" not in err
