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

SPEED = (
    ("Speed over MediaPipe 0.10.21, one hand, full", "hands_speed", "ratio_full_1"),
    ("The same, lite", "hands_speed", "ratio_lite_1"),
    ("Two allowed and one visible, full", "hands_speed", "ratio_full_2_one_visible"),
    ("The same, lite", "hands_speed", "ratio_lite_2_one_visible"),
    ("Largest keypoint difference from it", "hands_speed", "max_px_difference"),
)
START = (
    ("From start to the first keypoints, lite", "hands_speed", "start_ms"),
    ("Peak memory until then", "hands_speed", "peak_mb"),
    ("`import firsthand`", "hands_speed", "import_ms"),
)
GRAPH = (
    ("MediaPipe's cost of a packet over ours, both as they come", "graph_chain", "ratio"),
    ("MediaPipe's in the calling thread, as ours", "graph_chain", "ratio_calling_thread"),
    ("Ours on a thread of its own, as MediaPipe's", "graph_chain", "ratio_threads"),
)

TABLES: dict[str, tuple[tuple[str, str, str], ...]] = {
    "readme": (
        *SPEED,
        ("Hands found, sign digits", "hands_accuracy", "detected_sign_digits"),
        ("Hands found, HaGRID's sample", "hands_accuracy", "detected_hagrid"),
        ("Small hands found, COCO-WholeBody's sample", "hands_accuracy", "detected_coco_wholebody"),
        ("The same, searched in tiles", "hands_accuracy", "detected_coco_wholebody_tiles"),
        ("Keypoint error over palm size, handpose_x", "hands_accuracy", "error_handpose_x"),
        ("Gestures right, ten ASL digits", "hands_gestures", "accuracy_rules_asl_digits"),
        ("Gestures right, five examples each", "hands_gestures", "accuracy_examples_5"),
        *START,
        *GRAPH,
    ),
    "hands": (
        *SPEED,
        ("A frame, one hand, full", "hands_speed", "ms_full_1_ours"),
        ("A frame, one hand, lite", "hands_speed", "ms_lite_1_ours"),
        *START,
        ("Peak memory of MediaPipe after import alone", "hands_speed", "peak_mb_mediapipe_import"),
    ),
    "accuracy": (
        ("Error over palm size, handpose_x", "hands_accuracy", "error_handpose_x"),
        ("- MediaPipe", "hands_accuracy", "error_handpose_x_mediapipe_full"),
        ("Error over palm size, OneHand10K", "hands_accuracy", "error_onehand10k"),
        ("- MediaPipe", "hands_accuracy", "error_onehand10k_mediapipe_full"),
        (
            "Error over palm size, COCO-WholeBody, tiles",
            "hands_accuracy",
            "error_coco_wholebody_tiles",
        ),
        ("Found, handpose_x", "hands_accuracy", "detected_handpose_x"),
        ("- MediaPipe", "hands_accuracy", "detected_handpose_x_mediapipe_full"),
        ("Found, OneHand10K", "hands_accuracy", "detected_onehand10k"),
        ("- MediaPipe", "hands_accuracy", "detected_onehand10k_mediapipe_full"),
        ("Found, COCO-WholeBody", "hands_accuracy", "detected_coco_wholebody"),
        ("- MediaPipe", "hands_accuracy", "detected_coco_wholebody_mediapipe_full"),
        ("- tiles", "hands_accuracy", "detected_coco_wholebody_tiles"),
        ("Found, HaGRID", "hands_accuracy", "detected_hagrid"),
        ("- MediaPipe", "hands_accuracy", "detected_hagrid_mediapipe_full"),
        ("Found, sign digits", "hands_accuracy", "detected_sign_digits"),
        ("- MediaPipe", "hands_accuracy", "detected_sign_digits_mediapipe_full"),
        ("Hands a photograph, HaGRID", "hands_accuracy", "hands_a_photograph_hagrid"),
        ("- tiles, mostly false ones", "hands_accuracy", "hands_a_photograph_hagrid_tiles"),
    ),
    "motion": (
        ("Recorded, held-out blocks, four labels", "hands_motion", "accuracy_histories"),
        ("- moves", "hands_motion", "accuracy_histories_move"),
        ("- played as video", "hands_motion", "accuracy_streamed"),
        ("- until the right name", "hands_motion", "delay_ms_streamed"),
        (
            "Recorded, by a network that saw none of them",
            "hands_motion_ablation",
            "histories_simulated_only",
        ),
        ("Simulated windows, nine names", "hands_motion", "accuracy_window"),
        ("Simulated swipes to the left, announced", "hands_motion", "announced_swipe_left"),
        ("Simulated waves, announced", "hands_motion", "announced_wave"),
        ("- another stroke announced first", "hands_motion", "other_first_wave"),
        ("Frames until announced, 30 a second", "hands_motion", "delay_frames"),
        ("A step", "hands_motion", "us_step"),
    ),
    "gestures": (
        ("`asl_digits`, ten classes of sign digits", "hands_gestures", "accuracy_rules_asl_digits"),
        ("`american`, five of them", "hands_gestures", "accuracy_rules_american"),
        ("`european`, three", "hands_gestures", "accuracy_rules_european"),
        ("`chinese`, seven", "hands_gestures", "accuracy_rules_chinese"),
        ("`signs`, five", "hands_gestures", "accuracy_rules_signs"),
        ("- the others called none", "hands_gestures", "rejected_rules"),
        ("HaGRID: call, four, rock, none", "hands_gestures", "accuracy_rules_hagrid"),
        ("- where a hand was found", "hands_gestures", "accuracy_rules_hagrid_found"),
        ("kinivi's rows, flat keypoints, four gestures", "hands_gestures", "accuracy_rules_kinivi"),
        ("Sign digits, one example each", "hands_gestures", "accuracy_examples_1"),
        ("- two", "hands_gestures", "accuracy_examples_2"),
        ("- five", "hands_gestures", "accuracy_examples_5"),
        ("- ten", "hands_gestures", "accuracy_examples_10"),
        ("- five, a gesture not taught called none", "hands_gestures", "rejected_examples_5"),
        ("kinivi's rows, one example each", "hands_gestures", "accuracy_examples_kinivi_1"),
        ("- five", "hands_gestures", "accuracy_examples_kinivi_5"),
    ),
    "keypoints": (
        ("Thumbs: image, 3D", "hands_gestures", "thumbs_image"),
        ("- world, 3D", "hands_gestures", "thumbs_world"),
        ("- image, 2D", "hands_gestures", "thumbs_flat"),
        ("- 2D, turned 60 degrees sideways", "hands_gestures", "thumbs_flat_turned"),
        ("Other fingers: image, 3D", "hands_gestures", "fingers_image"),
        ("- world, 3D", "hands_gestures", "fingers_world"),
        ("- image, 2D", "hands_gestures", "fingers_flat"),
        ("- 2D, tipped 60 degrees forwards", "hands_gestures", "fingers_flat_tipped"),
    ),
    "graph": (
        ("A packet through 10 nodes", "graph_chain", "us_per_packet"),
        ("The same in MediaPipe's C++ graph", "graph_chain", "us_per_packet_mediapipe"),
        *GRAPH,
        ("Frames of an hour of video that were lost", "graph_endurance", "missing"),
        ("- that came out of order", "graph_endurance", "out_of_order"),
        ("- growth of memory meanwhile", "graph_endurance", "growth_mb"),
        ("Planted faults that ended by themselves", "graph_endurance", "faults_ended"),
    ),
}
"""By region: rows of label, benchmark and figure. A row that begins with `- ` goes on about the
one above."""

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
        count = "" if figure.n is None else str(figure.n)
        rows.append((label, value, limits, count, f"`benchmarks/{benchmark}.py`"))
    if not rows:
        return ""
    machines = dict.fromkeys(
        f"{r.machine.cpu}, {r.machine.cores} cores, Python {r.machine.python}, {r.date}"
        for r in results.values()
    )
    headers = ("figure", "value", "95% interval", "n", "made by")
    text = markdown_table(headers, rows, right=(False, True, True, True))
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
