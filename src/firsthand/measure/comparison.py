"""What a side-by-side timing found: times, paired ratios, and how noisy the machine was."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from firsthand.errors import InputError
from firsthand.measure.bootstrap import (
    Interval,
    bootstrap_mean,
    bootstrap_median,
    bootstrap_quantile,
)

_NOISY_SPREAD = 0.10  # interquartile range over median
_NOISY_SHARE = 0.10  # of disturbed blocks


@dataclass(frozen=True, slots=True)
class Latency:
    """One candidate's time per call, microseconds, over `blocks` blocks."""

    name: str
    median_us: Interval
    mean_us: Interval
    p90_us: Interval
    p99_us: Interval
    best_us: float
    spread: float
    blocks: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """Times per call of `names`, one block per round and candidate.

    `times_us`, `kept` and `disturbed` have shape (rounds, candidates); `sentinel_us`
    (rounds, candidates, 2) holds the sentinel's time before and after each block. Statistics use
    the kept blocks. `restless` names the candidates whose warm-up never settled.
    """

    names: tuple[str, ...]
    times_us: NDArray[np.float64]
    kept: NDArray[np.bool_]
    disturbed: NDArray[np.bool_]
    sentinel_us: NDArray[np.float64]
    inner: int
    seed: int
    restless: tuple[str, ...] = ()

    @property
    def clean(self) -> "Comparison":
        """The same comparison without its disturbed blocks."""
        return replace(self, kept=self.kept & ~self.disturbed)

    @property
    def excluded(self) -> int:
        """How many blocks the statistics leave out."""
        return int((~self.kept).sum())

    def latency(self, name: str, *, level: float = 0.95) -> Latency:
        """Return the statistics of one candidate; `InputError` if under two blocks are kept."""
        column = self._column(name)
        times = self.times_us[self.kept[:, column], column]
        if len(times) < 2:
            raise InputError(
                f"{len(times)} of {len(self.times_us)} blocks of {name!r} are clean, two are "
                "needed: measure again on a quieter machine"
            )
        rng = self._rng(column, column)
        quarter, middle, three = np.quantile(times, [0.25, 0.5, 0.75])
        return Latency(
            name=name,
            median_us=bootstrap_median(times, rng=rng, level=level),
            mean_us=bootstrap_mean(times, rng=rng, level=level),
            p90_us=bootstrap_quantile(times, 0.90, rng=rng, level=level),
            p99_us=bootstrap_quantile(times, 0.99, rng=rng, level=level),
            best_us=float(times.min()),
            spread=float((three - quarter) / middle),
            blocks=len(times),
        )

    def ratios(self, above: str, below: str) -> NDArray[np.float64]:
        """Return time of `above` over time of `below`, one per round that kept both blocks."""
        columns = [self._column(above), self._column(below)]
        rows = self.kept[:, columns].all(axis=1)
        times = self.times_us[rows][:, columns]
        return np.asarray(times[:, 0] / times[:, 1])

    def ratio(self, above: str, below: str, *, level: float = 0.95) -> Interval:
        """Return the median over rounds of time(above) / time(below), with its interval.

        Above 1 means that `below` is the faster. `InputError` if under two rounds are kept.
        """
        paired = self.ratios(above, below)
        if len(paired) < 2:
            raise InputError(
                f"{len(paired)} of {len(self.times_us)} rounds kept both {above!r} and {below!r}, "
                "two are needed: measure again on a quieter machine"
            )
        rng = self._rng(self._column(above), self._column(below))
        return bootstrap_median(paired, rng=rng, level=level)

    @property
    def noise(self) -> tuple[str, ...]:
        """Why the figures deserve doubt, one sentence each; empty on a quiet machine."""
        found = [f"{name}: times had not settled after the warm-up" for name in self.restless]
        blocks = self.times_us.size
        disturbed = int(self.disturbed.sum())
        if disturbed > _NOISY_SHARE * blocks:
            low, high = np.quantile(self.sentinel_us, [0.1, 0.9])
            found.append(
                f"the machine was disturbed beside {disturbed} of {blocks} blocks "
                f"(sentinel {low:.0f} us at the 10th percentile, {high:.0f} us at the 90th)"
            )
        for name in self.names:
            column = self._column(name)
            times = self.times_us[self.kept[:, column], column]
            if len(times) < 2:
                continue
            quarter, middle, three = np.quantile(times, [0.25, 0.5, 0.75])
            if three - quarter > _NOISY_SPREAD * middle:
                share = (three - quarter) / middle
                found.append(f"{name}: the middle half of the blocks spreads over {share:.0%}")
        return tuple(found)

    def _column(self, name: str) -> int:
        if name not in self.names:
            raise InputError(f"no candidate {name!r}; compared were {list(self.names)}")
        return self.names.index(name)

    def _rng(self, *key: int) -> np.random.Generator:
        # A generator per figure: asking for one figure never changes another.
        return np.random.default_rng([self.seed, *key])
