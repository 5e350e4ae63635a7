"""Fills the figures in README.md and docs/ from `benchmarks/results/*.json`.

A region `<!-- figures:NAME -->` ... `<!-- /figures -->` holds the rows that `TABLES[NAME]` names;
a figure that no benchmark has published yet has no row. `--check` changes nothing and fails when
a file is stale.
"""

import argparse
import re
import sys
from pathlib import Path

from firsthand.measure import BenchmarkResult, format_number, markdown_table, read

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks" / "results"

TABLES: dict[str, tuple[tuple[str, str, str], ...]] = {
    "hands": (
        ("Speed over MediaPipe 0.10.21, one hand, full", "hands_speed", "ratio_full_1"),
        ("Speed over MediaPipe 0.10.21, one hand, lite", "hands_speed", "ratio_lite_1"),
        (
            "The same, two allowed and one visible, full",
            "hands_speed",
            "ratio_full_2_one_visible",
        ),
        (
            "The same, two allowed and one visible, lite",
            "hands_speed",
            "ratio_lite_2_one_visible",
        ),
        ("Largest keypoint difference from it", "hands_speed", "max_px_difference"),
        ("From start to the first keypoints", "hands_speed", "start_ms"),
        ("Peak memory", "hands_speed", "peak_mb"),
        ("`import firsthand`", "hands_speed", "import_ms"),
    ),
    "graph": (
        ("A packet through 10 nodes", "graph_chain", "us_per_packet"),
        ("The same in MediaPipe's C++ graph", "graph_chain", "us_per_packet_mediapipe"),
        ("MediaPipe's cost over ours", "graph_chain", "ratio"),
    ),
}

REGION = re.compile(r"(<!-- figures:(\w+) -->\n).*?(<!-- /figures -->)", re.DOTALL)


def table(name: str) -> str:
    """Return the Markdown of one region; empty while none of its benchmarks has run."""
    results: dict[str, BenchmarkResult] = {}
    rows = []
    for label, benchmark, figure_name in TABLES[name]:
        path = RESULTS / f"{benchmark}.json"
        if benchmark not in results and path.is_file():
            results[benchmark] = read(path)
        figure = benchmark in results and results[benchmark].figures.get(figure_name)
        if not figure:
            continue
        limits = ""
        if figure.low is not None and figure.high is not None:
            limits = f"{format_number(figure.low)} .. {format_number(figure.high)}"
        unit = figure.unit or ("x" if figure_name.startswith("ratio") else "")
        value = f"{format_number(figure.value)} {unit}".strip()
        rows.append((label, value, limits, f"`benchmarks/{benchmark}.py`"))
    if not rows:
        return ""
    machines = dict.fromkeys(
        f"{r.machine.cpu}, {r.machine.cores} cores, Python {r.machine.python}, {r.date}"
        for r in results.values()
    )
    headers = ("figure", "value", "95% interval", "made by")
    text = markdown_table(headers, rows, right=(False, True, True))
    return f"\n{text}\n\nMeasured on {'; '.join(machines)}.\n\n"


def filled(text: str) -> str:
    """Return a document with its regions filled anew."""
    return REGION.sub(lambda match: match[1] + table(match[2]) + match[3], text)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="only say whether a file is stale")
    check = parser.parse_args().check
    stale = []
    for path in (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))):
        old = path.read_text(encoding="utf-8")
        new = filled(old)
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
