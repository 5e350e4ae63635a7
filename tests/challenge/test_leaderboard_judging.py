"""The judge at work: good models, and all that misbehave, one after another."""

import json
import os
import signal
import tempfile
import threading
import time
from dataclasses import replace

import board_models as models
import pytest
from board_page import QUICK, card_of, images_in, listed, page, send, settled, submitted
from visiting import ORIGIN

from firsthand.challenge.leaderboard import Board
from firsthand.challenge.leaderboard.worker import NOW, Judge, Orders, reason
from firsthand.challenge.web.judge import JudgeProcess
from firsthand.errors import BusyError, MediaError, ModelError, PeerError
from firsthand.measure.single_stream import alone_on_this_machine
from firsthand.runtime import Measurement, TensorCard

RANGE = "real values in 0..1"


@pytest.fixture
def images(tmp_path):
    return images_in(tmp_path / "images")


@pytest.fixture(autouse=True)
def no_other_measurement(tmp_path, monkeypatch):
    """The lock by which measurements keep apart is a file of this test's own."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)


def orders_of(tmp_path, **changed) -> Orders:
    (tmp_path / "board").mkdir(exist_ok=True)
    fields = {"board": tmp_path / "board", "data": tmp_path / "images", "rules": QUICK}
    return Orders(**fields | changed)


def test_orders_are_the_same_on_the_other_side(tmp_path):
    orders = orders_of(tmp_path, longest_s=7.0)
    assert Orders.from_json(orders.to_json()) == orders


def test_a_good_model_stands_and_all_others_are_refused_or_marked(tmp_path, images):
    """One hangs, one eats memory, some are no classifiers, one is cut off, two lie."""
    good = models.classifier()
    liar = models.classifier(seed=1)
    boaster = models.classifier(seed=2)
    card = {
        "good": card_of(good, name="good", preprocessing=RANGE, description="honest"),
        "liar": card_of(
            liar, name="liar", inputs=(TensorCard("image", (1, 9, 9, 3), "float32", ""),)
        ),
        "boaster": card_of(
            boaster,
            name="boaster",
            labels=("red", "green", "blue"),
            accuracy=(Measurement("top-1 accuracy", 1.0, "everything"),),
        ),
    }
    sent = {
        "endless": models.endless(),
        "hungry": models.hungry(),
        "cut": models.classifier(seed=3)[:300],
        "noise": b"\x1c\x00\x00\x00TFL3" + bytes(range(256)) * 4,
        "two": models.of_input(count=2),
        "open": models.of_input(signature=(1, -1, -1, 3)),
        "whole": models.of_input(kind=models.INT32),
        "flat": models.of_input((1, 8, 8, 1)),
        "numberless": models.not_numbers(),
        "boaster": boaster,
        "liar": liar,
        "many": models.classifier(7),
        "good": good,
    }
    rules = replace(QUICK, timeout_s=8.0, memory_bytes=4 << 30)

    def start(orders):
        return JudgeProcess(replace(orders, rules=rules))

    with page(tmp_path / "board", images, start=start) as client:
        for name, data in sent.items():
            given = card[name].to_json() if name in card else b""
            assert send(client, f"{name}.tflite", data, given).status_code == 201
        found = settled(client)
    refused = {name: each["reason"] for name, each in found.items() if each["state"] == "refused"}
    for name, words in {
        "endless": "it gave no answer in time (loading)",
        "hungry": "it may have 4 GB of memory",
        "cut": "LiteRT cannot load this model",
        "noise": "LiteRT cannot load this model",
        "two": "it has 2 inputs; one image is what it gets",
        "open": "its input has the open shape",
        "whole": "its input is int32",
        "flat": "(1, height, width, 3) is wanted",
        "liar": "its card gives its input as (1, 9, 9, 3) of float32, and it is (1, 8, 8, 3)",
        "many": "it tells 7 classes apart",
    }.items():
        assert words in refused.pop(name)
    assert refused == {}
    assert str(tmp_path) not in json.dumps(found)

    first = found["good"]["standing"]
    assert first["accuracy"][0] == 1.0
    assert first["scores"]["score"][0] == 6
    assert 0 < first["median_ms"][0] <= first["p90_ms"][0]
    assert first["remarks"] == []
    assert "6 of 6 answers were not numbers" in found["numberless"]["standing"]["remarks"][0]
    assert found["numberless"]["standing"]["accuracy"][0] == 0


def test_a_claim_above_what_is_measured_is_marked(tmp_path, images):
    wrong = models.not_numbers()
    card = card_of(
        wrong, name="boaster", accuracy=(Measurement("top-1 accuracy", 0.99, "ImageNet"),)
    )
    with page(tmp_path / "board", images, start=JudgeProcess) as client:
        send(client, "boaster.tflite", wrong, card.to_json())
        boaster = settled(client)["boaster"]
    assert boaster["state"] == "judged"
    assert any("its card claims 99.0%" in each for each in boaster["standing"]["remarks"])


def test_a_model_that_ends_its_process_is_refused(tmp_path, images, monkeypatch):
    (tmp_path / "sudden_worker.py").write_text(
        "import os, time\n"
        "from firsthand.measure import stream_worker\n"
        "stream_worker._Timed.load = lambda *_, **__: os.abort()\n"
        "stream_worker.main()\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    (tmp_path / "sitecustomize.py").write_text(
        "import sys\n"
        "if 'leaderboard.worker' in ' '.join(sys.orig_argv):\n"
        "    from firsthand.measure import single_stream\n"
        "    single_stream.WORKER = 'sudden_worker'\n"
    )
    with page(tmp_path / "board", images, start=JudgeProcess) as client:
        send(client, "sudden.tflite", models.classifier())
        found = settled(client)["sudden"]
    assert found["reason"] == "it ended its process while loading (SIGABRT)"


def test_a_judge_that_dies_is_started_again_and_loses_nothing(tmp_path, images):
    judges = []

    def start(orders):
        judges.append(JudgeProcess(orders))
        return judges[0]

    def wait_for(what):
        until = time.monotonic() + 60
        while not what():
            assert time.monotonic() < until
            threading.Event().wait(0.01)

    with page(tmp_path / "board", images, start=start) as client:
        fatal = send(client, "fatal.tflite", models.classifier()).json()["sha256"]
        send(client, "good.tflite", models.classifier(seed=1))
        for _ in range(3):
            wait_for(lambda: judges[0].now()["judging"] == fatal)
            os.kill(judges[0]._process.pid, signal.SIGKILL)
            wait_for(lambda: judges[0].now()["judging"] is None)
        found = settled(client)
    assert found["fatal"]["reason"] == "judging it ended the judge 3 times"
    assert found["good"]["state"] == "judged"


class Stopped(Exception):
    pass


def worked(tmp_path, monkeypatch, behave, waits: int):
    """What a judge says whose `judged` is this, until it has waited so often."""
    from firsthand.challenge.leaderboard import worker

    said, left = [], [waits]

    def wait(_):
        left[0] -= 1
        if left[0] <= 0:
            raise Stopped

    monkeypatch.setattr(worker, "judged", behave)
    with pytest.raises(Stopped):
        Judge(orders_of(tmp_path), said.append, wait, time.monotonic).work()
    return said


@pytest.mark.parametrize("error", [BusyError("another goes on"), MediaError("0.png: damaged")])
def test_what_is_no_fault_of_the_models_is_waited_out(tmp_path, images, monkeypatch, error):
    def behave(*_):
        raise error

    with Board(tmp_path / "board") as board:
        key = submitted(board, tmp_path, 0)
        said = worked(tmp_path, monkeypatch, behave, 3)
        assert said[-1] == NOW | {"problem": str(error)}
        assert (board.entry(key).state, board.entry(key).tries) == ("waiting", 0)


def test_another_measurement_is_waited_for(tmp_path, images):
    with page(tmp_path / "board", images, start=JudgeProcess) as client:
        with alone_on_this_machine():
            send(client, "good.tflite", models.classifier())
            until = time.monotonic() + 60
            while "another measurement goes on" not in listed(client)["now"]["problem"]:
                assert time.monotonic() < until
                threading.Event().wait(0.02)
            assert listed(client)["entries"][0]["state"] in ("waiting", "judging")
        assert settled(client)["good"]["state"] == "judged"
        assert listed(client)["now"] == NOW


def test_judging_does_not_last_for_ever(tmp_path, images):
    def start(orders):
        return JudgeProcess(replace(orders, longest_s=0.0))

    with page(tmp_path / "board", images, start=start) as client:
        send(client, "slow.tflite", models.classifier())
        assert "took longer than 0 minutes" in settled(client)["slow"]["reason"]


def test_a_model_is_judged_again_behind_the_others(tmp_path, images):
    with page(tmp_path / "board", images, start=JudgeProcess) as client:
        send(client, "good.tflite", models.classifier())
        before = settled(client)["good"]
        path = f"/api/entries/{before['sha256']}/judge"
        assert client.post(path, headers=ORIGIN).status_code == 204
        after = settled(client)["good"]
        assert after["standing"]["accuracy"] == before["standing"]["accuracy"]


def test_a_reason_names_no_path_and_is_one_line(tmp_path):
    orders = orders_of(tmp_path)
    with Board(tmp_path / "board") as board:
        submitted(board, tmp_path, 0)
        (entry,) = board.entries()
        path = board.model(entry)

    def told(error):
        return reason(error, entry, path, orders)

    assert told(ModelError(f"tiny: {path}: LiteRT cannot load this model: no")) == (
        "LiteRT cannot load this model: no"
    )
    died = (
        "tiny: it ended its process while running: firsthand.measure.stream_worker died during "
        "block (SIGSEGV); its last words:\nTraceback\n  secret"
    )
    assert told(PeerError(died)) == "it ended its process while running (SIGSEGV)"
    assert told(PeerError("MemoryError: ")) == "MemoryError (it may have 8 GB of memory)"
    assert len(told(ModelError("x" * 5_000))) == 400
