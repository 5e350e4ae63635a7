"""Opus (RFC 6716), decoded by the libopus that PyAV brings; and what else FFmpeg decodes."""

from typing import Final, cast

import av
import numpy as np
from av.audio.codeccontext import AudioCodecContext

from firsthand.concealment.concealer import Floats
from firsthand.concealment.decoding import Decoded
from firsthand.errors import MediaError

OPUS_HZ: Final = 48_000
"""The clock of Opus's timestamps, whatever it was made from (RFC 7587)."""

_MOST_DTX_BYTES: Final = 2
_ONE_FRAME: Final = 0xFC
"""The bits of a packet's first byte that say how it is coded, without how many frames it has."""

_MOST_MISSED_S: Final = 0.12
_SLACK_S: Final = 0.001


class Coded:
    """A decoder for `JitterBuffer`, by one of FFmpeg's whose packets stand by themselves.

    Gives one channel; several become one.

    Args:
        codec: FFmpeg's name of the decoder: `libopus`, `pcm_mulaw`, `pcm_alaw`, `g722`.
        coded_hz: the rate at which it decodes.
        rate_hz: the rate at which sound is played; the jitter buffer resamples to it.
    """

    def __init__(self, codec: str, coded_hz: int, rate_hz: int) -> None:
        self.rate_hz, self._codec, self._coded_hz = rate_hz, codec, coded_hz
        self._context = _opened(codec, coded_hz)

    def reset(self) -> None:
        """Forget what was decoded: what comes next does not go on from it."""
        self._context = _opened(self._codec, self._coded_hz)

    def missed(self, seconds: float) -> None:
        """Return nothing: of what these codecs remember, little is left after a packet."""

    def decode(self, payload: bytes) -> Decoded:
        """Return the sound of a packet.

        Raises `MediaError` where it is damaged; the next is decoded as if it had not come.
        """
        if not payload:  # FFmpeg takes it for the end of the stream
            raise MediaError(f"an empty packet is none of {self._codec}")
        try:
            frames = self._context.decode(av.Packet(payload))
        except (av.FFmpegError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            raise MediaError(
                f"{len(payload)} bytes are no packet of {self._codec}: {reason}"
            ) from error
        if not frames:
            raise MediaError(f"{len(payload)} bytes hold no sound of {self._codec}")
        parts = [frame.to_ndarray().reshape(-1) for frame in frames]  # 16 bits, one channel
        samples = np.concatenate(parts).astype(np.float32)
        samples *= 1 / 32_768
        return Decoded(samples, self._coded_hz)


class Opus:
    """Opus for `JitterBuffer`, whose `Settings` need `timestamp_hz=48_000`.

    A packet of 2 bytes or less says that the sender has gone silent, as WebRTC has it. Packets
    decode one after the other from what was before; call `reset` after a gap so long that nothing
    of it should be heard any more.

    Args:
        rate_hz: the rate at which sound is played, 8 to 48 kHz. It is always decoded at 48 kHz.
    """

    def __init__(self, rate_hz: int = OPUS_HZ) -> None:
        self._coded = Coded("libopus", OPUS_HZ, rate_hz)
        self._kind: bytes | None = None

    @property
    def rate_hz(self) -> int:
        """Samples per second of what is played."""
        return self._coded.rate_hz

    def reset(self) -> None:
        """Forget what was decoded.

        What the last packets of a minute ago left behind is heard otherwise, for 5 ms. After a gap
        of up to 120 ms it is better kept: what follows is nearer to what was sent.
        """
        self._coded.reset()
        self._kind = None

    def missed(self, seconds: float) -> Decoded | None:
        """Let libopus conceal what is missing, so that it knows what its filters hold.

        A packet of nothing but its first byte, the kind of the last one, asks for it (RFC 6716,
        3.2.1 and 4.4): frames of that kind are made up, and returned. None before any packet.
        """
        made: list[Floats] = []
        left = min(seconds, _MOST_MISSED_S) - _SLACK_S
        while self._kind is not None and left > 0:
            made.append(self._coded.decode(self._kind).samples)
            left -= len(made[-1]) / OPUS_HZ
        return Decoded(np.concatenate(made), OPUS_HZ) if made else None

    def decode(self, payload: bytes) -> Decoded:
        """Return the sound of a packet, 2.5 to 120 ms; `MediaError` where it is damaged."""
        decoded = self._coded.decode(payload)
        self._kind = bytes([payload[0] & _ONE_FRAME])
        return Decoded(decoded.samples, decoded.rate_hz, dtx=len(payload) <= _MOST_DTX_BYTES)


def _opened(codec: str, rate_hz: int) -> AudioCodecContext:
    context = cast(AudioCodecContext, av.CodecContext.create(codec, "r"))
    context.sample_rate = rate_hz
    context.layout = "mono"
    return context
