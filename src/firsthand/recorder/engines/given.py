"""A transcript that is there already, taken for an engine's."""

import numpy as np
from numpy.typing import NDArray

from firsthand.recorder.transcript import Transcript, Word

Floats = NDArray[np.float32]


class Given:
    """A `Transcriber` that says what a transcript has in its time."""

    def __init__(self, transcript: Transcript) -> None:
        self.name = transcript.engine or "given"
        self.language = transcript.language
        self._words = transcript.words
        self._starts = np.array([word.start_ms for word in transcript.words], np.int64)

    def words(self, samples: Floats, start_ms: int) -> list[Word]:
        """Return the words that begin within `samples`; see `Transcriber`."""
        end_ms = start_ms + len(samples) // 16
        first, last = np.searchsorted(self._starts, [start_ms, end_ms])
        return [
            Word(w.text, w.start_ms, min(w.end_ms, end_ms), w.probability, w.attached)
            for w in self._words[first:last]
        ]
