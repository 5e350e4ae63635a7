"""How what a challenge found is told."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from firsthand.cli.telling import say

if TYPE_CHECKING:
    from rich.table import Table

    from firsthand.challenge import DetectorVerdict, Verdict
    from firsthand.challenge.devices import PhoneRecord, Record
    from firsthand.challenge.scores import Frontier
    from firsthand.measure import Interval, Machine, Streams

Row = tuple[str, int, int, int, float | None]
"""An operator: its kind, MACs, bytes of weights, bytes moved, and microseconds if it was timed."""


def verdict_table(
    verdicts: Mapping[str, "Verdict"], frontier: "Frontier | None", images: int
) -> "Table":
    """Return classifiers, the best first."""
    from rich.table import Table

    table = Table(
        title=f"Correct of {images} within 33 ms x {images}",
        caption="over the frontier: by how many points it is above k log(t) + a0, fitted to these"
        if frontier
        else None,
    )
    table.add_column("model")
    for name in ("score", "correct", "median ms", "p90 ms", "every 2nd", "2018", "over frontier"):
        table.add_column(name, justify="right")
    ranked = sorted(verdicts.values(), key=lambda each: -each.scores["score"].value)
    for each in ranked:
        assert each.latency is not None
        ms = each.latency.median_us.scaled(1e-3)
        percent = 100 * each.accuracy.value
        table.add_row(
            each.name,
            interval(each.scores["score"], 0),
            f"{percent:.1f}% ({100 * each.accuracy.low:.1f} .. {100 * each.accuracy.high:.1f})",
            interval(ms),
            f"{each.latency.p90_us.value / 1e3:.3g}",
            f"{each.scores['score_every_second'].value:.0f}",
            f"{each.scores['score_2018'].value:.4f}",
            f"{frontier.score(percent, ms.value):+.1f}" if frontier else "",
        )
    return table


def detector_table(verdicts: Mapping[str, "DetectorVerdict"], images: int) -> "Table":
    """Return detectors, the best first."""
    from rich.table import Table

    table = Table(title=f"COCO average precision on {images} images")
    table.add_column("model")
    for name in ("within 100 ms an image", "of all", "median ms", "p90 ms"):
        table.add_column(name, justify="right")
    for each in sorted(verdicts.values(), key=lambda one: -one.precision_in_time):
        table.add_row(
            each.name,
            f"{each.precision_in_time:.3f}",
            f"{each.precision:.3f}",
            interval(each.latency.median_us.scaled(1e-3)),
            f"{each.latency.p90_us.value / 1e3:.3g}",
        )
    return table


def record_table(record: "Record | PhoneRecord") -> "Table":
    """Return what was measured on a device, model by model."""
    from rich.table import Table

    from firsthand.challenge.devices import Record

    if isinstance(record, Record):
        return _latency_table(
            {name: record.streams.latency(name) for name in record.streams.streams}
        )
    table = Table()
    table.add_column("model")
    table.add_column("mean ms, over launches", justify="right")
    for name in record.reports:
        table.add_row(name, interval(record.mean_us(name).scaled(1e-3)))
    return table


def say_of(record: "Record | PhoneRecord") -> None:
    """Say where and how it was measured, and what is to be doubted."""
    from firsthand.challenge.devices import Record

    if isinstance(record, Record):
        say(how(record.streams, record.machine))
    else:
        say(str(record.phone))
    for remark in record.remarks:
        say(f"doubt: {remark}")


def how(streams: "Streams", machine: "Machine") -> str:
    """Return how models were timed, and where."""
    return (
        f"{streams.rules_note}, processor {streams.cpu}, whose clock wandered by "
        f"{streams.wandering:.1%}: times are those of its quiet clock; {machine}"
    )


def operator_table(rows: list[Row], timed: bool) -> "Table":
    """Return operators with what each costs, or took."""
    from rich.table import Table

    table = Table()
    table.add_column("operator")
    names = ["million MACs", "constants kB", "moved kB"]
    if timed:
        names += ["us", "share", "MACs a ns"]
    for name in names:
        table.add_column(name, justify="right")
    whole = sum(row[4] or 0.0 for row in rows) or 1.0
    for kind, count, weights, moved, us in rows:
        cells = [kind, f"{count / 1e6:.3f}", f"{weights / 1e3:.1f}", f"{moved / 1e3:.1f}"]
        if us is not None:
            pace = f"{count / us / 1e3:.1f}" if count and us else ""
            cells += [f"{us:.1f}", f"{us / whole:.1%}", pace]
        table.add_row(*cells)
    return table


def by_kind(rows: list[Row]) -> list[Row]:
    """Return operators summed over those of a kind, the costliest first."""
    kinds: dict[str, Row] = {}
    for kind, count, weights, moved, us in rows:
        short = kind.partition("  (")[0]
        before = kinds.get(short, (short, 0, 0, 0, None))
        spent = None if us is None else (before[4] or 0.0) + us
        kinds[short] = (short, before[1] + count, before[2] + weights, before[3] + moved, spent)
    return sorted(kinds.values(), key=lambda row: (-(row[4] or 0.0), -row[1]))


def interval(value: "Interval", digits: int | None = None) -> str:
    """Return a value with its limits."""
    if digits is not None:
        return f"{value.value:.{digits}f} ({value.low:.{digits}f} .. {value.high:.{digits}f})"
    return f"{value.value:.4g} ({value.low:.4g} .. {value.high:.4g})"


def _latency_table(latencies: Mapping[str, Any]) -> "Table":
    from rich.table import Table

    table = Table()
    table.add_column("model")
    for name in (
        "median ms",
        "p90 ms",
        "input copy ms",
        "load ms",
        "first run ms",
        "blocks left out",
    ):
        table.add_column(name, justify="right")
    for name, each in latencies.items():
        table.add_row(
            name,
            interval(each.median_us.scaled(1e-3)),
            interval(each.p90_us.scaled(1e-3)),
            f"{each.copy_us / 1e3:.3g}",
            f"{each.init_ms:.3g}",
            f"{each.first_ms:.3g}",
            f"{each.disturbed} of {each.blocks}",
        )
    return table
