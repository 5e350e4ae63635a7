"""A coordinator among many requests: one thread is at it, and takes together what came together.

So the disk is waited for once for all that came while it was waited for before.
"""

import asyncio
import sys
import time
from asyncio import AbstractEventLoop, Future
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, Final

from firsthand.federated.aggregator import Phase
from firsthand.federated.service.coordinator import Coordinator, Letter, Visit, Welcome

_TICK_S: Final = 0.25

_Asked = tuple[Visit | Letter, Future[Any]]


class Desk:
    """Gives requests to a coordinator while `working`; `now` tells seconds since 1970."""

    def __init__(self, coordinator: Coordinator, now: Callable[[], float] = time.time) -> None:
        self.coordinator, self._now = coordinator, now
        self._queue: SimpleQueue[_Asked | None] = SimpleQueue()
        self._changed = asyncio.Event()

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """Work while a block lasts."""
        loop = asyncio.get_running_loop()
        thread = Thread(target=self._work, args=(loop,), name="coordinator")
        thread.start()
        try:
            yield
        finally:
            self._queue.put(None)
            await loop.run_in_executor(None, thread.join)

    async def welcome(self, visit: Visit) -> Welcome:
        """Return what a visitor is told, once it is kept that it came; raise why it is not."""
        found: Welcome = await self._asked(visit)
        return found

    async def take(self, letter: Letter) -> None:
        """Return once a message is kept; raise why it is not."""
        await self._asked(letter)

    async def told(
        self, round_id: bytes, phase: Phase, device: bytes, wait_s: float
    ) -> bytes | None:
        """Return what a device is told in a phase, waiting for it; None if it is not known yet."""
        with suppress(TimeoutError):
            async with asyncio.timeout(wait_s):
                while True:
                    changed = self._changed
                    found = self.coordinator.told(round_id, phase, device)
                    if found is not None:
                        return found
                    await changed.wait()
        return None

    async def _asked(self, what: Visit | Letter) -> Any:
        future = asyncio.get_running_loop().create_future()
        self._queue.put((what, future))
        return await future

    def _work(self, loop: AbstractEventLoop) -> None:
        due, open_ = 0.0, True
        while open_:
            asked, open_ = self._batch(max(0.0, due - time.monotonic()))
            before = self.coordinator.changes
            answers = self._answers(asked)
            if time.monotonic() >= due:
                self._tick()
                due = time.monotonic() + _TICK_S
            changed = self.coordinator.changes != before
            if asked or changed:
                loop.call_soon_threadsafe(self._tell, asked, answers, changed)

    def _batch(self, wait_s: float) -> tuple[list[_Asked], bool]:
        """Return what was asked meanwhile, and whether more may be."""
        found: list[_Asked] = []
        with suppress(Empty):
            each = self._queue.get(timeout=wait_s)
            while each is not None:
                found.append(each)
                each = self._queue.get_nowait()
            return found, False
        return found, True

    def _answers(self, asked: Sequence[_Asked]) -> list[Any]:
        now = self._now()
        visits = [what for what, _ in asked if isinstance(what, Visit)]
        letters = [what for what, _ in asked if isinstance(what, Letter)]
        try:
            welcomes: Any = iter(self.coordinator.welcome(visits, now) if visits else ())
            taken: Any = iter(self.coordinator.take(letters, now) if letters else ())
        except Exception as error:  # told to whoever asked; others are served on
            return [error] * len(asked)
        return [next(welcomes if isinstance(what, Visit) else taken) for what, _ in asked]

    def _tick(self) -> None:
        try:
            self.coordinator.tick(self._now())
        except Exception as error:  # such as a database that is away: it may come back
            print(f"firsthand: {error}", file=sys.stderr)  # noqa: T201

    def _tell(self, asked: Sequence[_Asked], answers: Sequence[Any], changed: bool) -> None:
        for (_, future), answer in zip(asked, answers, strict=True):
            if not future.done():  # who asked may have gone
                if isinstance(answer, Exception):
                    future.set_exception(answer)
                else:
                    future.set_result(answer)
        if changed:
            self._changed.set()
            self._changed = asyncio.Event()
