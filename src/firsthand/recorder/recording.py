"""Recording live: sound is kept first, then written down as fast as the engine can."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

from numpy.typing import NDArray

from firsthand.recorder.library import Library
from firsthand.recorder.spool import Spool
from firsthand.recorder.writing import Ears, Told, writing_down


def record(
    library: Library,
    blocks: Iterable[NDArray[Any]],
    rate_hz: int,
    ears: Ears,
    *,
    title: str,
    begun_at: datetime,
    told: Told = lambda _: None,
    guessed: Told | None = None,
) -> int:
    """Record blocks of samples (n,) at `rate_hz` until there are no more; return the number.

    Each block is stored before anything else is done with it, and is heard on another thread: ears
    that are slower than speech fall behind, but nothing is lost, and what waits for them waits on
    the disk. `told` and `guessed` are called on other threads; see `writing_down`. Where hearing
    fails, the recording ends with its error. `KeyboardInterrupt` from `blocks` ends the recording
    as its end does: what was said is still written down, unless there is a second one.
    """

    def write_down(number: int, spool: Spool) -> None:
        with (
            Library(library.folder) as own,
            writing_down(own, number, ears, live=True, told=told, guessed=guessed) as hear,
        ):
            for block in spool:
                hear(block)

    with (
        library.begin(title, begun_at, rate_hz) as (number, log),
        Spool(rate_hz, library.folder) as spool,
        ThreadPoolExecutor(1, "writing") as writer,
    ):
        written = writer.submit(write_down, number, spool)
        try:
            try:
                for block in blocks:
                    log.write(block)
                    spool.put(block)
                    if written.done():
                        break
            except KeyboardInterrupt:
                pass  # the end of a recording
            finally:
                spool.end()
            written.result()
        except KeyboardInterrupt:  # the second: nobody waits for what is still to be written down
            spool.close()
            raise
    return number
