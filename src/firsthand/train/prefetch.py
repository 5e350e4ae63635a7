"""Making the next batches in a thread of their own while the network computes on this one."""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

T = TypeVar("T")


@contextmanager
def prefetched(
    make: Callable[[int], T], steps: range, *, ahead: int = 2
) -> Iterator[Iterator[tuple[int, T]]]:
    """Give an iterator of `(step, make(step))` whose next `ahead` items are already being made.

    `make` runs in one thread, in the order of `steps`; what it raises is raised where its item
    is taken. When the context ends no thread is left, finished or not.
    """
    todo = iter(steps)
    waiting: deque[tuple[int, Future[T]]] = deque()
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="batches") as thread:

        def order() -> None:
            for step in todo:
                waiting.append((step, thread.submit(make, step)))
                return

        def items() -> Iterator[tuple[int, T]]:
            for _ in range(ahead):
                order()
            while waiting:
                step, future = waiting.popleft()
                item = future.result()
                order()
                yield step, item

        try:
            yield items()
        finally:
            thread.shutdown(wait=True, cancel_futures=True)
