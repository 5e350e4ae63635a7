"""A network of our own between two peers: it loses and delays packets of sound as planned."""

import asyncio
import math
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Final, cast

from firsthand.concealment.packets import SEQUENCE_BITS, unwrapped
from firsthand.concealment.simulation import Doubles
from firsthand.errors import ConfigError

HOST: Final = "127.0.0.1"

Address = tuple[str, int]

_HEADER_BYTES: Final = 12
_RTP: Final = range(128, 192)
_RTCP: Final = range(192, 224)
_APART_S: Final = 1e-6


@dataclass(frozen=True, slots=True)
class Passage:
    """What has come to a relay so far.

    Attributes:
        packets: packets of sound.
        lost: of these, lost on purpose.
        first: the sequence number of the first, from which the plan counts; None before.
        newest: the last one's, without wrapping around.
        latest_ms: when by the plan the latest of them arrives.
        latest_s: when it does.
    """

    packets: int = 0
    lost: int = 0
    first: int | None = None
    newest: int = 0
    latest_ms: float = -math.inf
    latest_s: float = -math.inf


def sequence_of(datagram: bytes) -> int | None:
    """Return the sequence number of a packet of RTP, encrypted or not; None of all else.

    Told apart from STUN and DTLS as RFC 7983 has it, and from RTCP as RFC 5761.
    """
    if len(datagram) < _HEADER_BYTES or datagram[0] not in _RTP or datagram[1] in _RTCP:
        return None
    return int.from_bytes(datagram[2:4])


def step(
    passage: Passage, delays_ms: Doubles, sequence: int, now_s: float, *, packet_ms: int = 20
) -> tuple[Passage, float | None]:
    """Say when a packet that comes at `now_s` leaves, None if it is lost.

    Packet `first + i` is delayed by `delays_ms[i]`, NaN loses it, as `simulation.arrivals` has
    them: (packets,), begun anew after the last. Packets overtake each other only where they do by
    plan, though the sender's clock is not even.
    """
    if passage.first is None:
        passage = replace(passage, first=sequence, newest=sequence)
    assert passage.first is not None
    number = unwrapped(sequence, SEQUENCE_BITS, passage.newest)
    index = number - passage.first
    delay_ms = float(delays_ms[index % len(delays_ms)])
    is_lost = math.isnan(delay_ms)
    passage = replace(
        passage, packets=passage.packets + 1, lost=passage.lost + is_lost, newest=number
    )
    if is_lost:
        return passage, None
    leaves_s, arrives_ms = now_s + delay_ms / 1000, index * packet_ms + delay_ms
    if arrives_ms >= passage.latest_ms:
        leaves_s = max(leaves_s, passage.latest_s + _APART_S)
        passage = replace(passage, latest_ms=arrives_ms, latest_s=leaves_s)
    return passage, leaves_s


class Relay:
    """Two sockets on 127.0.0.1, one for each of two peers, who know each other by these alone.

    What the speaker sends of sound passes as `step` says, all else at once. Use `opened`.

    Attributes:
        passage: what has come so far.
    """

    def __init__(self, delays_ms: Doubles) -> None:
        self.passage = Passage()
        self._delays_ms = delays_ms
        self._loop = asyncio.get_running_loop()
        self._waiting: dict[int, asyncio.TimerHandle] = {}
        self._speaker = _End(self._heard_of_speaker)
        self._listener = _End(lambda datagram: self._speaker.send(datagram))

    @property
    def port_for_speaker(self) -> int:
        """Where the speaker finds the listener."""
        return self._speaker.port

    @property
    def port_for_listener(self) -> int:
        """Where the listener finds the speaker."""
        return self._listener.port

    @property
    def waiting(self) -> int:
        """How many packets are on their way."""
        return len(self._waiting)

    def join(self, speaker: Address, listener: Address) -> None:
        """Tell where the peers are; nothing passes before, and nothing from anywhere else."""
        self._speaker.peer, self._listener.peer = speaker, listener

    def forward(self, datagram: bytes) -> None:
        """Send something to the listener now, as if it came from the speaker."""
        self._listener.send(datagram)

    async def open(self) -> None:
        """Bind the sockets."""
        await self._speaker.open()
        await self._listener.open()

    def close(self) -> None:
        """Let go of the sockets, and of what was on its way."""
        for handle in self._waiting.values():
            handle.cancel()
        self._waiting.clear()
        self._speaker.close()
        self._listener.close()

    def _heard_of_speaker(self, datagram: bytes) -> None:
        sequence = sequence_of(datagram)
        if sequence is None:
            self.forward(datagram)
            return
        now_s = self._loop.time()
        self.passage, leaves_s = step(self.passage, self._delays_ms, sequence, now_s)
        if leaves_s is not None:
            number = self.passage.packets
            self._waiting[number] = self._loop.call_at(leaves_s, self._leaves, number, datagram)

    def _leaves(self, number: int, datagram: bytes) -> None:
        del self._waiting[number]
        self.forward(datagram)


@asynccontextmanager
async def opened(delays_ms: Doubles) -> AsyncIterator[Relay]:
    """Give a relay that loses and delays by plan, (packets,); it ends with the block.

    Raises `ConfigError` where no packet is planned, or one has no time.
    """
    if delays_ms.ndim != 1 or not len(delays_ms):
        raise ConfigError(f"delays are of one packet or more, (packets,), not {delays_ms.shape}")
    if not (~(delays_ms < 0) & ~(delays_ms == math.inf)).all():
        raise ConfigError("a packet's delay is 0 ms or more, or NaN if it is lost")
    relay = Relay(delays_ms)
    try:
        await relay.open()
        yield relay
    finally:
        relay.close()


class _End(asyncio.DatagramProtocol):
    """A socket for one peer; what others send to it is not looked at."""

    def __init__(self, received: Callable[[bytes], None]) -> None:
        self._received = received
        self._transport: asyncio.DatagramTransport | None = None
        self.peer: Address | None = None

    async def open(self) -> None:
        loop = asyncio.get_running_loop()
        await loop.create_datagram_endpoint(lambda: self, local_addr=(HOST, 0))

    @property
    def port(self) -> int:
        assert self._transport is not None
        port: int = self._transport.get_extra_info("sockname")[1]
        return port

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: Address) -> None:
        if addr == self.peer:
            self._received(data)

    def send(self, datagram: bytes) -> None:
        if self._transport is not None and self.peer is not None:
            self._transport.sendto(datagram, self.peer)

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()
            self._transport = None
