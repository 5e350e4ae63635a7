"""Fills the figures in README.md and docs/ from `benchmarks/results/*.json`.

A region `<!-- figures:NAME -->` ... `<!-- /figures -->` holds the table that `tables.py` has under
that name; a figure that no benchmark has published yet has no row or a dash. `--check` changes
nothing and fails when a file is stale.
"""

import argparse
import re
import sys
from pathlib import Path

from firsthand.measure import read
from regions import Results, table

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks" / "results"
REGION = re.compile(r"(<!-- figures:(\w+) -->\n).*?(<!-- /figures -->)", re.DOTALL)


def measured() -> Results:
    """Return the results of all benchmarks, without those of quick runs."""
    paths = sorted(RESULTS.glob("*.json"))
    return {path.stem: read(path) for path in paths if not path.stem.endswith(".quick")}


def filled(text: str, results: Results) -> str:
    """Return a document with its regions filled anew."""
    return REGION.sub(lambda match: match[1] + table(match[2], results) + match[3], text)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="only say whether a file is stale")
    check = parser.parse_args().check
    results = measured()
    stale = []
    for path in (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))):
        old = path.read_text(encoding="utf-8")
        new = filled(old, results)
        if new == old:
            continue
        stale.append(str(path.relative_to(ROOT)))
        if not check:
            path.write_text(new, encoding="utf-8")
    if stale and check:
        sys.stderr.write(f"stale figures in {', '.join(stale)}: run `make docs`\n")
    return 1 if stale and check else 0


if __name__ == "__main__":
    sys.exit(main())
