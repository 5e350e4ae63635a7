"""The one thread in which pictures are decoded and models run."""

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Generic, TypeVar

from firsthand.web.live.system import Models

T = TypeVar("T")


class Worker(Generic[Models]):
    """Does the jobs of all connections, one at a time and in the order they come.

    A connection waits for its job before it has another, so each gets its turn; models are used
    by one thread, as they must be, and the event loop is never kept waiting.
    """

    def __init__(self, load: Callable[[str], Models], most_connections: int) -> None:
        self._load = load
        self._most = most_connections
        self._connections = 0
        self._loaded: dict[str, Models] = {}
        self._thread = ThreadPoolExecutor(1, "live")

    async def do(self, job: Callable[[], T]) -> T:
        """Return what `job` returns, or raise what it raises."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, job)

    def models(self, name: str) -> Models:
        """Return models by name, loaded when first asked for; to be called in jobs."""
        if name not in self._loaded:
            self._loaded[name] = self._load(name)
        return self._loaded[name]

    @contextmanager
    def place(self) -> Iterator[bool]:
        """Take one of the places for connections while the block lasts; False if all are taken."""
        free = self._connections < self._most
        self._connections += free
        try:
            yield free
        finally:
            self._connections -= free

    def close(self) -> None:
        """Finish the job at hand and drop the others."""
        self._thread.shutdown(cancel_futures=True)
