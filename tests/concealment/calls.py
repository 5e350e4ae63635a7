"""Calls over a network that loses, delays, copies and breaks, without any network or clock."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

from firsthand.concealment.decisions import Operation
from firsthand.concealment.decoding import Decoded, LinearPcm
from firsthand.concealment.jitter_buffer import JitterBuffer
from firsthand.concealment.packets import Packet
from firsthand.errors import InputError

BLOCK_S = 0.01


def exact(samples: np.ndarray) -> np.ndarray:
    """Samples as 16 bits have them."""
    return (np.clip(np.rint(samples * 32_768), -32_768, 32_767) / 32_768).astype(np.float32)


def tone(rate_hz: int, seconds: float, hz: float = 200.0) -> np.ndarray:
    """A note with overtones."""
    time = np.arange(round(seconds * rate_hz)) / rate_hz
    return exact(sum(0.3 / n * np.sin(2 * np.pi * hz * n * time) for n in (1, 2, 3)))


def hiss(rate_hz: int, seconds: float, level: float = 0.1, seed: int = 0) -> np.ndarray:
    noise = np.random.default_rng(seed).standard_normal(round(seconds * rate_hz))
    return exact(level * noise)


def packets(
    samples: np.ndarray, length: int = 160, *, sequence: int = 0, timestamp: int = 0, step: int = 0
) -> list[Packet]:
    """Sound as L16, so many samples a packet, `step` timestamps each."""
    count = len(samples) // length
    return [
        Packet(
            (sequence + n) % 2**16,
            (timestamp + n * (step or length)) % 2**32,
            LinearPcm().encode(samples[n * length : (n + 1) * length]),
        )
        for n in range(count)
    ]


def on_time(sent: Iterable[Packet], packet_s: float = 0.02) -> list[tuple[float, Packet]]:
    """When packets arrive that nothing delays."""
    return [(n * packet_s, packet) for n, packet in enumerate(sent)]


@dataclass
class Played:
    """Blocks that came out, and how each was made."""

    blocks: list[np.ndarray] = field(default_factory=list)
    operations: list[Operation] = field(default_factory=list)

    @property
    def sound(self) -> np.ndarray:
        return np.concatenate(self.blocks)


def play(buffer: JitterBuffer, arrivals: Iterable[tuple[float, Packet]], until_s: float) -> Played:
    """Push what arrives, pull every 10 ms from 0 on."""
    waiting = sorted(arrivals, key=lambda arrival: arrival[0])
    played, place = Played(), 0
    for block in range(round(until_s / BLOCK_S)):
        now_s = block * BLOCK_S
        while place < len(waiting) and waiting[place][0] <= now_s + 1e-9:
            buffer.push(waiting[place][1], waiting[place][0])
            place += 1
        played.blocks.append(buffer.pull(now_s))
        played.operations.append(buffer.operation)
    return played


def assert_accounts(buffer: JitterBuffer, played: Played) -> None:
    """Every sample and packet is accounted for, and every block is one."""
    length = buffer.rate_hz // 100
    for block in played.blocks:
        assert block.shape == (length,)
        assert block.dtype == np.float32
        assert np.abs(block).max() <= 1  # not so of what is no number
    now = buffer.statistics
    assert now.total_samples_received == (
        now.jitter_buffer_emitted_count + now.concealed_samples + now.comfort_noise_samples
    )
    assert now.samples_decoded + now.inserted_samples_for_deceleration == (
        now.jitter_buffer_emitted_count + now.removed_samples_for_acceleration + now.samples_waiting
    )
    assert now.packets_received == (
        now.packets_played + now.packets_discarded + now.packets_copied + now.packets_waiting
    )
    before = len(played.blocks) * length - now.total_samples_received
    assert before >= 0
    assert before % length == 0
    assert not np.concatenate([np.zeros(0), *played.blocks])[:before].any()
    assert 0 <= now.silent_concealed_samples <= now.concealed_samples
    assert (now.concealment_events > 0) == (now.concealed_samples > 0)
    assert now.jitter_buffer_delay >= 0


@dataclass
class Scripted:
    """A decoder that gives what it is told to for a payload, and an error for any other."""

    rate_hz: int
    sounds: Mapping[bytes, Decoded]

    def missed(self, seconds: float) -> None:
        return None

    def reset(self) -> None:
        pass

    def decode(self, payload: bytes) -> Decoded:
        if payload not in self.sounds:
            raise InputError(f"no sound for {payload!r}")
        return self.sounds[payload]


@dataclass
class Counted:
    """L16 that counts the samples it decodes."""

    rate_hz: int
    samples: int = 0

    def missed(self, seconds: float) -> None:
        return None

    def reset(self) -> None:
        pass

    def decode(self, payload: bytes) -> Decoded:
        decoded = LinearPcm(self.rate_hz).decode(payload)
        self.samples += len(decoded.samples)
        return decoded
