"""A worker that runs, and what goes to it and comes from it, without anybody waiting for it."""

import traceback
from collections.abc import Callable
from queue import SimpleQueue
from threading import Lock, Thread
from typing import IO, Any, Final, Protocol

from firsthand.recorder.web.wire import Message, message_of, messages

MOST_BEHIND: Final = 32_000_000
"""Bytes that may wait for a worker: some minutes of sound."""

_PATIENCE_S: Final = 5.0


class Running(Protocol):
    """A worker that runs: a pipe to it and one from it. It ends when the first is closed."""

    heard: IO[bytes]
    told: IO[bytes]

    def wait(self) -> str:
        """Wait until it has ended, let go of it, and say how it did."""
        ...

    def kill(self) -> None:
        """End it, whatever it is at."""
        ...


class Link:
    """One worker, from its start to its end; `tasks` are those it has, `at_work` those begun.

    `take` hears its messages and `ended` how it ended, both on a thread of the link's own.
    """

    def __init__(
        self,
        running: Running,
        take: Callable[[Message], None],
        ended: Callable[["Link", str], None],
    ) -> None:
        self.tasks: set[str] = set()
        self.at_work: set[str] = set()
        self.spoke = False
        self._running, self._take, self._ended = running, take, ended
        self._behind, self._lock = 0, Lock()
        self._out: SimpleQueue[bytes | None] = SimpleQueue()
        self._threads = [
            Thread(target=run, name=f"worker's {name}", daemon=True)
            for name, run in (("words", self._listen), ("orders", self._write))
        ]
        for thread in self._threads:
            thread.start()

    def send(self, octets: bytes = b"", **fields: Any) -> bool:
        """Have a message sent soon; False where the worker is too far behind to get it."""
        message = message_of(octets, **fields)
        with self._lock:
            if self._behind + len(message) > MOST_BEHIND:
                return False
            self._behind += len(message)
        self._out.put(message)
        return True

    def close(self) -> None:
        """Let the worker end; kill it if it does not."""
        self._out.put(None)
        self._threads[0].join(_PATIENCE_S)
        if self._threads[0].is_alive():
            self._running.kill()
        for thread in self._threads:
            thread.join()

    def _write(self) -> None:
        broken = False
        while (message := self._out.get()) is not None:
            with self._lock:
                self._behind -= len(message)
            if broken:
                continue
            try:
                self._running.heard.write(message)
                self._running.heard.flush()
            except (OSError, ValueError):  # its end is seen by who listens
                broken = True
        _close_quietly(self._running.heard)

    def _listen(self) -> None:
        for message in messages(self._running.told):
            self.spoke = True
            try:
                self._take(message)
            except Exception:  # one message that cannot be taken is not the end of the others
                traceback.print_exc()
        self._out.put(None)
        self._ended(self, self._running.wait())


def _close_quietly(stream: IO[bytes]) -> None:
    try:
        stream.close()
    except OSError:
        return  # who would read it is no more
