"""Measuring models in processes of their own: what is asked for is done, and what fails is told."""

import math
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from firsthand.errors import BusyError, InputError, PeerError
from firsthand.measure import Warmup
from firsthand.measure.single_stream import (
    ModelProcess,
    Rules,
    alone_on_this_machine,
    last_cpu,
    measure_streams,
)

MODELS = Path(__file__).parents[1] / "golden" / "models"
SUM, INT8 = MODELS / "sum_product.tflite", MODELS / "int8.tflite"
FEW = Rules(
    queries=24,
    seconds=0,
    launches=2,
    block_s=1e-5,
    warmup=Warmup(window=1, max_blocks=2),
    sentinel_tolerance=math.inf,
    waiting_tolerance=math.inf,
)


@pytest.fixture(autouse=True)
def own_lock(tmp_path, monkeypatch) -> None:
    """Measurements of other tests, and of whoever else uses the machine, are none of ours."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


def test_every_model_answers_what_the_rules_want_in_every_launch() -> None:
    shares: list[float] = []
    found = measure_streams({"sum": SUM, "int8": INT8}, FEW, progress=shares.append)
    assert list(found.streams) == ["sum", "int8"]
    for name, each in found.streams.items():
        assert len(each.launches) == 2
        assert sum(each.launches) == len(each.sentinel_us) == len(each.waited)
        in_launch = np.bincount(each.launch[each.block])
        assert (in_launch >= 12).all()
        assert (each.query_us > 0).all()
        latency = found.latency(name)
        assert (latency.launches, latency.doubtful) == (2, False)
        assert latency.queries == len(each.query_us)
    assert found.streams["int8"].inputs[0]["dtype"] == "int8"
    assert "in 2 launches" in found.rules_note
    assert shares == sorted(shares)
    assert shares[-1] == 1
    assert found.ratio("sum", "sum").value == 1


def test_models_are_timed_in_turn() -> None:
    found = measure_streams({"sum": SUM, "int8": INT8}, FEW)
    assert found.streams["sum"].launches == found.streams["int8"].launches


def test_given_inputs_are_taken_and_others_are_refused() -> None:
    given_inputs = {"i0": np.ones((3, 2, 3), np.float32), "i1": np.ones((3, 2, 3), np.float32)}
    assert measure_streams({"sum": SUM}, FEW, inputs={"sum": given_inputs}).latency("sum").queries
    with pytest.raises(PeerError, match="sum: "):
        measure_streams({"sum": SUM}, FEW, inputs={"sum": {"i0": np.ones((3, 2, 3), np.float32)}})


@pytest.mark.parametrize("name", ["any_rows.tflite", "data_shape.tflite", "any_rows.onnx"])
def test_open_sizes_count_as_one_or_are_told(name) -> None:
    try:
        found = measure_streams({"open": MODELS / name}, FEW)
    except PeerError as error:
        assert str(error).startswith("open: ")  # noqa: PT017 - some such models run, some cannot
    else:
        assert found.latency("open").queries >= FEW.queries


@pytest.mark.parametrize("source", ["sum_product.tflite", "sum_product.onnx"])
@pytest.mark.parametrize("share", [0.0, 0.5, 0.9])
def test_a_truncated_model_is_named_and_nothing_stays_behind(tmp_path, source, share) -> None:
    data = (MODELS / source).read_bytes()
    broken = tmp_path / source
    broken.write_bytes(data[: int(share * len(data))])
    with pytest.raises(PeerError, match="broken: "):
        measure_streams({"whole": SUM, "broken": broken}, FEW)
    with alone_on_this_machine():  # the machine is free again
        pass


def test_a_corrupt_or_missing_model_is_named(tmp_path) -> None:
    corrupt = tmp_path / "corrupt.tflite"
    data = bytearray(SUM.read_bytes())
    data[16:] = np.random.default_rng(0).bytes(len(data) - 16)
    corrupt.write_bytes(data)
    for path in (corrupt, tmp_path / "missing.tflite", tmp_path):
        with pytest.raises(PeerError, match="bad: "):
            measure_streams({"bad": path}, FEW)


def test_a_model_that_gives_no_answer_is_ended() -> None:
    with ModelProcess("slow", SUM, replace(FEW, timeout_s=60), last_cpu()) as process:
        process.load()
        process.call("draw", seed=0, count=1)
        process.stop()  # and so it never answers
        process.rules = replace(FEW, timeout_s=0.05)
        with pytest.raises(PeerError, match=r"slow: it gave no answer in time \(running\)"):
            process.call("block", queries=1, unmeasured=0)
        with pytest.raises(PeerError, match=r"slow: .*not running"):
            process.call("block", queries=1, unmeasured=0)


def test_loading_may_take_too_long() -> None:
    with ModelProcess("slow", SUM, replace(FEW, timeout_s=60), last_cpu()) as process:
        process.stop()
        process.rules = replace(FEW, timeout_s=0.05)
        with pytest.raises(PeerError, match=r"slow: it gave no answer in time"):
            process.load()


def test_a_model_that_takes_too_much_memory_is_named() -> None:
    with pytest.raises(PeerError, match="large: "):
        measure_streams({"large": SUM}, replace(FEW, memory_bytes=1 << 20))


def test_two_measurements_at_once_are_one_too_many() -> None:
    with alone_on_this_machine():
        with pytest.raises(BusyError, match="another measurement goes on"):
            measure_streams({"sum": SUM}, FEW)
        assert measure_streams({"sum": SUM}, FEW, alone=False).latency("sum").queries
    assert measure_streams({"sum": SUM}, FEW).latency("sum").queries


def test_a_machine_that_is_never_quiet_ends_the_measurement_with_doubts() -> None:
    never = replace(FEW, sentinel_tolerance=-1, patience=1)
    found = measure_streams({"sum": SUM}, never)
    assert found.latency("sum").doubtful
    assert found.disturbed("sum").all()
    assert any("the machine was so busy" in doubt for doubt in found.doubts)


def test_quiet_known_from_another_run_is_held_on_to() -> None:
    found = measure_streams({"sum": SUM}, FEW, quiet_us=1e-3)
    assert found.quiet_us == 1e-3
    strict = replace(found, sentinel_tolerance=0.15)
    assert strict.disturbed("sum").all()


def test_nothing_to_measure() -> None:
    with pytest.raises(InputError, match="there is no model"):
        measure_streams({}, FEW)


@given(
    queries=st.integers(2, 5000),
    seconds=st.floats(0, 100),
    launches=st.integers(1, 8),
    block_s=st.floats(1e-3, 1),
    each_s=st.floats(1e-7, 1),
)
def test_blocks_are_long_enough_for_all_to_be_done_together(
    queries, seconds, launches, block_s, each_s
) -> None:
    launches = min(launches, queries)
    rules = Rules(queries=queries, seconds=seconds, launches=launches, block_s=block_s)
    block = rules.block_queries(each_s)
    assert block >= 1
    assert block * rules.rounds * launches >= queries
    assert block * each_s <= block_s or block == math.ceil(queries / launches / rules.rounds)
    assert rules.rounds * launches * block_s >= seconds * (1 - 1e-9)


@pytest.mark.parametrize(
    "wrong",
    [
        {"queries": 1},
        {"seconds": -1},
        {"patience": 0.5},
        {"block_s": 0},
        {"launches": 0},
        {"queries": 4, "launches": 5},
    ],
)
def test_rules_that_cannot_be(wrong) -> None:
    with pytest.raises(InputError):
        Rules(**wrong)


@pytest.mark.skipif(sys.platform != "linux", reason="prctl is Linux's")
def test_a_models_process_ends_with_who_started_it() -> None:
    """Killed, that one can ask nothing to end; and whoever answers queries does not look up."""
    script = f"""
from pathlib import Path
from firsthand.measure.single_stream import ModelProcess, Rules
with ModelProcess("sum", Path({str(SUM)!r}), Rules(), None) as process:
    process.load()
    process.call("draw", seed=0, count=1)
    print(process._peer._process.pid, flush=True)
    process.call("block", queries=100_000_000, unmeasured=0)
"""
    command = [sys.executable, "-c", script]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as ours:
        assert ours.stdout is not None
        model = psutil.Process(int(ours.stdout.readline()))
        begun = model.cpu_times().user
        while model.cpu_times().user < begun + 0.3:  # it is at work
            pass
        ours.kill()
        ours.wait()
        assert psutil.wait_procs([model], timeout=30)[1] == []
