"""How long models take for a query, one after another: each in a process of its own, interleaved.

The rules are those of MLPerf's single stream (Reddi et al. 2020, arXiv:1911.02549): one query at a
time, at least 1,024 of them and 60 s, the 90th percentile. Beyond them: every model's process is
held to one processor and stopped while others are timed; blocks of queries come in a random order,
round by round, so that what changes on the machine changes for all; processes are ended and
launched anew several times, since times differ from launch to launch more than within one; a model
is timed once its blocks agree; a fixed sentinel kernel runs beside each block, and a block beside
which it was slow, during which the process was kept waiting, or the machine slept, is marked and
left out.
"""

import math
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Self

import numpy as np

from firsthand.core.closing import Closing
from firsthand.core.locking import held
from firsthand.errors import BusyError, InputError, PeerError
from firsthand.measure.latency import Warmup
from firsthand.measure.peers import Peer, Reply
from firsthand.measure.pinning import available_cpus
from firsthand.measure.streams import Stream, Streams, quiet_sentinel_us

WORKER: Final = "firsthand.measure.stream_worker"

_FEWEST_ROUNDS: Final = 4
_LARGEST_BLOCK: Final = 1000

Progress = Callable[[float], None]
"""Is told the share of the work that is done, 0..1."""


@dataclass(frozen=True, slots=True)
class Rules:
    """How long is measured, and what counts as undisturbed.

    Every model answers at least `queries` queries that count and takes at least `seconds` for them,
    in `launches` processes one after another, each for an equal part. Where so many blocks are
    disturbed that this would take over `patience` times as long, the measurement ends and says so.
    Blocks last about `block_s`, or longer where a slow model would need more rounds than the
    others. `sentinel_tolerance` is by how much the sentinel may be slower than on the quiet
    machine, `waiting_tolerance` what share of a block the process may be kept from its processor.
    """

    queries: int = 1024
    seconds: float = 60.0
    launches: int = 5
    patience: float = 3.0
    block_s: float = 0.1
    unmeasured: int = 2
    warmup: Warmup = field(default_factory=Warmup)
    sentinel_tolerance: float = 0.15
    waiting_tolerance: float = 0.03
    threads: int = 1
    seed: int = 0
    timeout_s: float = 120.0
    memory_bytes: int = 8 << 30

    def __post_init__(self) -> None:
        if self.queries < 2 or self.seconds < 0 or self.patience < 1 or self.block_s <= 0:
            raise InputError(
                "queries >= 2, seconds >= 0, patience >= 1 and block_s > 0 are wanted, got "
                f"{self.queries}, {self.seconds}, {self.patience}, {self.block_s}"
            )
        if not 1 <= self.launches <= self.queries:
            raise InputError(f"launches={self.launches} must be from 1 to queries={self.queries}")

    @property
    def rounds(self) -> int:
        """How many rounds of blocks a launch takes where none is disturbed."""
        return max(_FEWEST_ROUNDS, math.ceil(self.seconds / self.launches / self.block_s))

    def block_queries(self, each_s: float) -> int:
        """Return how many queries of `each_s` seconds a block has."""
        for_time = self.block_s / max(each_s, 1e-7)
        needed = math.ceil(self.queries / self.launches / self.rounds)
        return int(np.clip(for_time, needed, max(needed, _LARGEST_BLOCK)))


RULES: Final = Rules()
QUICK: Final = Rules(queries=128, seconds=0.9, launches=3, block_s=0.05)


def measure_streams(
    models: Mapping[str, Path],
    rules: Rules = RULES,
    *,
    inputs: Mapping[str, Mapping[str, Any]] | None = None,
    cpu: int | None = None,
    progress: Progress = lambda _: None,
    alone: bool = True,
    quiet_us: float | None = None,
    quiet_memory_us: float | None = None,
) -> Streams:
    """Time models, each named by whoever asks, and return what was found.

    Inputs are made up, unless `inputs` gives a model arrays `i0` (n, ...), `i1` ... of n queries.
    `cpu` is the processor that all are held to, the last of those available by default.
    `quiet_us` and `quiet_memory_us` are the sentinels' times on the quiet machine where they are
    known from another run (`Streams`): without them, a neighbour that is busy all the time passes
    for quiet.
    Raises `BusyError` where another measurement goes on, unless it need not be `alone`, and
    `PeerError` naming the model whose process fails, hangs or takes more memory than it may.
    """
    if not models:
        raise InputError("there is no model to measure")
    chosen = cpu if cpu is not None else last_cpu()
    rng, quiet = np.random.default_rng(rules.seed), _Quiet(rules, quiet_us)
    found: dict[str, list[tuple[Reply, list[Reply]]]] = {name: [] for name in models}
    noise: list[str] = []
    with alone_on_this_machine() if alone else nullcontext():
        for launch in range(rules.launches):
            with ExitStack() as stack:
                timed = {
                    name: stack.enter_context(_Timed(name, path, rules, chosen))
                    for name, path in models.items()
                }
                for name, each in timed.items():
                    each.begin((inputs or {}).get(name))
                run = _Run(timed, rules, quiet, rng)
                run.warm_up()
                run.measure(_part(progress, launch, rules.launches))
                noise += run.noise
            for name, each in timed.items():
                found[name].append(each.found)
    progress(1.0)
    return Streams(
        {name: Stream.of(name, launches) for name, launches in found.items()},
        cpu=chosen,
        rules_note=_note(rules),
        noise=tuple(dict.fromkeys(noise)),
        seed=rules.seed,
        sentinel_tolerance=rules.sentinel_tolerance,
        waiting_tolerance=rules.waiting_tolerance if rules.threads == 1 else np.inf,
        known_quiet_us=quiet_us,
        known_quiet_memory_us=quiet_memory_us,
    )


def _part(progress: Progress, at: int, parts: int) -> Progress:
    return lambda share: progress((at + share) / parts)


def last_cpu() -> int | None:
    """Return the last processor that this process may use, None where that cannot be known."""
    cpus = available_cpus()
    return cpus[-1] if cpus else None


@contextmanager
def alone_on_this_machine() -> Iterator[None]:
    """Hold the machine against other measurements; `BusyError` where one goes on."""
    path = Path(tempfile.gettempdir()) / "firsthand-measures.lock"
    with held(path, wait=False) as free:
        if not free:
            raise BusyError(
                "another measurement goes on, and two at once would disturb each other: wait for "
                f"it, or end it (it holds {path})"
            )
        yield


class ModelProcess(Closing):
    """A model in a process of its own, held to a processor, which can be stopped meanwhile.

    Errors name the model. See `stream_worker` for what can be called.
    """

    def __init__(self, name: str, path: Path, rules: Rules, cpu: int | None) -> None:
        self.name, self.rules, self._path = name, rules, path
        self._peer = Peer(Path(sys.executable), WORKER, cpus=cpu if cpu is not None else last_cpu())
        self._stopped = ExitStack()

    def __enter__(self) -> Self:
        self._peer.start(timeout_s=self.rules.timeout_s)
        return self

    def close(self) -> None:
        """End the process."""
        self._stopped.close()
        self._peer.close()

    def load(self) -> Reply:
        """Load the model, with no more memory than it may have."""
        self.call("limit", memory_bytes=self.rules.memory_bytes)
        return self.call("load", path=str(self._path.resolve()), threads=self.rules.threads)

    def call(self, op: str, **what: Any) -> Reply:
        """Have the process do something."""
        try:
            return self._peer.call(op, timeout_s=self.rules.timeout_s, **what)
        except PeerError as error:
            raise PeerError(f"{self.name}: {_told(error, op)}") from error

    def stop(self) -> None:
        """Take the processor from it."""
        self._stopped = ExitStack()
        self._stopped.enter_context(self._peer.paused())

    @contextmanager
    def going(self) -> Iterator[None]:
        """Let it have the processor for a while."""
        self._stopped.close()
        try:
            yield
        finally:
            if self._peer.is_running:
                self.stop()


class _Timed(ModelProcess):
    """A model's process, and what was measured of it."""

    def __init__(self, name: str, path: Path, rules: Rules, cpu: int | None) -> None:
        super().__init__(name, path, rules, cpu)
        self.queries = 1
        self.done, self.done_s = 0, 0.0
        self.blocks: list[Reply] = []
        self._loaded: Reply | None = None

    def begin(self, inputs: Mapping[str, Any] | None) -> None:
        """Load the model, choose the size of a block, and stop."""
        self._loaded = self.load()
        if inputs is None:
            self.call("draw", seed=self.rules.seed, count=8)
        else:
            self.call("give", arrays=inputs)
        found = self.call("block", queries=2, unmeasured=1)
        each_s = float(np.median(found["query_ns"])) / 1e9
        self.queries = self.rules.block_queries(each_s)
        self.stop()

    def block(self) -> Reply:
        """Answer a block of queries, while all other models' processes are stopped."""
        with self.going():
            return self.call("block", queries=self.queries, unmeasured=self.rules.unmeasured)

    @property
    def found(self) -> tuple[Reply, list[Reply]]:
        """What loading told, and the blocks."""
        assert self._loaded is not None
        return self._loaded, self.blocks


class _Run:
    """One launch of all models: rounds of blocks in random order."""

    def __init__(
        self,
        timed: Mapping[str, _Timed],
        rules: Rules,
        quiet: "_Quiet",
        rng: np.random.Generator,
    ) -> None:
        self._timed, self._rules, self._quiet, self._rng = timed, rules, quiet, rng
        self.noise: list[str] = []

    def _round(self) -> list[tuple[_Timed, Reply]]:
        order = self._rng.permutation(len(self._timed))
        each = list(self._timed.values())
        return [(each[at], each[at].block()) for at in order]

    def warm_up(self) -> None:
        """Run rounds until every model's blocks agree, or nobody waits any longer."""
        warmup = self._rules.warmup
        history: dict[str, list[float]] = {name: [] for name in self._timed}
        for _ in range(warmup.max_blocks):
            if all(warmup.settled(times) for times in history.values()):
                return
            for timed, found in self._round():
                history[timed.name].append(float(np.median(found["query_ns"])))
        self.noise += [
            f"{name}: times had not settled after the warm-up"
            for name, times in history.items()
            if warmup.max_blocks and not warmup.settled(times)
        ]

    def measure(self, progress: Progress) -> None:
        """Run rounds until every model has answered its part of what the rules want."""
        rules, begun, rounds = self._rules, time.monotonic(), 0
        wanted_s = rules.rounds * rules.block_s * len(self._timed)
        while (share := self._share()) < 1:
            progress(share)
            for timed, found in self._round():
                timed.blocks.append(found)
                if self._quiet.undisturbed(found):
                    timed.done += timed.queries
                    timed.done_s += found["wall_ns"] / 1e9
            rounds += 1
            # Ends for want of quiet only once far more was run than had been enough.
            took_long = time.monotonic() - begun > rules.patience * wanted_s
            if took_long and rounds > rules.patience * self._rounds_wanted():
                self.noise.append(
                    f"the machine was so busy that not all models answered {rules.queries} "
                    f"queries in {rules.seconds:g} s undisturbed"
                )
                return

    def _rounds_wanted(self) -> float:
        rules = self._rules
        part = rules.queries / rules.launches
        return max(rules.rounds, *(part / timed.queries for timed in self._timed.values()))

    def _share(self) -> float:
        rules = self._rules
        return min(
            min(
                timed.done * rules.launches / rules.queries,
                timed.done_s * rules.launches / rules.seconds if rules.seconds else 1.0,
            )
            for timed in self._timed.values()
        )


class _Quiet:
    """Tells, while measuring, whether a block was disturbed, as far as is known by then."""

    def __init__(self, rules: Rules, known_us: float | None) -> None:
        self._rules, self._known_us = rules, known_us
        self._sentinels: list[float] = []

    @property
    def us(self) -> float:
        """What the sentinel takes on the quiet machine: known, or as seen so far."""
        if self._known_us is not None:
            return self._known_us
        return quiet_sentinel_us(np.array(self._sentinels))

    def undisturbed(self, found: Reply) -> bool:
        """Whether nothing disturbed a block."""
        beside = found["sentinel_ns"] / 1e3
        self._sentinels += beside.tolist()
        calm = bool((beside <= (1 + self._rules.sentinel_tolerance) * self.us).all())
        waited = 1 - found["worked_ns"] / max(1, found["wall_ns"])
        held_up = self._rules.threads == 1 and waited > self._rules.waiting_tolerance
        return calm and not held_up and found["slept_ns"] < 1_000_000


def _note(rules: Rules) -> str:
    threads = f"{rules.threads} thread{'s' if rules.threads > 1 else ''}"
    launches = f"{rules.launches} launch{'es' if rules.launches > 1 else ''}"
    return (
        f"single stream, {threads}, at least {rules.queries} queries and {rules.seconds:g} s "
        f"undisturbed, in {launches}"
    )


def _told(error: PeerError, op: str) -> str:
    """Return what happened, in terms of the model and not of its worker."""
    words = str(error)
    if "gave no answer" in words:
        return f"it gave no answer in time ({'loading' if op == 'load' else 'running'})"
    if "died during" in words:
        return f"it ended its process while {'loading' if op == 'load' else 'running'}: {words}"
    return words.partition(f"{WORKER}, {op}: ")[2] or words
