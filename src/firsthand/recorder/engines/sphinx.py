"""PocketSphinx: small, English, with its model inside its package, in a process of its own."""

import json
import re
import struct
import subprocess
import sys
import weakref
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any, Final

import numpy as np
from numpy.typing import NDArray

from firsthand.errors import MissingDependencyError, ModelError
from firsthand.recorder.speech import Spoken
from firsthand.recorder.transcript import Word

Floats = NDArray[np.float32]

_FRAME_MS: Final = 10
_FILLER: Final = re.compile(r"<.*>|\[.*\]|\+\+.*\+\+")
_VARIANT: Final = re.compile(r"\(\d+\)$")
_WORKER: Final = Path(__file__).with_name("sphinx_worker.py")


class PocketSphinx:
    """A `Transcriber` on PocketSphinx's own English model; `ModelError` if it cannot be loaded.

    Its process ends with this object.
    """

    name: Final = "pocketsphinx en-us"
    language: Final = "en"

    def __init__(self) -> None:
        self._worker = _Worker("batch")
        self.close = self._worker.close

    def words(self, samples: Floats, start_ms: int) -> list[Word]:
        """Return the words in `samples`; see `Transcriber`."""
        return _words(self._worker.ask(b"W", samples), start_ms, start_ms + len(samples) // 16)


class SphinxGuesser:
    """A `Guesser` that decodes speech as it comes, each sample once, in a process of its own."""

    def __init__(self) -> None:
        self._worker = _Worker("live")
        self.close = self._worker.close
        self._start_ms, self._heard = -1, 0
        self._words: list[Word] = []

    def words(self, span: Spoken) -> list[Word]:
        """Return the words so far of the speech under way; see `Guesser`."""
        kind = b"C" if span.start_ms == self._start_ms else b"B"
        self._heard = self._heard if kind == b"C" else 0
        new = span.samples[self._heard :]
        if len(new) or kind == b"B":
            self._start_ms, self._heard = span.start_ms, len(span.samples)
            self._words = _words(self._worker.ask(kind, new), span.start_ms, span.end_ms)
        return self._words


class _Worker:
    """A process that decodes, and ends with this object."""

    def __init__(self, cepstral_mean: str) -> None:
        if find_spec("pocketsphinx") is None:
            raise MissingDependencyError(
                'this engine needs pocketsphinx, which is not installed: pip install "firsthand'
                '[recorder]"'
            )
        process = subprocess.Popen(
            [sys.executable, str(_WORKER), cepstral_mean],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,  # the Ctrl-C that ends a recording is not for it
        )
        assert process.stdin is not None
        assert process.stdout is not None
        self._to: IO[bytes] = process.stdin
        self._from: IO[bytes] = process.stdout
        self.close = weakref.finalize(self, _end, process)
        ready = self._answer()
        if not ready["ready"]:
            self.close()
            raise ModelError(f"PocketSphinx cannot load its model: {ready['error']}")

    def ask(self, kind: bytes, samples: Floats) -> Any:
        """Return the segments that the process answers with; `ModelError` if it has ended."""
        pcm = np.clip(np.rint(samples * 32768.0), -32768, 32767).astype("<i2")
        try:
            self._to.write(struct.pack("<cI", kind, len(pcm)) + pcm.tobytes())
            self._to.flush()
        except (OSError, ValueError) as error:
            raise ModelError(f"PocketSphinx's process has ended ({error}); start anew") from error
        return self._answer()

    def _answer(self) -> Any:
        line = self._from.readline()
        if not line:
            raise ModelError("PocketSphinx's process has ended without an answer; start anew")
        return json.loads(line)


def _words(segments: Any, start_ms: int, end_ms: int) -> list[Word]:
    found = []
    for text, first, last, probability in segments:
        if _FILLER.fullmatch(text):
            continue
        first_ms = min(start_ms + first * _FRAME_MS, end_ms)
        last_ms = min(start_ms + (last + 1) * _FRAME_MS, end_ms)
        sure = min(1.0, max(0.0, probability))
        found.append(Word(_VARIANT.sub("", text), first_ms, last_ms, sure))
    return found


def _end(process: subprocess.Popen[bytes]) -> None:
    """Let the process end, whatever it is at."""
    with process:
        process.kill()
