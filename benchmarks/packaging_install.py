"""How large is the base install, how long do imports take, and how large are the bundled models?

The wheel is built and installed, with nothing but what it asks for, in an environment made for
this. `wheel_mb` is the wheel's file, `install_mb` what lies in the environment's site-packages,
`mb_PACKAGE` a package's part of it; `packages` counts the distributions. `ms_import_NAME` is how
long `import firsthand.NAME` takes in a fresh process, which loads what is named first, and
`ms_names_NAME` how long until all its public names are there; `ms_import_numpy` is NumPy's own part
of it, `ms_import` is `import firsthand`. `ms_help` and `ms_doctor` are of whole commands, what they
start included. All this is processor time, which other work on the machine disturbs least; the
processes take turns, in a new order each round, and files are in the system's cache.
`models_mb_SYSTEM` are the sizes of the networks that come with a system,
`models_mb` of all.
"""

import json
import random
import resource
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from firsthand.errors import PeerError
from firsthand.measure import Figure, Findings, Options, bootstrap_median, run_benchmark
from firsthand.runtime.bundled import bundled

ROOT = Path(__file__).resolve().parents[1]
GROUND = ("graph", "runtime", "media", "measure")
SYSTEMS = ("hands", "objects", "speech", "concealment", "challenge", "compress")
STATEMENTS = {
    "ms_import": "import firsthand",
    "ms_import_numpy": "import numpy",
    **{f"ms_import_{name}": f"import firsthand.{name}" for name in (*GROUND, *SYSTEMS)},
    **{f"ms_names_{name}": f"from firsthand.{name} import *" for name in (*GROUND, *SYSTEMS)},
}
TIMED = """
import time
before = time.process_time()
{}
print((time.process_time() - before) * 1e3)
"""
SIZES = """
import json
from importlib import metadata
def size(found):
    files = map(found.locate_file, found.files)
    return sum(file.stat().st_size for file in files if file.is_file())
print(json.dumps({found.name: size(found) for found in metadata.distributions()}))
"""


class Environment:
    """The base install in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.bin = folder / "venv" / "bin"
        self.run(sys.executable, ROOT / "system" / "wheel.py", folder)
        (self.wheel,) = folder.glob("*.whl")
        (self.packages,) = folder.glob("venv/lib/python*/site-packages")

    def run(self, *command: object) -> str:
        words = list(map(str, command))
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        if done.returncode:
            raise PeerError(f"{words[:3]} ended with {done.returncode}: {done.stderr[-500:]}")
        return done.stdout

    def statement_ms(self, statement: str) -> float:
        return float(self.run(self.bin / "python", "-c", TIMED.format(statement)))

    def command_ms(self, *arguments: str) -> float:
        before = children_s()
        self.run(self.bin / "firsthand", *arguments)
        return (children_s() - before) * 1e3


def children_s() -> float:
    """Return the processor time of all processes that were started here and have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def megabytes(size_bytes: int) -> Figure:
    return Figure(size_bytes / 1e6, unit="MB")


def sizes(environment: Environment) -> dict[str, Figure]:
    by_package = json.loads(environment.run(environment.bin / "python", "-c", SIZES))
    lying = sum(path.stat().st_size for path in environment.packages.rglob("*") if path.is_file())
    figures = {
        "wheel_mb": megabytes(environment.wheel.stat().st_size),
        "install_mb": megabytes(lying),
        "packages": Figure(len(by_package)),
    }
    for name, size_bytes in sorted(by_package.items(), key=lambda item: -item[1])[:6]:
        label = name.lower().replace("-", "_").replace(".", "_")
        figures[f"mb_{label}"] = megabytes(size_bytes)
    return figures


def models() -> dict[str, Figure]:
    by_system: dict[str, int] = defaultdict(int)
    for model in bundled().values():
        by_system[model.path.parts[-3]] += model.path.stat().st_size
    figures = {f"models_mb_{system}": megabytes(size) for system, size in by_system.items()}
    return figures | {"models_mb": megabytes(sum(by_system.values()))}


def times(environment: Environment, rounds: int, seed: int) -> dict[str, Figure]:
    ways: dict[str, Callable[[], float]] = {
        name: partial(environment.statement_ms, statement) for name, statement in STATEMENTS.items()
    }
    ways["ms_help"] = lambda: environment.command_ms("--help")
    ways["ms_doctor"] = lambda: environment.command_ms("doctor")
    taken: dict[str, list[float]] = {name: [] for name in ways}
    order = random.Random(seed)
    for number in range(rounds + 1):
        for name in order.sample(list(ways), len(ways)):
            ms = ways[name]()
            if number:  # the first round fills the caches
                taken[name].append(ms)
    return {
        name: Figure.of(
            bootstrap_median(np.array(each), rng=np.random.default_rng(seed)), "ms", n=len(each)
        )
        for name, each in taken.items()
    }


def measure(options: Options) -> Findings:
    with tempfile.TemporaryDirectory() as folder:
        environment = Environment(Path(folder))
        figures = sizes(environment) | models()
        figures |= times(environment, 2 if options.quick else 15, options.seed)
    return Findings(figures)


if __name__ == "__main__":
    raise SystemExit(run_benchmark(__file__, __doc__, measure))
