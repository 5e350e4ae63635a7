"""How does the cost of a fleet grow, from one cohort to a million devices?

A short question (a histogram of 16 values), exact. `cpu_ms_device_N` is the CPU time of a whole
round by the protocol over its devices, devices' and server's parts together, in a cohort of N whose
neighbours follow from a malicious server, 5% corrupt and 10% lost: medians over rounds. Of it a
server's part is `federated_secagg`'s.

`million_s` is the time in which a million simulated devices, in cohorts of 500 over Ray on this
machine, are summed: one cohort in 400 by the protocol, the others in the clear; `million_equal` is
the share of those that went through the protocol whose sum is that in the clear. `million_cpu_h` is
projected: the CPU time, in hours, that as many devices and their servers would spend on the
protocol, from `cpu_ms_device_500`; it grows in proportion to the fleet, as cohorts do not know of
each other. `--quick`: cohorts up to 100, 20,000 devices.
"""

import time
from dataclasses import replace

import numpy as np

from firsthand.federated import Assumed, Histogram, planned
from firsthand.federated.cohorts import Cohort, in_cohorts, over_ray, summed
from firsthand.federated.populations import ZipfFleet
from firsthand.federated.simulation import Drops
from firsthand.measure import (
    Figure,
    Findings,
    Options,
    available_cpus,
    bootstrap_median,
    pinned,
    plot_lines,
    run_benchmark,
    wilson,
)

QUESTION = Histogram("item", tuple(f"item {n}" for n in range(1, 17)), most=16, each=1)
ASSUMED = Assumed(0.05, 0.1)
SIZES = (25, 50, 100, 250, 500, 1_000)
ROUNDS = 3


def measure(options: Options) -> Findings:
    sizes = SIZES[:3] if options.quick else SIZES
    fleet, rng = ZipfFleet(1_000, 20, seed=options.seed), np.random.default_rng(options.seed)
    figures, costs = {}, []
    with pinned(available_cpus()[-1:]):
        for size in sizes:
            plan = planned(QUESTION, least=int(0.9 * size), most=size, assumed=ASSUMED)
            cohort = Cohort(0, size, True, Drops())
            each = [1e3 * summed(plan, fleet, cohort).cpu_s / size for _ in range(ROUNDS)]
            median = bootstrap_median(np.array(each), rng=rng)
            neighbours = plan.degree_of(size).neighbours
            note = f"{neighbours} neighbours each"
            figures[f"cpu_ms_device_{size}"] = Figure.of(median, "ms", note=note, n=ROUNDS)
            costs.append(median.value)
            print(f"{size} devices: {median.value:.1f} ms each, {note}", flush=True)
    devices, size, every = (20_000, 100, 50) if options.quick else (1_000_000, 500, 400)
    plan = planned(QUESTION, least=int(0.9 * size), most=size, assumed=ASSUMED)
    before = time.perf_counter()
    found = in_cohorts(plan, fleet, devices, masked_every=every, place=over_ray("local"))
    figures["million_s"] = Figure(time.perf_counter() - before, unit="s", n=devices)
    masked = [part for part in found.parts if part.cohort.masked]
    equal = [
        part.total is not None and np.array_equal(part.total, clear.total)  # type: ignore[arg-type]
        for part in masked
        for clear in [summed(plan, fleet, replace(part.cohort, masked=False))]
    ]
    figures["million_equal"] = Figure.of(wilson(sum(equal), len(masked)), n=len(masked))
    figures["million_cpu_h"] = Figure(
        costs[sizes.index(size)] * 1e6 / 3.6e6, unit="h", note="projected"
    )
    plot_lines(
        {"CPU time of a round, a device": (sizes, costs)},
        options.plot(),
        x_label="devices in a cohort",
        y_label="ms",
        title="What a round costs, by the size of a cohort",
        log_x=True,
    )
    return Findings(figures)


if __name__ == "__main__":
    raise SystemExit(run_benchmark(__file__, __doc__, measure))
