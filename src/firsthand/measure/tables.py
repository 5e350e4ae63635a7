"""Figures as tables: Markdown for files, Rich for the terminal."""

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from firsthand.errors import InputError

if TYPE_CHECKING:
    from rich.table import Table


class HasLimits(Protocol):
    """A value with limits and a description, such as `firsthand.measure.Figure`."""

    @property
    def value(self) -> float: ...  # noqa: D102
    @property
    def low(self) -> float | None: ...  # noqa: D102
    @property
    def high(self) -> float | None: ...  # noqa: D102
    @property
    def unit(self) -> str: ...  # noqa: D102
    @property
    def note(self) -> str: ...  # noqa: D102
    @property
    def n(self) -> int | None: ...  # noqa: D102


_HEADERS = ("figure", "value", "95% interval", "unit", "n", "note")
_RIGHT = (False, True, True, False, True, False)


def format_number(value: float, digits: int = 3) -> str:
    """Return `value` with `digits` significant digits, no exponent between 1e-4 and 1e9.

    Whole numbers keep all of theirs: 12345 stays 12345.
    """
    if not math.isfinite(value):
        return str(value)
    if value == 0 or (float(value).is_integer() and abs(value) < 1e9):
        return str(int(value))
    magnitude = math.floor(math.log10(abs(value)))
    if not -4 <= magnitude < 9:
        return f"{value:.{digits - 1}e}"
    return f"{value:.{max(0, digits - 1 - magnitude)}f}"


def markdown_table(
    headers: Sequence[str], rows: Sequence[Sequence[str]], *, right: Sequence[bool] = ()
) -> str:
    """Return a Markdown table with aligned columns; `right` marks right-aligned ones.

    Pipes and line breaks in cells are escaped. Raises `InputError` for a row of another length.
    """
    for row in rows:
        if len(row) != len(headers):
            raise InputError(f"a row of {len(row)} cells under {len(headers)} headers: {row}")
    aligned = [*right, *[False] * (len(headers) - len(right))]
    cells = [[_escaped(cell) for cell in row] for row in (headers, *rows)]
    widths = [max(3, *(len(row[column]) for row in cells)) for column in range(len(headers))]

    def line(row: Sequence[str]) -> str:
        padded = (
            cell.rjust(width) if to_right else cell.ljust(width)
            for cell, width, to_right in zip(row, widths, aligned, strict=True)
        )
        return f"| {' | '.join(padded)} |"

    rule = (
        "-" * (width - 1) + ":" if to_right else "-" * width
        for width, to_right in zip(widths, aligned, strict=True)
    )
    return "\n".join([line(cells[0]), f"| {' | '.join(rule)} |", *map(line, cells[1:])])


def figures_markdown(figures: Mapping[str, HasLimits]) -> str:
    """Return figures as a Markdown table, one row each, columns without content left out."""
    headers, rows, right = _table(figures)
    return markdown_table(headers, rows, right=right)


def figures_rich(figures: Mapping[str, HasLimits], *, title: str = "") -> "Table":
    """Return figures as a Rich table for the terminal."""
    from rich.markup import escape
    from rich.table import Table

    headers, rows, right = _table(figures)
    table = Table(title=title or None)
    for header, to_right in zip(headers, right, strict=True):
        table.add_column(header, justify="right" if to_right else "left", overflow="fold")
    for row in rows:
        table.add_row(*map(escape, row))
    return table


def _table(
    figures: Mapping[str, HasLimits],
) -> tuple[list[str], list[list[str]], list[bool]]:
    rows = [_row(name, figure) for name, figure in figures.items()]
    used = [
        column for column in range(len(_HEADERS)) if column < 2 or any(row[column] for row in rows)
    ]
    headers = [_HEADERS[column] for column in used]
    return headers, [[row[c] for c in used] for row in rows], [_RIGHT[c] for c in used]


def _row(name: str, figure: HasLimits) -> list[str]:
    limits = ""
    if figure.low is not None and figure.high is not None:
        limits = f"{format_number(figure.low)} .. {format_number(figure.high)}"
    count = "" if figure.n is None else str(figure.n)
    return [name, format_number(figure.value), limits, figure.unit, count, figure.note]


def _escaped(cell: str) -> str:
    return " ".join(cell.replace("|", "\\|").split())
