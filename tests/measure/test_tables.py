import io
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firsthand.errors import InputError
from firsthand.measure import Figure, figures_markdown, figures_rich, format_number, markdown_table


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"), (12345, "12345"), (-3.0, "-3"), (1.23456, "1.23"), (123.456, "123"),
        (0.00123456, "0.00123"), (1234.5, "1234"), (-0.98765, "-0.988"), (1.5e-7, "1.50e-07"),
        (2.5e12, "2.50e+12"), (math.inf, "inf"), (99.95, "100.0"),
    ],
)  # fmt: skip
def test_numbers_are_short(value, text):
    assert format_number(value) == text


@given(st.floats(-1e300, 1e300))
def test_numbers_lose_at_most_half_a_percent(value):
    assert float(format_number(value)) == pytest.approx(value, rel=0.0051, abs=0)


cells = st.text(st.characters(exclude_categories=["C"]), max_size=8)


@given(st.lists(st.tuples(cells, cells), max_size=4))
def test_every_line_has_the_same_columns_whatever_the_cells_hold(rows):
    lines = markdown_table(["first", "second"], rows, right=[False, True]).split("\n")
    assert len(lines) == 2 + len(rows)
    assert {len(line) for line in lines} == {len(lines[0])}
    assert all(line.replace("\\|", "").count("|") == 3 for line in lines)
    assert lines[1].endswith(":" + " |")


def test_a_row_of_another_length_is_refused():
    with pytest.raises(InputError, match="1 cells under 2"):
        markdown_table(["a", "b"], [["only"]])


def test_columns_without_content_are_left_out():
    table = figures_markdown({"speed": Figure(2.0), "size": Figure(3.14159, unit="MB")})
    assert table == (
        "| figure | value | unit |\n"
        "| ------ | ----: | ---- |\n"
        "| speed  |     2 |      |\n"
        "| size   |  3.14 | MB   |"
    )


def test_the_terminal_shows_the_same_cells_and_takes_no_markup_from_notes():
    from rich.console import Console

    console = Console(file=io.StringIO(), width=120)
    console.print(figures_rich({"ratio": Figure(2.5, 2.0, 3.0, note="[red]n[/]")}, title="t"))
    shown = console.file.getvalue()
    for piece in ("ratio", "2.50", "2 .. 3", "[red]n[/]"):
        assert piece in shown
