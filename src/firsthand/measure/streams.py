"""What a single stream of queries took: times, which blocks were disturbed, and intervals.

Intervals are by two-stage bootstrap: launches of the model's process are drawn, then blocks within
each. Where a launch's memory lies decides for its whole life how its caches are used, so blocks of
one launch say little about the next (Kalibera and Jones 2013, "Rigorous Benchmarking in Reasonable
Time"). Of l launches l - 1 are drawn, without which few launches vary too little among the draws
(Rao and Wu 1988, "Resampling Inference With Complex Survey Data").
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

from firsthand.errors import InputError
from firsthand.measure.bootstrap import Interval

Floats = NDArray[np.float64]

_RESAMPLES = 1000
_BINS = 1000
_FEWEST = 3
"""So many undisturbed blocks must there be for figures without the others."""
_NOISY_SHARE = 0.10
_DOUBT = 0.01
"""What a block's memory sentinel is wrong by on its own, as a share: see `Streams.reliance`."""


@dataclass(frozen=True, slots=True, eq=False)
class Stream:
    """One model's queries, in blocks.

    `query_us`, `copy_us` (n,) and `block` (n,): each query's time, that of copying its input, and
    its block. `sentinel_us` (b, 2), `waited` (b,) the share of a block in which the process had no
    processor, `slept_us` (b,) the machine's sleep. `init_ms` and `first_ms` are medians over
    launches; `inputs` and `outputs` describe the tensors. `launches` are the numbers of blocks that
    each launch of the process answered, in order; none stands for a single launch. `memory_mb` is
    by how many 10^6 bytes the process grew, at its peak, while it loaded and first ran the model.
    `memory_us` (b,) is what reading through memory took before each block; empty if it is unknown.
    """

    name: str
    init_ms: float
    first_ms: float
    query_us: Floats
    copy_us: Floats
    block: NDArray[np.int64]
    sentinel_us: Floats
    waited: Floats
    slept_us: Floats
    inputs: Sequence[Mapping[str, Any]]
    outputs: Sequence[Mapping[str, Any]]
    launches: tuple[int, ...] = ()
    memory_mb: float = 0.0
    memory_us: Floats = field(default_factory=lambda: np.empty(0))

    @property
    def launch(self) -> NDArray[np.int64]:
        """Each block's launch (b,), counted from 0."""
        sizes = self.launches or (len(self.sentinel_us),)
        return np.repeat(np.arange(len(sizes)), sizes)

    @classmethod
    def of(cls, name: str, launches: Sequence[tuple[Any, Sequence[Any]]]) -> "Stream":
        """Return the stream of its processes' answers: to `load`, and to each `block`."""
        loaded = [each for each, _ in launches]
        blocks = [block for _, some in launches for block in some]
        sizes = [len(each["query_ns"]) for each in blocks]

        def joined(what: str) -> Floats:
            parts = [each[what] for each in blocks]
            return np.concatenate([np.empty(0), *parts]).astype(np.float64) / 1e3

        worked = np.array([each["worked_ns"] for each in blocks], np.float64)
        wall = np.array([each["wall_ns"] for each in blocks], np.float64)
        return cls(
            name=name,
            init_ms=float(np.median([each["init_ns"] for each in loaded])) / 1e6,
            first_ms=float(np.median([each["first_ns"] for each in loaded])) / 1e6,
            query_us=joined("query_ns"),
            copy_us=joined("copy_ns"),
            block=np.repeat(np.arange(len(blocks)), sizes),
            sentinel_us=joined("sentinel_ns").reshape(-1, 2),
            waited=1 - worked / np.maximum(wall, 1),
            slept_us=np.array([each["slept_ns"] for each in blocks], np.float64) / 1e3,
            inputs=loaded[0]["inputs"],
            outputs=loaded[0]["outputs"],
            launches=tuple(len(some) for _, some in launches),
            memory_mb=float(np.median([each["memory_bytes"] for each in loaded])) / 1e6,
            memory_us=np.array([each["memory_ns"] for each in blocks], np.float64) / 1e3,
        )


@dataclass(frozen=True, slots=True)
class StreamLatency:
    """One model's time for a query, microseconds, of the blocks that count.

    `disturbed` of `blocks` blocks were left out; where too few were not, none was, and `doubtful`
    says so. `copy_us`, for the input, is not part of the query's time.
    """

    name: str
    median_us: Interval
    p90_us: Interval
    mean_us: Interval
    copy_us: float
    init_ms: float
    first_ms: float
    queries: int
    launches: int
    blocks: int
    disturbed: int
    doubtful: bool
    memory_mb: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Streams:
    """Models measured together; `noise` says what is to be doubted.

    `known_quiet_us` is what the sentinel takes on the quiet machine, where another run told, and
    `known_quiet_memory_us` the same of the one that reads memory. A processor's clock wanders by
    some percent from minute to minute, and the sentinel with it; memory, which others may use too,
    by more. So times are told for the machine on which sentinels take `quiet_us` and
    `quiet_memory_us` (see `pace`). Those as the clock on the wall had them are in `streams`.
    """

    streams: Mapping[str, Stream]
    cpu: int | None
    rules_note: str
    noise: tuple[str, ...]
    seed: int
    sentinel_tolerance: float
    waiting_tolerance: float
    known_quiet_us: float | None = None
    known_quiet_memory_us: float | None = None

    @property
    def quiet_us(self) -> float:
        """What the sentinel takes on the quiet machine: as is known, or by the quieter quarter."""
        if self.known_quiet_us is not None:
            return self.known_quiet_us
        beside = [each.sentinel_us.ravel() for each in self.streams.values()]
        return quiet_sentinel_us(np.concatenate(beside))

    @property
    def quiet_memory_us(self) -> float:
        """What the sentinel that reads memory takes on the quiet machine; NaN if nobody knows."""
        if self.known_quiet_memory_us is not None:
            return self.known_quiet_memory_us
        beside = np.concatenate([each.memory_us for each in self.streams.values()])
        return quiet_sentinel_us(beside) if len(beside) else float("nan")

    def disturbed(self, name: str) -> NDArray[np.bool_]:
        """Return which blocks (b,) of a model were disturbed."""
        stream = self._stream(name)
        slow = (stream.sentinel_us > (1 + self.sentinel_tolerance) * self.quiet_us).any(axis=1)
        held_up = stream.waited > self.waiting_tolerance
        return np.asarray(slow | held_up | (stream.slept_us > 1e3))

    def pace(self, name: str) -> Floats:
        """Return by how much slower than on the quiet machine the model was in each block (b,).

        The clock, and memory as far as the model relies on it.
        """
        return np.asarray(self.clock(name) * self.memory(name) ** self.reliance(name))

    def clock(self, name: str) -> Floats:
        """Return by how much slower than quiet the processor was beside each block (b,).

        Of disturbed blocks no more is told than the tolerance: they were slowed by something else.
        """
        beside = self._stream(name).sentinel_us.mean(axis=1) / self.quiet_us
        most = max(0.0, self.sentinel_tolerance)
        return np.asarray(np.clip(beside, 1 - most, 1 + most))

    def memory(self, name: str) -> Floats:
        """Return by how much slower than quiet memory was beside each block (b,).

        As the models of a round found it, by their median; 1 where nobody looked. More than twice
        is told of no block: such have been slowed by more than others' use of memory.
        """
        blocks = len(self._stream(name).sentinel_us)
        rounds = [e.memory_us for e in self.streams.values() if len(e.memory_us) == blocks]
        if not rounds or not blocks:
            return np.ones(blocks)
        return np.asarray(np.clip(np.median(rounds, axis=0) / self.quiet_memory_us, 0.5, 2))

    def reliance(self, name: str) -> float:
        """Return by how many percent the model is slower where memory is by one percent, 0 to 1.

        By least squares over undisturbed blocks, about the mean of each launch. A doubt of
        `_DOUBT` in each block's memory keeps it near 0 where memory hardly changed.
        """
        stream, kept = self._stream(name), self._kept(name)[0]
        launches = stream.launch[kept]
        slower = np.log(self.memory(name)[kept])
        longer = np.log(np.maximum(_block_medians(stream) / self.clock(name), 1e-9))[kept]
        for launch in np.unique(launches):
            mine = launches == launch
            slower[mine] -= slower[mine].mean()
            longer[mine] -= longer[mine].mean()
        spread = float(slower @ slower) + len(slower) * _DOUBT**2
        return float(np.clip(slower @ longer / spread, 0, 1))

    @property
    def wandering(self) -> float:
        """The share by which the clock wandered: between the tenths of undisturbed blocks."""
        paces = [self.clock(name)[self._kept(name)[0]] for name in self.streams]
        low, high = np.quantile(np.concatenate(paces), [0.1, 0.9])
        return float(high / low - 1)

    def latency(self, name: str, *, level: float = 0.95) -> StreamLatency:
        """Return a model's statistics; launches and blocks are drawn for the intervals."""
        stream = self._stream(name)
        kept, doubtful = self._kept(name)
        times = np.flatnonzero(kept[stream.block])
        block = stream.block[times]
        query_us = stream.query_us[times] / self.pace(name)[block]
        rng = np.random.default_rng([self.seed, list(self.streams).index(name)])
        median, p90 = _quantiles(query_us, block, stream.launch, (0.5, 0.9), rng, level)
        return StreamLatency(
            name=name,
            median_us=median,
            p90_us=p90,
            mean_us=_mean(query_us, block, stream.launch, rng, level),
            copy_us=float(np.median(stream.copy_us[times])),
            init_ms=stream.init_ms,
            first_ms=stream.first_ms,
            queries=len(times),
            launches=len(np.unique(stream.launch)),
            blocks=len(kept),
            disturbed=int(self.disturbed(name).sum()),
            doubtful=doubtful,
            memory_mb=stream.memory_mb,
        )

    def ratio(self, above: str, below: str, *, level: float = 0.95) -> Interval:
        """Return the median over rounds of time(above) / time(below), with its interval."""
        first, second = self._stream(above), self._stream(below)
        both = self._kept(above)[0] & self._kept(below)[0]
        if both.sum() < _FEWEST:
            both = np.ones_like(both)
        if len(both) < 2:
            raise InputError(f"{len(both)} round of {above} and {below}: two are needed")
        rounds = np.flatnonzero(both)
        medians = [_block_medians(each) / self.pace(each.name) for each in (first, second)]
        ratios = (medians[0] / medians[1])[rounds]
        rng = np.random.default_rng([self.seed, 1])
        return _quantiles(ratios, rounds, first.launch, (0.5,), rng, level)[0]

    @property
    def doubts(self) -> tuple[str, ...]:
        """Why the figures deserve doubt, a sentence each; none on a quiet machine."""
        found = list(self.noise)
        marked = {name: self.disturbed(name) for name in self.streams}
        blocks = sum(len(each) for each in marked.values())
        disturbed = sum(int(each.sum()) for each in marked.values())
        if disturbed > _NOISY_SHARE * blocks:
            found.append(f"{disturbed} of {blocks} blocks were disturbed and left out")
        found += [
            f"{name}: only {int((~each).sum())} of {len(each)} blocks were undisturbed: all count"
            for name, each in marked.items()
            if self._kept(name)[1]
        ]
        slept_s = sum(float(each.slept_us.sum()) for each in self.streams.values()) / 1e6
        if slept_s > 1e-3:
            found.append(f"the machine slept for {slept_s:.1f} s meanwhile")
        if (drift := self._drift()) > self.sentinel_tolerance:
            found.append(f"the machine became {drift:.0%} slower while it was measured")
        return tuple(found)

    def _drift(self) -> float:
        """By how much the sentinel was slower in the last third than in the first."""
        thirds: list[list[float]] = [[], []]
        for stream in self.streams.values():
            some = max(1, len(stream.sentinel_us) // 3)
            thirds[0] += stream.sentinel_us[:some].ravel().tolist()
            thirds[1] += stream.sentinel_us[-some:].ravel().tolist()
        return float(np.median(thirds[1]) / np.median(thirds[0]) - 1)

    def _kept(self, name: str) -> tuple[NDArray[np.bool_], bool]:
        undisturbed = ~self.disturbed(name)
        if undisturbed.sum() >= _FEWEST:
            return undisturbed, False
        return np.ones_like(undisturbed), True

    def _stream(self, name: str) -> Stream:
        if name not in self.streams:
            raise InputError(f"no model {name!r}; measured were {list(self.streams)}")
        return self.streams[name]


def quiet_sentinel_us(sentinel_us: Floats) -> float:
    """Return the sentinel's time on the quiet machine, where it was quiet for a quarter of it."""
    return float(np.quantile(sentinel_us, 0.25))


def _block_medians(stream: Stream) -> Floats:
    starts = np.searchsorted(stream.block, np.arange(len(stream.launch)))
    return np.array([np.median(part) for part in np.split(stream.query_us, starts[1:])])


def _quantiles(
    values: Floats,
    block: NDArray[np.int64],
    launch: NDArray[np.int64],
    wanted: tuple[float, ...],
    rng: np.random.Generator,
    level: float,
) -> list[Interval]:
    """Return quantiles of (n,) values with intervals; to a rank in a thousand.

    `block` (n,) is each value's block, `launch` (b,) each block's launch.
    """
    times, at = _draws(block, launch, rng)
    order = np.argsort(values, kind="stable")
    bins = min(_BINS, len(values))
    ranks = np.arange(len(values)) * bins // len(values)
    counts = np.zeros((times.shape[1], bins))
    np.add.at(counts, (at[order], ranks), 1)
    reached = np.cumsum(times @ counts, axis=1)
    # A bin stands for the value in its middle.
    middles = values[order][np.searchsorted(ranks, np.arange(bins)) + len(values) // bins // 2]
    found, launches = [], len(np.unique(launch[block]))
    for q in wanted:
        drawn = middles[(reached < q * reached[:, -1:]).sum(axis=1)]
        low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2])
        value = float(np.quantile(values, q))
        found.append(_widened(value, float(low), float(high), launches, level))
    return found


def _mean(
    values: Floats,
    block: NDArray[np.int64],
    launch: NDArray[np.int64],
    rng: np.random.Generator,
    level: float,
) -> Interval:
    times, at = _draws(block, launch, rng)
    sums, counts = np.bincount(at, values), np.bincount(at)
    low, high = np.quantile((times @ sums) / (times @ counts), [(1 - level) / 2, (1 + level) / 2])
    launches = len(np.unique(launch[block]))
    return _widened(float(values.mean()), float(low), float(high), launches, level)


def _widened(value: float, low: float, high: float, launches: int, level: float) -> Interval:
    """Return an interval of so few launches: Student's t in the normal distribution's place.

    By its expansion, Abramowitz and Stegun 1964, 26.7.5; blocks of one launch are taken as many.
    """
    z, n = NormalDist().inv_cdf((1 + level) / 2), launches - 1
    t = z
    if n:
        t += (z**3 + z) / (4 * n) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * n**2)
        t += (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * n**3)
    below, above = max(0.0, value - low), max(0.0, high - value)
    return Interval(value, value - below * t / z, value + above * t / z)


def _draws(
    block: NDArray[np.int64], launch: NDArray[np.int64], rng: np.random.Generator
) -> tuple[Floats, NDArray[np.int64]]:
    """Return how often each block that has values counts in each draw, and each value's block.

    Draws are (draws, b) for the b blocks that occur in `block`, in order.
    """
    there, at = np.unique(block, return_inverse=True)
    launches, of = np.unique(launch[there], return_inverse=True)
    count = len(launches)
    drawn = rng.multinomial(max(1, count - 1), np.full(count, 1 / count), size=_RESAMPLES)
    times = np.zeros((_RESAMPLES, len(there)))
    for number in range(count):
        mine = np.flatnonzero(of == number)
        chances = np.full(len(mine), 1 / len(mine))
        times[:, mine] = rng.multinomial(drawn[:, number] * len(mine), chances)
    return times, at
