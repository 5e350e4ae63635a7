"""A family of models and what each costs, as one page that asks for nothing from outside."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from firsthand.compress.budgets import Budget
from firsthand.compress.choosing import choose
from firsthand.compress.members import Member
from firsthand.errors import InputError
from firsthand.runtime.place import replace_bytes
from firsthand.web.whole_pages import joined, mark, templates

PAGE: Final = "pareto.html"

_SCRIPTS: Final = ("choosing.js", "scales.js", "plot.js", "table.js", "page.js")
"""Joined in this order into one script."""


@dataclass(frozen=True, slots=True)
class _Column:
    """A column of the table: a member's field `by`, times `scale`, in so many `digits` or in three.

    `high` has the highest first when sorted; `ratio` names what a student is beside its teacher
    where it costs less, and where it costs more.
    """

    by: str
    title: str
    scale: float = 1.0
    high: bool = False
    digits: int | None = None
    ratio: tuple[str, str] | None = None


_COLUMNS: Final = (
    _Column("accuracy", "Accuracy, %", 100, high=True, digits=2),
    _Column("top3", "Top 3, %", 100, high=True, digits=2),
    _Column("bytes", "Size, KB", 1e-3, ratio=("smaller", "bigger")),
    _Column("macs", "MACs, M", 1e-6, ratio=("fewer", "more")),
    _Column("median_us", "Median, ms", 1e-3, ratio=("faster", "slower")),
    _Column("p90_us", "p90, ms", 1e-3),
    _Column("memory_mb", "Memory, MB"),
    _Column("energy_uj", "Energy, µJ"),
)


def write_page(
    folder: Path, members: Sequence[Member], *, title: str, budget: Budget | None = None
) -> Path:
    """Write the page of a family, in the order given, into a folder; return its path.

    The limits of `budget` are what its fields hold at first. Raises `InputError` for figures that
    are no numbers, for two models of one name, and what `choose` raises.
    """
    path = folder / PAGE
    page = _rendered(members, title, budget or Budget())
    replace_bytes(path, page.encode(errors="replace"))
    return path


def _rendered(members: Sequence[Member], title: str, budget: Budget) -> str:
    for member in members:
        _check(member)
    if len({member.name for member in members}) < len(members):
        raise InputError(f"two models have one name: {', '.join(each.name for each in members)}")
    teacher = next((member for member in members if member.teacher), None)
    own, theme = files("firsthand.compress") / "static", files("firsthand.web") / "static"
    css = joined(theme / "theme.css", own / "page.css")
    script = joined(*(own / name for name in _SCRIPTS))
    return (
        templates("firsthand.compress")
        .get_template("page.html")
        .render(
            title=title,
            teacher=teacher,
            students=sum(not member.teacher for member in members),
            choice=choose(members, budget),
            budget="" if budget == Budget() else _signed(budget),
            limits=_limits(budget, teacher),
            columns=_COLUMNS,
            rows=[_row(member, teacher) for member in members],
            family=[asdict(member) | {"details": _details(member)} for member in members],
            css=css,
            css_mark=mark(css),
            script=script,
            script_mark=mark(script),
        )
    )


def _check(member: Member) -> None:
    for name, value in asdict(member).items():
        if isinstance(value, float) and not math.isfinite(value):
            raise InputError(f"{member.name}: {name} is {value}, which is no number to draw")


def _signed(budget: Budget) -> str:
    return str(budget).replace("<=", "≤").replace(">=", "≥")


def _limits(budget: Budget, teacher: Member | None) -> list[tuple[str, str, str]]:
    """Return the page's fields: a limit's name, its label, and what it holds."""
    fields = (
        ("bytes", "Size, KB", budget.bytes, 1e-3),
        ("median_us", "Median time, ms", budget.median_us, 1e-3),
        ("p90_us", "p90 time, ms", budget.p90_us, 1e-3),
        ("macs", "MACs, M", budget.macs, 1e-6),
        ("accuracy", "Least accuracy, %", budget.accuracy, 100),
        ("drop", "Accuracy drop, pt", budget.drop, 100),
    )
    return [
        (name, label, "" if limit is None else f"{limit * scale:.12g}")
        for name, label, limit, scale in fields
        if teacher or name != "drop"
    ]


def _row(member: Member, teacher: Member | None) -> dict[str, Any]:
    return {
        "name": member.name,
        "file": member.file,
        "kind": member.kind,
        "teacher": member.teacher,
        "cells": [_cell(column, member, teacher) for column in _COLUMNS],
    }


def _cell(column: _Column, member: Member, teacher: Member | None) -> tuple[str, list[str]]:
    """Return a figure in words, and what is said beneath it."""
    value = getattr(member, column.by)
    notes = []
    if column.by in ("accuracy", "median_us"):
        low, high = (getattr(member, f"{column.by}_{end}") for end in ("low", "high"))
        notes.append(f"{_told(low, column)} to {_told(high, column)}")
    if column.ratio and teacher and not member.teacher:
        other = getattr(teacher, column.by)
        if value > 0 and other > 0:
            notes.append(_times(other / value, *column.ratio))
    return _told(value, column), notes


def _times(ratio: float, less: str, more: str) -> str:
    if ratio == 1:
        return "the same"
    how_many, how = (ratio, less) if ratio > 1 else (1 / ratio, more)
    return f"{_short(how_many)}\N{MULTIPLICATION SIGN} {how}"


def _details(member: Member) -> list[str]:
    """Return what a point of the plot is said to be, a line each."""
    told = {column.by: _told(getattr(member, column.by), column) for column in _COLUMNS}
    low, high = 100 * member.accuracy_low, 100 * member.accuracy_high
    return [
        f"{told['accuracy']} % correct, {low:.2f} to {high:.2f}",
        f"{told['median_us']} ms, p90 {told['p90_us']}",
        f"{told['bytes']} KB, {told['macs']} M MACs",
        f"{told['memory_mb']} MB, {told['energy_uj']} µJ",
    ]


def _told(value: float, column: _Column) -> str:
    scaled = value * column.scale
    return _short(scaled) if column.digits is None else f"{scaled:.{column.digits}f}"


def _short(value: float) -> str:
    """Return three digits that count, without an exponent, thousands apart."""
    digits = 2 - math.floor(math.log10(abs(value))) if value else 0
    return f"{value:,.{max(0, digits)}f}".replace(",", "\N{NARROW NO-BREAK SPACE}")
