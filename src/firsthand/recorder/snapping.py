"""Word times put where speech is: engines drift over silences, and hear words in them.

Both are what users of Whisper complain of most. Speech is known from `voice`, so a word that
reaches into silence is cut to the speech it overlaps, one that lies just beside speech is moved to
it, and one that has none nearby was invented and is left out.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final

from firsthand.recorder.transcript import Word

NEAR_MS: Final = 400
"""How far beside speech a word may lie."""

_SHORTEST_MS: Final = 40


def snapped(words: Iterable[Word], spans: Sequence[tuple[int, int]]) -> Iterator[Word]:
    """Yield words with times in `spans` of speech (start_ms, end_ms), which are in order.

    Words stay in order: none begins before the one ahead of it.
    """
    first, least_ms = 0, 0
    for word in words:
        while first < len(spans) and spans[first][1] + NEAR_MS <= word.start_ms:
            first += 1
        span = _nearest(word, spans[first:])
        if span is None:
            continue
        start_ms = min(max(word.start_ms, span[0], least_ms), max(span[1] - _SHORTEST_MS, span[0]))
        start_ms = max(start_ms, least_ms)
        end_ms = max(min(word.end_ms, span[1]), start_ms + _SHORTEST_MS)
        yield replace(word, start_ms=start_ms, end_ms=end_ms)
        least_ms = start_ms


def _nearest(word: Word, spans: Sequence[tuple[int, int]]) -> tuple[int, int] | None:
    """Return the span that a word shares most time with, or else the nearest within `NEAR_MS`."""
    best, most = None, -NEAR_MS
    for span in spans:
        if span[0] >= word.end_ms + NEAR_MS:
            break
        common = min(word.end_ms, span[1]) - max(word.start_ms, span[0])
        if common > most:
            best, most = span, common
    return best
