"""Word times put where speech is: engines drift over silences, and hear words in them.

Both are what users of Whisper complain of most. Speech is known from `voice`, so a word that
reaches into silence is cut to the speech it overlaps, one that lies just beside speech is moved to
it, and one that has none nearby was invented and is left out.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from firsthand.recorder.transcript import Word
from firsthand.recorder.voice import RATE_HZ

NEAR_MS: Final = 400
"""How far beside speech a word may lie."""

PAUSE_MS: Final = 110
"""A pause as long as this is none within a word: plosives close the mouth for less."""

_SHORTEST_MS: Final = 40
_FRAME_MS: Final = 10
_QUIET_DB: Final = -20.0
_LOUD: Final = 90


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


def after_pauses(words: Sequence[Word], samples: NDArray[Any], start_ms: int) -> list[Word]:
    """Return words that begin after the pause ahead of them, where an engine counted it in.

    Whisper lets each word begin where the one before ends. `samples` (n,) at 16 kHz, from
    `start_ms` on, are the speech in which the words are said: a stretch is quiet that is 20 dB
    below what its loudest tenth exceeds, and the longest of `PAUSE_MS` or more that begins in the
    first two thirds of a word is none of it; what is ahead of that belongs to the word before.
    """
    quiet = _quiet(samples)
    found: list[Word] = []
    for word in words:
        first, last = ((ms - start_ms) // _FRAME_MS for ms in (word.start_ms, word.end_ms))
        runs = _runs(quiet[max(0, first) : max(0, last)])
        early = [run for run in runs if run[0] * 3 <= (last - first) * 2]
        begin, end = max(early, key=lambda run: run[1] - run[0], default=(0, 0))
        if (end - begin) * _FRAME_MS < PAUSE_MS or last - first - end < 3:
            found.append(word)
            continue
        pause_ms = word.start_ms + begin * _FRAME_MS
        if begin and found and found[-1].end_ms == word.start_ms:
            found[-1] = replace(found[-1], end_ms=pause_ms)
        found.append(replace(word, start_ms=word.start_ms + end * _FRAME_MS))
    return found


def _quiet(samples: NDArray[Any]) -> NDArray[np.bool_]:
    """Tell which frames of 10 ms are quiet."""
    frame = RATE_HZ * _FRAME_MS // 1000
    frames = samples[: len(samples) // frame * frame].reshape(-1, frame)
    if not len(frames):
        return np.zeros(0, np.bool_)
    loud_db = 10 * np.log10((frames.astype(np.float64) ** 2).mean(axis=1) + 1e-12)
    return np.asarray(loud_db < np.percentile(loud_db, _LOUD) + _QUIET_DB)


def _runs(quiet: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Return where quiet begins and ends."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], quiet, [False]]).astype(np.int8)))
    return [(int(begin), int(end)) for begin, end in edges.reshape(-1, 2)]
