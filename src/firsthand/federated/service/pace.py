"""When a device is asked to come again (Bonawitz et al. 2019, arXiv:1902.01046, section 2.3).

Few devices are asked to come at the same moments, so that enough for a round are there at once;
many are spread over time, so that no more come than are wanted.
"""

from dataclasses import dataclass
from random import Random
from typing import Final

from firsthand.errors import ConfigError

_FEW: Final = 1_000
_SPREAD: Final = 0.5


@dataclass(frozen=True, slots=True)
class Pace:
    """How often devices come: `per_s` in all, each after `least_s` to `most_s` seconds."""

    per_s: float = 50.0
    least_s: float = 60.0
    most_s: float = 86_400.0

    def __post_init__(self) -> None:
        if not (0 < self.per_s < float("inf") and 0 < self.least_s <= self.most_s < float("inf")):
            raise ConfigError(
                f"devices come so many a second, after least_s to most_s seconds, not {self}"
            )

    def pause_s(self, population: int, now_s: float, random: Random) -> float:
        """Return after how many seconds one of a population of devices comes again."""
        period = min(max(population / self.per_s, self.least_s), self.most_s)
        if population <= _FEW and period == self.least_s:
            # The next multiple of the period; a tenth of it apart, as no two clocks are alike.
            return period - now_s % period + 0.1 * period * random.random()
        return period * random.uniform(1 - _SPREAD, 1 + _SPREAD)
