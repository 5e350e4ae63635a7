"""`firsthand objects`: oriented boxes of things in photographs, videos or a camera."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from firsthand.cli.groups import group
from firsthand.cli.objects_annotate import annotate
from firsthand.cli.objects_evaluate import evaluate
from firsthand.cli.objects_live import live
from firsthand.cli.objects_options import (
    FocalPx,
    LongestM,
    OwnModel,
    Threshold,
    check_category_or_model,
)
from firsthand.cli.places import check_outputs, photographs_of
from firsthand.cli.sources import Camera, Drawn, Lines, Source, one_source
from firsthand.cli.telling import passed_over, passing_over, progress, tell, warn

if TYPE_CHECKING:
    from firsthand.media import FrameSource
    from firsthand.media.watching import Effort
    from firsthand.objects.watching import Finder, Tally

app = group("Find everyday things in 3D, and follow them.")


@dataclass(frozen=True, slots=True)
class Outside:
    """Models and camera; tests put their own into Click's context object."""

    load: "Callable[..., Finder] | None" = None
    open: "Callable[..., Finder] | None" = None
    open_camera: "Callable[[int], FrameSource] | None" = None


app.command()(annotate)
app.command()(evaluate)
app.command()(live)


@app.command()
def track(
    context: typer.Context,
    source: Source = None,
    camera: Camera = None,
    category: Annotated[
        str, typer.Option("--category", help="What to find: camera, chair, cup or shoe.")
    ] = "shoe",
    model: OwnModel = None,
    max_objects: Annotated[
        int, typer.Option("--max-objects", min=1, help="At most so many at once.")
    ] = 5,
    threshold: Threshold = 0.5,
    focal_px: FocalPx = None,
    longest_m: LongestM = None,
    output: Drawn = None,
    lines: Lines = None,
) -> None:
    """Find the things in INPUT or a camera, and write where they are."""
    one_source(source, camera)
    check_category_or_model(context, model)
    outside = context.find_object(Outside) or Outside()
    photographs = photographs_of(source)
    check_outputs(source, photographs, output, {"--json": lines}, model)

    from firsthand.core.clock import MonotonicClock
    from firsthand.media import VideoReader, VideoWriter, frames_from, open_camera
    from firsthand.media.lines import LineFile
    from firsthand.media.photographs import PhotographFiles
    from firsthand.media.watching import Effort
    from firsthand.objects.drawing import draw_objects
    from firsthand.objects.records import record
    from firsthand.objects.watching import Tally, watch_frames, watch_photographs

    objects = _finder(outside, category, model)(
        max_objects=max_objects,
        detector_threshold=threshold,
        focal_px=focal_px,
        longest_m=longest_m,
    )
    clock, effort, tally = MonotonicClock(), Effort(), Tally()
    video: VideoReader | None = None
    with ExitStack() as ending:
        file = None if lines is None else ending.enter_context(LineFile(lines))
        drawings = clip = None
        if output is not None and photographs is not None:
            drawings = PhotographFiles(output)
        elif output is not None:
            clip = ending.enter_context(VideoWriter(output))
        if photographs is not None:
            watched = watch_photographs(
                objects.detect, photographs, clock, effort, passing_over(len(photographs))
            )
        elif camera is not None:
            frames = frames_from((outside.open_camera or open_camera)(camera), clock)
            watched = watch_frames(objects, frames, clock, effort)
        else:
            assert source is not None
            video = ending.enter_context(VideoReader(source))
            watched = watch_frames(objects, video, clock, effort)
        told = progress(watched, lambda: effort.words)
        try:
            for each in told:
                tally.add(each.result)
                if file is not None:
                    file.write(record(each.result, each.source))
                if drawings is not None:
                    drawings.write(each.source, draw_objects(each.frame.image, each.result))
                if clip is not None:
                    drawn = draw_objects(each.frame.image, each.result)
                    clip.write(drawn, each.frame.timestamp_us)
        except KeyboardInterrupt:  # it ends watching a camera, once there is something to keep
            if not tally.frames:
                raise
    title = f"Camera {camera}" if source is None else source.name
    rows = _told("thing" if model else category, tally, effort, is_video=photographs is None)
    tell(title, rows, [path for path in (output, lines) if path is not None])
    if video is not None and video.damage is not None:
        warn(f"{source} is not whole: {video.damage}; what decodes was looked at")


def _finder(outside: Outside, category: str, model: Path | None) -> "Callable[..., Finder]":
    from firsthand.objects import Objects

    if model is None:
        return partial(outside.load or Objects.load, category)
    return partial(outside.open or Objects.open, model)


def _told(
    category: str, tally: "Tally", effort: "Effort", *, is_video: bool
) -> list[tuple[str, str]]:
    found = f"{tally.views}"
    if is_video:
        found = f"{len(tally.tracks)} in {tally.views} views, {tally.hidden} of them hidden"
    return [
        ("pictures", f"{tally.frames}, {tally.with_objects} of them with a {category}"),
        *passed_over(effort.passed_over),
        ("found", found),
        ("speed", f"{effort.frames_per_second:.1f} pictures a second"),
    ]
