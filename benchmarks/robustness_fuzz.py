"""Which bytes from outside make a reader raise what it does not say, take for ever, or die?

Every target of `tests/fuzz` is searched by atheris (libFuzzer, guided by which branches of
Firsthand's an input takes) for ten minutes, in a process of its own, two at a time; ten seconds
with --quick. `executions_T`, `features_T`, `edges_T` and `seconds_T` say how much was tried of a
target T and what was reached; `new_T` inputs reached what none before them did. `findings_T` are
places from which something came that no docstring names, inputs that took over three seconds of
processor time, and ends of the process: by a signal, a minute without an answer, or 3 GB. `inputs`
are those in `tests/fuzz/corpus`, which `make test` tries all; `mended` of them showed a
finding once. A search goes on from the last one's inputs, in `.cache/fuzz`; with --keep nothing is
searched, but the least of those that show what none of the corpus does are put into it.

    python benchmarks/robustness_fuzz.py [--seconds 600] [--only TARGET ...] [--keep]
"""

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from firsthand.errors import PeerError
from firsthand.measure import Figure, Findings, Options, run_benchmark

ROOT = Path(__file__).resolve().parents[1]
WORKER = ROOT / "benchmarks" / "workers" / "fuzzing.py"
CACHE = ROOT / ".cache" / "fuzz"
CORPUS = ROOT / "tests" / "fuzz" / "corpus"

AT_ONCE = 2
LIMITS = ("-timeout=60", "-rss_limit_mb=3000", "-max_len=16384", "-report_slow_units=60")
"""libFuzzer's own; what is slow by the clock is not told of, as others may use the machine."""
MERGED = 300.0
"""Seconds that a merge may take."""

KEPT, LARGEST = 16, 4_096
"""At most so many inputs of a target are put into the corpus, each of so many bytes at most."""

TOLD_S = 30.0
SHORTEST_S, MOST_DEATHS = 3.0, 20
"""A search that was ended is begun again where it has longer than this left, so often at most."""

STATUS = re.compile(
    r"^#(?P<runs>\d+)\s.*\bcov: (?P<edges>\d+) ft: (?P<features>\d+) corp: (?P<inputs>\d+)/"
)
MENDED = "mended-"


@dataclass
class Search:
    """How far the search of a target has come."""

    name: str
    executions: int = 0
    features: int = 0
    edges: int = 0
    new: int = 0
    seconds: float = 0.0
    deaths: list[str] = field(default_factory=list)

    def line(self, text: str) -> int | None:
        """Take a line of libFuzzer's; return how many inputs this process has tried."""
        found = STATUS.match(text)
        if found is None:
            return None
        self.edges = max(self.edges, int(found["edges"]))
        self.features = max(self.features, int(found["features"]))
        return int(found["runs"])

    @property
    def folder(self) -> Path:
        return CACHE / self.name

    @property
    def findings(self) -> list[Path]:
        """What was written of findings: a text, or an input that ended the process."""
        found = self.folder / "findings"
        return sorted(each for each in found.iterdir() if each.suffix != ".input")


def measured(seconds: float, only: Sequence[str]) -> Callable[[Options], Findings]:
    """Return what searches these targets, each for so long."""

    def measure(options: Options) -> Findings:
        last_s = min(seconds, 10.0) if options.quick else seconds
        names = only or targets()
        with ThreadPoolExecutor(AT_ONCE) as pool:
            found = list(pool.map(lambda name: searched(name, last_s, options), names))
        return Findings(figures(found), noise=tuple(told(found)))

    return measure


def targets() -> list[str]:
    """The names of all targets, each of which has a folder in the corpus."""
    return sorted(each.name for each in CORPUS.iterdir())


def searched(name: str, last_s: float, options: Options) -> Search:
    """Search a target for `last_s`, in as many processes as that takes."""
    search = Search(name)
    for part in ("inputs", "findings"):
        (search.folder / part).mkdir(parents=True, exist_ok=True)
    for old in (search.folder / "findings").iterdir():
        old.unlink()
    before = {each.name for each in (search.folder / "inputs").iterdir()}
    while (left_s := last_s - search.seconds) > SHORTEST_S and len(search.deaths) < MOST_DEATHS:
        flags = (f"-max_total_time={round(left_s)}", f"-seed={options.seed + 1}")
        run(search, *flags, str(search.folder / "inputs"), str(CORPUS / name))
        options = Options(options.quick, options.seed + 1_000, options.folder, options.stem)
    search.new = len({each.name for each in (search.folder / "inputs").iterdir()} - before)
    say(name, f"{search.executions} inputs tried, {len(search.findings)} findings")
    return search


def run(search: Search, *flags: str) -> None:
    """Run the worker to its end, and note how it ended."""
    found = search.folder / "findings"
    known = {each.name for each in found.iterdir()}
    with tempfile.TemporaryDirectory(prefix="firsthand-fuzz-", dir=memory()) as scratch:
        command = ["nice", "-n", "10", sys.executable, str(WORKER), search.name, str(found)]
        command += [f"-artifact_prefix={found}/", *LIMITS, *flags]
        with subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env={"PATH": "/usr/bin:/bin", "TMPDIR": scratch, "HOME": scratch, "LANG": "C.UTF-8"},
        ) as process:
            assert process.stderr is not None
            runs, last = followed(search, process.stderr)
    search.executions += runs
    if process.returncode and not runs:
        raise PeerError(f"{search.name}: the search did not begin: {last}")
    if process.returncode:
        died = {each.name for each in found.iterdir()} - known
        search.deaths.append(f"{search.name}: ended with {process.returncode}: {sorted(died)}")
        say(search.name, search.deaths[-1])


def followed(search: Search, stream: IO[bytes]) -> tuple[int, str]:
    """Read what a worker tells; return how many inputs it tried, and its last word."""
    runs, last, told_s = 0, "", time.monotonic()
    began_s: float | None = None
    with (search.folder / "log").open("a", encoding="utf-8") as log:
        for raw in stream:
            line = raw.decode("utf-8", "replace").rstrip()
            if line.startswith("INFO: Instrumenting"):
                continue
            log.write(line + "\n")
            last = line or last
            runs = search.line(line) or runs
            if runs and began_s is None:
                began_s = time.monotonic()
            if time.monotonic() - told_s > TOLD_S:
                told_s = time.monotonic()
                say(search.name, f"{search.executions + runs} tried, {search.edges} edges")
    if began_s is not None:
        search.seconds += time.monotonic() - began_s
    return runs, last


def memory() -> Path | None:
    """Where files cost no disk."""
    there = Path("/dev/shm")
    return there if there.is_dir() else None


def keep(name: str) -> None:
    """Put the least inputs that show what none of the corpus does into it, a few of them."""
    search = Search(name)
    with tempfile.TemporaryDirectory(prefix="firsthand-fuzz-", dir=memory()) as folder:
        merged = Path(folder) / "merged"
        shutil.copytree(CORPUS / search.name, merged)
        before = {each.name for each in merged.iterdir()}
        flags = ("-set_cover_merge=1", f"-max_total_time={MERGED:.0f}", str(merged))
        run(search, *flags, str(search.folder / "inputs"))
        new = [each for each in merged.iterdir() if each.name not in before]
        small = sorted((each for each in new if each.stat().st_size <= LARGEST), key=size)
        room = KEPT - sum(each.startswith("found-") for each in before)
        for each in small[: max(0, room)]:
            shutil.copyfile(each, CORPUS / name / f"found-{each.name[:12]}")
    say(name, f"{len(new)} inputs show something new")


def size(path: Path) -> int:
    return path.stat().st_size


def figures(found: Sequence[Search]) -> dict[str, Figure]:
    """The figures of all targets, and of each."""
    named: dict[str, Figure] = {}
    for each in found:
        named |= {
            f"executions_{each.name}": Figure(each.executions, note="inputs tried"),
            f"features_{each.name}": Figure(each.features, note="branches and their counts"),
            f"edges_{each.name}": Figure(each.edges, note="branches taken"),
            f"new_{each.name}": Figure(each.new, note="inputs kept for what they reached"),
            f"findings_{each.name}": Figure(len(each.findings)),
            f"seconds_{each.name}": Figure(each.seconds, unit="s"),
        }
    inputs = [path for path in CORPUS.rglob("*") if path.is_file()]
    return {
        "targets": Figure(len(found)),
        "executions": Figure(sum(each.executions for each in found), note="inputs tried"),
        "findings": Figure(sum(len(each.findings) for each in found)),
        "inputs": Figure(len(inputs), note="in the corpus"),
        "mended": Figure(sum(path.name.startswith(MENDED) for path in inputs)),
        "corpus_kb": Figure(sum(map(size, inputs)) / 1e3, unit="kB"),
        **named,
    }


def told(found: Sequence[Search]) -> Iterator[str]:
    """What was found, a line each."""
    for each in found:
        for path in each.findings:
            words = path.read_text("utf-8").splitlines()[0] if path.suffix == ".txt" else path.name
            yield f"{each.name}: {words}"


def say(name: str, what: str) -> None:
    print(f"{name}: {what}", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--only", nargs="+", default=(), choices=targets())
    parser.add_argument("--keep", action="store_true")
    chosen, rest = parser.parse_known_args()
    if chosen.keep:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(keep, chosen.only or targets()))
        return 0
    return run_benchmark(__file__, __doc__, measured(chosen.seconds, chosen.only), rest)


if __name__ == "__main__":
    raise SystemExit(main())
