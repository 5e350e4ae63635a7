"""When packets come that a network delays, drawn from seeds: the same seed, the same call."""

import math
from dataclasses import dataclass, fields
from typing import Final

import numpy as np
from numpy.typing import NDArray

from firsthand.concealment.losses import Lost
from firsthand.errors import ConfigError, ShapeError

Doubles = NDArray[np.float64]

_SHAPE: Final = 2.0
"""Of the gamma distribution of delays: a steep front and a long tail."""

_OVERTAKEN: Final = 3.0


@dataclass(frozen=True, slots=True)
class Network:
    """How long packets are on their way.

    `base_ms` all of them; beyond that each by itself, gamma-distributed with the standard deviation
    `jitter_ms` (Bovy et al. 2002, "Analysis of end-to-end delay measurements in Internet"). Spikes
    begin `spikes_per_s` times a second on average and hold a packet up by `spike_ms` on average,
    exponentially distributed (Ramjee et al. 1994, "Adaptive playout mechanisms for packetized audio
    applications in wide-area networks"). A share `reordered`, 0..1, of the packets goes another
    way, one to three packets longer, where others may overtake them.
    """

    base_ms: float = 40.0
    jitter_ms: float = 8.0
    spikes_per_s: float = 0.0
    spike_ms: float = 120.0
    reordered: float = 0.0

    def __post_init__(self) -> None:
        for each in fields(self):
            value = getattr(self, each.name)
            if not 0 <= value < math.inf:
                raise ConfigError(f"a network's {each.name} is 0 or more, not {value}")
        if self.reordered > 1:
            raise ConfigError(f"a share of reordered packets is 0 to 1, not {self.reordered}")


def arrivals(lost: Lost, network: Network, seed: int, *, packet_ms: int = 20) -> Doubles:
    """Draw how many ms after it was sent each packet comes: (packets,), NaN where `lost`.

    A packet is sent every `packet_ms`; packet i comes at i * packet_ms plus its delay. None
    overtakes another but those that go another way: what waits behind a held-up packet comes along
    with it. Delays do not depend on what is lost. Raises `ShapeError` where `lost` is of another
    shape, and `ConfigError` where packets have no length.
    """
    if lost.ndim != 1:
        raise ShapeError(f"losses are of shape (packets,), not {lost.shape}")
    if packet_ms <= 0:
        raise ConfigError(f"packets are longer than 0 ms, not {packet_ms} ms")
    count = len(lost)
    rng = np.random.default_rng(seed)
    delays = network.base_ms + rng.gamma(_SHAPE, network.jitter_ms / math.sqrt(_SHAPE), count)
    held_up = rng.random(count) < network.spikes_per_s * packet_ms / 1000
    delays += np.where(held_up, rng.exponential(network.spike_ms, count), 0.0)
    sent = packet_ms * np.arange(count, dtype=np.float64)
    came = np.maximum.accumulate(sent + delays)
    elsewhere = rng.random(count) < network.reordered
    came += np.where(elsewhere, packet_ms * rng.uniform(1.0, _OVERTAKEN, count), 0.0)
    return np.where(lost, np.nan, came - sent)
