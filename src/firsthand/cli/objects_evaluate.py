"""`firsthand objects evaluate`: how well boxes are found in sessions whose things are known."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from firsthand.cli.groups import Json
from firsthand.cli.telling import say_json, say_table, showing

if TYPE_CHECKING:
    from rich.table import Table

    from firsthand.objects.evaluation import Summary


def evaluate(
    data: Annotated[
        Path,
        typer.Argument(readable=False, help="A folder of sessions with annotations.json in each."),
    ],
    model: Annotated[
        Path,
        typer.Option(
            "--model", metavar="FILE", help="A single-stage network, as `train objects` makes it."
        ),
    ],
    category: Annotated[
        str | None,
        typer.Option("--category", help="Only things of this kind; all if left out."),
    ] = None,
    threshold: Annotated[
        float, typer.Option("--threshold", min=0.01, max=0.99, help="Least score of a box.")
    ] = 0.4,
    json: Json = False,
) -> None:
    """Measure boxes by Objectron's measures: 3D overlap, corners in the picture, viewpoint.

    A box from one picture has no size: it is put on the plane that the thing stands on.
    """
    from firsthand.objects import evaluation
    from firsthand.objects.single_stage import find_boxes, single_stage
    from firsthand.runtime import load_runner

    folders = evaluation.sessions_in(data)
    find = partial(find_boxes, single_stage(load_runner(model)), threshold=threshold)
    with showing() as tell:
        frames = evaluation.evaluate(
            find, folders, category, lambda done, whole: tell("looking for boxes", done, whole)
        )
    summary = evaluation.summarised(frames)
    if json:
        say_json(summary)
    else:
        say_table(_table(data, summary))


def _table(data: Path, found: "Summary") -> "Table":
    from rich.table import Table
    from rich.text import Text

    table = Table(title=Text(f"{data}: {found.things} things in {found.frames} pictures"))
    table.add_column("measure")
    table.add_column("value", justify="right")
    for name, value in (
        ("matched, of all things", f"{found.found:.1%}"),
        ("detections", str(found.detections)),
        ("average precision, 3D overlap of 0.5", f"{found.ap_iou50:.3f}"),
        ("  where pictures without a match count too", f"{found.ap_iou50_all:.3f}"),
        ("average precision, azimuth within 15 degrees", f"{found.azimuth_ap15:.3f}"),
        ("average precision, elevation within 10 degrees", f"{found.elevation_ap10:.3f}"),
        ("average precision, corners within 0.1 of the sides", f"{found.pixel_ap10:.3f}"),
        ("3D overlap, mean", f"{found.overlap:.3f}"),
        ("corners' error, of the picture's sides, mean", f"{found.mpe:.4f}"),
        ("azimuth error, mean", f"{found.azimuth_deg:.1f} degrees"),
        ("elevation error, mean", f"{found.elevation_deg:.1f} degrees"),
    ):
        table.add_row(name, value)
    return table
