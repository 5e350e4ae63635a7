"""What becomes of each system when something breaks?

Every fault (`faults/`) is injected for real: processes are killed, files cut and bits flipped, the
disk is full, the database held, packets lost, devices vanish, clients send nonsense. `SYSTEM_FAULT`
is 1 where it was survived, or told in words that say what to do, and no more was lost than must be,
else 0; what happened is its note. `tried` and `ok` count them, `tried_SYSTEM` and `ok_SYSTEM` those
of one system.

`--only SYSTEM` injects those of one system and keeps the others' figures; `--quick` leaves out
those that take long.
"""

import argparse
import importlib
import tempfile
import time
from functools import partial
from pathlib import Path

from faults import FAULTS, Fault, Outcome
from firsthand.measure import Figure, Findings, Options, read, run_benchmark

SYSTEMS = (
    "recorder", "models", "media", "tracking", "call", "graph", "federated", "page", "board",
    "training",
)  # fmt: skip


def load(systems: tuple[str, ...] = SYSTEMS) -> list[Fault]:
    """Return the faults of these systems."""
    for system in systems:
        importlib.import_module(f"faults.{system}")
    return [each for each in FAULTS if each.system in systems]


def injected(each: Fault) -> Outcome:
    with tempfile.TemporaryDirectory() as folder:
        before = time.perf_counter()
        found = each.outcome(Path(folder) / each.name)
    verdict = "ok" if found.ok else "NOT OK"
    took_s = time.perf_counter() - before
    print(f"{verdict}: {each.system}: {each.title}: {found.happened} ({took_s:.1f} s)", flush=True)
    return found


def figure(each: Fault, found: Outcome) -> Figure:
    """Return its figure, with all that the table tells in the note."""
    return Figure(float(found.ok), note=f"{each.title}: {found.happened}; lost: {found.lost}")


def counted(figures: dict[str, Figure]) -> dict[str, Figure]:
    """Return how many were tried and how many ended as they should, of each system and of all."""
    counts = {}
    for system in ("", *SYSTEMS):
        own = [
            each.value
            for name, each in figures.items()
            if name.startswith(f"{system}_" if system else SYSTEMS)
        ]
        suffix = f"_{system}" if system else ""
        if own:
            counts[f"tried{suffix}"] = Figure(len(own))
            counts[f"ok{suffix}"] = Figure(sum(own), n=len(own))
    return counts


def measured_before(options: Options, only: str) -> dict[str, Figure]:
    path = options.folder / f"{options.stem}.json"
    found = read(path).figures if path.is_file() else {}
    return {
        name: each
        for name, each in found.items()
        if name.startswith(SYSTEMS) and not name.startswith(f"{only}_")
    }


def measure(options: Options, only: str | None) -> Findings:
    new = {
        each.name: figure(each, injected(each))
        for each in load((only,) if only else SYSTEMS)
        if each.quick or not options.quick
    }
    both = (measured_before(options, only) if only else {}) | new
    figures = {
        name: each
        for system in SYSTEMS
        for name, each in both.items()
        if name.startswith(f"{system}_")
    }
    return Findings(counted(figures) | figures)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--only", choices=SYSTEMS)
    chosen, rest = parser.parse_known_args()
    raise SystemExit(run_benchmark(__file__, __doc__, partial(measure, only=chosen.only), rest))
