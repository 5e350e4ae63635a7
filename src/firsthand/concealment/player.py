"""What is heard: packets' sound, stretched, made up or noise, 10 ms at a time."""

from dataclasses import replace
from math import inf
from typing import Final

import numpy as np

from firsthand.concealment import comfort_noise, continuing
from firsthand.concealment.background import followed, passive_power
from firsthand.concealment.closing import CLOSED
from firsthand.concealment.comfort_noise import Noise
from firsthand.concealment.concealer import BLOCKS_PER_S, Concealer, Floats
from firsthand.concealment.continuing import Continuing
from firsthand.concealment.crossfading import crossfaded
from firsthand.concealment.decisions import NOISES, STRETCHES, Operation
from firsthand.concealment.decoding import Decoder
from firsthand.concealment.packet_store import PacketStore, Waiting
from firsthand.concealment.playout import Playout, Share
from firsthand.concealment.resuming import resumed
from firsthand.concealment.stretching import STRETCHED_S, accelerated, preemptively_expanded
from firsthand.concealment.tally import Tally
from firsthand.concealment.target_delay import TargetDelay
from firsthand.concealment.unpacking import Unpacking
from firsthand.errors import InputError

_SLACK_S: Final = 0.001
"""Timestamps off by less go on where the last packet ended."""

_FORGOTTEN_S: Final = 0.12
"""After so long a gap nothing of what was before it is to be heard from a decoder's memory."""

_DTX_S: Final = 1
"""After that long without a packet nobody believes that the sender only pauses."""


class Player:
    """Takes packets from a store, and makes of them what it is told to.

    Attributes:
        last: how the last block was made.
        begun: whether a packet was taken yet.
        position: the timestamp that follows what was decoded; None before.
        made: samples made up since.
        playout: what is decoded and waits.
        voice: what the concealer has heard.
        noise_left: samples of comfort noise with which it may go on.
        stretched: samples by which the last block's making has lengthened what waits.
        rest: blocks since time was stretched.
    """

    def __init__(
        self,
        decoder: Decoder,
        concealer: Concealer,
        store: PacketStore,
        tally: Tally,
        target: TargetDelay,
        timestamp_hz: int,
        seed: int,
    ) -> None:
        self._unpacking = Unpacking(decoder)
        self._store = store
        self._tally = tally
        self._target = target
        self._rate_hz = decoder.rate_hz
        self._block = self._rate_hz // BLOCKS_PER_S
        self._timestamp_hz = timestamp_hz
        self._slack = round(_SLACK_S * timestamp_hz)
        self._seed = seed
        self._noise: Noise | None = None
        self._meeting = 0
        self._told = 0
        self._floor = 1.0
        self._silence = np.zeros(self._block, np.float32)
        self.last = Operation.EXPAND
        self.begun = False
        self.position: int | None = None
        self.made = 0
        self.playout = Playout()
        self.voice = continuing.begin(concealer)
        self.noise_left: float = 0
        self.stretched = 0
        self.rest = 0

    @property
    def closable(self) -> int:
        """Samples, at most, of a gap's end that can be closed."""
        return CLOSED * self._block

    @property
    def has_block(self) -> bool:
        """Whether a block is decoded and waits."""
        return self.playout.count >= self._block

    def is_late(self, timestamp: int) -> bool:
        """Say whether what comes after a packet of that timestamp is decoded already."""
        return self.position is not None and timestamp < self.position - self._slack

    def leap(self, timestamp: int) -> int:
        """Return the samples from the end of what was decoded to a packet that is not late."""
        if self.position is None or abs(timestamp - self.position) <= self._slack:
            return 0
        return round((timestamp - self.position) * self._rate_hz / self._timestamp_hz)

    def leap_to(self, timestamp: int) -> None:
        """Go on at a packet, over a block that is made up, as if what is between were lost."""
        if self.position is not None:
            self.position = timestamp - self._timestamps(self._block)
            self.made = 0
            self._unpacking.reset()

    def play(self, operation: Operation, now_us: int) -> Floats | None:
        """Return the block that an operation makes, (rate_hz // 100,).

        None where a packet, which is taken then, was broken, or shorter than a block, so that
        it has to be decided anew.
        """
        self.stretched = 0
        done = self._prepared(operation)
        if done is None:
            return None
        self.rest = 0 if self.stretched else self.rest + 1
        if not self.begun:
            return self._silence
        if self.has_block:
            block, made = self._whole(now_us)
            if self._meeting > 0 and not self.stretched:
                done = Operation.CLOSE if made else Operation.MERGE
                self._meeting -= self._block
        elif self.noise_left > 0:
            self._meeting = 0
            block = self._noisy(now_us)
            done = done if done is Operation.COMFORT_NOISE else Operation.COMFORT_NOISE_ON
        else:
            self._meeting = 0
            block = self._made_up(now_us)
            done = Operation.EXPAND
        self.last = done
        self._tally.sounds(block)
        return block

    def _prepared(self, operation: Operation) -> Operation | None:
        """Decode what an operation needs; return what it turns out to be, None to decide anew."""
        if operation is Operation.NORMAL:
            return operation if self._decoded() else None
        if operation is Operation.CLOSE:
            return operation if self._closed() else None
        if operation is Operation.MERGE:
            return operation if self._merged() else None
        if operation is Operation.COMFORT_NOISE:
            return operation if self._described() else None
        if operation in STRETCHES:
            self._gather(round(STRETCHED_S * self._rate_hz))
            return self._stretch(operation) if self.has_block else None
        return operation

    def _decoded(self) -> bool:
        """Have a block decoded, or as much of it as there is; say whether there is any."""
        if self.has_block:
            return True
        noise = self._noise if self.last in NOISES else None
        got = self._next()
        if got is None:
            return False
        samples, arrival_us = got
        if noise is not None:
            length = min(self._block, len(samples))
            _, before = comfort_noise.step(noise, length)
            samples = np.concatenate([crossfaded(before, samples[:length]), samples[length:]])
        self.playout.put(samples, arrival_us)
        self._gather(self._block)
        return True

    def _merged(self) -> bool:
        """Let the next packet's sound go on from what was made up; say whether there is any."""
        got = self._next()
        if got is None:
            return False
        samples, arrival_us = got
        still_made, samples = resumed(continuing.ahead(self.voice, 2), samples)
        self.playout.put(still_made, None)
        self.playout.put(samples, arrival_us)
        self._gather(self._block)
        return True

    def _closed(self) -> bool:
        """Let what is made up and the next packet's sound meet; say whether there is any.

        A gap so short that it is closed as a whole is left to a decoder that conceals by itself: it
        leads into what it gives next, which is not what was sent, as its memory is not.
        """
        assert self._store.first is not None
        missing = self.leap(self._store.first.timestamp) - self.made
        own = None if self.made else self._led_on()
        got = self._next()
        if got is None:
            return False
        left, shares = self.playout.take(self.playout.count)
        self.playout.put(*got)
        self._gather(self.closable)
        after, later = self.playout.take(self.playout.count)
        if own is not None and len(own) == missing:
            both = np.concatenate([left, own, after])
        else:
            both = continuing.met(self.voice, missing, after, left)
        self._meeting = len(left) + missing + self.closable
        for count, at_us in (*shares, (missing, None), *later):
            self.playout.put(both[:count], at_us)
            both = both[count:]
        return self.has_block

    def _described(self) -> bool:
        """Take comfort noise from the next packet; say whether there is any."""
        entry = self._taken()
        try:
            noise = comfort_noise.described(entry.packet.payload, self._rate_hz, self._seed)
        except InputError:
            self._tally.packets_discarded += 1
            return False
        self._tally.packets_played += 1
        # Both are of the same white noise, so one goes on where the other was.
        self._noise = noise if self._noise is None else replace(noise, place=self._noise.place)
        self.noise_left = inf
        self._move(entry.timestamp)
        return True

    def _gather(self, count: int) -> None:
        """Decode the packets that follow, until `count` samples can be played."""
        while self.playout.count < count:
            first = self._store.first
            if first is None or first.packet.comfort_noise or self.leap(first.timestamp):
                return
            if (got := self._next()) is None:
                return
            self.playout.put(*got)

    def _next(self) -> tuple[Floats, int] | None:
        """Return the next packet's sound and when it arrived, None of a broken one."""
        self._led_on()
        entry = self._taken()
        decoded = self._unpacking.sound(entry.packet.payload)
        if decoded is None:
            self._tally.packets_discarded += 1
            return None
        samples = decoded.samples
        self._tally.packets_played += 1
        self._tally.samples_decoded += len(samples)
        self.noise_left = 0
        if decoded.dtx:
            self._noise = comfort_noise.alike(samples, self._rate_hz, self._seed)
            self.noise_left = _DTX_S * self._rate_hz
        self._move(entry.timestamp + self._timestamps(len(samples)))
        return samples, entry.arrival_us

    def _led_on(self) -> Floats | None:
        """Tell the decoder, once, what is missing before the next packet; return what it makes."""
        assert self._store.first is not None
        leap, before = self.leap(self._store.first.timestamp), self._told
        if abs(leap) > _FORGOTTEN_S * self._rate_hz:
            self._unpacking.reset()
            return None
        self._told = max(leap, before)
        if leap <= before:
            return None
        return self._unpacking.missed((leap - before) / self._rate_hz)

    def _taken(self) -> Waiting:
        """Take the next packet that waits."""
        entry = self._store.pop()
        self.begun = True
        if self.position is None:
            self.position = entry.timestamp
        return entry

    def _move(self, timestamp: int) -> None:
        """Go on at a timestamp; what is before it is too late."""
        self.position = timestamp
        self.made = self._told = 0
        self._tally.packets_discarded += self._store.drop_before(timestamp - self._slack)

    def _timestamps(self, count: int) -> int:
        return round(count * self._timestamp_hz / self._rate_hz)

    def _stretch(self, operation: Operation) -> Operation:
        """Make what is played next shorter or longer; return NORMAL where it stays as it is."""
        count = round(STRETCHED_S * self._rate_hz)
        if self.playout.count < count or self.playout.received < self.playout.count:
            return Operation.NORMAL
        samples, shares = self.playout.take(count)
        passive = passive_power(self._floor)
        if operation is Operation.PREEMPTIVE_EXPAND:
            samples, more = preemptively_expanded(samples, self._rate_hz, passive_power=passive)
            self._tally.inserted += more
            self.stretched = more
        else:
            fast = operation is Operation.FAST_ACCELERATE
            samples, less = accelerated(samples, self._rate_hz, fast=fast, passive_power=passive)
            self._tally.removed += less
            self.stretched = -less
        self.playout.put_back(samples, shares)
        return operation if self.stretched else Operation.NORMAL

    def _whole(self, now_us: int) -> tuple[Floats, int]:
        """Return a block of what was decoded, and how much of it was made up."""
        block, shares = self.playout.take(self._block)
        if made := self._count(shares, now_us):
            self._tally.conceals(made, after_sound=False, silent=not block.any())
        self._tally.is_concealing = shares[-1].arrival_us is None
        self.voice = continuing.heard(self.voice, block)
        self._floor = followed(self._floor, float(block @ block) / len(block))
        return block, made

    def _made_up(self, now_us: int) -> Floats:
        """Return a block that is made up, but for what is left of what was decoded."""
        left, shares = self.playout.take(self._block)
        made = self._count(shares, now_us)
        after_sound = len(left) > made
        self.voice, block = self._continued(left)
        missing = self._missing(left)
        self._tally.conceals(made + missing, after_sound=after_sound, silent=not block.any())
        return block

    def _noisy(self, now_us: int) -> Floats:
        """Return a block of comfort noise, but for what is left of what was decoded."""
        assert self._noise is not None
        left, shares = self.playout.take(self._block)
        if made := self._count(shares, now_us):
            self._tally.conceals(made, after_sound=False, silent=False)
        self._tally.is_concealing = False
        self._noise, block = comfort_noise.step(self._noise, self._block)
        if self.last not in NOISES or len(left):
            block = crossfaded(self._continued(left)[1], block)
        missing = self._missing(left)
        self.noise_left -= missing
        self._tally.comfort_noise += missing
        self.voice = continuing.heard(self.voice, block)
        return block

    def _continued(self, left: Floats) -> tuple[Continuing, Floats]:
        """Return how what was played goes on, a block into which what is left fades."""
        voice, block = continuing.made_up(self.voice)
        if len(left):
            block[: len(left)] = crossfaded(left, block[: len(left)])
        return voice, block

    def _missing(self, left: Floats) -> int:
        """Count what a block lacks as made since what was decoded, and return it."""
        missing = self._block - len(left)
        self.made += missing
        return missing

    def _count(self, shares: list[Share], now_us: int) -> int:
        """Count what is played of packets; return how much of it was made up."""
        target = self._target
        return self._tally.waited(shares, now_us, target.target_ms, target.unbounded_ms)
