"""From payloads to sound: what a decoder is, and one of plain samples."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from firsthand.concealment.concealer import Floats
from firsthand.errors import InputError


@dataclass(frozen=True, slots=True, eq=False)
class Decoded:
    """Samples (n,), float32 in -1..1, of one channel, and their rate.

    With `dtx` the sender says that it has gone silent (discontinuous transmission): until another
    packet comes, noise like these samples is heard.
    """

    samples: Floats
    rate_hz: int
    dtx: bool = False


class Decoder(Protocol):
    """Makes sound of payloads, one after the other in the order of the stream.

    `rate_hz` is the rate at which sound is played: a multiple of 100 from 8,000 to 48,000.
    """

    @property
    def rate_hz(self) -> int:
        """Samples per second."""
        ...

    def decode(self, payload: bytes) -> Decoded:
        """Return the sound of a payload, in an array of its own; at another rate where it must.

        Raises:
            InputError: it cannot be decoded (`MediaError` is one).
        """
        ...

    def missed(self, seconds: float) -> Decoded | None:
        """Go on over what is missing before the next payload, 120 ms at most.

        Returns what the decoder makes of it, which leads into what it gives next; None where
        payloads stand by themselves.
        """
        ...

    def reset(self) -> None:
        """Forget what was decoded: more than 120 ms are missing before what comes next."""
        ...


@dataclass(frozen=True, slots=True)
class LinearPcm:
    """Samples of 16 bits, the higher byte first: L16 of RFC 3551, section 4.5.11."""

    rate_hz: int = 16_000

    def decode(self, payload: bytes) -> Decoded:
        """Return the samples, in 32768ths."""
        if not payload or len(payload) % 2:
            raise InputError(
                f"L16 has two bytes a sample, and a payload of {len(payload)} bytes is not whole "
                "samples; it was cut off, or is of another codec"
            )
        samples = np.frombuffer(payload, ">i2").astype(np.float32)
        samples *= 1 / 32_768
        return Decoded(samples, self.rate_hz)

    def missed(self, seconds: float) -> None:
        """Return nothing: a payload stands by itself."""

    def reset(self) -> None:
        """Forget nothing: a payload stands by itself."""

    def encode(self, samples: NDArray[np.floating]) -> bytes:
        """Return samples (n,) in -1..1 as a payload, rounded to 32768ths."""
        scaled = np.clip(np.rint(samples * 32_768), -32_768, 32_767)
        payload: bytes = scaled.astype(">i2").tobytes()
        return payload
