"""From payloads to sound at one rate, whatever a decoder makes of them."""

from collections.abc import Callable
from typing import Final

import numpy as np

from firsthand.concealment.concealer import Floats
from firsthand.concealment.decoding import Decoded, Decoder
from firsthand.concealment.resampling import kept, resampled
from firsthand.errors import InputError

_MOST_S: Final = 0.12
"""The longest that a packet may be: Opus has none longer (RFC 6716)."""

_LEAST_HZ: Final = 4_000
_MOST_HZ: Final = 192_000
_NOTHING: Final = np.empty(0, np.float32)


class Unpacking:
    """A decoder, and what it gave last at another rate than its own."""

    __slots__ = ("_decoder", "_past", "_past_hz")

    def __init__(self, decoder: Decoder) -> None:
        self._decoder = decoder
        self._past = _NOTHING
        self._past_hz = decoder.rate_hz

    def reset(self) -> None:
        """Forget what came before: what comes next does not go on from it."""
        self._past = _NOTHING
        self._decoder.reset()

    def missed(self, seconds: float) -> Floats | None:
        """Let the decoder know that so much of the stream is missing before what comes next.

        Returns what it makes of that, None of one that does not, or fails at it.
        """
        made = self._whole(lambda: self._decoder.missed(seconds))
        return None if made is None else made.samples

    def sound(self, payload: bytes) -> Decoded | None:
        """Return the sound of a payload at the decoder's own rate, None for a broken one."""
        return self._whole(lambda: self._decoder.decode(payload))

    def _whole(self, decode: Callable[[], Decoded | None]) -> Decoded | None:
        try:
            given = decode()
        except InputError:
            return None
        decoded = None if given is None else checked(given)
        if decoded is None or decoded.rate_hz == self._decoder.rate_hz:
            return decoded
        samples = self._resampled(decoded.samples, decoded.rate_hz)
        return Decoded(samples, self._decoder.rate_hz, decoded.dtx) if len(samples) else None

    def _resampled(self, samples: Floats, from_hz: int) -> Floats:
        if from_hz != self._past_hz:
            self._past, self._past_hz = _NOTHING, from_hz
        made = resampled(self._past, samples, from_hz, self._decoder.rate_hz)
        self._past = kept(self._past, samples, from_hz, self._decoder.rate_hz)
        return made


def checked(decoded: Decoded) -> Decoded | None:
    """Return what was decoded, clipped to -1..1; None for what is no sound of a packet.

    That is: no samples, more than 120 ms, something that is no finite number, more than one
    channel, whole numbers, or a rate that sound does not have.
    """
    samples, rate_hz = decoded.samples, decoded.rate_hz
    if not (_LEAST_HZ <= rate_hz <= _MOST_HZ and 0 < samples.size <= _MOST_S * rate_hz):
        return None
    if samples.ndim != 1 or samples.dtype.kind != "f":
        return None
    samples = samples.astype(np.float32, copy=False)
    least, most = samples.min(), samples.max()  # each is no number where any sample is none
    if not (np.isfinite(least) and np.isfinite(most)):
        return None
    if least < -1 or most > 1:
        samples = np.clip(samples, -1, 1)
    samples.setflags(write=False)
    return Decoded(samples, rate_hz, decoded.dtx)
