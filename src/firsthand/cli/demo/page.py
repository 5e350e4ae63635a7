"""The one page about what the demo made, which asks for nothing from outside."""

from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from firsthand.cli.demo.section import Chart, Shown
from firsthand.errors import InputError
from firsthand.measure.tables import format_number
from firsthand.runtime.place import replace_bytes
from firsthand.web.whole_pages import data_uri, joined, mark, percent, templates

PAGE: Final = "index.html"
MOST_BYTES: Final = 15_000_000
"""Of the page: what is larger lies beside it."""


def write_page(folder: Path, parts: Sequence[Shown], made: str) -> Path:
    """Write the page into a folder whose folders are the parts'; return its path.

    `made` says how it was made. Raises `InputError` where it cannot be written, or is larger than
    `MOST_BYTES`.
    """
    path, page = folder / PAGE, render_page(parts, made).encode(errors="replace")
    if len(page) > MOST_BYTES:
        raise InputError(
            f"{path}: would have {len(page) / 1e6:.1f} MB, more than {MOST_BYTES / 1e6:.0f} MB: "
            "link what is large, from a file beside it"
        )
    try:
        replace_bytes(path, page)
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror}") from error
    return path


def render_page(parts: Sequence[Shown], made: str) -> str:
    """Return the page as HTML."""
    found = templates("firsthand.cli.demo")
    found.filters |= {"data_uri": data_uri, "percent": percent}
    found.globals |= {"kind_of": _kind_of, "placed": _placed}
    own, concealment, theme = (
        files(f"firsthand.{package}") / "static"
        for package in ("cli.demo", "concealment.report", "web")
    )
    css = joined(theme / "theme.css", concealment / "report.css", own / "page.css")
    script = joined(concealment / "players.js", own / "words.js")
    return found.get_template("page.html").render(
        parts=parts,
        made=made,
        css=css,
        css_mark=mark(css),
        script=script,
        script_mark=mark(script),
    )


def _kind_of(block: object) -> str:
    """Return the name of the macro that shows a block."""
    return type(block).__name__.lower()


def _placed(chart: Chart) -> list[dict[str, Any]]:
    """Return a chart's marks as places on its axis, and in words."""
    ends = [mark.value.high for mark in chart.marks]
    ends += [mark.truth for mark in chart.marks if mark.truth is not None]
    reach = max(*ends, chart.low) - chart.low or 1.0

    def place(value: float) -> str:
        return percent(min(1.0, max(0.0, (value - chart.low) / reach)))

    return [
        {
            "name": mark.name,
            "low": place(mark.value.low),
            "high": place(mark.value.high),
            "value": place(mark.value.value),
            "truth": None if mark.truth is None else place(mark.truth),
            "words": format_number(mark.value.value),
            "limits": f"{format_number(mark.value.low)} .. {format_number(mark.value.high)}",
            "true": None if mark.truth is None else format_number(mark.truth),
        }
        for mark in chart.marks
    ]
