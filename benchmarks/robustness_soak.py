"""What becomes of every streaming system in an hour beside a noisy neighbour?

An hour of stream time for each (`soak_systems.py` says of what), fed as fast as it takes it, as its
clock is an argument: video at 30 frames a second (objects: 5), sound in tenths of a second, a call
in pulls of 10 ms, packets through a graph, rounds of devices on a clock that is set. Each system
runs in a process of its own, beside another that burns a core and the memory's bandwidth in bursts.

`steps_NAME` and `hours_NAME` are what was done, `wall_s_NAME` the time of all steps, `missing_NAME`
what was put in and did not come out as it must. `p50_ms_first_NAME`, `p99_...`, `p999_...` and
`most_...` tell how long a step took in the first quarter, `..._last_...` in the last;
`cpu_ms_...` is the processor time of one, its threads' and children's, which other work on the
machine changes less.
`mb_warm_NAME` is resident memory, that of children too, in the second tenth, `mb_end_NAME` in the
last, medians; `mb_per_hour_NAME` the slope of a line through all but the first tenth. `files_...`
and `threads_...` are open then.

`--only NAME` runs one system and keeps the others' figures; `--quick` is 20 seconds or so of each.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import numpy as np

from firsthand.errors import PeerError
from firsthand.measure import (
    Figure,
    Findings,
    Options,
    describe_machine,
    plot_lines,
    read,
    run_benchmark,
)
from soak_systems import SYSTEMS

WORKERS = Path(__file__).resolve().parent / "workers"
HOUR_S = 3600


@contextmanager
def neighbour(seed: int) -> Iterator[subprocess.Popen]:
    """Have a noisy neighbour meanwhile; it also ends with this process, however that ends."""
    process = subprocess.Popen(
        [sys.executable, str(WORKERS / "neighbour.py"), str(seed)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdin is not None
    try:
        assert process.stdout.readline() == "noisy\n"
        yield process
    finally:
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()


def soaked(name: str, seconds: int, seed: int) -> dict:
    """Return what a system's worker found."""
    command = [sys.executable, str(WORKERS / "soak.py"), name, str(seconds), str(seed)]
    found: dict | None = None
    with (
        neighbour(seed) as noise,
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as worker,
    ):
        try:
            assert worker.stdout is not None
            for line in worker.stdout:
                said = json.loads(line)
                found = said.get("found", found)
                if "share" in said:
                    now = datetime.now(UTC)
                    print(
                        f"{now:%H:%M:%S} {name}: {said['share']:.0%}, {said['mb']} MB", flush=True
                    )
        finally:
            worker.kill()
        if noise.poll() is not None:
            raise PeerError("the noisy neighbour has ended before its time")
    if found is None:
        raise PeerError(f"the worker of {name} has ended without a word: {worker.returncode}")
    return found


def tenth(values: list[float], number: int) -> float:
    """The median of a tenth of what was seen, from 0 to 9."""
    return float(np.median(np.array_split(np.array(values), 10)[number]))


def figures_of(name: str, seconds: int, found: dict) -> dict[str, Figure]:
    later = slice(len(found["mb"]) // 10, None)
    slope = round(float(np.polyfit(found["hours"][later], found["mb"][later], 1)[0]), 6)
    when = f"{datetime.now(UTC).date()}, load {describe_machine().load:.1f} at its end"
    figures = {
        "steps": Figure(found["steps"], note=when),
        "hours": Figure(seconds / HOUR_S, unit="h", note="of the stream"),
        "wall_s": Figure(found["wall_s"], unit="s"),
        "missing": Figure(
            found["put_in"] - found["came_out"], n=found["put_in"], note=found["note"]
        ),
    }
    for label, value in found["ms"].items():
        quantile, part = label.split("_")
        figures[f"{quantile}_ms_{part}"] = Figure(value, unit="ms", n=found["steps"] // 4)
    for part, value in found["cpu_ms"].items():
        figures[f"cpu_ms_{part}"] = Figure(value, unit="ms", n=found["steps"] // 4)
    figures |= {
        "mb_warm": Figure(tenth(found["mb"], 1), unit="MB"),
        "mb_end": Figure(tenth(found["mb"], 9), unit="MB"),
        "mb_per_hour": Figure(slope, unit="MB/h", n=len(found["mb"])),
    }
    for what in ("files", "threads"):
        figures[f"{what}_warm"] = Figure(tenth(found[what], 1))
        figures[f"{what}_end"] = Figure(found[what][-1])
    return {f"{label}_{name}": figure for label, figure in figures.items()}


def measured_before(options: Options) -> dict[str, Figure]:
    path = options.folder / f"{options.stem}.json"
    return dict(read(path).figures) if path.is_file() else {}


def measure(options: Options, only: str | None) -> Findings:
    figures: dict[str, Figure] = {}
    for name, system in SYSTEMS.items():
        if only not in (None, name):
            continue
        seconds = system.quick_s if options.quick else HOUR_S
        found = soaked(name, seconds, options.seed)
        figures |= figures_of(name, seconds, found)
        plot_lines(
            {name: ([60 * each for each in found["hours"]], found["mb"])},
            options.plot(name),
            title=f"Resident memory: {name}, beside a noisy neighbour",
            x_label="minutes of the stream",
            y_label="MB",
        )
    before = measured_before(options) if only else {}  # now, as others may have been at work
    return Findings(before | figures)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--only", choices=list(SYSTEMS))
    chosen, rest = parser.parse_known_args()
    raise SystemExit(run_benchmark(__file__, __doc__, partial(measure, only=chosen.only), rest))
