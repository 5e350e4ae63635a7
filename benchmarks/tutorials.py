"""What comes out where the tutorials are executed from top to bottom?

`keywords_...`: `known` is the share of clips that the classifier of twenty clips a word tells, and
`known_more` with the two words that were found; `kb`, `us` and `right` are of the student that is
picked, `teacher_...` of its teacher; `heard` counts the words that the recorder's graph told of the
two that were said; `fleet` is the share right that secure aggregation sums, `fleet_private` with
epsilon 4, its interval the analyst's; `found` is how many of the two unknown words come first.
`hands_...`: the size, error over palm size on rendered hands held out and time of the float and the
int8 file, and how many times as long the float one takes. `seconds_...` is a whole page. With
`--quick` only the page of hands is run.
"""

import sys
import tempfile
from contextlib import chdir
from pathlib import Path
from typing import Any

from firsthand.core.clock import MonotonicClock
from firsthand.measure import Figure, Findings, Options, run_benchmark, wilson

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "docs"))

from page_blocks import PYTHON_AND_SHELL, execute  # noqa: E402 - it lies beside the pages

PAGES = ("keywords", "hands")
UNKNOWN = {"smart mirror", "view glass"}
CLIPS = 100
"""That members of the family are judged on."""


def share(right: list[bool]) -> Figure:
    return Figure.of(wilson(sum(right), len(right)), n=len(right))


def right(member: Any) -> Figure:
    return Figure(member.accuracy, member.accuracy_low, member.accuracy_high, n=CLIPS)


def executed(page: str) -> tuple[dict[str, Any], float]:
    """Execute a page in a folder of its own; return its names, and the seconds it took."""
    text = (ROOT / "docs" / "tutorials" / f"{page}.md").read_text(encoding="utf-8")
    clock = MonotonicClock()
    with tempfile.TemporaryDirectory() as folder, chdir(folder):
        for name in ("examples", "benchmarks"):
            Path(name).symlink_to(ROOT / name)
        before_us = clock.now_us()
        names = execute(text, PYTHON_AND_SHELL)
    return names, (clock.now_us() - before_us) / 1e6


def keywords(names: dict[str, Any]) -> dict[str, Figure]:
    picked = names["choice"].member
    (teacher,) = (member for member in names["members"] if member.teacher)
    heard = {sound.name for sound in names["events"]}
    exact, private = names["exact"], names["private"]
    first = [word.word for word in names["search"].words[:2]]
    return {
        "keywords_known": share(names["told"]),
        "keywords_teacher_kb": Figure(teacher.bytes / 1e3, unit="KB"),
        "keywords_teacher_right": right(teacher),
        "keywords_kb": Figure(picked.bytes / 1e3, unit="KB"),
        "keywords_right": right(picked),
        "keywords_us": Figure(picked.median_us, picked.median_us_low, picked.median_us_high, "us"),
        "keywords_heard": Figure(len(heard & {"jarvis", "computer"}), n=2),
        "keywords_fleet": Figure(exact.value, n=60),
        "keywords_fleet_private": Figure(private.value, private.low, private.high, n=60),
        "keywords_found": Figure(len(UNKNOWN & set(first)), n=2),
        "keywords_known_more": share(names["told_more"]),
    }


def hands(names: dict[str, Any]) -> dict[str, Figure]:
    figures = {}
    for name, card in names["cards"].items():
        figures[f"hands_{name}_kb"] = Figure(card.size_bytes / 1e3, unit="KB")
        figures[f"hands_{name}_error"] = Figure(card.accuracy[0].value)
        figures[f"hands_{name}_us"] = Figure.of(names["streams"].latency(name).median_us, "us")
    return figures | {"hands_times_float": Figure.of(names["ratio"])}


def measure(options: Options) -> Findings:
    figures: dict[str, Figure] = {}
    for page in PAGES[1:] if options.quick else PAGES:
        names, seconds = executed(page)
        figures |= (keywords if page == "keywords" else hands)(names)
        figures[f"seconds_{page}"] = Figure(seconds, unit="s")
    return Findings(figures)


if __name__ == "__main__":
    raise SystemExit(run_benchmark(__file__, __doc__, measure))
