"""Packets of sound as they come from the network, and their numbers, which wrap around."""

from dataclasses import dataclass
from typing import Final

SEQUENCE_BITS: Final = 16
TIMESTAMP_BITS: Final = 32


@dataclass(frozen=True, slots=True)
class Packet:
    """What an RTP packet (RFC 3550) says of its sound.

    `sequence` counts packets in 16 bits, `timestamp` samples of the stream's clock in 32 bits; of
    other numbers the last bits are taken. With `comfort_noise` the payload describes the noise
    of a pause, as RFC 3389 has it.
    """

    sequence: int
    timestamp: int
    payload: bytes
    comfort_noise: bool = False


def unwrapped(value: int, bits: int, near: int) -> int:
    """Return the number nearest to `near` whose last `bits` bits are those of `value`."""
    half = 1 << bits - 1
    return near + (value - near + half) % (1 << bits) - half
