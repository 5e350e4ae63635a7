"""The board of results: aims beside figures, and a verdict that follows from both.

What is aimed at is data, in `aims`; nobody writes down whether it is met. A row that is behind
must have a reason, and one that is not must have none, so that a reason goes with its cause.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from firsthand.measure import BenchmarkResult, Figure

Results = Mapping[str, BenchmarkResult]
"""What was measured, by the names of benchmarks."""


@dataclass(frozen=True, slots=True)
class Times:
    """So many times a figure."""

    factor: float
    figure: str


Bound = float | str | Times
"""A number, or a figure of the row's own benchmark by its name, or a multiple of one."""

MET, BEHIND, TOLD, MISSING = "met", "behind", "told", "not measured"
Verdict = Literal["met", "behind", "told", "not measured"]


@dataclass(frozen=True, slots=True)
class Aim:
    """Where a figure should lie: from `low` to `high`, or `strict`ly between them.

    `surely`: only a figure whose whole interval lies elsewhere is behind. `doubtless`: the bound
    itself says what is sure, so that nothing is in doubt. `words` tell whose the bound is.
    """

    low: Bound | None = None
    high: Bound | None = None
    strict: bool = False
    surely: bool = False
    doubtless: bool = False
    words: str = ""


def at_least(bound: Bound) -> Aim:
    return Aim(low=bound)


def at_most(bound: Bound) -> Aim:
    return Aim(high=bound)


def above(bound: Bound) -> Aim:
    return Aim(low=bound, strict=True)


def above_errors(errors: float, figure: str) -> Aim:
    """A difference is more than so many of its standard errors, which `figure` is."""
    words = f"{errors:g} standard errors"
    return Aim(low=Times(errors, figure), strict=True, doubtless=True, words=words)


def below(bound: Bound) -> Aim:
    return Aim(high=bound, strict=True)


def within(low: Bound, high: Bound) -> Aim:
    return Aim(low, high)


def not_surely_above(bound: Bound) -> Aim:
    return Aim(high=bound, surely=True)


@dataclass(frozen=True, slots=True)
class Row:
    """One figure, what is aimed at, and what stands beside it.

    `figure` is `benchmark.name`; empty, nothing was measured, and `reason` says why. Without an aim
    a figure is only told. `peers` are names with figures of the same benchmark, or with numbers
    that others published. `unit` is for figures that have none; `%` makes percents of shares.
    """

    title: str
    figure: str = ""
    aim: Aim | None = None
    peers: Sequence[tuple[str, str | float]] = ()
    unit: str = ""
    reason: str = ""

    @property
    def benchmark(self) -> str:
        return self.figure.partition(".")[0]


@dataclass(frozen=True, slots=True)
class System:
    """The rows of one table; `page` is where in docs/ the system is described.

    `note` is what whoever reads the table must know.
    """

    title: str
    page: str
    rows: tuple[Row, ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Judged:
    """A row's verdict; `doubtful` where the figure's interval lies on both sides of the aim."""

    row: Row
    verdict: Verdict
    doubtful: bool = False


def found(row: Row, name: str, results: Results) -> Figure:
    """Return a figure of the row's benchmark."""
    return results[row.benchmark].figures[name]


def own(row: Row, results: Results) -> Figure:
    return found(row, row.figure.partition(".")[2], results)


def number(bound: Bound, row: Row, results: Results) -> float:
    match bound:
        case Times(factor, name):
            return factor * found(row, name, results).value
        case str(name):
            return found(row, name, results).value
        case _:
            return bound


def judge(row: Row, results: Results) -> Judged:
    """Return whether a row's aim is met, by the figures alone."""
    if not row.figure:
        return Judged(row, MISSING)
    if row.aim is None:
        return Judged(row, TOLD)
    aim, figure = row.aim, own(row, results)
    low, high = (
        None if each is None else number(each, row, results) for each in (aim.low, aim.high)
    )

    def fits(value: float) -> bool:
        if aim.strict:
            return (low is None or value > low) and (high is None or value < high)
        return (low is None or value >= low) and (high is None or value <= high)

    met = fits(figure.value)
    points: list[float] = []
    if figure.low is not None and figure.high is not None:
        bounds = [each for each in (low, high) if each is not None]
        points = [figure.low, figure.high, *(b for b in bounds if figure.low < b < figure.high)]
    if aim.surely:
        return Judged(row, MET if met or any(map(fits, points)) else BEHIND)
    doubtful = not aim.doubtless and any(fits(each) != met for each in points)
    return Judged(row, MET if met else BEHIND, doubtful)


def lacking(systems: Sequence[System], results: Results) -> Iterator[str]:
    """Say which figures rows name that no result has."""
    for row in (row for system in systems for row in system.rows):
        if not row.figure:
            continue
        if row.benchmark not in results:
            yield f"{row.title!r} names the benchmark {row.benchmark!r}, which has no result"
            continue
        bounds = (row.aim.low, row.aim.high) if row.aim else ()
        names = [
            row.figure.partition(".")[2],
            *(each for _, each in row.peers),
            *(each.figure if isinstance(each, Times) else each for each in bounds),
        ]
        for name in names:
            if isinstance(name, str) and name not in results[row.benchmark].figures:
                yield f"{row.title!r} names {name!r}, which is no figure of {row.benchmark}"


def unreasoned(systems: Sequence[System], results: Results) -> Iterator[str]:
    """Say which rows should have a reason and have none, or have one and should not."""
    for system in systems:
        for judged in (judge(row, results) for row in system.rows):
            where = f"{system.title}, {judged.row.title!r}: {judged.verdict}"
            if judged.verdict in (BEHIND, MISSING) and not judged.row.reason:
                yield f"{where}, and no reason says why"
            if judged.verdict in (MET, TOLD) and judged.row.reason:
                yield f"{where}, and yet there is a reason: {judged.row.reason}"
