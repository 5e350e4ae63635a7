"""Writing down a recording while its sound comes: the graph at work, its results in a library."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any, Final, Generic, TypeVar

from numpy.typing import NDArray

from firsthand.errors import CalculatorError, FirsthandError
from firsthand.graph import Graph, Packet
from firsthand.recorder.guessing import Guesser
from firsthand.recorder.library import Bars, Library
from firsthand.recorder.pipeline import recorder_graph
from firsthand.recorder.sounds.listener import Heard, Listener, together
from firsthand.recorder.speakers.embedding import SpeakerNetwork, all_voices
from firsthand.recorder.speakers.turns import turns_of
from firsthand.recorder.speech import Spoken
from firsthand.recorder.tags import Tally, bundled_table, suggested
from firsthand.recorder.transcriber import Transcriber
from firsthand.recorder.transcript import Word
from firsthand.recorder.voice import RATE_HZ
from firsthand.runtime import Runner

Hear = Callable[[NDArray[Any]], None]
"""Takes the next samples (n,) of a recording at 16 kHz."""

Told = Callable[[list[Word]], None]

_Part = TypeVar("_Part")

PARTLY: Final = "only its beginning was written down"
"""The note of a recording that is being written down, which stays if that is cut short."""

LIVE_WAITING: Final = 16
"""How many spans of speech, of at most half a minute, wait in memory for a live engine."""

_SECOND_US: Final = 1_000_000
_CRUMBS: Final = 600
"""How many parts of what is heard are kept each by itself: a minute's, of a live recording."""


@dataclass(frozen=True, slots=True)
class Ears:
    """What listens to a recording: for words, and where given for sounds and for speakers.

    `guesser` tells the words of what is being said, where somebody wants to know them.
    """

    engine: Transcriber
    voice: Runner
    listener: Listener | None = None
    speakers: SpeakerNetwork | None = None
    guesser: Guesser | None = None


@contextmanager
def writing_down(
    library: Library,
    number: int,
    ears: Ears,
    *,
    live: bool = False,
    told: Told = lambda _: None,
    guessed: Told | None = None,
    listened: Callable[[Heard], None] = lambda _: None,
) -> Iterator[Hear]:
    """Give what is to hear the whole of recording `number`, block by block.

    Words are in the library as soon as they are known, sounds, speakers and tags when the block
    ends; a recording whose block an exception ends is noted to be written down in part. The engine
    works on a thread of its own. While it lags behind, hearing waits; where it is `live`, it lets
    more of what is yet to be written down be kept, so that sounds are heard in time. `told` hears
    words as they come, on this thread, and on others `guessed` what the speech under way seems to
    be and `listened` bars and sounds.
    """
    tally = Tally()
    words_said: SimpleQueue[list[Word]] = SimpleQueue()
    heard, voices = _Gathered(together), _Gathered(all_voices)
    spans: list[tuple[int, int]] = []

    def note_spans(found: list[Spoken]) -> None:
        spans.extend((span.start_ms, span.end_ms) for span in found)

    side: dict[str, Any] = {"engine": ears.engine, "voice": ears.voice}
    observe = {"words": _payload(words_said.put), "spans": _payload(note_spans)}
    if ears.listener is not None:
        side["listener"] = ears.listener

        def note_heard(found: Heard) -> None:
            heard.add(found)
            listened(found)

        observe["heard"] = _payload(note_heard)
    if ears.speakers is not None:
        side["speakers"] = ears.speakers
        observe["voices"] = _payload(voices.add)
    if guessed is not None and ears.guesser is not None:
        side["guesser"] = ears.guesser
        observe["guess"] = _payload(guessed)
    graph = recorder_graph(
        sounds=ears.listener is not None,
        speakers=ears.speakers is not None,
        guesses="guesser" in side,
        executor="engine",
        waiting=LIVE_WAITING if live else 2,
    )

    def take() -> None:
        while True:
            try:
                words = words_said.get_nowait()
            except Empty:
                return
            library.add_words(number, words)
            tally.add(words)
            told(words)

    library.note(number, PARTLY, over="")  # until all of it is
    try:
        with Graph(graph).start(side, observe=observe, threads=1) as run:
            samples = 0

            def hear(block: NDArray[Any]) -> None:
                nonlocal samples
                if not len(block):
                    return
                run.add_packet("sound", Packet(block, samples * _SECOND_US // RATE_HZ))
                samples += len(block)
                take()

            yield hear
    except FirsthandError as error:
        # What a calculator met says better what to do than that it did.
        cause = error.__cause__ if isinstance(error, CalculatorError) else None
        known = cause if isinstance(cause, FirsthandError) else error
        library.note(number, f"{PARTLY}: {known}", over=PARTLY)
        raise known from (None if known is cause else error.__cause__)
    finally:
        take()
        library.describe(number, language=ears.engine.language, engine=ears.engine.name)
    if ears.listener is not None:
        found = heard.all()
        library.write_sounds(number, found.sounds)
        library.write_bars(number, Bars(ears.listener.colours, found.colours, found.levels))
    if ears.speakers is not None:
        library.write_turns(number, turns_of(voices.all(), spans, ears.speakers.least))
    library.write_tags(number, tags_of(tally, ears.engine.language))
    library.note(number, "", over=PARTLY)


def tags_of(tally: Tally, language: str) -> tuple[str, ...]:
    """Return the tags to be suggested for what was said; none in a language but English."""
    if language.partition("-")[0] not in ("", "en"):
        return ()
    tally.end()
    return suggested(tally, bundled_table())


class _Gathered(Generic[_Part]):
    """Parts of a stream, joined now and then: hours of small ones take several times the room."""

    def __init__(self, joined: Callable[[Sequence[_Part]], _Part]) -> None:
        self._joined = joined
        self._parts: list[_Part] = []

    def add(self, part: _Part) -> None:
        """Take the next part."""
        self._parts.append(part)
        if len(self._parts) == _CRUMBS:
            self._parts = [self.all()]

    def all(self) -> _Part:
        """Return what there is so far, as one."""
        return self._joined(self._parts)


def _payload(take: Callable[[Any], None]) -> Callable[[Packet], None]:
    return lambda packet: take(packet.payload)
