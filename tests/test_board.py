"""The board of results, on made-up ones: verdicts follow from figures, reasons from verdicts."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import board_tables
from board import (
    Aim,
    Row,
    System,
    Times,
    above,
    above_errors,
    at_least,
    at_most,
    below,
    judge,
    lacking,
    not_surely_above,
    unreasoned,
    within,
)
from firsthand.measure import BenchmarkResult, Figure, Machine, write

ROOT = Path(__file__).resolve().parents[1]
MACHINE = Machine("Made up", 2, 2, 8.0, "Linux", "3.11", 0.0)
NUMBERS = st.floats(-100, 100)


def result(name, **figures):
    each = {
        key: value if isinstance(value, Figure) else Figure(value) for key, value in figures.items()
    }
    return BenchmarkResult(name, "?", each, MACHINE, "2026-01-02", {}, 0, quick=False)


def measured(**figures):
    return {"race": result("race", **figures)}


def verdict(figure, aim, **others):
    judged = judge(Row("a race", "race.ours", aim), measured(ours=figure, **others))
    return judged.verdict, judged.doubtful


@pytest.mark.parametrize(
    ("aim", "values"),
    [
        (at_least(2), {1.9: "behind", 2: "met", 2.1: "met"}),
        (at_most(2), {1.9: "met", 2: "met", 2.1: "behind"}),
        (above(2), {1.9: "behind", 2: "behind", 2.1: "met"}),
        (below(2), {1.9: "met", 2: "behind", 2.1: "behind"}),
        (within(1, 2), {0.9: "behind", 1: "met", 2: "met", 2.1: "behind"}),
        (within(0, 0), {-0.1: "behind", 0: "met", 0.1: "behind"}),
        (at_most("theirs"), {3.9: "met", 4: "met", 4.1: "behind"}),
        (at_most(Times(1.5, "theirs")), {5.9: "met", 6: "met", 6.1: "behind"}),
    ],
)
def test_a_verdict_is_the_figure_against_the_aim(aim, values):
    for value, expected in values.items():
        assert verdict(value, aim, theirs=4) == (expected, False), value


@pytest.mark.parametrize(
    ("figure", "aim", "doubtful"),
    [
        (Figure(3, 1, 5), at_least(2), True),
        (Figure(3, 2, 5), at_least(2), False),
        (Figure(3, 2, 5), above(2), True),
        (Figure(1, 0, 5), at_least(2), True),
        (Figure(1, 0, 1.5), at_least(2), False),
        (Figure(0, -1, 9), within(1, 2), True),  # both of its limits are outside, on either side
    ],
)
def test_what_has_its_interval_on_both_sides_of_the_aim_is_in_doubt(figure, aim, doubtful):
    assert verdict(figure, aim)[1] == doubtful


@given(NUMBERS, NUMBERS, NUMBERS, NUMBERS)
def test_of_opposite_aims_one_is_met_and_both_are_as_sure(low, value, high, bound):
    low, value, high = sorted((low, value, high))
    assume(bound not in (low, value, high))
    figure = Figure(value, low, high)
    upwards, downwards = verdict(figure, at_least(bound)), verdict(figure, below(bound))
    assert {upwards[0], downwards[0]} == {"met", "behind"}
    assert upwards[1] == downwards[1] == (low < bound < high)


def test_what_must_not_surely_be_above_is_behind_only_with_its_whole_interval():
    assert verdict(Figure(3, -1, 5), not_surely_above(0)) == ("met", False)
    assert verdict(Figure(3, 1, 5), not_surely_above(0)) == ("behind", False)
    assert verdict(3, not_surely_above(0)) == ("behind", False)


def test_a_difference_above_its_own_errors_is_sure():
    assert verdict(Figure(3, 1, 5), above_errors(2, "se"), se=1) == ("met", False)
    assert verdict(Figure(3, 1, 5), above_errors(2, "se"), se=1.5) == ("behind", False)
    row = Row("lead", "race.ours", above_errors(2, "se"))
    assert board_tables.aimed(row, measured(ours=3, se=1)) == "above 2 (2 standard errors)"


def test_without_an_aim_a_figure_is_told_and_without_a_figure_nothing_is_measured():
    assert judge(Row("a race", "race.ours"), measured(ours=1)).verdict == "told"
    assert judge(Row("a race", aim=Aim(), reason="no shoes"), {}).verdict == "not measured"


@pytest.mark.parametrize(
    ("row", "named"),
    [
        (Row("x", "walk.ours"), "'walk'"),
        (Row("x", "race.mine"), "'mine'"),
        (Row("x", "race.ours", peers=(("they", "theirs"), ("published", 3.0))), "'theirs'"),
        (Row("x", "race.ours", at_least("theirs")), "'theirs'"),
        (Row("x", "race.ours", at_most(Times(2, "theirs"))), "'theirs'"),
    ],
)
def test_a_row_that_names_what_no_result_has_is_told(row, named):
    (message,) = lacking([System("Races", "races.md", (row,))], measured(ours=1))
    assert "'x'" in message
    assert named in message


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        (Row("x", "race.ours", at_least(1)), None),
        (Row("x", "race.ours", at_least(1), reason="slow"), "met, and yet there is a reason: slow"),
        (Row("x", "race.ours", at_least(2)), "behind, and no reason says why"),
        (Row("x", "race.ours", at_least(2), reason="slow"), None),
        (Row("x", "race.ours"), None),
        (Row("x", "race.ours", reason="slow"), "told, and yet there is a reason: slow"),
        (Row("x"), "not measured, and no reason says why"),
        (Row("x", reason="no shoes"), None),
    ],
)
def test_a_reason_goes_with_its_cause(row, complaint):
    messages = list(unreasoned([System("Races", "races.md", (row,))], measured(ours=1)))
    assert messages == ([f"Races, 'x': {complaint}"] if complaint else [])


SYSTEMS = (
    System(
        "Short races",
        "races.md",
        (
            Row("Share won", "race.won", at_least("won_theirs"), (("they", "won_theirs"),), "%"),
            Row(
                "Time",
                "race.time",
                below(Times(0.5, "time_theirs")),
                (("they", "time_theirs"), ("a record", 9.58)),
                reason="Short legs.",
            ),
            Row("Steps | turns", "race.steps"),
        ),
    ),
    System(
        "Long ones",
        "races.md",
        (
            Row("Lead", "race.lead", above(Times(2, "lead_se")), reason="Tired."),
            Row("Around the world", reason="No ship."),
        ),
        "The world is round.",
    ),
)
RACES = measured(
    won=Figure(0.75, 0.5, 0.875),
    won_theirs=0.625,
    time=Figure(11, 10.5, 11.5, "s"),
    time_theirs=Figure(20, unit="s"),
    steps=40,
    lead=Figure(0.5, -1, 2),
    lead_se=0.75,
)


def cells(line):
    return [each.strip() for each in re.split(r"(?<!\\)\|", line)[1:-1]]


def test_the_page_has_aim_figure_peers_and_verdict_side_by_side():
    page = board_tables.page(SYSTEMS, RACES)
    rows = {cells(line)[0]: cells(line) for line in page.splitlines() if line.startswith("|")}
    assert all(len(row) <= 7 for row in rows.values())
    made = "[race](../benchmarks/results/race.md), 2026-01-02"
    assert rows["Share won"][1:] == [
        "met, in doubt",
        "75 % (50 .. 87.5)",
        "at least 62.5 % (they)",
        "they 62.5 %",
        made,
    ]
    assert rows["Time"][1:-1] == [
        "**behind**",
        "11 s (10.5 .. 11.5)",
        "below 10 s (0.500 x they)",
        "they 20 s<br>a record 9.58 s",
    ]
    assert rows["Steps \\| turns"][1:] == ["told", "40", "", "", made]
    assert rows["Lead"][3] == "above 1.50"
    assert "\n\nThe world is round. More: [docs/races.md](races.md).\n" in page
    assert rows["Around the world"][1] == "not measured"
    assert "Made up, 2 cores, Python 3.11: `race` 2026-01-02." in page


def test_the_summary_counts_verdicts():
    page = board_tables.page(SYSTEMS, RACES)
    rows = {cells(line)[0]: cells(line)[1:] for line in page.splitlines() if "of" in line[:40]}
    assert rows["[Short races](#short-races)"] == ["1 of 2", "1", "1", "0"]
    assert rows["[Long ones](#long-ones)"] == ["0 of 1", "1", "1", "1"]
    assert rows["**All**"] == ["1 of 3", "2", "2", "1"]


def test_what_is_behind_is_listed_with_figure_and_reason_and_apart_where_in_doubt():
    page = board_tables.page(SYSTEMS, RACES)
    behind, _, rest = page.partition("## Where we are behind")[2].partition("## Behind, but")
    doubtful, _, missing = rest.partition("## Not measured here")
    assert "- **Time**: 11 s (10.5 .. 11.5); aim: below 10 s (0.500 x they). Short legs." in behind
    assert "- **Lead**: 0.500 (-1 .. 2); aim: above 1.50. Tired." in doubtful
    assert "- **Around the world**: No ship." in missing
    assert page.count("- **") == 3
    nowhere = board_tables.page(SYSTEMS[:1], RACES).partition("## Behind, but in doubt")[2]
    assert nowhere.split("\n\n")[1] == "Nothing."


def test_every_heading_that_the_board_links_to_is_there():
    page = (ROOT / "docs" / "results.md").read_text(encoding="utf-8")
    anchors = re.findall(r"\]\(#([^)]+)\)", page)
    headings = [board_tables.anchor(each) for each in re.findall(r"^## (.+)$", page, re.MULTILINE)]
    assert anchors
    assert set(anchors) <= set(headings)


AIMS = """
from board import Row, System, at_least
SYSTEMS = (System("Races", "races.md", (Row("Won", "race.won", at_least(3)),)),)
"""
TABLES = """
TABLES = {"laps": (("Laps", "laps", "run"),)}
GRIDS = MATRICES = PIVOTS = TOLD = SIDES = PEERS = {}
"""
PAGE = "<!-- figures:board -->\n<!-- /figures -->\n"


@pytest.fixture
def repository(tmp_path):
    """A repository of nothing but a board: one aim, one table, two results."""
    docs = tmp_path / "docs"
    docs.mkdir()
    for name in ("figures", "regions", "board", "board_tables"):
        shutil.copy(ROOT / "docs" / f"{name}.py", docs)
    (docs / "aims.py").write_text(AIMS, encoding="utf-8")
    (docs / "tables.py").write_text(TABLES, encoding="utf-8")
    (docs / "results.md").write_text(PAGE, encoding="utf-8")
    laps = "<!-- figures:laps -->\n<!-- /figures -->\n"
    (tmp_path / "README.md").write_text(laps, encoding="utf-8")
    publish(tmp_path, result("race", won=4), result("laps", run=7))
    return tmp_path


def publish(repository, *results):
    for each in results:
        write(each, repository / "benchmarks" / "results")


def figures(repository, *arguments):
    command = [sys.executable, repository / "docs" / "figures.py", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, done.stderr


def test_a_page_is_stale_until_it_is_written_anew(repository):
    code, said = figures(repository, "--check")
    assert code == 1
    assert "README.md, docs/results.md" in said
    assert (repository / "docs" / "results.md").read_text(encoding="utf-8") == PAGE
    assert figures(repository) == (0, "")
    assert figures(repository, "--check") == (0, "")
    assert "1 of 1" in (repository / "docs" / "results.md").read_text(encoding="utf-8")
    publish(repository, result("race", won=5))
    assert figures(repository, "--check")[0] == 1


def test_an_aim_that_is_no_longer_met_wants_a_reason(repository):
    publish(repository, result("race", won=2))
    code, said = figures(repository)
    assert (code, said) == (1, "Races, 'Won': behind, and no reason says why\n")
    assert "0 of 1" in (repository / "docs" / "results.md").read_text(encoding="utf-8")
    assert figures(repository, "--check") == (1, said)


def test_a_result_that_no_table_and_no_aim_names_is_told(repository):
    publish(repository, result("jumps", high=2))
    code, said = figures(repository, "--check")
    assert code == 1
    assert "jumps" in said


def test_quick_results_count_for_nothing(repository):
    figures(repository)
    folder = repository / "benchmarks" / "results"
    shutil.copy(folder / "race.json", folder / "jumps.quick.json")
    assert figures(repository, "--check") == (0, "")


def test_an_aim_without_its_figure_leaves_every_page_as_it_was(repository):
    publish(repository, result("race", lost=4))
    code, said = figures(repository)
    assert (code, said) == (1, "'Won' names 'won', which is no figure of race\n")
    assert (repository / "docs" / "results.md").read_text(encoding="utf-8") == PAGE
