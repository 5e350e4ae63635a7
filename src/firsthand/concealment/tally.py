"""The sums behind the statistics, as they grow block by block."""

from dataclasses import dataclass

from firsthand.concealment.concealer import Floats
from firsthand.concealment.playout import Share
from firsthand.concealment.statistics import Statistics


@dataclass(slots=True)
class Tally:
    """Sums since the call began, named as in `Statistics`; delays in microseconds."""

    rate_hz: int
    packets_received: int = 0
    packets_strange: int = 0
    packets_discarded: int = 0
    packets_copied: int = 0
    packets_played: int = 0
    samples_decoded: int = 0
    inserted: int = 0
    removed: int = 0
    emitted: int = 0
    concealed: int = 0
    silent: int = 0
    events: int = 0
    comfort_noise: int = 0
    delay_us: int = 0
    target_us: int = 0
    minimum_us: int = 0
    energy: float = 0.0
    power: float = 0.0
    is_concealing: bool = False

    def waited(self, shares: list[Share], now_us: int, target_ms: int, minimum_ms: int) -> int:
        """Count samples that are played now; return how many of them were made up."""
        played = made = 0
        for count, arrival_us in shares:
            if arrival_us is None:
                made += count
                continue
            played += count
            self.delay_us += count * (now_us - arrival_us)
        self.emitted += played
        self.target_us += played * target_ms * 1000
        self.minimum_us += played * minimum_ms * 1000
        return made

    def conceals(self, count: int, *, after_sound: bool, silent: bool) -> None:
        """Count made-up samples; `after_sound`, whether what was received goes before them."""
        self.events += after_sound or not self.is_concealing
        self.is_concealing = True
        self.concealed += count
        self.silent += count if silent else 0

    def sounds(self, block: Floats) -> None:
        """Count how loud a block is that is played."""
        self.power = float(block @ block) / len(block)
        self.energy += self.power * len(block) / self.rate_hz

    def statistics(
        self,
        *,
        expected: int,
        jitter_us: float,
        packets_waiting: int,
        samples_waiting: int,
        level: float,
    ) -> Statistics:
        """Return the sums by their names, with what others know."""
        total = self.emitted + self.concealed + self.comfort_noise
        return Statistics(
            packets_received=self.packets_received,
            packets_lost=expected - (self.packets_received - self.packets_strange),
            packets_discarded=self.packets_discarded,
            jitter=jitter_us / 1e6,
            total_samples_received=total,
            concealed_samples=self.concealed,
            silent_concealed_samples=self.silent,
            concealment_events=self.events,
            inserted_samples_for_deceleration=self.inserted,
            removed_samples_for_acceleration=self.removed,
            jitter_buffer_delay=self.delay_us / 1e6,
            jitter_buffer_target_delay=self.target_us / 1e6,
            jitter_buffer_minimum_delay=self.minimum_us / 1e6,
            jitter_buffer_emitted_count=self.emitted,
            total_audio_energy=self.energy,
            total_samples_duration=total / self.rate_hz,
            audio_level=self.power**0.5,
            packets_played=self.packets_played,
            packets_copied=self.packets_copied,
            packets_waiting=packets_waiting,
            samples_decoded=self.samples_decoded,
            samples_waiting=samples_waiting,
            comfort_noise_samples=self.comfort_noise,
            buffer_level=level / self.rate_hz,
        )
