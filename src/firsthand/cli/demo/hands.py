"""The demo's part about hands: photographs and a clip in; video, JSON lines and a page out."""

import re
import subprocess
import sys
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from firsthand.cli.demo.section import Gallery, Picture, Section, Table, Video
from firsthand.errors import InputError

if TYPE_CHECKING:
    from firsthand.hands.outputs import Seen

CREDIT: Final = (
    "Made from real photographs under a moving camera. They are of the sets handpose_x (MIT) and "
    "Sign Language Digits (Apache-2.0); examples/media/hands/ATTRIBUTION.md names each."
)


FPS: Final = 20
"""Of the clip: enough for hands that move slowly."""

_STILL_PX: Final = 480

HOW: Final = """\
firsthand hands track clip.mp4 \\
  -o annotated.mp4 --json hands.jsonl \\
  --report report.html

from firsthand.hands import Hands
from firsthand.media import read_image
image = read_image("photograph.jpg")
print(Hands.load().detect(image).hands)"""


def run(examples: Path, folder: Path) -> Section:
    """Track the hands in the photographs of `examples` and in the clip made of them."""
    from firsthand.cli.hands_models import load_named
    from firsthand.cli.hands_telling import progress, report_page, tell, told
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
    model, hands = load_named(partial(Hands.load, max_hands=2), None)
    clock, effort, still_effort = MonotonicClock(), Effort(), Effort()
    tally, still_tally, shown = Tally(), Tally(), Kept()
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
            tally.drain(progress(frames, effort), [annotated, json_lines, report, shown])
        stills = watch_photographs(hands.detect, photographs, draw_photograph, clock, still_effort)
        still_tally.drain(stills, [json_lines, report, shown])
    tell("The clip", tally, effort, [])
    tell("The photographs", still_tally, still_effort, [video, lines, page])
    return Section(
        told="21 keypoints of each hand, in pixels and in metres, which hand it is and what it "
        "shows, from a photograph or a video. The clip is made of the photographs below it, under "
        "a moving virtual camera: a hand comes late, one leaves and returns, and each keeps its "
        f"colour. The models are those of --model {model}.",
        how=HOW,
        blocks=(
            Video(
                video.read_bytes(),
                640,
                480,
                "The clip, with the hands that were found",
                shown.poster,
            ),
            Gallery(shown.pictures),
            Table(
                ("", "the clip", "the photographs"),
                [
                    (name, value, of_stills)
                    for (name, value), (_, of_stills) in zip(
                        told(tally, effort), told(still_tally, still_effort), strict=True
                    )
                ],
                "What was found",
            ),
        ),
        files=(
            ("report.html", "a page with the clip, a timeline to click on and hands in 3D"),
            ("annotated.mp4", "the clip"),
            ("hands.jsonl", "a JSON object for each frame and photograph"),
        ),
        credit=CREDIT,
    )


class Kept:
    """Keeps the photographs that were seen as small pictures, and the clip's fullest frame."""

    def __init__(self) -> None:
        self.pictures: list[Picture] = []
        self.poster = b""
        self._most = -1

    def add(self, seen: "Seen") -> bool:
        """Take a frame or a photograph."""
        from firsthand.hands.report import plain
        from firsthand.media.image import encode_jpeg, within

        if not seen.source:
            if len(seen.gestures) > self._most:
                self._most, self.poster = len(seen.gestures), encode_jpeg(seen.drawn, 85)
            return True
        names = ", ".join(plain(name) or "no known gesture" for name in seen.gestures)
        self.pictures.append(
            Picture(
                encode_jpeg(within(seen.drawn, _STILL_PX), 85),
                "image/jpeg",
                f"A photograph with {len(seen.gestures)} hand drawn in: {names}",
                names,
            )
        )
        return True


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
        [sys.executable, str(script), str(clip), f"--fps={FPS}"],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["nothing"])[-1]
        raise InputError(f"{script} made no clip; its last words: {last}")
    return clip
