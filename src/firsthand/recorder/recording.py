"""Recording live: sound is kept first, then written down as fast as the engine can."""

from collections.abc import Callable, Iterable
from datetime import datetime
from queue import Empty, SimpleQueue
from typing import Any, Final

from numpy.typing import NDArray

from firsthand.graph import Graph, Packet
from firsthand.media import Resampler
from firsthand.recorder.adding import tags_of, write_heard
from firsthand.recorder.library import Library
from firsthand.recorder.pipeline import recorder_graph
from firsthand.recorder.sounds.listener import Heard, Listener
from firsthand.recorder.tags import Tally
from firsthand.recorder.transcriber import Transcriber
from firsthand.recorder.transcript import Word
from firsthand.recorder.voice import RATE_HZ
from firsthand.runtime import Runner

_SECOND_US: Final = 1_000_000


def record(
    library: Library,
    blocks: Iterable[NDArray[Any]],
    rate_hz: int,
    engine: Transcriber,
    voice: Runner,
    *,
    title: str,
    begun_at: datetime,
    listener: Listener | None = None,
    told: Callable[[list[Word]], None] = lambda _: None,
) -> int:
    """Record blocks of samples (n,) at `rate_hz` until there are no more; return the number.

    Each block is stored before anything else is done with it, and the engine works on a thread of
    its own: one that is slower than speech falls behind, but nothing is lost. `told` hears words as
    they come, on this thread. `KeyboardInterrupt` from `blocks` ends the recording as its end does:
    what was said is still written down.
    """
    tally = Tally()
    words_said: SimpleQueue[list[Word]] = SimpleQueue()
    heard: list[Heard] = []
    resampler = Resampler(rate_hz, RATE_HZ)

    def take(number: int) -> None:
        while True:
            try:
                words = words_said.get_nowait()
            except Empty:
                return
            library.add_words(number, words)
            tally.add(words)
            told(words)

    with library.begin(title, begun_at, rate_hz) as (number, log):
        graph = Graph(recorder_graph(sounds=listener is not None, executor="engine"))
        side: dict[str, Any] = {"engine": engine, "voice": voice}
        observe: dict[str, Callable[[Packet], None]] = {
            "words": lambda packet: words_said.put(packet.payload)
        }
        if listener is not None:
            side["listener"] = listener
            observe["heard"] = lambda packet: heard.append(packet.payload)
        with graph.start(side, observe=observe, threads=1) as run:
            samples = 0
            try:
                for block in blocks:
                    log.write(block)
                    run.add_packet("sound", Packet(resampler(block), _time_us(samples, rate_hz)))
                    samples += len(block)
                    take(number)
            except KeyboardInterrupt:
                pass  # the end of a recording
            run.add_packet("sound", Packet(resampler.end(), _time_us(samples, rate_hz) + 1))
        take(number)
        if listener is not None:
            write_heard(library, number, listener, heard)
        library.describe(number, language=engine.language, engine=engine.name)
        library.write_tags(number, tags_of(tally, engine.language))
    return number


def _time_us(samples: int, rate_hz: int) -> int:
    return samples * _SECOND_US // rate_hz
