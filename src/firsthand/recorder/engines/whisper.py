"""Whisper, through faster-whisper (Radford et al. 2022, arXiv:2212.04356)."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from firsthand.errors import ConfigError, MissingDependencyError, ModelError
from firsthand.recorder.engines.whisper_weights import BASE, whisper_folder
from firsthand.recorder.transcript import Word, words_in

Floats = NDArray[np.float32]


class Whisper:
    """A `Transcriber` on Whisper's weights in eight bits; see `whisper_folder` for `model`.

    `language` is written down where given, such as "en"; else that of the first span of speech is,
    from then on. Raises `ModelError` for a folder that holds no such model, and what
    `whisper_folder` raises.
    """

    def __init__(self, model: str | Path = BASE, *, language: str = "", threads: int = 2) -> None:
        try:
            import faster_whisper
        except ModuleNotFoundError as error:
            raise MissingDependencyError(
                'Whisper needs faster-whisper, which is not installed: pip install "firsthand'
                '[recorder]"'
            ) from error
        folder = whisper_folder(model)
        try:
            self._model: Any = faster_whisper.WhisperModel(
                str(folder),
                device="cpu",
                compute_type="int8",
                cpu_threads=threads,
                local_files_only=True,
            )
        except (RuntimeError, ValueError, OSError) as error:
            raise ModelError(f"{folder}: faster-whisper cannot load it: {error}") from error
        known = self._model.supported_languages
        if language and language not in known:
            raise ConfigError(
                f"Whisper knows no language {language!r}; it knows {', '.join(known)}"
            )
        self.name = f"whisper {folder.name}"
        self.language = language

    def words(self, samples: Floats, start_ms: int) -> list[Word]:
        """Return the words in `samples`; see `Transcriber`."""
        segments, about = self._model.transcribe(
            samples,
            language=self.language or None,
            beam_size=1,
            temperature=0.0,  # the same sound gives the same words: nothing is drawn
            word_timestamps=True,
            condition_on_previous_text=False,  # what was misheard once is not heard again
        )
        found = list(_words(segments, start_ms, start_ms + len(samples) // 16))
        if found and not self.language:
            self.language = about.language
        return found


def _words(segments: Any, start_ms: int, end_ms: int) -> Iterator[Word]:
    least_ms = start_ms
    for segment in segments:
        for word in segment.words or ():
            first_ms = min(max(start_ms + round(1000 * word.start), least_ms), end_ms)
            last_ms = min(max(start_ms + round(1000 * word.end), first_ms), end_ms)
            sure = float(min(max(word.probability, 0.0), 1.0))
            for index, text in enumerate(words_in(word.word)):
                attached = not index and not word.word[:1].isspace()
                yield Word(text, first_ms, last_ms, sure, attached)
            least_ms = first_ms
