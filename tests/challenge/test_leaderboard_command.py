"""`firsthand challenge leaderboard` and `submit`, and what is left when all is killed."""

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from urllib.parse import urlsplit

import board_models as models
import httpx2
import psutil
import pytest
import typer
from board_page import card_of, images_in, written
from typer.testing import CliRunner

from firsthand.challenge.leaderboard import Board
from firsthand.cli.challenge_board import default_board, leaderboard, submit
from firsthand.cli.pages import Pages
from firsthand.errors import ChecksumError, InputError, ModelError, ModelNotFoundError

app = typer.Typer()
app.command()(leaderboard)
app.command()(submit)


def run(*arguments, obj=None, code=0):
    done = CliRunner().invoke(app, [str(each) for each in arguments], obj=obj)
    assert done.exit_code == code, (done.output, done.exception)
    return done


def test_a_page_is_served_and_its_address_printed(tmp_path):
    served = []

    def serve(page, **options):
        served.append((page.title, options["port"], options["open_browser"]))
        options["announce"]("http://127.0.0.1:9/?token=x")

    data, board = images_in(tmp_path / "images"), tmp_path / "board"
    done = run(
        *("leaderboard", "--data", data, "--board", board, "--port", 8123, "--no-browser"),
        obj=Pages(serve),
    )
    assert served == [("Leaderboard", 8123, False)]
    assert done.stdout == "Leaderboard: http://127.0.0.1:9/?token=x\n"
    assert done.stderr == "Ctrl-C ends it.\n"
    assert (board / "board.sqlite3").is_file()
    nowhere = run(
        "leaderboard", "--data", tmp_path / "no", "--board", board, obj=Pages(serve), code=1
    )
    assert isinstance(nowhere.exception, InputError)
    run("leaderboard", "--data", data, "--memory-gb", "0", code=2)
    run("leaderboard", code=2)


def test_a_model_is_submitted_with_the_card_beside_it_or_another(tmp_path):
    board = ("--board", tmp_path / "board")
    model = written(tmp_path, models.classifier(), name="given")
    (tmp_path / "given.json").write_bytes(model.card.to_json())
    done = run("submit", model.path, *board)
    assert done.stdout.startswith(f"given ({model.card.sha256[:12]}) is accepted.")
    assert "was submitted before, and is waiting" in run("submit", model.path, *board).stdout

    other = models.classifier(seed=1)
    (tmp_path / "other.tflite").write_bytes(other)
    (tmp_path / "card.json").write_bytes(card_of(other, name="by-its-card").to_json())
    done = run("submit", tmp_path / "other.tflite", "--card", tmp_path / "card.json", *board)
    assert done.stdout.startswith("by-its-card ")
    with Board(tmp_path / "board") as found:
        assert [each.card.name for each in found.entries()] == ["given", "by-its-card"]
        found.refuse(model.card.sha256, "it gave no answer\nin time")
    assert "is refused: it gave no answer" in run("submit", model.path, *board).stdout


def test_what_is_no_submission_is_told(tmp_path):
    board = ("--board", tmp_path / "board")
    (tmp_path / "x.tflite").write_bytes(b"x")
    (tmp_path / "card.json").write_bytes(card_of(b"y").to_json())
    for arguments, error in (
        ((tmp_path / "no.tflite",), ModelNotFoundError),
        ((tmp_path / "x.exe",), ModelError),
        ((tmp_path / "x.tflite", "--card", tmp_path / "card.json"), ChecksumError),
        ((tmp_path / "x.tflite", "--card", tmp_path / "no.json"), ModelError),
    ):
        assert isinstance(run("submit", *arguments, *board, code=1).exception, error)
    (tmp_path / "x.onnx").write_bytes(b"y")
    wrong = run("submit", tmp_path / "x.onnx", "--card", tmp_path / "card.json", *board, code=1)
    assert "describes a .tflite file, not x.onnx" in str(wrong.exception)


def test_the_board_is_where_the_environment_says(monkeypatch, tmp_path):
    monkeypatch.setenv("FIRSTHAND_BOARD", str(tmp_path / "mine"))
    assert default_board() == tmp_path / "mine"
    monkeypatch.delenv("FIRSTHAND_BOARD")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert default_board() == tmp_path / "firsthand" / "leaderboard"


PROGRAM = (
    "import typer; from firsthand.cli.challenge_board import leaderboard; typer.run(leaderboard)"
)


@contextmanager
def served(tmp_path, *options):
    """A server in a process of its own, and somebody at its page."""
    command = [sys.executable, "-c", PROGRAM, "--data", tmp_path / "images"]
    command += ["--board", tmp_path / "board", "--no-browser", "--quick", *options]
    with subprocess.Popen(list(map(str, command)), stdout=subprocess.PIPE, text=True) as server:
        try:
            address = server.stdout.readline().split()[1]
            own = address.partition("/?")[0]
            cookies = {f"firsthand_{urlsplit(own).port}": address.partition("token=")[2]}
            with httpx2.Client(base_url=own, cookies=cookies) as client:
                yield server, client
        finally:
            server.kill()


def entries(client):
    return {each["name"]: each for each in client.get("/api/board").json()["entries"]}


def waited(what, seconds=60.0):
    until = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < until
        threading.Event().wait(0.02)
    return found


@pytest.mark.skipif(sys.platform != "linux", reason="looks at processes as Linux has them")
def test_a_server_that_is_killed_goes_on_where_it_was(tmp_path, monkeypatch):
    """Killed while a model hangs: nothing of it runs on, and all that was accepted is judged."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))  # the lock of measurements is its own
    images_in(tmp_path / "images")
    board = ("--board", tmp_path / "board")
    for name, data in {
        "first": models.classifier(),
        "endless": models.endless(),
        "last": models.classifier(seed=1),
    }.items():
        run("submit", written(tmp_path / name, data, name=name).path, *board)
        (tmp_path / name / f"{name}.json").unlink(missing_ok=True)
    with served(tmp_path) as (server, client):
        waited(lambda: entries(client)["first"]["state"] == "judged")
        waited(lambda: client.get("/api/board").json()["now"]["stage"] == "loading")
        processes = waited(
            lambda: (found := psutil.Process(server.pid).children(recursive=True))[1:] and found
        )
        os.kill(server.pid, signal.SIGKILL)
        server.wait()
    waited(lambda: not [p for p in processes if p.is_running() and p.status() != "zombie"])
    with Board(tmp_path / "board") as found:
        states = {each.card.name: (each.state, each.tries) for each in found.entries()}
    assert states == {"first": ("judged", 0), "endless": ("waiting", 0), "last": ("waiting", 0)}

    with served(tmp_path, "--timeout-s", "3") as (server, client):
        run("submit", written(tmp_path, models.classifier(seed=2), name="late").path, *board)
        found = waited(
            lambda: (
                (all_ := entries(client))
                and {e["state"] for e in all_.values()} <= {"judged", "refused"}
                and all_
            )
        )
        server.send_signal(signal.SIGINT)
        assert server.wait(20) in (0, -signal.SIGINT, 130)
    assert found["endless"]["reason"] == "it gave no answer in time (loading)"
    assert [found[name]["state"] for name in ("first", "last", "late")] == ["judged"] * 3
