"""From voices heard in windows to turns: who speaks at which time.

The voices are clustered; then every moment of speech goes to the speaker whom the windows about it
resemble most, along the path that changes speakers no more often than it is worth (Viterbi 1967).
One speaks at a time: who talks over another is not told.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from firsthand.recorder.speakers.clustering import clustered, normalised
from firsthand.recorder.speakers.embedding import HOP_MS, WINDOW_HOPS, Voices
from firsthand.recorder.transcript import Turn

CHANGE: Final = 0.2
"""What it costs to change speakers, in cosines."""

JOIN_MS: Final = 600
"""A pause in which nobody else speaks, and a speaker's turn goes on."""

LEAST_MS: Final = 3_000
"""Speakers heard for less time are none: their words go to whom they resemble most."""


def turns_of(voices: Voices, spans: Sequence[tuple[int, int]], least: float) -> tuple[Turn, ...]:
    """Return who speaks when in `spans` of speech (start_ms, end_ms), which are in order.

    Voices whose groups have a mean cosine of `least` or more are one speaker's. Speech that no
    window tells of is in no turn, and where one alone speaks there are no turns.
    """
    if not len(voices.places):
        return ()
    vectors = normalised(voices.vectors)
    labels = _lasting(clustered(vectors, least))
    if not labels.max():
        return ()
    means = np.stack(
        [vectors[labels == speaker].mean(axis=0) for speaker in range(labels.max() + 1)]
    )
    alike = vectors @ normalised(means).T
    first, path = _path(voices.places, alike)
    return tuple(_joined(_in_speech(first, path, spans)))


def _lasting(labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """Give numbers to groups that speak for long enough, -1 to others; the largest stays."""
    sizes = np.bincount(labels)
    lasting = sizes * HOP_MS >= LEAST_MS
    lasting[sizes.argmax()] = True
    return np.asarray(np.where(lasting, np.cumsum(lasting) - 1, -1)[labels], np.int64)


def _path(places: NDArray[np.int32], alike: NDArray[np.floating]) -> tuple[int, NDArray[np.int64]]:
    """Return the first hop that is told of, and who speaks in each from there, -1 for nobody."""
    first, last = int(places[0]), int(places[-1]) + WINDOW_HOPS
    sums = np.zeros((last - first, alike.shape[1]))
    counts = np.zeros(last - first)
    for part in range(WINDOW_HOPS):
        sums[places - first + part] += alike
        counts[places - first + part] += 1
    told = counts > 0
    scores = sums / np.maximum(counts, 1)[:, None]
    best = scores[0]
    came = np.empty(scores.shape, np.int64)
    stays = np.arange(scores.shape[1])
    for hop in range(len(scores)):
        leader = int(best.argmax())
        change = best[leader] - CHANGE > best
        came[hop] = np.where(change, leader, stays)
        best = np.where(change, best[leader] - CHANGE, best) + scores[hop]
    path = np.empty(len(scores), np.int64)
    speaker = int(best.argmax())
    for hop in reversed(range(len(scores))):
        path[hop] = speaker
        speaker = int(came[hop, speaker])
    return first, np.where(told, path, -1)


def _in_speech(
    first: int, path: NDArray[np.int64], spans: Iterable[tuple[int, int]]
) -> Iterator[Turn]:
    """Yield runs of one speaker, as far as they are speech."""
    edges = np.flatnonzero(np.diff(path)) + 1
    starts = np.concatenate([[0], edges])
    ends = np.concatenate([edges, [len(path)]])
    runs = [
        (int(path[start]), (first + int(start)) * HOP_MS, (first + int(end)) * HOP_MS)
        for start, end in zip(starts, ends, strict=True)
        if path[start] >= 0
    ]
    at = 0
    for start_ms, end_ms in spans:
        while at < len(runs) and runs[at][2] <= start_ms:
            at += 1
        for speaker, run_ms, until_ms in runs[at:]:
            if run_ms >= end_ms:
                break
            yield Turn(speaker, max(start_ms, run_ms), min(end_ms, until_ms))


def _joined(turns: Iterable[Turn]) -> Iterator[Turn]:
    """Join a speaker's turns where between them is a short pause."""
    last: Turn | None = None
    for turn in turns:
        if last is None:
            last = turn
        elif turn.speaker == last.speaker and turn.start_ms - last.end_ms <= JOIN_MS:
            last = Turn(last.speaker, last.start_ms, turn.end_ms)
        else:
            yield last
            last = turn
    if last is not None:
        yield last
