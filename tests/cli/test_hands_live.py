import signal
import subprocess
import sys
from functools import partial
from pathlib import Path
from urllib.request import urlopen

import pytest
from live_outside import run_live
from visiting import visitor

from firsthand.cli.hands import app
from firsthand.errors import ConfigError, DownloadError

run = partial(run_live, app)


def test_a_page_is_served_and_its_address_printed():
    done, outside = run()
    assert done.exit_code == 0, done.output
    assert (outside.loaded, outside.served) == (["full"], [("Hands", 0, True)])
    assert done.stdout == "Hands: http://127.0.0.1:9/?token=x\n"
    assert done.stderr == "Ctrl-C ends it.\n"


def test_options_are_passed_on():
    done, outside = run("--model", "lite", "--port", "8123", "--no-browser", "--max-hands", "4")
    assert done.exit_code == 0, done.output
    assert (outside.loaded, outside.served) == (["lite"], [("Hands", 8123, False)])


def test_files_of_ones_own_take_the_place_of_the_models_and_are_chosen_first():
    done, outside = run("--model", "tiny", "--landmark", "mine.tflite")
    assert done.exit_code == 0, done.output
    assert (outside.loaded, outside.files) == (["tiny"], [{"landmark": Path("mine.tflite")}])
    with visitor(outside.page) as client:
        about = client.get("/about").json()
    assert (about["model"], about["models"][0]) == ("own", "own")
    assert "tiny" in about["models"]


@pytest.mark.parametrize(
    "arguments",
    [("--port", "-1"), ("--port", "65536"), ("--max-hands", "0"), ("--max-hands", "65")],
)
def test_options_out_of_range_are_a_wrong_use(arguments):
    done, outside = run(*arguments)
    assert (done.exit_code, outside.served) == (2, [])


def test_a_model_that_does_not_exist_is_told_before_anything_is_served():
    done, outside = run("--model", "huge")
    assert isinstance(done.exception, ConfigError)
    assert "full, lite, not 'huge'" in str(done.exception)
    assert (outside.loaded, outside.served) == ([], [])


def test_so_is_one_that_cannot_be_had():
    done, outside = run(error=DownloadError("no source delivered"))
    assert isinstance(done.exception, DownloadError)
    assert outside.served == []


@pytest.mark.models
def test_the_command_serves_until_ctrl_c():
    command = [sys.executable, "-m", "firsthand.cli", "hands", "live", "--no-browser"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen([*command, "--model", "lite"], **pipes) as process:
        try:
            line = process.stdout.readline()
            assert line.startswith("Hands: http://127.0.0.1:")
            with urlopen(line.split()[-1], timeout=30) as answer:
                assert answer.status == 200
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=30)
        finally:
            process.kill()
    assert (process.returncode, out) == (0, "")
    assert "Traceback" not in err
