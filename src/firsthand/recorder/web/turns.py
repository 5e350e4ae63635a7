"""Who may work next: recordings under way first, files by turns."""

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Condition
from typing import Final

from firsthand.core.clock import Clock, MonotonicClock

TURN_US: Final = 500_000

PassOn = Callable[[], None]
"""To be called between two pieces of work: lets others work first if it is their turn."""


class Turns:
    """Shares out the time of threads that work on files, so that a short one need not wait long.

    Each works for `TURN_US` at least, then those that wait do, one after the other. While somebody
    is `first`, none of them works.
    """

    def __init__(self, clock: Clock | None = None) -> None:
        self._clock = clock or MonotonicClock()
        self._changed = Condition()
        self._waiting: deque[object] = deque()
        self._working: object | None = None
        self._first = 0

    @contextmanager
    def taking(self) -> Iterator[PassOn]:
        """Wait for a turn and work while the block lasts; gives what passes it on."""
        me = object()
        began_us = self._take(me)

        def pass_on() -> None:
            nonlocal began_us
            over = self._clock.now_us() - began_us >= TURN_US
            with self._changed:
                if not self._first and not (over and self._waiting):
                    return
            self._give_up()
            began_us = self._take(me)

        try:
            yield pass_on
        finally:
            self._give_up()

    @contextmanager
    def first(self) -> Iterator[None]:
        """Keep the others waiting while the block lasts."""
        with self._changed:
            self._first += 1
        try:
            yield
        finally:
            with self._changed:
                self._first -= 1
                self._changed.notify_all()

    def _take(self, me: object) -> int:
        with self._changed:
            self._waiting.append(me)
            self._changed.wait_for(
                lambda: not self._first and self._working is None and self._waiting[0] is me
            )
            self._waiting.popleft()
            self._working = me
        return self._clock.now_us()

    def _give_up(self) -> None:
        with self._changed:
            self._working = None
            self._changed.notify_all()
