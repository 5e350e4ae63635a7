"""Programs measured beside ours: a worker process in an environment of its own, called by name."""

import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import IO, Any, Self

from firsthand.errors import PeerError
from firsthand.measure.peer_environment import PeerEnvironment
from firsthand.measure.peer_messages import Array, Conversation, encode
from firsthand.measure.pinning import pinned

_NO_ARRAYS: Mapping[str, Array] = MappingProxyType({})
_STDERR_LINES = 12


@dataclass(frozen=True, slots=True)
class Reply:
    """A worker's answer: plain values and arrays by name."""

    values: Mapping[str, Any]
    arrays: Mapping[str, Array]

    def __getitem__(self, name: str) -> Any:
        return self.arrays[name] if name in self.arrays else self.values[name]


class Peer:
    """A long-lived worker, started by `start` or `with`, ended by `close`.

    `python` is a `PeerEnvironment`, made on start when it is missing, or an interpreter's path.
    `worker` is a script built on `benchmarks/peers/worker.py`, or the name of a module. With `cpus`
    the worker and its threads are held to these processors from their first instruction (Linux).
    """

    def __init__(
        self,
        python: PeerEnvironment | Path,
        worker: Path | str,
        *,
        cpus: int | Collection[int] | None = None,
        env: Mapping[str, str] | None = None,
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._python, self._cpus = python, cpus
        self._command = ["-m", worker] if isinstance(worker, str) else [str(worker)]
        self._worker = worker if isinstance(worker, str) else worker.name
        self._env, self._now_s = env, now_s
        self._process: subprocess.Popen[bytes] | None = None
        self._conversation: Conversation | None = None
        self._stderr: IO[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def is_running(self) -> bool:
        """Whether the worker was started and has not ended, as far as is known."""
        return self._process is not None

    def start(self, *, timeout_s: float = 120.0) -> None:
        """Start the worker and wait until it is ready; raises `PeerError` if it never is."""
        if self._process is not None:
            raise PeerError(f"{self._worker} is already running")
        environment = self._python
        python = environment.ensure() if isinstance(environment, PeerEnvironment) else environment
        # A child inherits the affinity of the thread that starts it.
        with pinned(self._cpus) if self._cpus is not None else nullcontext():
            # A file, not a pipe: nobody has to empty it while the worker talks.
            self._stderr = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the worker
            try:
                self._process = subprocess.Popen(
                    [str(python), *self._command],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=self._stderr,
                    env=None if self._env is None else {**os.environ, **self._env},
                    # A group of its own, so that its children are stopped and ended with it, in
                    # our session, so that the kernel ends a stopped one that we leave behind.
                    process_group=0,
                )
            except OSError as error:
                self.close()
                raise PeerError(f"{python} cannot be started: {error}") from error
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._conversation = Conversation(
            self._process.stdout.fileno(), self._process.stdin.fileno(), self._now_s
        )
        self._exchange("start", None, timeout_s)

    def call(
        self,
        op: str,
        *,
        arrays: Mapping[str, Array] = _NO_ARRAYS,
        timeout_s: float = 120.0,
        **values: object,
    ) -> Reply:
        """Run the worker's operation `op` and return its answer.

        `values` are JSON values, `arrays` arrays of numbers. Raises `PeerError` when the
        operation failed (with the worker's traceback; it can be called again), when the worker
        died (with the end of its standard error), or when no answer came within `timeout_s` (the
        worker is then ended, since its answer could not be told from the next one).
        """
        return self._exchange(op, encode({"op": op, "values": values}, arrays), timeout_s)

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Stop the worker's process and threads meanwhile, so that none of them takes a core."""
        pid = self._running("pause").pid
        os.killpg(pid, signal.SIGSTOP)
        try:
            # Returns once the process has really stopped, or died; WNOWAIT leaves it to Popen.
            os.waitid(os.P_PID, pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)
            yield
        finally:
            if self._process is not None:  # else it has been ended meanwhile
                os.killpg(pid, signal.SIGCONT)

    def close(self, *, timeout_s: float = 5.0) -> None:
        """End the worker: politely by closing its input, by force after `timeout_s`."""
        process, self._process, self._conversation = self._process, None, None
        if process is not None:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.close()
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGCONT)  # a paused worker cannot see the end
            try:
                process.wait(timeout=timeout_s)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
            process.stdout.close()
        if self._stderr is not None:
            self._stderr.close()
            self._stderr = None

    def _exchange(self, op: str, message: Any, timeout_s: float) -> Reply:
        self._running(op)
        assert self._conversation is not None
        deadline_s = self._now_s() + timeout_s
        try:
            if message is not None:
                self._conversation.send(message, deadline_s)
            header, arrays = self._conversation.receive(deadline_s)
        except TimeoutError:
            tail = self._end()
            raise PeerError(
                f"{self._worker} gave no answer to {op} in {timeout_s} s{tail}"
            ) from None
        except EOFError:
            code = self._returncode()
            raise PeerError(f"{self._worker} died during {op} ({code}){self._end()}") from None
        except PeerError as error:
            raise PeerError(f"{self._worker}, {op}: {error}{self._end()}") from error
        values = header["values"]
        if not header.get("ok"):
            trace = values.get("trace", "")
            raise PeerError(f"{self._worker}, {op}: {values.get('error')}\n{trace}".rstrip())
        return Reply(values, arrays)

    def _running(self, op: str) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise PeerError(f"{self._worker} is not running, so it cannot {op}: start it first")
        return self._process

    def _returncode(self) -> str:
        assert self._process is not None
        try:
            code = self._process.wait(timeout=5.0)
        except subprocess.TimeoutExpired:
            return "still running, but it closed its side"
        return signal.Signals(-code).name if code < 0 else f"exit code {code}"

    def _end(self) -> str:
        """Kill what is left of the worker and return the end of its standard error."""
        assert self._process is not None
        assert self._stderr is not None
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self._stderr.seek(0)
        said = self._stderr.read()[-8192:].decode(errors="replace").strip().splitlines()
        self.close()
        return "; its last words:\n" + "\n".join(said[-_STDERR_LINES:]) if said else ""
