"""Concealment in a call: an aiortc receiver's sound, with its lost packets filled.

Tried with aiortc 1.16.0. It needs `pip install 'firsthand[call]'`.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from fractions import Fraction
from struct import Struct
from typing import TYPE_CHECKING, Final

import numpy as np
from av.audio.frame import AudioFrame

from firsthand.concealment.concealer import Concealer
from firsthand.concealment.decoding import Decoded
from firsthand.concealment.jitter_buffer import JitterBuffer
from firsthand.concealment.opus import OPUS_HZ, Coded, Opus
from firsthand.concealment.packets import SEQUENCE_BITS, TIMESTAMP_BITS, Packet
from firsthand.concealment.settings import DEFAULTS, Settings
from firsthand.concealment.statistics import Statistics
from firsthand.errors import ConfigError, MissingDependencyError

try:
    from aiortc.mediastreams import MediaStreamError, MediaStreamTrack
except ModuleNotFoundError as error:
    raise MissingDependencyError(
        f"calls need aiortc: pip install 'firsthand[call]' ({error})"
    ) from error

if TYPE_CHECKING:
    from aiortc import RTCRtpReceiver
    from aiortc.rtp import RtpPacket

FRAME: Final = OPUS_HZ // 50
"""Samples of a frame: 20 ms."""

_FRAME_S: Final = 0.02
_MOST_LATE_S: Final = 1.0
_BUFFER: Final = "_RTCRtpReceiver__jitter_buffer"
_MOST_BYTES: Final = 1500
_HEAD: Final = Struct("!B")  # the payload type, before the payload
_STATIC: Final = {0: ("pcm_mulaw", 8_000), 8: ("pcm_alaw", 8_000), 9: ("g722", 16_000)}
"""Payload types of RFC 3551; aiortc knows no other dynamic one of sound than Opus."""

_STATIC_STEP: Final = OPUS_HZ // 8_000


def conceal(
    receiver: "RTCRtpReceiver",
    concealer: Concealer | None = None,
    *,
    settings: Settings = DEFAULTS,
) -> "ConcealedTrack":
    """Return the sound of a receiver as a track in which lost packets are filled.

    Call it where the peer connection tells of the track, and use what it returns in place of
    `receiver.track`, which gives nothing any more:

        @connection.on("track")
        def heard(track):
            if track.kind == "audio":
                receiver = next(r for r in connection.getReceivers() if r.track is track)
                recorder.addTrack(conceal(receiver))

    aiortc's own jitter buffer is replaced by this project's: packets come here as they arrive,
    and aiortc decodes none. It goes on with RTCP and its `getStats`. Codecs may change during the
    call: Opus, G.722 and G.711. Datagrams that end a call with aiortc, empty ones and those of more
    than 1500 bytes, are kept from it.

    Args:
        receiver: of sound.
        concealer: what makes up lost sound, at 48 kHz; None: linear prediction.
        settings: of the jitter buffer; their `timestamp_hz` is not looked at.

    Raises:
        ConfigError: the receiver is of no sound, or this aiortc keeps its packets elsewhere; or the
            concealer is of another rate.
    """
    if receiver.track is None or receiver.track.kind != "audio":
        raise ConfigError("only a receiver of sound can be concealed")
    if not hasattr(getattr(receiver, _BUFFER, None), "add"):
        raise ConfigError("this release of aiortc has its jitter buffer elsewhere; use 1.16")
    settings = replace(settings, timestamp_hz=OPUS_HZ)
    track = ConcealedTrack(receiver.track, JitterBuffer(_Received(), concealer, settings=settings))
    setattr(receiver, _BUFFER, _Tap(track.take))
    _guard(receiver)
    return track


class ConcealedTrack(MediaStreamTrack):
    """Sound of a jitter buffer as an aiortc track: frames of 20 ms, 48 kHz, mono, 16 bits.

    The first frame is given once the first packet has come, and then one each 20 ms, whatever the
    network does. `pts` counts samples, and is that of the time: who asks for a frame late gets it
    at once, and who is more than a second late misses what was between. All is done on the event
    loop: a frame costs about a millisecond, and a few where a loss begins.

    Args:
        track: ends when the call does; it is received from, and what it gives is thrown away.
        buffer: plays at 48 kHz; packets come by `take`.
    """

    kind = "audio"

    def __init__(self, track: MediaStreamTrack, buffer: JitterBuffer) -> None:
        super().__init__()
        if buffer.rate_hz != OPUS_HZ:
            raise ConfigError(f"calls are played at {OPUS_HZ} Hz, not at {buffer.rate_hz}")
        self._track, self._buffer = track, buffer
        self._now_s = asyncio.get_running_loop().time
        self._begun = asyncio.Event()
        self._start_s: float | None = None
        self._frames = 0
        self._end = asyncio.ensure_future(self._until_end())

    @property
    def statistics(self) -> Statistics:
        """What was received, concealed and played so far."""
        return self._buffer.statistics

    def take(self, packet: Packet) -> None:
        """Take a packet as it comes from the network, in the event loop's thread."""
        if self.readyState == "live":
            self._buffer.push(packet, self._now_s())
            self._begun.set()

    async def recv(self) -> AudioFrame:
        """Return the next 20 ms when it is time for them.

        Raises aiortc's `MediaStreamError` once the call or the track has ended.
        """
        await self._begun.wait()
        await asyncio.sleep(self._wait_s())
        if self.readyState != "live":
            raise MediaStreamError
        blocks = [self._buffer.pull(self._now_s()) for _ in range(2)]
        samples = np.clip(np.rint(np.concatenate(blocks) * 32_768), -32_768, 32_767)
        row = samples.astype(np.int16)[np.newaxis]
        frame = AudioFrame.from_ndarray(row, format="s16", layout="mono")
        frame.sample_rate, frame.time_base = OPUS_HZ, Fraction(1, OPUS_HZ)
        frame.pts = self._frames * FRAME
        self._frames += 1
        return frame

    def stop(self) -> None:
        """End the track; what still comes is not taken."""
        if self.readyState == "live":
            super().stop()
            self._track.stop()
            self._end.cancel()
            self._begun.set()

    def _wait_s(self) -> float:
        """Return how long it is until the next frame, 0 if it is late."""
        now_s = self._now_s()
        if self._start_s is None:
            self._start_s = now_s
        late_s = now_s - self._start_s - self._frames * _FRAME_S
        if late_s > _MOST_LATE_S:
            self._frames += int(late_s / _FRAME_S)
        return max(0.0, -late_s)

    async def _until_end(self) -> None:
        with suppress(MediaStreamError):
            while True:
                await self._track.recv()
        self.stop()


def _guard(receiver: "RTCRtpReceiver") -> None:
    ice = receiver.transport.transport
    receive = ice._recv

    async def received() -> bytes:
        while not 0 < len(datagram := await receive()) <= _MOST_BYTES:
            pass
        return datagram

    ice._recv = received


class _Tap:
    """Stands where aiortc has its jitter buffer; lets nothing through to its decoder."""

    def __init__(self, take: Callable[[Packet], None]) -> None:
        self._take = take
        self._source: int | None = None
        self._sequence = self._sequence_shift = 0
        self._timestamp = self._timestamp_shift = 0

    def add(self, packet: "RtpPacket") -> tuple[bool, None]:
        """Take a packet; ask for no key frame, and give nothing to decode."""
        sequence, timestamp = packet.sequence_number, packet.timestamp
        if packet.payload_type in _STATIC:
            timestamp *= _STATIC_STEP
        if packet.ssrc != self._source:
            # Another sender's numbers may look like late ones: they are moved as far off as can be
            self._source = packet.ssrc
            self._sequence_shift = self._sequence - sequence + (1 << SEQUENCE_BITS - 1)
            self._timestamp_shift = self._timestamp - timestamp + (1 << TIMESTAMP_BITS - 1)
        self._sequence = (sequence + self._sequence_shift) % (1 << SEQUENCE_BITS)
        self._timestamp = (timestamp + self._timestamp_shift) % (1 << TIMESTAMP_BITS)
        head = _HEAD.pack(packet.payload_type)
        self._take(Packet(self._sequence, self._timestamp, head + packet.payload))
        return False, None


class _Received:
    """Decodes what `_Tap` has packed: by the codec of each packet."""

    rate_hz = OPUS_HZ

    def __init__(self) -> None:
        self._codecs: dict[int, Coded | Opus] = {}

    def reset(self) -> None:
        for codec in self._codecs.values():
            codec.reset()

    def missed(self, seconds: float) -> Decoded | None:
        made = [codec.missed(seconds) for codec in self._codecs.values()]
        return made[0] if made else None  # there is one at a time

    def decode(self, payload: bytes) -> Decoded:
        (kind,) = _HEAD.unpack_from(payload)
        codec = self._codecs.get(kind)
        if codec is None:
            codec = Coded(*_STATIC[kind], OPUS_HZ) if kind in _STATIC else Opus()
            self._codecs = {kind: codec}  # one that comes back begins anew
        return codec.decode(payload[_HEAD.size :])
