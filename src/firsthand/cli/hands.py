"""`firsthand hands`: track hands in photographs, videos or a camera, and measure how well."""

from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from firsthand.cli.groups import Json, Report, group
from firsthand.cli.hands_live import live
from firsthand.cli.hands_models import LandmarkFile, PalmFile, load_named, own_files
from firsthand.cli.places import check_outputs, photographs_of
from firsthand.cli.sources import Camera, Drawn, Lines, Source, one_source
from firsthand.cli.telling import passing_over, say_json, say_table, warn
from firsthand.hands.weights import bundled_here

if TYPE_CHECKING:
    from rich.table import Table

    from firsthand.hands.accuracy import SetAccuracy
    from firsthand.hands.outputs import Output
    from firsthand.hands.watching import Finder
    from firsthand.hands.window import Screen
    from firsthand.media import FrameSource

app = group("Track hands, and measure how well.")


@dataclass(frozen=True, slots=True)
class Outside:
    """Models, camera and screen; tests put their own into Click's context object."""

    load: "Callable[..., Finder] | None" = None
    open_camera: "Callable[[int], FrameSource] | None" = None
    open_window: "Callable[[str], Screen] | None" = None


ModelName = Annotated[
    str | None,
    typer.Option(
        "--model",
        help=f"Which weights: full, as usual, and lite, MediaPipe's, fetched on first use; "
        f"Firsthand's own: {', '.join(bundled_here())}.",
    ),
]
MaxHands = Annotated[int, typer.Option("--max-hands", min=1, help="At most so many hands.")]
SearchName = Annotated[
    Literal["whole", "tiles", "auto"],
    typer.Option(
        "--search",
        help="In photographs, look at the whole, at overlapping tiles too (small hands), or at "
        "tiles where the whole shows none.",
    ),
]
Mirrored = Annotated[
    bool,
    typer.Option(
        "--mirrored",
        help="Pictures are mirrored, as in a selfie view: it decides left and right.",
    ),
]


@app.command()
def track(
    context: typer.Context,
    source: Source = None,
    camera: Camera = None,
    max_hands: MaxHands = 2,
    model: ModelName = None,
    palm: PalmFile = None,
    landmark: LandmarkFile = None,
    mirrored: Mirrored = False,
    search: SearchName = "auto",
    output: Drawn = None,
    lines: Lines = None,
    report: Report = None,
    show: Annotated[bool, typer.Option("--show", help="Show it in a window; Q closes it.")] = False,
) -> None:
    """Find the hands in INPUT or a camera, and write or show them."""
    one_source(source, camera)
    outside = context.find_object(Outside) or Outside()
    photographs = photographs_of(source)
    check_outputs(source, photographs, output, {"--json": lines, "--report": report})

    from firsthand.cli.hands_telling import progress, report_page, tell
    from firsthand.core.clock import MonotonicClock
    from firsthand.hands.drawing import draw_hands, draw_photograph
    from firsthand.hands.outputs import AnnotatedPhotographs, AnnotatedVideo, JsonLines, OnScreen
    from firsthand.hands.watching import Tally, watch_frames, watch_photographs
    from firsthand.media import VideoReader, frames_from, open_camera
    from firsthand.media.watching import Effort

    files = own_files(palm, landmark)
    load = partial(_loader(outside), max_hands=max_hands, mirrored=mirrored, **files)
    _, hands = load_named(load, model)
    clock, effort, tally = MonotonicClock(), Effort(), Tally()
    title = f"Camera {camera}" if source is None else source.name
    video: VideoReader | None = None
    with ExitStack() as ending:
        outputs: list[Output] = []

        def add(made: "AbstractContextManager[Output]") -> None:
            outputs.append(ending.enter_context(made))

        if output is not None:
            add((AnnotatedVideo if photographs is None else AnnotatedPhotographs)(output))
        if lines is not None:
            add(JsonLines(lines))
        if report is not None:
            add(report_page(report, title, effort, hands.cards))
        if show:
            add(OnScreen(_window(outside, title)))
        if photographs is not None:
            detect = partial(hands.detect, search=search)
            watched = watch_photographs(
                *(detect, photographs, draw_photograph, clock, effort),
                unread=passing_over(len(photographs)),
            )
        elif camera is not None:
            frames = frames_from((outside.open_camera or open_camera)(camera), clock)
            watched = watch_frames(hands, frames, draw_hands, clock, effort)
        else:
            assert source is not None
            video = ending.enter_context(VideoReader(source))
            watched = watch_frames(hands, video, draw_hands, clock, effort)
        tally.drain(progress(watched, effort), outputs)
    tell(title, tally, effort, [path for path in (output, lines, report) if path is not None])
    if video is not None and video.damage is not None:
        warn(f"{source} is not whole: {video.damage}; what decodes was looked at")


@app.command()
def evaluate(
    context: typer.Context,
    data: Annotated[
        Path,
        typer.Argument(readable=False, help="A folder of photographs, with labels or without."),
    ],
    model: ModelName = None,
    palm: PalmFile = None,
    landmark: LandmarkFile = None,
    max_hands: MaxHands = 4,
    search: SearchName = "auto",
    threshold: Annotated[
        float, typer.Option("--threshold", min=0.01, max=0.99, help="Least score of a palm.")
    ] = 0.5,
    json: Json = False,
) -> None:
    """Measure keypoint error by palm size, and how many hands are found.

    Reads COCO-WholeBody, OneHand10K and handpose_x labels. A folder without labels gives the
    share of photographs in which a hand was found, by subfolder. --palm and --landmark measure
    models that you have trained, each in place of --model's.
    """
    from firsthand.hands.accuracy import measure_set
    from firsthand.hands.labels import by_folder, read_labelled

    photographs = read_labelled(data)
    outside = context.find_object(Outside) or Outside()
    files = own_files(palm, landmark)
    load = partial(_loader(outside), max_hands=max_hands, palm_threshold=threshold, **files)
    _, hands = load_named(load, model)
    detect = partial(hands.detect, search=search)
    measured = [measure_set(name, part, detect) for name, part in by_folder(data, photographs)]
    if json:
        for each in measured:
            say_json(each)
    else:
        say_table(_accuracy_table(measured))


app.command()(live)


def _loader(outside: Outside) -> "Callable[..., Finder]":
    if outside.load is not None:
        return outside.load
    from firsthand.hands import Hands

    return Hands.load


def _window(outside: Outside, title: str) -> "Screen":
    from firsthand.hands.window import Window

    return (outside.open_window or Window)(title)


def _accuracy_table(measured: "list[SetAccuracy]") -> "Table":
    import numpy as np
    from rich.table import Table

    from firsthand.measure import bootstrap_mean, wilson

    table = Table("set", "photographs", "hands", "found (95%)", "error in palms (95%)")
    for column in table.columns[1:]:
        column.justify = "right"
    for each in measured:
        found = error = ""
        if each.expected:
            share = wilson(each.found, each.expected)
            found = f"{share.value:.1%} ({share.low:.1%} .. {share.high:.1%})"
        if each.errors:
            error = f"{np.mean(each.errors):.1%}"
        if len(each.errors) > 1:
            mean = bootstrap_mean(each.errors, rng=np.random.default_rng(0))
            error += f" ({mean.low:.1%} .. {mean.high:.1%})"
        table.add_row(each.name, str(each.photographs), str(each.expected), found, error)
    unmeasurable = sum(each.unmeasurable for each in measured)
    if unmeasurable:
        table.caption = f"{unmeasurable} hands without a label at wrist or knuckle are left out"
    return table
