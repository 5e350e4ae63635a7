import os
import select
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from firsthand.errors import InputError, PeerError
from firsthand.measure import Peer, PeerEnvironment, available_cpus
from firsthand.measure.peer_messages import Conversation, decode_header, encode

ROOT = Path(__file__).resolve().parents[2]
PYTHON = Path(sys.executable)

WORKER = f"""
import os, signal, sys, threading
sys.path.insert(0, {str(ROOT / "benchmarks" / "peers")!r})
from worker import serve

def fail(kind):
    raise {{"value": ValueError, "assertion": AssertionError}}[kind]("as asked")

def die(code):
    print("going down", file=sys.stderr)
    os._exit(code)

def chatter():
    print("a library prints")
    os.write(1, b"and writes to file descriptor 1")
    return {{"heard": "this"}}

def hang():
    signal.pause()

def affinity():
    return {{"cpus": sorted(os.sched_getaffinity(0))}}

def raw(text):
    os.write(sink, text.encode())

sink = os.dup(1)
serve({{
    "echo": lambda **what: what, "fail": fail, "die": die, "chatter": chatter, "hang": hang,
    "affinity": affinity, "raw": raw, "pid": lambda: {{"pid": os.getpid()}},
    "variable": lambda name: {{"value": os.environ.get(name)}},
    "doubled": lambda x: {{"x": x * 2, "sum": float(x.sum())}},
}})
"""


@pytest.fixture(scope="module")
def worker(tmp_path_factory):
    path = tmp_path_factory.mktemp("worker") / "worker_for_tests.py"
    path.write_text(WORKER)
    return path


@pytest.fixture
def peer(worker):
    with Peer(PYTHON, worker) as peer:
        yield peer


@pytest.fixture(scope="module")
def shared_peer(worker):
    with Peer(PYTHON, worker) as peer:
        yield peer


numbers = arrays(
    st.sampled_from(["u1", "i2", "<i8", ">f4", "f8", "?"]).map(np.dtype),
    array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4),
)


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(st.sampled_from(["a", "b", "c"]), numbers),
    st.dictionaries(
        st.sampled_from(["x", "y"]),
        st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.text(max_size=5)
        | st.lists(st.floats(allow_nan=False, allow_infinity=False), max_size=3),
    ),
)  # fmt: skip
def test_the_echo_of_anything_is_itself(shared_peer, sent, values):
    reply = shared_peer.call("echo", arrays=sent, **values)
    assert reply.values == values
    assert reply.arrays.keys() == sent.keys()
    for name, array in sent.items():
        assert reply[name].dtype == array.dtype
        assert reply[name].shape == array.shape
        assert reply[name].tobytes() == array.tobytes()


def test_arrays_larger_than_any_pipe_go_both_ways(shared_peer):
    big = np.arange(3_000_000, dtype=np.float32).reshape(1000, 3000)
    reply = shared_peer.call("doubled", arrays={"x": big.T})
    assert np.array_equal(reply["x"], 2 * big.T)
    assert reply["sum"] == pytest.approx(float(big.sum(dtype=np.float64)), rel=1e-3)


def test_a_libraries_output_does_not_fall_into_the_conversation(shared_peer):
    assert shared_peer.call("chatter")["heard"] == "this"


def test_an_operation_that_fails_is_told_with_its_traceback_and_leaves_the_worker_well(peer):
    with pytest.raises(PeerError, match=r"fail: ValueError: as asked(.|\n)*Traceback"):
        peer.call("fail", kind="value")
    with pytest.raises(PeerError, match=r"no operation 'missing'"):
        peer.call("missing")
    with pytest.raises(PeerError, match="TypeError"):
        peer.call("pid", surprise=1)
    assert peer.call("echo", x=1)["x"] == 1


def test_a_worker_that_dies_is_told_with_its_code_and_last_words(peer):
    with pytest.raises(PeerError, match=r"died during die \(exit code 7\)(.|\n)*going down"):
        peer.call("die", code=7)
    with pytest.raises(PeerError, match="not running"):
        peer.call("echo")


def test_an_error_nobody_handles_ends_the_worker_with_its_traceback(peer):
    with pytest.raises(PeerError, match=r"exit code 1(.|\n)*AssertionError: as asked"):
        peer.call("fail", kind="assertion")


def test_a_worker_killed_from_outside_is_told_with_the_signal(peer):
    os.kill(peer.call("pid")["pid"], 9)
    with pytest.raises(PeerError, match="SIGKILL"):
        peer.call("echo")


def test_a_worker_that_hangs_is_ended_after_the_time_out(peer):
    pid = peer.call("pid")["pid"]
    with pytest.raises(PeerError, match=r"no answer to hang in 0\.2 s"):
        peer.call("hang", timeout_s=0.2)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_a_worker_that_reads_nothing_cannot_hold_up_the_sender(peer):
    # The first call is never answered, so the second is never read and fills the pipe.
    with peer.paused(), pytest.raises(PeerError, match=r"no answer to echo in 0\.2 s"):
        peer.call("echo", arrays={"x": np.zeros(10_000_000)}, timeout_s=0.2)


def test_a_worker_can_be_started_again_after_it_ended(worker):
    peer = Peer(PYTHON, worker)
    with pytest.raises(PeerError, match="start it first"):
        peer.call("echo")
    for _ in range(2):
        peer.start()
        with pytest.raises(PeerError, match="already running"):
            peer.start()
        with pytest.raises(PeerError, match="going down"):
            peer.call("die", code=1)
    peer.close()
    peer.close()


def state_of(pid):
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads /proc")
def test_a_paused_worker_is_stopped_and_then_answers_again(peer):
    pid = peer.call("pid")["pid"]
    for _ in range(20):
        with peer.paused():
            assert state_of(pid) == "T"
        assert peer.call("echo", x=2)["x"] == 2


def test_pausing_survives_an_error_and_a_worker_that_dies_meanwhile(peer):
    with pytest.raises(KeyError), peer.paused():
        raise KeyError
    pid = peer.call("pid")["pid"]
    with peer.paused():
        os.kill(pid, 9)
    with pytest.raises(PeerError, match="SIGKILL"):
        peer.call("echo")


def test_closing_a_paused_worker_does_not_wait_for_it(worker):
    peer = Peer(PYTHON, worker)
    peer.start()
    with peer.paused():
        peer.close(timeout_s=30)
    assert not peer.is_running


LEAVE_A_PAUSED_WORKER_BEHIND = """
import os, signal, sys
from pathlib import Path
from firsthand.measure import Peer
peer = Peer(Path(sys.executable), Path(sys.argv[1]))
peer.start()
pid = peer.call("pid")["pid"]
with peer.paused():
    print(pid, flush=True)
    sys.stdin.readline()
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(
    not hasattr(os, "pidfd_open") or os.getsid(1) == os.getsid(0),
    reason="needs Linux, with an init process outside this session",
)
def test_a_paused_worker_does_not_outlive_us(worker):
    command = [sys.executable, "-c", LEAVE_A_PAUSED_WORKER_BEHIND, str(worker)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as parent:
        pid = int(parent.stdout.readline())
        handle = os.pidfd_open(pid)
        assert state_of(pid) == "T"
        parent.communicate(b"\n")
    ended, _, _ = select.select([handle], [], [], 5.0)
    os.close(handle)
    assert ended


@pytest.mark.skipif(len(available_cpus()) < 2, reason="needs two processors to tell them apart")
def test_a_worker_is_held_to_its_processors_and_we_are_not(worker):
    before = available_cpus()
    with Peer(PYTHON, worker, cpus=before[-1]) as peer:
        assert peer.call("affinity")["cpus"] == [before[-1]]
    assert available_cpus() == before


def test_the_workers_environment_can_be_added_to(worker):
    with Peer(PYTHON, worker, env={"FIRSTHAND_TEST": "yes"}) as peer:
        assert peer.call("variable", name="FIRSTHAND_TEST")["value"] == "yes"
        assert peer.call("variable", name="PATH")["value"] == os.environ["PATH"]


def test_an_interpreter_or_a_script_that_is_not_there_is_told(tmp_path, worker):
    with pytest.raises(PeerError, match="cannot be started"):
        Peer(tmp_path / "python", worker).start()
    with pytest.raises(PeerError, match=r"died during start(.|\n)*No such file"):
        Peer(PYTHON, tmp_path / "missing.py").start()


@pytest.mark.parametrize(
    "line",
    [
        "hello\n",
        "[]\n",
        '{"values": {}}\n',
        '{"values": 3, "arrays": []}\n',
        '{"values": {}, "arrays": [{"name": "x", "dtype": "O", "shape": [1]}]}\n',
        '{"values": {}, "arrays": [{"name": "x", "dtype": "f4", "shape": [-1]}]}\n',
        '{"values": {}, "arrays": [{"name": "x", "dtype": "f4", "shape": [1.5]}]}\n',
        '{"values": {}, "arrays": [{"name": "x", "dtype": "nonsense", "shape": [1]}]}\n',
        '{"values": {}, "arrays": [{"name": "x", "dtype": "f8", "shape": [4000000000, 9]}]}\n',
        '{"values": {}, "arrays": [{"name": "x", "dtype": "V0", "shape": [1]}]}\n',
    ],
)
def test_hostile_messages_are_refused_and_end_the_worker(peer, line):
    with pytest.raises(PeerError):
        decode_header(line.encode())
    with pytest.raises(PeerError, match=r"worker_for_tests\.py, raw: the peer"):
        peer.call("raw", text=line)
    assert not peer.is_running


def test_objects_are_not_sent():
    with pytest.raises(PeerError, match="object"):
        encode({"op": "x"}, {"x": np.array([object()])})


def test_an_endless_line_is_refused(monkeypatch):
    monkeypatch.setattr("firsthand.measure.peer_messages._MAX_HEADER_BYTES", 1000)
    read_from, write_to = os.pipe()
    os.write(write_to, b"x" * 5000)
    with pytest.raises(PeerError, match="without ending a line"):
        Conversation(read_from, write_to, lambda: 0.0).receive(1.0)
    os.close(read_from)
    os.close(write_to)


def made_by(environment, content):
    folder = environment.root / "benchmarks" / "peers" / environment.name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "requirements.txt").write_text(content)
    return environment


def mark(environment):
    (environment.folder / "mark").touch()


def marked(environment):
    return (environment.folder / "mark").exists()


@pytest.mark.slow
def test_an_environment_is_made_once_and_again_when_its_requirements_change(tmp_path):
    environment = made_by(PeerEnvironment("bare", tmp_path), "# nothing\n")
    assert not environment.is_current
    python = environment.ensure()
    assert python == tmp_path / ".peers" / "bare" / "bin" / "python"
    assert python.exists()
    mark(environment)
    environment.ensure()
    assert marked(environment)
    made_by(environment, "# nothing else\n")
    assert not environment.is_current
    environment.ensure()
    assert environment.is_current
    assert not marked(environment)

    mark(environment)
    made_by(environment, "./no-such-package-here\n")
    with pytest.raises(PeerError, match=r"'bare' could not be made(.|\n)*no-such-package-here"):
        environment.ensure()
    assert marked(environment)  # the old one is kept


@pytest.mark.slow
def test_two_who_ask_at_once_make_it_once(tmp_path, monkeypatch):
    environment = made_by(PeerEnvironment("bare", tmp_path), "")
    makes = []
    make = PeerEnvironment._make

    def counted(self, timeout_s):
        makes.append(1)
        make(self, timeout_s)

    monkeypatch.setattr(PeerEnvironment, "_make", counted)
    threads = [threading.Thread(target=environment.ensure) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert environment.is_current
    assert len(makes) == 1


def test_an_unfinished_environment_does_not_count(tmp_path):
    environment = made_by(PeerEnvironment("bare", tmp_path), "")
    environment.python.parent.mkdir(parents=True)
    environment.python.touch()
    assert not environment.is_current


def test_a_peer_without_requirements_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"requirements\.txt"):
        PeerEnvironment("nobody", tmp_path).ensure()


def test_an_interpreter_that_is_not_there_is_told(tmp_path):
    environment = made_by(PeerEnvironment("bare", tmp_path, tmp_path / "python9"), "")
    with pytest.raises(PeerError, match="python9"):
        environment.ensure()
