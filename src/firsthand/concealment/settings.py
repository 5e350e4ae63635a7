"""How a jitter buffer is to work."""

from dataclasses import dataclass
from typing import Final

from firsthand.errors import ConfigError

MOST_PAYLOAD_BYTES: Final = 65_536
"""Larger packets are not taken; UDP has none."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How a jitter buffer works; the defaults are NetEQ's.

    Attributes:
        timestamp_hz: the rate of the packets' timestamps, which is not that of the sound for some
            codecs (Opus: 48,000; G.722: 8,000); None: the decoder's.
        start_delay_ms: the delay aimed for until something is known of the network.
        least_delay_ms: it is never aimed for less.
        most_delay_ms: nor for more; None: for as much as the network asks.
        stretching: whether time may be stretched; without, the delay changes in losses alone.
        most_packets: how many may wait. More at once, and all that wait are thrown away.
        most_bytes: how many bytes their payloads may have together.
        seed: of comfort noise.
    """

    timestamp_hz: int | None = None
    start_delay_ms: int = 80
    least_delay_ms: int = 0
    most_delay_ms: int | None = None
    stretching: bool = True
    most_packets: int = 200
    most_bytes: int = 4_194_304
    seed: int = 0

    def __post_init__(self) -> None:
        if not (self.timestamp_hz is None or 1_000 <= self.timestamp_hz <= 1_000_000):
            raise ConfigError(
                f"timestamps count 1,000 to 1,000,000 a second, not {self.timestamp_hz}"
            )
        most_ms = float("inf") if self.most_delay_ms is None else self.most_delay_ms
        if not (0 <= self.least_delay_ms <= most_ms and self.start_delay_ms >= 0):
            raise ConfigError(
                f"delays are 0 ms or more, and the most no less than the least, not {self}"
            )
        if self.most_packets < 1 or self.most_bytes < MOST_PAYLOAD_BYTES:
            raise ConfigError(
                f"there is room for a packet and {MOST_PAYLOAD_BYTES} bytes at least, not for "
                f"most_packets={self.most_packets} and most_bytes={self.most_bytes}"
            )


DEFAULTS: Final = Settings()
