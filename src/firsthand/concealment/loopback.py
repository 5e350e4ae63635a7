"""A real call within this computer: two aiortc peers, joined by a relay that loses packets."""

import asyncio
import re
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from typing import Any, Final

import numpy as np
from av.audio.frame import AudioFrame
from numpy.typing import NDArray

from firsthand.concealment.call import FRAME, ConcealedTrack, conceal
from firsthand.concealment.concealer import Concealer, Floats
from firsthand.concealment.opus import OPUS_HZ
from firsthand.concealment.relay import HOST, Passage, Relay, opened
from firsthand.concealment.simulation import Doubles
from firsthand.concealment.statistics import Statistics
from firsthand.errors import ConfigError, LinkError

# isort: split
# Where aiortc is missing, `call` has said what to install.
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack

_CANDIDATE: Final = re.compile(r"^(a=candidate:\S+ 1 udp \d+) (\S+) (\d+) typ host", re.M)
_FRAME_S: Final = 0.02
_CONNECTED_WITHIN_S: Final = 30
_ASKED_S: Final = 0.01
_STILL: Final = 2


@dataclass(frozen=True, slots=True, eq=False)
class Moment:
    """20 ms of a call: what was heard, `samples` (960,) in -1..1 at 48 kHz, and counts so far."""

    samples: Floats
    statistics: Statistics
    passage: Passage


class Said(MediaStreamTrack):
    """A sound (n,) in -1..1 at 48 kHz as an aiortc track, once; its last frame is filled up.

    It begins when `begin` is called. `is_over` tells whether all was asked for.
    """

    kind = "audio"

    def __init__(self, samples: NDArray[Any]) -> None:
        super().__init__()
        scaled = np.clip(np.rint(samples * 32_768.0), -32_768, 32_767).astype(np.int16)
        self._samples = np.pad(scaled, (0, -len(scaled) % FRAME))
        self._may_begin = asyncio.Event()
        self._now_s = asyncio.get_running_loop().time
        self._start_s = 0.0
        self._place = 0
        self.is_over = False

    def begin(self) -> None:
        """Let the sound begin now."""
        self._start_s = self._now_s()
        self._may_begin.set()

    async def recv(self) -> AudioFrame:
        """Return the next 20 ms when it is time for them; `MediaStreamError` after the last."""
        await self._may_begin.wait()
        row = self._samples[np.newaxis, self._place : self._place + FRAME]
        if self.readyState != "live" or not row.size:
            self.is_over = True
            self.stop()
            raise MediaStreamError
        due_s = self._start_s + self._place / OPUS_HZ
        await asyncio.sleep(max(0.0, due_s - self._now_s()))
        frame = AudioFrame.from_ndarray(row, format="s16", layout="mono")
        frame.sample_rate, frame.time_base = OPUS_HZ, Fraction(1, OPUS_HZ)
        frame.pts = self._place
        self._place += FRAME
        return frame


async def talk(
    samples: NDArray[Any], delays_ms: Doubles, concealer: Concealer | None = None
) -> AsyncGenerator[Moment, None]:
    """Say a sound to a peer over a network with losses, and yield what it hears as it does.

    In real time: Opus over WebRTC on 127.0.0.1, with nothing else to be reached from elsewhere. It
    ends once all that was said, and came, was heard. Close it (`contextlib.aclosing`).

    Args:
        samples: (n,) in -1..1 at 48 kHz.
        delays_ms: of each packet of 20 ms, (packets,), NaN where it is lost; see `relay.step`.
        concealer: as `conceal` has it.

    Raises:
        ConfigError: such delays or such a concealer there are not.
        LinkError: the peers do not find each other, or lose each other.
    """
    sent = np.resize(delays_ms, -(-len(samples) // FRAME))
    if np.isnan(sent).all():
        raise ConfigError("all packets of the call are to be lost: there would be nothing to hear")
    async with opened(delays_ms) as relay:
        said = Said(samples)
        async with joined(said, relay, concealer) as track:
            still = 0
            while still < _STILL:
                try:
                    frame = await track.recv()
                except MediaStreamError as error:
                    raise LinkError("the call was cut off") from error
                heard = frame.to_ndarray()[0].astype(np.float32) / np.float32(32_768)
                yield Moment(heard, track.statistics, relay.passage)
                now = track.statistics
                is_still = said.is_over and not relay.waiting and not now.packets_waiting
                still = still + 1 if is_still and now.samples_waiting < FRAME else 0


@asynccontextmanager
async def joined(
    said: Said, relay: Relay, concealer: Concealer | None = None
) -> AsyncIterator[ConcealedTrack]:
    """Call a peer through a relay; give what it hears of `said`, which begins; hang up at the end.

    Raises `LinkError` where they do not find each other.
    """
    # Without a configuration aiortc asks a server in the internet for its address.
    speaker, listener = (RTCPeerConnection(RTCConfiguration(iceServers=[])) for _ in range(2))
    track: ConcealedTrack | None = None
    try:
        speaker.addTrack(said)
        _keep_inside(speaker)
        await speaker.setLocalDescription(await speaker.createOffer())
        shown, speaker_port = rerouted(speaker.localDescription.sdp, relay.port_for_listener)
        await listener.setRemoteDescription(RTCSessionDescription(shown, "offer"))
        (receiver,) = listener.getReceivers()
        track = conceal(receiver, concealer)
        _keep_inside(listener)
        await listener.setLocalDescription(await listener.createAnswer())
        shown, listener_port = rerouted(listener.localDescription.sdp, relay.port_for_speaker)
        relay.join((HOST, speaker_port), (HOST, listener_port))
        await speaker.setRemoteDescription(RTCSessionDescription(shown, "answer"))
        await _connected(speaker, listener)
        said.begin()
        yield track
    finally:
        said.stop()
        if track is not None:
            track.stop()
        await speaker.close()
        await listener.close()


def rerouted(sdp: str, port: int) -> tuple[str, int]:
    """Return a description whose only address is 127.0.0.1 and `port`, and the port it had there.

    Raises `LinkError` where it had none.
    """
    own = [each for each in _CANDIDATE.finditer(sdp) if each[2] == HOST]
    if not own:
        raise LinkError(f"a peer cannot be reached at {HOST}: it has no socket there")
    lines = [line for line in sdp.splitlines() if not line.startswith("a=candidate")]
    place = next(n for n, line in enumerate(lines) if line.startswith("m=")) + 1
    lines.insert(place, f"{own[0][1]} {HOST} {port} typ host")
    return "\r\n".join([*lines, ""]), int(own[0][3])


def _keep_inside(connection: RTCPeerConnection) -> None:
    """Let a peer be reached at 127.0.0.1 alone, which aiortc leaves out of all addresses."""
    for transceiver in connection.getTransceivers():
        ice = transceiver.receiver.transport.transport.iceGatherer._connection
        gather = partial(_gathered, ice.get_component_candidates)
        ice.get_component_candidates = gather  # type: ignore[method-assign]


async def _gathered(gather: Any, component: int, addresses: list[str], **options: Any) -> Any:
    del addresses
    return await gather(component=component, addresses=[HOST], **options)


async def _connected(*connections: RTCPeerConnection) -> None:
    try:
        async with asyncio.timeout(_CONNECTED_WITHIN_S):
            while any(each.connectionState != "connected" for each in connections):
                if any(each.connectionState in ("failed", "closed") for each in connections):
                    raise LinkError("the peers did not come to terms")
                await asyncio.sleep(_ASKED_S)
    except TimeoutError as error:
        raise LinkError(
            f"the peers have not found each other within {_CONNECTED_WITHIN_S} s"
        ) from error
