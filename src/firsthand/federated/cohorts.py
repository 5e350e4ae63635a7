"""Fleets larger than one round: cohorts, each with a round of its own, whose sums are added.

With secure aggregation the server sees the sum of each cohort, so that noise is shared within one;
of all together there is as much more.
"""

import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from firsthand.core.ray_cluster import cluster
from firsthand.errors import AbortedRoundError, ConfigError
from firsthand.federated.messages import ROUND_BYTES
from firsthand.federated.plan import Plan
from firsthand.federated.queries import Answer
from firsthand.federated.queries.query import Values
from firsthand.federated.simulation import Drops, Tell, in_the_clear, simulate

Fleet = Callable[[int, int], Sequence[Values]]
"""Returns the records of so many devices, from the device of a number on."""

_AHEAD: Final = 4


@dataclass(frozen=True, slots=True)
class Cohort:
    """Devices from `first` on that are summed together; by the protocol, or in the clear."""

    first: int
    devices: int
    masked: bool
    drops: Drops


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """What a cohort gave: its sum, of so many devices, in units of the question; None for none."""

    cohort: Cohort
    total: NDArray[np.float64] | None
    devices: int
    cpu_s: float
    sent_bytes: int


Place = Callable[[Plan, Fleet, Sequence[Cohort]], Iterator[Part]]
"""Where cohorts' sums are formed, in any order."""


@dataclass(frozen=True, slots=True, eq=False)
class Added:
    """The sums of cohorts, and the parts they are made of."""

    answer: Answer
    parts: tuple[Part, ...]


def in_cohorts(
    plan: Plan,
    fleet: Fleet,
    devices: int,
    *,
    masked_every: int = 1,
    drops: Drops = Drops(),  # noqa: B008 - it is frozen
    place: Place | None = None,
    tell: Tell = lambda *_: None,
) -> Added:
    """Ask `devices` in cohorts of `plan.most`, each as a round of its own.

    Every `masked_every`th cohort goes through the protocol, the others are added in the clear, as
    the sum is the same. A last cohort that would be too small joins the one before in neither: it
    is left out, as it would be of a fleet. Devices of masked cohorts are lost as `drops` says, each
    cohort by a seed of its own. Raises `ConfigError` for fewer devices than a cohort has, and
    `AbortedRoundError` where no cohort gave a sum.
    """
    count, rest = divmod(devices, plan.most)
    if not count or masked_every < 1:
        raise ConfigError(
            f"{devices} devices are no cohort of {plan.most}; every {masked_every}th is masked"
        )
    sizes = [plan.most] * count + ([rest] if rest >= plan.least else [])
    cohorts = [
        Cohort(
            number * plan.most,
            size,
            number % masked_every == 0,
            replace(drops, seed=drops.seed + number),
        )
        for number, size in enumerate(sizes)
    ]
    parts = []
    for part in (place or here)(plan, fleet, cohorts):
        parts.append(part)
        tell("summing cohorts", len(parts), len(cohorts))
    parts.sort(key=lambda part: part.cohort.first)
    sums = [part.total for part in parts if part.total is not None]
    if not sums:
        raise AbortedRoundError(f"none of {len(parts)} cohorts gave a sum")
    total: NDArray[np.float64] = np.sum(sums, axis=0)
    counted = sum(part.devices for part in parts)
    noise = 0.0
    if plan.noise is not None:
        noise = plan.noise.deviation * (counted / plan.noise.sharers) ** 0.5
    return Added(plan.query.answer(total, counted, noise), tuple(parts))


def here(
    plan: Plan, fleet: Fleet, cohorts: Sequence[Cohort], tell: Tell = lambda *_: None
) -> Iterator[Part]:
    """Form cohorts' sums in this process."""
    for cohort in cohorts:
        yield summed(plan, fleet, cohort, tell)


def over_ray(address: str) -> Place:
    """Return the place that forms each cohort's sum as a task of the Ray cluster at `address`.

    `address` is as Ray has it, or "local". Its machines need this package, and whatever `fleet`
    reads. Raises as `core.ray_cluster.cluster` does.
    """

    def place(plan: Plan, fleet: Fleet, cohorts: Sequence[Cohort]) -> Iterator[Part]:
        with cluster(address) as ray:
            task, shared = ray.remote(_summed), ray.put((plan, fleet))
            most = max(2, int(_AHEAD * ray.cluster_resources().get("CPU", 1)))
            left, waiting = iter(cohorts), list[Any]()
            while True:
                while len(waiting) < most and (cohort := next(left, None)) is not None:
                    waiting.append(task.remote(shared, cohort))
                if not waiting:
                    return
                done, waiting = ray.wait(waiting, num_returns=1)
                yield ray.get(done[0])

    return place


def _summed(shared: tuple[Plan, Fleet], cohort: Cohort) -> Part:
    return summed(*shared, cohort)


def summed(plan: Plan, fleet: Fleet, cohort: Cohort, tell: Tell = lambda *_: None) -> Part:
    """Form a cohort's sum, in a round of its own."""
    before = time.process_time()
    mine = replace(plan, round_id=secrets.token_bytes(ROUND_BYTES))
    records = fleet(cohort.first, cohort.devices)
    sent = 0
    try:
        if cohort.masked:
            found = simulate(mine, records, drops=cohort.drops, tell=tell)
            total, sent = found.total, sum(found.received.values())
        else:
            total = in_the_clear(mine, records, tell)
    except AbortedRoundError:
        return Part(cohort, None, 0, time.process_time() - before, sent)
    numbers = mine.decoded(total.numbers)
    return Part(cohort, numbers, total.devices, time.process_time() - before, sent)
