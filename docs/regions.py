"""Tables of figures, as `tables.py` names them: one row a figure, or what stands side by side."""

from collections.abc import Iterable, Sequence

from board import Results
from board_tables import machine
from firsthand.measure import BenchmarkResult, Figure, format_number, markdown_table
from tables import GRIDS, MATRICES, PEERS, PIVOTS, SIDES, TABLES, TOLD

NONE = "-"


def table(name: str, results: Results) -> str:
    """Return the Markdown of one region; empty while none of its benchmarks has run."""
    if name in GRIDS:
        return grid(name, results)
    if name in MATRICES:
        return matrix(name, results)
    if name in PIVOTS:
        return pivot(name, results)
    if name in TOLD:
        return told(name, results)
    used: dict[str, BenchmarkResult] = {}
    rows = []
    for label, benchmark, figure_name in TABLES[name]:
        if benchmark not in results:
            continue
        used[benchmark] = results[benchmark]
        figure = results[benchmark].figures.get(figure_name)
        if figure is None:
            continue
        limits = ""
        if figure.low is not None and figure.high is not None:
            limits = f"{format_number(figure.low)} .. {format_number(figure.high)}"
        unit = figure.unit or ("x" if figure_name.startswith("ratio") else "")
        value = f"{format_number(figure.value)} {unit}".strip()
        count = "" if figure.n is None else str(figure.n)
        rows.append((label, value, limits, count, f"`benchmarks/{benchmark}.py`"))
    if not rows:
        return ""
    machines = dict.fromkeys(map(made_on, used.values()))
    headers = ("figure", "value", "95% interval", "n", "made by")
    text = markdown_table(headers, rows, right=(False, True, True, True))
    return f"\n{text}\n\nMeasured on {'; '.join(machines)}.\n\n"


def matrix(name: str, results: Results) -> str:
    """Return the Markdown of a region of `MATRICES`: percents, the best of a row in bold."""
    benchmark, columns, wanted = MATRICES[name]
    result = results.get(benchmark)
    if result is None:
        return ""
    rows = []
    for title, row in wanted.items():
        figures = [result.figures.get(f"{row}_{column}") for column in columns.values()]
        best = max((each.value for each in figures if each), default=None)
        texts = [NONE if each is None else f"{100 * each.value:.1f}" for each in figures]
        rows.append(
            (
                title,
                *(
                    f"**{text}**" if each is not None and each.value == best else text
                    for text, each in zip(texts, figures, strict=True)
                ),
            )
        )
    return side_by_side(result, columns, rows)


def pivot(name: str, results: Results) -> str:
    """Return the Markdown of a region of `PIVOTS`: figures by rows and columns."""
    benchmark, columns, wanted = PIVOTS[name]
    result = results.get(benchmark)
    if result is None:
        return ""
    rows = []
    for title, row in wanted.items():
        cells = [cell(result.figures.get(f"{column}{row}")) for column in columns.values()]
        if any(each != NONE for each in cells):
            rows.append((title, *cells))
    return side_by_side(result, columns, rows)


def told(name: str, results: Results) -> str:
    """Return the Markdown of a region of `TOLD`: a row a figure, in the words of its note."""
    benchmark, systems = TOLD[name]
    result = results.get(benchmark)
    if result is None:
        return ""
    rows = []
    for system, title in systems.items():
        for figure_name, figure in result.figures.items():
            if figure_name.startswith(f"{system}_"):
                done, _, rest = figure.note.partition(": ")
                happened, _, lost = rest.rpartition("; lost: ")
                rows.append((title, done, happened, lost, "ok" if figure.value else "**not ok**"))
    headers = ("what was done", "what came of it", "lost", "verdict")
    text = markdown_table(("", *headers), rows)
    return f"\n{text}\n\nMade by `benchmarks/{result.name}.py` on {made_on(result)}.\n\n"


def of_all(what: str, of: str) -> list[str]:
    """Return the names of a measure's figures, in the order of the columns."""
    mine, _, theirs = of.partition("|")
    own = [(what, side, mine) for side in SIDES.values()]
    peers = [(what, theirs or mine, peer) for peer in PEERS.values()]
    return ["_".join(filter(None, parts)) for parts in (*own, *peers)]


def grid(name: str, results: Results) -> str:
    """Return the Markdown of a region of `GRIDS`; empty while its benchmark has not run."""
    benchmark, wanted = GRIDS[name]
    result = results.get(benchmark)
    if result is None:
        return ""
    rows = []
    for label, what, of in wanted:
        figures = [result.figures.get(each) for each in of_all(what, of)]
        if any(figures):
            rows.append((label, *map(cell, figures)))
    if not any(own != NONE for _, *cells in rows for own in cells[: len(SIDES)]):
        return ""
    return side_by_side(result, (*SIDES, *PEERS), rows)


def side_by_side(
    result: BenchmarkResult, columns: Iterable[str], rows: Sequence[tuple[str, ...]]
) -> str:
    """Return the Markdown of rows, each with its title first, below the titles of columns."""
    headers = ("", *columns)
    text = markdown_table(headers, rows, right=(False, *[True] * len(headers[1:])))
    return f"\n{text}\n\nMade by `benchmarks/{result.name}.py` on {made_on(result)}.\n\n"


def cell(figure: Figure | None) -> str:
    """Return a figure with its 95% interval and number, a dash for none."""
    if figure is None:
        return NONE
    text = f"{format_number(figure.value)} {figure.unit}".strip()
    if figure.low is not None and figure.high is not None:
        text += f" ({format_number(figure.low)} .. {format_number(figure.high)})"
    return text


def made_on(result: BenchmarkResult) -> str:
    """Return what a result was measured on, and when."""
    return f"{machine(result)}, {result.date}"


def named() -> set[str]:
    """Return the benchmarks of which any table has a figure."""
    rows = {benchmark for table in TABLES.values() for _, benchmark, _ in table}
    return rows | {
        benchmark
        for regions in (GRIDS, MATRICES, PIVOTS, TOLD)
        for benchmark, *_ in regions.values()
    }
