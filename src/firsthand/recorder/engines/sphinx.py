"""PocketSphinx: small, English, with its model inside its package.

The cepstral mean is taken over the whole span of speech. Taken as it goes along, as PocketSphinx
does with streams, it follows the speaker too late.
"""

import re
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from firsthand.errors import MissingDependencyError, ModelError
from firsthand.recorder.transcript import Word

Floats = NDArray[np.float32]

_FRAME_MS: Final = 10
_FILLER: Final = re.compile(r"<.*>|\[.*\]|\+\+.*\+\+")
_VARIANT: Final = re.compile(r"\(\d+\)$")


class PocketSphinx:
    """A `Transcriber` on PocketSphinx's own English model; `ModelError` if it cannot be loaded."""

    name: Final = "pocketsphinx en-us"
    language: Final = "en"

    def __init__(self) -> None:
        try:
            import pocketsphinx
        except ModuleNotFoundError as error:
            raise MissingDependencyError(
                'this engine needs pocketsphinx, which is not installed: pip install "firsthand'
                '[recorder]"'
            ) from error
        try:
            self._decoder: Any = pocketsphinx.Decoder(cmn="batch", loglevel="FATAL")
        except (RuntimeError, ValueError, OSError) as error:
            raise ModelError(f"PocketSphinx cannot load its model: {error}") from error

    def words(self, samples: Floats, start_ms: int) -> list[Word]:
        """Return the words in `samples`; see `Transcriber`."""
        pcm = np.clip(np.rint(samples * 32768.0), -32768, 32767).astype(np.int16)
        self._decoder.reinit_feat()  # forgets mean and noise of the span before
        self._decoder.start_utt()
        self._decoder.process_raw(pcm.tobytes(), no_search=False, full_utt=True)
        self._decoder.end_utt()
        if self._decoder.hyp() is None:
            return []
        end_ms = start_ms + len(samples) // 16
        log_math = self._decoder.logmath
        found = []
        for segment in self._decoder.seg():
            if _FILLER.fullmatch(segment.word):
                continue
            first_ms = min(start_ms + segment.start_frame * _FRAME_MS, end_ms)
            last_ms = min(start_ms + (segment.end_frame + 1) * _FRAME_MS, end_ms)
            sure = min(1.0, max(0.0, log_math.exp(segment.prob)))
            found.append(Word(_VARIANT.sub("", segment.word), first_ms, last_ms, sure))
        return found
