"""Fills the figures in README.md and docs/ from `benchmarks/results/*.json`.

A region `<!-- figures:NAME -->` ... `<!-- /figures -->` holds the table that `tables.py` has under
that name; a figure that no benchmark has published yet has no row or a dash. `figures:board` is the
board of `aims/`, docs/results.md. `--check` changes nothing and fails when a file is stale.

Either way it fails when an aim's figure is in no result, when a result is in no table and no aim,
and when an aim that is not met has no reason beside it, or one that is met has.
"""

import argparse
import re
import sys
from pathlib import Path

import board
import board_tables
import regions
from aims import SYSTEMS
from firsthand.measure import read

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks" / "results"
REGION = re.compile(r"(<!-- figures:(\w+) -->\n).*?(<!-- /figures -->)", re.DOTALL)


def measured() -> board.Results:
    """Return the results of all benchmarks, without those of quick runs."""
    paths = sorted(RESULTS.glob("*.json"))
    return {path.stem: read(path) for path in paths if not path.stem.endswith(".quick")}


def region(name: str, results: board.Results) -> str:
    return board_tables.page(SYSTEMS, results) if name == "board" else regions.table(name, results)


def filled(text: str, results: board.Results) -> str:
    """Return a document with its regions filled anew."""
    return REGION.sub(lambda match: match[1] + region(match[2], results) + match[3], text)


def nowhere(results: board.Results) -> list[str]:
    """Say which results no table and no aim has a figure of."""
    shown = regions.named() | {row.benchmark for system in SYSTEMS for row in system.rows}
    return [
        f"{name}'s result is in no table (tables.py) and no aim (aims/)"
        for name in results
        if name not in shown
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="only say whether a file is stale")
    check = parser.parse_args().check
    results = measured()
    wrong = [*board.lacking(SYSTEMS, results), *nowhere(results)]
    if not wrong:  # a page can be made
        wrong += board.unreasoned(SYSTEMS, results)
        stale = refreshed(results, write=not check)
        if stale and check:
            wrong.append(f"stale figures in {', '.join(stale)}: run `make docs`")
    for each in wrong:
        sys.stderr.write(f"{each}\n")
    return 1 if wrong else 0


def refreshed(results: board.Results, *, write: bool) -> list[str]:
    """Return which documents are stale, after writing them anew where wanted."""
    stale = []
    for path in (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))):
        old = path.read_text(encoding="utf-8")
        new = filled(old, results)
        if new == old:
            continue
        stale.append(str(path.relative_to(ROOT)))
        if write:
            path.write_text(new, encoding="utf-8")
    return stale


if __name__ == "__main__":
    sys.exit(main())
