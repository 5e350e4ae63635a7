"""The judge's process, kept going beside the page, and the watch on the board."""

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Final, Protocol

from firsthand.challenge.leaderboard import Board
from firsthand.challenge.leaderboard.worker import NOW, Orders
from firsthand.core.closing import Closing

_WORKER: Final = "firsthand.challenge.leaderboard.worker"
_AGAIN_S: Final = 2.0
_LOOKS_S: Final = 0.5
_FAREWELL_S: Final = 8.0
"""Longer than a model that does not answer is waited for."""

Tell = Callable[[], None]


class Judging(Protocol):
    """Who judges while a page is served."""

    def begin(self, tell: Tell) -> None:
        """Begin, and call `tell` from any thread whenever something is different."""
        ...

    def now(self) -> Mapping[str, Any]:
        """Return what is being done, as `worker` tells it."""
        ...

    def close(self) -> None:
        """End; what was not judged stays with the board."""
        ...


class JudgeProcess(Closing):
    """A judge in a process of its own, which is started again should it end."""

    def __init__(self, orders: Orders) -> None:
        self._orders = orders
        self._ending = threading.Event()
        self._process: subprocess.Popen[str] | None = None
        self._now: Mapping[str, Any] = dict(NOW)
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def begin(self, tell: Tell) -> None:
        """Start it."""
        self._thread = threading.Thread(target=self._keep, args=(tell,), name="judge")
        self._thread.start()

    def now(self) -> Mapping[str, Any]:
        """Return what it said last."""
        return self._now

    def close(self) -> None:
        """End it, and with it the model that is being judged."""
        with self._lock:
            self._ending.set()
            process = self._process
        if process is not None and process.stdin is not None:
            with suppress(OSError):
                process.stdin.close()
            try:
                process.wait(_FAREWELL_S)
            except subprocess.TimeoutExpired:
                process.kill()
        if self._thread is not None:
            self._thread.join()

    def _keep(self, tell: Tell) -> None:
        while not self._ending.is_set():
            with self._lock:
                if self._ending.is_set():
                    return
                self._process = subprocess.Popen(
                    [sys.executable, "-m", _WORKER, self._orders.to_json()],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    encoding="utf-8",
                    process_group=0,  # Ctrl-C is for the server, which then ends this one
                )
            with self._process as process:
                assert process.stdout is not None
                for line in process.stdout:
                    self._now = json.loads(line)
                    tell()
            if not self._ending.is_set():
                problem = self._now["problem"] or "The judge ended; it is being started again."
                self._now = NOW | {"problem": problem}
                tell()
                self._ending.wait(_AGAIN_S)


class Watch(Closing):
    """A look at a board, twice a second: whoever changes it, `tell` is called."""

    def __init__(self, orders: Orders, tell: Tell) -> None:
        self._orders, self._tell = orders, tell
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._look, name="board")
        self._thread.start()

    def close(self) -> None:
        """Look no more."""
        self._ending.set()
        self._thread.join()

    def _look(self) -> None:
        with Board(self._orders.board) as board:
            seen = board.version()
            while not self._ending.wait(_LOOKS_S):
                if (found := board.version()) != seen:
                    seen = found
                    self._tell()
