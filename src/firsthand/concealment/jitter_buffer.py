"""Packets in as the network brings them, sound out every 10 ms: a jitter buffer.

In the manner of WebRTC's NetEQ: it waits as long as the network's jitter asks for, stretches time
where that changes, makes up what does not come, and counts what it does.
"""

from typing import Final

from firsthand.concealment.buffer_level import smoothed
from firsthand.concealment.concealer import Concealer, Floats
from firsthand.concealment.decisions import NOISES, Operation, Situation, decide
from firsthand.concealment.decoding import Decoder
from firsthand.concealment.extrapolation import Extrapolation
from firsthand.concealment.ordering import Kind
from firsthand.concealment.packet_store import PacketStore, Waiting
from firsthand.concealment.packets import Packet
from firsthand.concealment.player import Player
from firsthand.concealment.rates import at_rate
from firsthand.concealment.reception import Reception
from firsthand.concealment.settings import DEFAULTS, MOST_PAYLOAD_BYTES, Settings
from firsthand.concealment.statistics import Statistics
from firsthand.concealment.steady_clock import SteadyClock
from firsthand.concealment.tally import Tally
from firsthand.errors import ConfigError

_RATES_HZ: Final = range(8_000, 48_001, 100)
_REST_BLOCKS: Final = 5
_MOST_BROKEN: Final = 16
"""Packets that are found broken within 10 ms, for the time that takes; others wait."""

_MADE: Final = NOISES | {Operation.EXPAND, Operation.CLOSE}


class JitterBuffer:
    """Takes packets with `push`, gives sound with `pull`; for one thread at a time.

    Nothing that a packet or a clock says makes it raise: what cannot be played is counted as
    discarded, and concealed. Resuming after a loss may insert up to 10 ms of made-up sound, so that
    periods meet; it counts as concealed.

    Args:
        decoder: what makes sound of the payloads.
        concealer: what makes up lost sound, at the decoder's rate; None: `Extrapolation`.
        settings: see `Settings`.

    Raises:
        ConfigError: the decoder's rate is no multiple of 100 from 8,000 to 48,000, or the
            concealer's is another.
    """

    def __init__(
        self,
        decoder: Decoder,
        concealer: Concealer | None = None,
        *,
        settings: Settings = DEFAULTS,
    ) -> None:
        rate_hz = decoder.rate_hz
        if rate_hz not in _RATES_HZ:
            raise ConfigError(
                f"sound is played at a multiple of 100 Hz from 8,000 to 48,000, not at {rate_hz}; "
                "let the decoder resample"
            )
        concealer = at_rate(Extrapolation(), rate_hz) if concealer is None else concealer
        if concealer.rate_hz != rate_hz:
            raise ConfigError(
                f"the concealer makes sound at {concealer.rate_hz} Hz, the decoder at {rate_hz}; "
                "they must agree"
            )
        self._rate_hz = rate_hz
        self._timestamp_hz = settings.timestamp_hz or rate_hz
        self._stretching = settings.stretching
        self._clock = SteadyClock()
        self._reception = Reception(settings, self._timestamp_hz)
        self._store = PacketStore(settings.most_packets, settings.most_bytes)
        self._tally = Tally(rate_hz)
        self._player = Player(
            decoder,
            concealer,
            self._store,
            self._tally,
            self._reception.target,
            self._timestamp_hz,
            settings.seed,
        )
        self._level = 0.0

    @property
    def rate_hz(self) -> int:
        """Samples per second of what is pulled."""
        return self._rate_hz

    @property
    def operation(self) -> Operation:
        """How the last block was made."""
        return self._player.last

    @property
    def target_delay_s(self) -> float:
        """The delay that is aimed for now."""
        return self._reception.target.target_ms / 1000

    @property
    def statistics(self) -> Statistics:
        """What was counted so far."""
        return self._tally.statistics(
            expected=self._reception.order.expected,
            jitter_us=self._reception.jitter.jitter_us,
            packets_waiting=len(self._store),
            samples_waiting=self._player.playout.received,
            level=self._level,
        )

    def push(self, packet: Packet, now_s: float) -> None:
        """Take a packet that arrives at `now_s`, in seconds of any clock that does not go back."""
        now_us = self._clock.pushed(now_s)
        tally, player = self._tally, self._player
        tally.packets_received += 1
        kind, _, timestamp = self._reception.place(packet, now_us)
        if kind is Kind.COPY:
            tally.packets_copied += 1
            return
        if kind is Kind.STRANGE:
            tally.packets_strange += 1
            tally.packets_discarded += 1
            return
        if player.is_late(timestamp) or len(packet.payload) > MOST_PAYLOAD_BYTES:
            tally.packets_discarded += 1
            return
        if not self._store.has_room(packet):
            tally.packets_discarded += self._store.clear()
            player.leap_to(timestamp)
        if not self._store.add(Waiting(timestamp, packet, now_us)):
            tally.packets_discarded += 1

    def pull(self, now_s: float) -> Floats:
        """Return the next 10 ms, (rate_hz // 100,) in -1..1, asked for at `now_s`; read-only."""
        now_us = self._clock.pulled(now_s)
        player = self._player
        block = None
        for _ in range(_MOST_BROKEN):  # each turn takes a packet from the store
            block = player.play(decide(self._situation(now_us)), now_us)
            if block is not None:
                break
        else:
            block = player.play(Operation.EXPAND, now_us)
        assert block is not None
        if player.last not in _MADE:
            level = max(0.0, self._level + player.stretched)
            self._level = smoothed(level, self._waiting(), self._reception.target.target_ms)
        block.setflags(write=False)
        return block

    def _situation(self, now_us: int) -> Situation:
        player, reception = self._player, self._reception
        first, last = self._store.first, self._store.last
        leap: int | None = None
        waiting_ms = 0.0
        if first is not None and last is not None:
            leap = player.leap(first.timestamp)
            span = (last.timestamp - first.timestamp) / self._timestamp_hz
            waiting_ms = span * 1e3 + (now_us - last.arrival_us) / 1e3
        return Situation(
            last=player.last,
            begun=player.begun,
            has_block=player.has_block,
            leap=leap,
            is_noise=first is not None and first.packet.comfort_noise,
            made=player.made,
            closable=player.closable,
            waiting_ms=waiting_ms,
            delay_ms=self._delay_ms(now_us) if self._stretching else None,
            target_ms=reception.target.target_ms,
            spread_ms=reception.arrivals.spread_us / 1e3,
            muted=player.voice.is_muted,
            rested=player.rest >= _REST_BLOCKS,
            noise_left=player.noise_left,
            noise_waits=self._store.has_noise,
        )

    def _delay_ms(self, now_us: int) -> float | None:
        """Return how long after its quickest arrival sound is played now, None if unknown."""
        position = self._player.position
        if position is None:
            return None
        played_us = position * 1_000_000 // self._timestamp_hz
        played_us -= self._player.playout.count * 1_000_000 // self._rate_hz
        delay_us = self._reception.arrivals.delay_us(played_us, now_us)
        return None if delay_us is None else delay_us / 1e3

    def _waiting(self) -> int:
        """Return the samples that wait, of packets as long as their timestamps are apart."""
        first, last, count = self._store.first, self._store.last, self._player.playout.count
        if first is None or last is None:
            return count
        span = last.timestamp - first.timestamp + self._reception.order.step
        return count + round(span * self._rate_hz / self._timestamp_hz)
