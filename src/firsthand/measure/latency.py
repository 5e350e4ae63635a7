"""Timing candidates side by side: warmed up, interleaved, with intervals and a noise report.

A round times one block of every candidate in a random order, so that slow drifts of the machine
(temperature, neighbours) fall on all alike, and ratios are taken within rounds. A fixed sentinel
kernel is timed between the blocks: where it deviates, the machine was disturbed, and the block
beside it is left out of the clean statistics (`Comparison.clean`).
"""

import gc
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from firsthand.errors import InputError
from firsthand.measure.comparison import Comparison

ClockNs = Callable[[], int]
"""Returns nanoseconds; never goes back."""

Candidate = Callable[[], object]

_NOTHING_AROUND: Mapping[str, Callable[[], AbstractContextManager[object]]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Elapsed:
    """What a candidate returns that timed itself, such as a peer answering over a pipe.

    The harness then takes these seconds (not negative) in place of its own clock.
    """

    seconds: float


@dataclass(frozen=True, slots=True)
class Warmup:
    """When a candidate counts as warm: two windows of blocks whose medians agree.

    `tolerance` is relative. After `max_blocks` blocks the measurement starts all the same and
    the comparison's `noise` says so.
    """

    window: int = 3
    tolerance: float = 0.05
    max_blocks: int = 30

    def __post_init__(self) -> None:
        if self.window < 1 or self.tolerance < 0 or self.max_blocks < 0:
            raise InputError(f"window >= 1, tolerance >= 0 and max_blocks >= 0 wanted: {self}")

    def settled(self, times: list[float]) -> bool:
        """Whether the last two windows of block times agree."""
        if len(times) < 2 * self.window:
            return False
        recent = float(np.median(times[-self.window :]))
        earlier = float(np.median(times[-2 * self.window : -self.window]))
        return abs(recent - earlier) <= self.tolerance * earlier


def compare(
    candidates: Mapping[str, Candidate],
    *,
    rounds: int = 50,
    inner: int = 1,
    warmup: Warmup = Warmup(),
    clock: ClockNs = time.perf_counter_ns,
    seed: int = 0,
    sentinel: Candidate | None = None,
    sentinel_tolerance: float = 0.15,
    around: Mapping[str, Callable[[], AbstractContextManager[object]]] = _NOTHING_AROUND,
) -> Comparison:
    """Time every candidate `rounds` times in blocks of `inner` calls and compare them.

    A block's time is divided by `inner`: with `inner` above 1 the percentiles are those of block
    averages, not of single calls. The garbage collector is off inside a block. `around` gives
    context managers entered outside the timed stretch of a candidate's blocks, such as
    `{"ours": peer.paused}`. `sentinel` replaces the fixed integer kernel of about 0.1 ms.
    Hold the processor still with `pinned` around the whole call. Raises `InputError` for no
    candidate, fewer than two rounds, `inner` below 1, or a clock that stands still.
    """
    if not candidates:
        raise InputError("nothing to compare: candidates is empty")
    if rounds < 2 or inner < 1:
        raise InputError(f"need rounds >= 2 and inner >= 1, got rounds={rounds}, inner={inner}")
    if unknown := set(around) - set(candidates):
        raise InputError(f"around names {sorted(unknown)}, which are not in {list(candidates)}")
    names = tuple(candidates)
    rng = np.random.default_rng(seed)
    kernel = sentinel if sentinel is not None else sentinel_kernel()

    def block(name: str) -> float:
        with around[name]() if name in around else nullcontext():
            return _time_block_us(candidates[name], inner, clock)

    def probe() -> float:
        kernel()  # the candidate before has taken the caches: the second call is the measured one
        return _time_block_us(kernel, 1, clock)

    restless = _warm_up(names, block, warmup, rng)
    times_us = np.empty((rounds, len(names)))
    sentinel_us = np.empty((rounds, len(names), 2))
    for this_round in range(rounds):
        before = probe()
        for column in rng.permutation(len(names)):
            times_us[this_round, column] = block(names[column])
            after = probe()
            sentinel_us[this_round, column] = before, after
            before = after
    if not np.all(times_us > 0):
        raise InputError("the clock did not advance during a block; raise inner or mend the clock")
    return Comparison(
        names=names,
        times_us=times_us,
        kept=np.ones(times_us.shape, dtype=np.bool_),
        disturbed=_disturbed(sentinel_us, sentinel_tolerance),
        sentinel_us=sentinel_us,
        inner=inner,
        seed=seed,
        restless=restless,
    )


def sentinel_kernel() -> Candidate:
    """Return a fixed integer kernel of about 0.1 ms that stays in a core's own caches."""
    state = np.arange(8192, dtype=np.uint64)
    factor, step = np.uint64(6364136223846793005), np.uint64(1442695040888963407)

    def kernel() -> None:
        for _ in range(30):
            np.multiply(state, factor, out=state)
            np.add(state, step, out=state)

    return kernel


def memory_sentinel() -> Candidate:
    """Return a fixed read through 16 MiB, of about 1 ms: more than a core has caches of its own."""
    values = np.ones(16 << 20 >> 3, np.int64)  # ones: pages of zeros would all be the same one
    return values.sum


@contextmanager
def collector_paused() -> Iterator[None]:
    """Keep Python's garbage collector from starting; afterwards it is as it was before."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _time_block_us(call: Candidate, inner: int, clock: ClockNs) -> float:
    told_s, told = 0.0, 0
    with collector_paused():
        start = clock()
        for _ in range(inner):
            answer = call()
            if type(answer) is Elapsed:
                told_s += answer.seconds
                told += 1
        elapsed_ns = clock() - start
    if told not in (0, inner):
        raise InputError(f"a candidate timed {told} of its {inner} calls itself; all or none")
    return (told_s * 1e6 if told else elapsed_ns / 1e3) / inner


def _warm_up(
    names: tuple[str, ...],
    block: Callable[[str], float],
    warmup: Warmup,
    rng: np.random.Generator,
) -> tuple[str, ...]:
    """Run blocks until every candidate settles; return the names of those that did not."""
    history: dict[str, list[float]] = {name: [] for name in names}
    for _ in range(warmup.max_blocks):
        # A settled candidate keeps its place in the round: the others warm up beside it.
        if all(warmup.settled(times) for times in history.values()):
            return ()
        for column in rng.permutation(len(names)):
            history[names[column]].append(block(names[column]))
    if warmup.max_blocks == 0:
        return ()
    return tuple(name for name in names if not warmup.settled(history[name]))


def _disturbed(sentinel_us: NDArray[np.float64], tolerance: float) -> NDArray[np.bool_]:
    # The lower quartile is the quiet machine even when half of the run was disturbed.
    quiet = float(np.quantile(sentinel_us, 0.25))
    return np.asarray(np.any(np.abs(sentinel_us - quiet) > tolerance * quiet, axis=-1))
