"""One stream of `robustness_soak` in a process of its own: `soak.py NAME SECONDS SEED`.

Says in JSON, a line each, how far it is, and at last what was measured: how long steps took in the
first and the last quarter, resident memory over the run (children's counted), open files and
threads after a tenth of it and at its end, and what was put in and came out.
"""

import json
import sys
from pathlib import Path

import numpy as np
import psutil

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from soak_systems import SYSTEMS  # the folder is known now

LOOKS = 240
QUANTILES = {"p50": 0.5, "p99": 0.99, "p999": 0.999, "most": 1.0}
Looked = tuple[int, float, int, int]


def look(process: psutil.Process) -> tuple[float, int, int]:
    """Resident MB, open files and threads, of the process and its children."""
    all_of_it = [process, *process.children(recursive=True)]
    mb = sum(each.memory_info().rss for each in all_of_it) / 1e6
    files = sum(each.num_fds() for each in all_of_it)
    return mb, files, sum(each.num_threads() for each in all_of_it)


def processor_s(process: psutil.Process) -> float:
    """Processor time so far, of the process and its children."""
    times = [each.cpu_times() for each in [process, *process.children(recursive=True)]]
    return sum(each.user + each.system for each in times)


class Steps:
    """How long each step took, and what was seen of the process every so many of them.

    `quarters_s` is the processor time after the first step and after each quarter.
    """

    def __init__(self, count: int) -> None:
        self.took_s = np.full(count, np.nan, np.float32)  # all of it now: later it would be growth
        self.looks: list[Looked] = []
        self._process, self._every = psutil.Process(), max(1, count // LOOKS)
        self._count = 0
        self.quarters_s: list[float] = []

    def add(self, seconds: float) -> None:
        if not self.quarters_s:
            self.quarters_s.append(processor_s(self._process))
        self.took_s[self._count] = seconds
        self._count += 1
        if self._count % (len(self.took_s) // 4) == 0:
            self.quarters_s.append(processor_s(self._process))
        if self._count % self._every == 0:
            self.looks.append((self._count, *look(self._process)))
            if len(self.looks) % (LOOKS // 20) == 0:
                mb, share = self.looks[-1][1], self._count / len(self.took_s)
                print(json.dumps({"share": share, "mb": round(mb, 1)}), flush=True)


def main() -> None:
    name, seconds, seed = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    system = SYSTEMS[name]
    steps = Steps(round(system.steps * seconds))
    account = system.stream(seconds, seed, steps.add)
    assert not np.isnan(steps.took_s).any(), "a step was not counted"
    quarter = len(steps.took_s) // 4
    spent_ms = 1e3 * np.diff(steps.quarters_s) / quarter
    parts = {"first": steps.took_s[:quarter], "last": steps.took_s[-quarter:]}
    found = {
        "steps": len(steps.took_s),
        "wall_s": float(steps.took_s.sum(dtype=np.float64)),
        "put_in": account.put_in,
        "came_out": account.came_out,
        "note": account.note,
        "ms": {
            f"{label}_{part}": 1e3 * float(np.quantile(values, share))
            for label, share in QUANTILES.items()
            for part, values in parts.items()
        },
        "cpu_ms": {"first": spent_ms[0], "last": spent_ms[3]},
        "hours": [seconds / 3600 * at / len(steps.took_s) for at, *_ in steps.looks],
        "mb": [mb for _, mb, *_ in steps.looks],
        "files": [files for *_, files, _ in steps.looks],
        "threads": [threads for *_, threads in steps.looks],
    }
    print(json.dumps({"found": found}), flush=True)


if __name__ == "__main__":
    main()
