"""Recording live: sound is kept first, then written down as fast as the engine can."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from numpy.typing import NDArray

from firsthand.media import Resampler
from firsthand.recorder.library import Library
from firsthand.recorder.voice import RATE_HZ
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

    Each block is stored before anything else is done with it, and the engine works on a thread of
    its own: one that is slower than speech falls behind, but nothing is lost. See `writing_down`
    for `told` and `guessed`. `KeyboardInterrupt` from `blocks` ends the recording as its end does:
    what was said is still written down.
    """
    resampler = Resampler(rate_hz, RATE_HZ)
    with (
        library.begin(title, begun_at, rate_hz) as (number, log),
        writing_down(library, number, ears, live=True, told=told, guessed=guessed) as hear,
    ):
        try:
            for block in blocks:
                log.write(block)
                hear(resampler(block))
        except KeyboardInterrupt:
            pass  # the end of a recording
        hear(resampler.end())
    return number
