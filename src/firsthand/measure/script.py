"""What every script in `benchmarks/` does around its measurement."""

import argparse
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from firsthand.errors import FirsthandError, InputError
from firsthand.measure.machine import describe_machine, package_versions
from firsthand.measure.results import BenchmarkResult, Figure, print_last_line, write
from firsthand.measure.tables import figures_rich


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line chose: less work, the seed, and where results and plots go."""

    quick: bool
    seed: int
    folder: Path
    stem: str

    def plot(self, suffix: str = "") -> Path:
        """Return where to draw: NAME.svg or NAME_SUFFIX.svg, NAME.quick.svg for a quick run."""
        name, _, quick = self.stem.partition(".")
        return self.folder / ".".join(
            filter(None, [name + (suffix and f"_{suffix}"), quick, "svg"])
        )


@dataclass(frozen=True, slots=True)
class Findings:
    """What a measurement returns: figures by name, peers' versions, warnings of the harness."""

    figures: Mapping[str, Figure]
    versions: Mapping[str, str] = field(default_factory=dict)
    noise: tuple[str, ...] = ()


def run_benchmark(
    script: str | Path,
    question: str,
    measure: Callable[[Options], Findings],
    argv: Sequence[str] | None = None,
) -> int:
    """Parse the command line, measure, write the results, print the table and the last line.

    `script` is the script's `__file__` and gives the benchmark its name and results folder;
    `question` is its docstring. Returns the exit code: 0, or 1 after an error of Firsthand's,
    which is told in one line on standard error.
    """
    script = Path(script).resolve()
    parser = argparse.ArgumentParser(prog=script.name, description=question)
    parser.add_argument("--quick", action="store_true", help="the same figures from less work")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--results", type=Path, default=script.parent / "results", metavar="FOLDER")
    chosen = parser.parse_args(argv)
    stem = f"{script.stem}.quick" if chosen.quick else script.stem
    options = Options(chosen.quick, chosen.seed, chosen.results, stem)
    machine = describe_machine()
    try:
        findings = measure(options)
        result = BenchmarkResult(
            name=script.stem,
            question=question.strip(),
            figures=findings.figures,
            machine=machine,
            date=datetime.now(UTC).date().isoformat(),
            versions={**package_versions(), **findings.versions},
            seed=options.seed,
            quick=options.quick,
            noise=findings.noise,
        )
        write(result, options.folder)
    except FirsthandError as error:
        sys.stderr.write(f"{script.name}: {error}\n")
        return 1
    _show(result)
    print_last_line(result)
    return 0


def data_root(script: str | Path) -> Path:
    """Return the measurement data's folder: FIRSTHAND_DATA, or `../shared/data` of the checkout.

    `script` is a file one folder below the checkout's root, such as a benchmark's `__file__`.
    Raises `InputError` saying what to set when there is none.
    """
    given = os.environ.get("FIRSTHAND_DATA")
    folder = Path(given) if given else Path(script).resolve().parents[2] / "shared" / "data"
    if not folder.is_dir():
        raise InputError(f"no data at {folder}: set FIRSTHAND_DATA to the folder that holds it")
    return folder


def _show(result: BenchmarkResult) -> None:
    from rich.console import Console

    console = Console(file=sys.stdout, soft_wrap=True)
    if not console.is_terminal:
        console.width = 140  # a log has no edge
    console.print(figures_rich(result.figures, title=result.name))
    for reason in result.noise:
        console.print(f"noise: {reason}", markup=False, highlight=False)
