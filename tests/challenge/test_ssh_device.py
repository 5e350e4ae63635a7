"""A board over ssh, against an sshd of the test's own on this machine."""

import ast
import os
import select
import shlex
import signal
import stat
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from loopback_sshd import CannotRunError, loopback

from firsthand.challenge.devices import Board, device_from, measure_on, places, to_json
from firsthand.challenge.devices.ssh import _sent
from firsthand.errors import BusyError, ConfigError, InputError, PeerError
from firsthand.measure import Warmup, describe_machine
from firsthand.measure.records import file_sha256
from firsthand.measure.single_stream import Rules

MODELS = Path(__file__).parents[1] / "golden" / "models"
TWO = {"sum": MODELS / "sum_product.tflite", "whole numbers": MODELS / "int8.tflite"}
QUICK = Rules(queries=16, seconds=0.0, launches=2, block_s=0.002, warmup=Warmup(max_blocks=0))
ENDLESS = replace(QUICK, seconds=1e6)
NOW = datetime(2026, 11, 29, 4, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def sshd(tmp_path_factory):
    try:
        with loopback(tmp_path_factory.mktemp("sshd")) as server:
            yield server
    except CannotRunError as error:
        pytest.skip(str(error))


@pytest.fixture
def scratch(tmp_path):
    """What the board uses for its temporary files, and its lock."""
    folder = tmp_path / "board"
    folder.mkdir()
    return folder


@pytest.fixture
def board(sshd, scratch, tmp_path):
    """Return a board whose interpreter is a script: `prelude`, then Python with `flags`."""

    def make(prelude: str = "", *, flags: str = "", last: str | None = None, **options) -> Board:
        script = tmp_path / "python on the board"  # a name that must be quoted
        run = last or f'exec {shlex.quote(sys.executable)} {flags} "$@"'
        script.write_text(
            f"#!/bin/sh\nexport TMPDIR={shlex.quote(str(scratch))}\n"
            f"unset PYTHONPATH\n{prelude}\n{run}\n"
        )
        script.chmod(script.stat().st_mode | stat.S_IXUSR)
        return Board(
            f"{sshd.user}@127.0.0.1",
            **{
                "port": sshd.port,
                "identity": sshd.identity,
                "options": sshd.options,
                "python": str(script),
                **options,
            },
        )

    return make


def left(scratch: Path) -> list[str]:
    return [each.name for each in scratch.iterdir() if each.name != "firsthand-measures.lock"]


def test_a_record_comes_back(board, scratch):
    shares = []
    record = measure_on(board(), TWO, QUICK, now=NOW, progress=shares.append)
    assert (record.device, record.date) == ("ssh", "2026-11-29T04:00:00+00:00")
    assert record.rules == QUICK
    assert dict(record.sha256) == {name: file_sha256(path) for name, path in TWO.items()}
    assert record.machine.cpu == describe_machine().cpu
    assert {"firsthand", "numpy", "ai-edge-litert"} <= set(record.versions)
    for name in TWO:
        latency = record.streams.latency(name)
        assert latency.queries >= 1
        assert latency.median_us.low <= latency.median_us.value <= latency.median_us.high
    assert record.streams.cpu in os.sched_getaffinity(0)
    assert shares[-1] == 1.0
    assert left(scratch) == []


def test_a_model_is_sent_with_its_card(board, tmp_path):
    model = tmp_path / "mine.tflite"
    model.write_bytes(TWO["sum"].read_bytes())
    model.with_suffix(".json").write_text("{}")
    names, files = _sent({"mine": model})
    assert names == {"mine": "models/0.tflite"}
    assert files["models/0.json"] == b"{}"
    with pytest.raises(PeerError, match=r"mine: .*'name' is missing"):
        measure_on(board(), {"mine": model}, QUICK)


def test_only_what_measures_is_sent():
    _, files = _sent(TWO)
    packages = {name.split("/")[1] for name in files if name.startswith("firsthand/")}
    assert packages == {"__init__.py", "errors.py", "core", "measure", "runtime"}


def test_what_old_pythons_are_sent_they_can_read():
    script = Path(places.__file__).with_name("on_board.py").read_text()
    ast.parse(script, feature_version=(3, 6))


def test_no_secret_is_on_the_command_line(board):
    command = " ".join(board().command)
    assert "BatchMode=yes" in command
    assert "key" not in command.replace("KeyChecking", "")


@pytest.mark.parametrize(
    ("python", "shown"),
    [
        ("python3", "python3 -c "),
        ("~/my env/bin/python", "~/'my env/bin/python' -c "),
        ("/opt/$(x)/python", "'/opt/$(x)/python' -c "),
    ],
)
def test_the_interpreters_name_is_quoted(python, shown):
    assert Board("pi", python=python).command[-1].startswith(shown)


def test_a_board_without_python_says_so(board):
    with pytest.raises(PeerError, match=r"has no /nowhere/python3.*install Python 3\.11"):
        measure_on(board(python="/nowhere/python3"), TWO, QUICK)


def test_a_board_without_packages_says_what_to_install(board, scratch):
    with pytest.raises(PeerError, match=r"-m pip install numpy ai-edge-litert"):
        measure_on(board(flags="-S"), TWO, QUICK)
    assert left(scratch) == []


PRETENDING = """exec {python} -c 'import sys; {what}; exec(sys.argv[1])' "$2"
"""


def test_a_board_with_an_old_python_says_so(board):
    old = PRETENDING.format(python=shlex.quote(sys.executable), what="sys.version_info = (3, 9, 2)")
    with pytest.raises(PeerError, match=r"is Python 3\.9, and 3\.11 or newer is needed"):
        measure_on(board(last=old), TWO, QUICK)


def test_a_full_disk_is_told_and_nothing_is_left(board, scratch):
    with pytest.raises(PeerError, match=r"cannot be put into its .*too large.*make room"):
        measure_on(board("ulimit -f 8"), TWO, QUICK)
    assert left(scratch) == []


def test_a_folder_that_cannot_be_written_is_told(board):
    last = PRETENDING.format(
        python=shlex.quote(sys.executable),
        what='import tempfile; tempfile.tempdir = "/nowhere"',
    )
    with pytest.raises(PeerError, match="cannot be put into its /nowhere"):
        measure_on(board(last=last), TWO, QUICK)


def test_a_corrupt_model_is_named(board, scratch, tmp_path):
    (tmp_path / "bad.tflite").write_bytes(b"no model")
    with pytest.raises(PeerError, match="bad: "):
        measure_on(board(), {**TWO, "bad": tmp_path / "bad.tflite"}, QUICK)
    assert left(scratch) == []


def test_a_board_that_says_nothing_is_not_waited_for_forever(board):
    with pytest.raises(PeerError, match=r"sent no record within 0\.5 s"):
        measure_on(board(last="exec cat > /dev/null", limit_s=0.5), TWO, QUICK)


def test_a_python_that_fails_shows_its_last_words(board):
    with pytest.raises(PeerError, match="exit code 3:\nno way"):
        measure_on(board(last="echo no way >&2; exit 3"), TWO, QUICK)


def test_a_shell_that_talks_is_told_of(board):
    with pytest.raises(PeerError, match="its shell must say nothing"):
        measure_on(board("echo Welcome to the board"), TWO, QUICK)


def test_a_connection_that_breaks_leaves_nothing_on_the_board(board, scratch, tmp_path):
    pids = tmp_path / "pids"
    device = board(f'echo "$PPID $$" > {shlex.quote(str(pids))}')
    watched: list[int] = []

    def break_it(_share: float) -> None:
        if not watched:
            server, python = map(int, pids.read_text().split())
            watched.append(os.pidfd_open(python))
            os.kill(server, signal.SIGKILL)

    with pytest.raises(PeerError, match="connection broke"):
        measure_on(device, TWO, ENDLESS, progress=break_it)
    (ended,) = watched
    with os.fdopen(ended, closefd=True):
        assert select.select([ended], [], [], 60)[0], "the board's process goes on"
    assert left(scratch) == []


def test_who_stops_waiting_ends_the_board_too(board, scratch):
    def stop(_share: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        measure_on(board(), TWO, ENDLESS, progress=stop)
    assert left(scratch) == []  # ssh ended only once the board had


def replaying(answer: Path) -> str:
    return f"cat {shlex.quote(str(answer))}; cat > /dev/null"


def test_a_record_of_another_run_is_refused(board, tmp_path):
    answer = tmp_path / "answer"
    keep = f'{shlex.quote(sys.executable)} "$@" | tee {shlex.quote(str(answer))}'
    measure_on(board(last=keep), TWO, QUICK, now=NOW)
    with pytest.raises(PeerError, match="comes from another run; nothing of it is used"):
        measure_on(board(last=replaying(answer)), TWO, QUICK, now=NOW)


def test_an_altered_record_is_refused(board):
    other = f'{shlex.quote(sys.executable)} "$@" | sed \'s/"seed":0/"seed":7/g\''
    with pytest.raises(PeerError, match="it was altered"):
        measure_on(board(last=other), TWO, QUICK, now=NOW)


def test_keys_that_are_not_let_in_are_told_of(board, tmp_path, sshd):
    stranger = tmp_path / "stranger"
    os.system(f"ssh-keygen -q -t ed25519 -N '' -f {shlex.quote(str(stranger))}")
    with pytest.raises(PeerError, match=r"lets nobody in with these keys.*--identity"):
        measure_on(board(identity=stranger), TWO, QUICK)


def test_an_unknown_host_key_is_told_of(board, tmp_path):
    empty = (f"UserKnownHostsFile={tmp_path / 'none'}", "GlobalKnownHostsFile=/dev/null",
             "StrictHostKeyChecking=yes")  # fmt: skip
    with pytest.raises(PeerError, match="connect once by hand"):
        measure_on(board(options=empty), TWO, QUICK)


def test_nobody_at_the_port_is_told_of(board):
    with pytest.raises(PeerError, match="no ssh server answers there"):
        measure_on(board(port=1), TWO, QUICK)


def test_ssh_that_is_missing_is_told_of(board):
    with pytest.raises(PeerError, match="install OpenSSH's client"):
        measure_on(board(ssh="/nowhere/ssh"), TWO, QUICK)


def test_a_busy_board_is_busy(board, scratch):
    from firsthand.core.locking import held

    with (
        held(scratch / "firsthand-measures.lock", wait=False),
        pytest.raises(BusyError, match="another measurement goes on"),
    ):
        measure_on(board(), TWO, QUICK)
    assert left(scratch) == []


def test_what_is_no_model_is_not_sent(board, tmp_path):
    with pytest.raises(InputError, match="no model"):
        measure_on(board(), {}, QUICK)
    (tmp_path / "model.pb").write_bytes(b"x")
    with pytest.raises(InputError, match=r"ends in \.tflite or \.onnx"):
        measure_on(board(), {"a": tmp_path / "model.pb"}, QUICK)


@pytest.mark.parametrize(
    ("text", "target", "port"),
    [
        ("ssh:pi", "pi", None),
        ("ssh:me@board.local:2222", "me@board.local", 2222),
        ("ssh:me@[fe80::1%eth0]:22", "me@fe80::1%eth0", 22),
        ("ssh:[::1]", "::1", None),
        ("ssh:10.0.0.7:22", "10.0.0.7", 22),
    ],
)
def test_a_board_is_named(text, target, port):
    found = device_from(text, identity=Path("id"), options=("A=b",), python="py", cpu=2)
    assert found == Board(target, port, Path("id"), ("A=b",), "py", 2)


@pytest.mark.parametrize(
    "text",
    [
        "", "here", "local:1", "ssh", "ssh:", "ssh:-oProxyCommand=x", "ssh:a@-b", "ssh:a b",
        "ssh:host:", "ssh:host:x", "ssh:host:0", "ssh:host:70000", "ssh:[::1", "ssh:[::1]22",
        "ssh:a@b@c", "ssh:host;ls", "adb:",
    ],
)  # fmt: skip
def test_what_is_no_device_is_refused(text):
    with pytest.raises(ConfigError):
        device_from(text)


def test_an_option_of_another_device_is_refused():
    with pytest.raises(ConfigError, match="binary: no option of a device reached as 'ssh'"):
        device_from("ssh:pi", binary=Path("x"))
    with pytest.raises(ConfigError, match="identity, python"):
        device_from("adb", identity=Path("x"), python="py")
    for wrong in ({"limit_s": 0.0}, {"python": ""}, {"python": "a\nb"}):
        with pytest.raises(ConfigError):
            device_from("ssh:pi", **wrong)


def test_this_machine_gives_the_same_record(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))  # where the lock is
    record = measure_on(device_from("local"), TWO, QUICK, now=NOW)
    assert record.device == "local"
    assert to_json(record).startswith('{"device":"local","date":"2026-11-29T04:00:00+00:00"')
    assert set(record.streams.streams) == set(TWO)
