"""The board of results as Markdown: a summary, a table a system, and what is not met."""

from collections.abc import Mapping, Sequence

from board import (
    BEHIND,
    MET,
    MISSING,
    Bound,
    Judged,
    Results,
    Row,
    System,
    Times,
    Verdict,
    found,
    judge,
    number,
    own,
)
from firsthand.measure import BenchmarkResult, Figure, format_number, markdown_table

LISTS: Sequence[tuple[str, Verdict, bool]] = (
    ("Where we are behind", BEHIND, False),
    ("Behind, but in doubt", BEHIND, True),
    ("Not measured here", MISSING, False),
)


def page(systems: Sequence[System], results: Results) -> str:
    """Return the Markdown of the board: a summary, a table a system, and what is not met."""
    judged = {system.title: [judge(row, results) for row in system.rows] for system in systems}
    parts = [summary(judged)]
    for system in systems:
        more = f"More: [docs/{system.page}]({system.page})."
        parts += [f"## {system.title}", f"{system.note} {more}".strip()]
        parts += [table(judged[system.title], results), measured_on(system, results)]
    for heading, verdict, doubtful in LISTS:
        parts += [f"## {heading}", *(listed(judged, verdict, doubtful, results) or ["Nothing."])]
    return "\n" + "\n\n".join(parts) + "\n\n"


def summary(judged: Mapping[str, Sequence[Judged]]) -> str:
    """Return how many aims are met of how many, by system."""
    rows = []
    for title, all_of_it in judged.items():
        verdicts = [each.verdict for each in all_of_it]
        doubtful = sum(each.doubtful for each in all_of_it)
        met, behind, missing = (verdicts.count(each) for each in (MET, BEHIND, MISSING))
        rows.append((title, met, met + behind, behind, doubtful, missing))
    rows.append(("**All**", *(sum(column) for column in list(zip(*rows, strict=True))[1:])))
    cells = [
        (
            title if title == "**All**" else f"[{title}](#{anchor(title)})",
            f"{met} of {aims}",
            *map(str, rest),
        )
        for title, met, aims, *rest in rows
    ]
    headers = ("system", "aims met", "behind", "in doubt", "not measured")
    return markdown_table(headers, cells, right=(False, True, True, True, True))


def anchor(title: str) -> str:
    """Return what a heading is called in links."""
    return title.lower().replace(" ", "-")


def table(judged: Sequence[Judged], results: Results) -> str:
    """Return one system's table."""
    rows = []
    for each in judged:
        row = each.row
        if row.figure:
            result = results[row.benchmark]
            name = result.name
            made = f"[{name}](../benchmarks/results/{name}.md), {result.date}"
            value = text(own(row, results), row)
        else:
            made, value = "", ""
        peers = "<br>".join(f"{name} {beside(peer, row, results)}" for name, peer in row.peers)
        rows.append((row.title, shown(each), value, aimed(row, results), peers, made))
    headers = ("measured", "verdict", "Firsthand", "aim", "beside it", "made by")
    return markdown_table(headers, rows)


def shown(judged: Judged) -> str:
    """Return a verdict in words."""
    verdict = f"**{judged.verdict}**" if judged.verdict == BEHIND else judged.verdict
    return f"{verdict}, in doubt" if judged.doubtful else verdict


def measured_on(system: System, results: Results) -> str:
    """Return on which machines a system's figures were made, and when."""
    machines: dict[str, list[str]] = {}
    for benchmark in dict.fromkeys(row.benchmark for row in system.rows if row.figure):
        result = results[benchmark]
        machines.setdefault(machine(result), []).append(f"`{benchmark}` {result.date}")
    said = (f"{each}: {', '.join(benchmarks)}" for each, benchmarks in machines.items())
    return f"Measured on {'; '.join(said)}."


def machine(result: BenchmarkResult) -> str:
    """Return what a result was measured on."""
    its = result.machine
    return f"{its.cpu}, {its.cores} cores, Python {its.python}"


def listed(
    judged: Mapping[str, Sequence[Judged]], verdict: Verdict, doubtful: bool, results: Results
) -> list[str]:
    """Return the rows of one verdict, by system, with their figures and reasons."""
    parts = []
    for title, all_of_it in judged.items():
        lines = [
            f"- **{each.row.title}**: {sentence(each.row, results)}"
            for each in all_of_it
            if (each.verdict, each.doubtful) == (verdict, doubtful)
        ]
        if lines:
            parts.append(f"{title}:\n\n" + "\n".join(lines))
    return parts


def sentence(row: Row, results: Results) -> str:
    reason = row.reason or "(No reason is written down.)"
    if not row.figure:
        return reason
    return f"{text(own(row, results), row)}; aim: {aimed(row, results)}. {reason}"


def aimed(row: Row, results: Results) -> str:
    """Return an aim in words and numbers."""
    aim = row.aim
    if aim is None:
        return ""
    low, high = (None if each is None else told(each, row, results) for each in (aim.low, aim.high))
    if aim.surely:
        return f"not surely below {low}" if high is None else f"not surely above {high}"
    if low is not None and high is not None:
        return f"exactly {low}" if low == high else f"{low} .. {high}"
    if low is not None:
        return f"{'above' if aim.strict else 'at least'} {low}"
    return f"{'below' if aim.strict else 'at most'} {high}"


def told(bound: Bound, row: Row, results: Results) -> str:
    """Return a bound: its number, and whose it is."""
    shown = scaled(number(bound, row, results), own(row, results), row)
    name = bound.figure if isinstance(bound, Times) else bound
    whose = next((title for title, peer in row.peers if peer == name), "")
    if isinstance(bound, Times) and whose:
        whose = f"{format_number(bound.factor)} x {whose}"
    if row.aim is not None and row.aim.words:
        whose = row.aim.words
    return f"{shown} ({whose})" if whose else shown


def beside(peer: str | float, row: Row, results: Results) -> str:
    if isinstance(peer, str):
        return text(found(row, peer, results), row)
    return scaled(peer, own(row, results), row)


def text(figure: Figure, row: Row) -> str:
    """Return a figure with its unit and 95% interval."""
    shown = scaled(figure.value, figure, row)
    if figure.low is None or figure.high is None:
        return shown
    factor = factor_of(figure, row)
    low, high = format_number(factor * figure.low), format_number(factor * figure.high)
    return f"{shown} ({low} .. {high})"


def scaled(value: float, figure: Figure, row: Row) -> str:
    """Return a number in the unit of a figure, or in the row's."""
    return f"{format_number(factor_of(figure, row) * value)} {figure.unit or row.unit}".strip()


def factor_of(figure: Figure, row: Row) -> int:
    """Return 100 for a share that is shown in percent."""
    return 100 if row.unit == "%" and not figure.unit else 1
