"""The demo's part about hands: photographs and a clip in; video, JSON lines and a page out."""

import re
import subprocess
import sys
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Final

from firsthand.errors import InputError

CREDIT: Final = (
    "Made from real photographs under a moving camera. They are of the sets handpose_x (MIT) and "
    "Sign Language Digits (Apache-2.0); examples/media/hands/ATTRIBUTION.md names each."
)


def run(examples: Path, folder: Path) -> None:
    """Track the hands in the photographs of `examples` and in the clip made of them."""
    from firsthand.cli.hands_models import load_named
    from firsthand.cli.hands_telling import progress, report_page, tell
    from firsthand.core.clock import MonotonicClock
    from firsthand.hands import Hands
    from firsthand.hands.drawing import draw_hands, draw_photograph
    from firsthand.hands.outputs import AnnotatedVideo, JsonLines
    from firsthand.hands.watching import Tally, watch_frames, watch_photographs
    from firsthand.media import read_video
    from firsthand.media.sources import images_in
    from firsthand.media.watching import Effort

    folder_of_photographs = examples / "media" / "hands"
    photographs = images_in(folder_of_photographs)
    clip = make_clip(examples, folder / "clip.mp4")
    _, hands = load_named(partial(Hands.load, max_hands=2), None)
    clock, effort, still_effort = MonotonicClock(), Effort(), Effort()
    tally, still_tally = Tally(), Tally()
    video, lines, page = (folder / name for name in ("annotated.mp4", "hands.jsonl", "report.html"))
    with ExitStack() as ending:
        json_lines = ending.enter_context(JsonLines(lines))
        report = ending.enter_context(
            report_page(
                page,
                "Hands in photographs and a clip",
                effort,
                hands.cards,
                credit_of={"": CREDIT, **credits_in(folder_of_photographs / "ATTRIBUTION.md")},
            )
        )
        with AnnotatedVideo(video) as annotated:
            frames = watch_frames(hands, read_video(clip), draw_hands, clock, effort)
            tally.drain(progress(frames, effort), [annotated, json_lines, report])
        stills = watch_photographs(hands.detect, photographs, draw_photograph, clock, still_effort)
        still_tally.drain(stills, [json_lines, report])
    tell("The clip", tally, effort, [])
    tell("The photographs", still_tally, still_effort, [video, lines, page])


def credits_in(attribution: Path) -> dict[str, str]:
    """Return whose each file is, from rows `| file | its name there | set | licence |`."""
    rows = re.findall(
        r"^\| `([^`]+)` \|[^|]*\|([^|]*)\|([^|]*)\|$",
        attribution.read_text(encoding="utf-8"),
        re.MULTILINE,
    )
    tidy = str.maketrans("", "", "`")
    return {
        name: f"{origin.translate(tidy).strip()}, {licence.strip()}"
        for name, origin, licence in rows
    }


def make_clip(examples: Path, clip: Path) -> Path:
    """Let the example that makes the clip make it; `InputError` with what it said if it fails."""
    script = examples / "make_hands_clip.py"
    done = subprocess.run(
        [sys.executable, str(script), str(clip)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["nothing"])[-1]
        raise InputError(f"{script} made no clip; its last words: {last}")
    return clip
