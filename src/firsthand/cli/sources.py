"""What commands look at: a photograph, a folder of them, a video, or a camera; and what is kept."""

from pathlib import Path
from typing import Annotated

import typer

Source = Annotated[
    Path | None,
    # readable=False: whether it can be read is told by our own line, as for any other input
    typer.Argument(
        metavar="[INPUT]", readable=False, help="A photograph, a folder of them, or a video."
    ),
]
Camera = Annotated[
    int | None, typer.Option("--camera", min=0, help="A camera's number, in place of INPUT.")
]
Drawn = Annotated[
    Path | None,
    typer.Option(
        "-o", "--output", help="Annotated .mp4; for photographs a folder, or .jpg for one."
    ),
]
Lines = Annotated[
    Path | None,
    typer.Option("--json", metavar="FILE.jsonl", help="Write a JSON object a line; - prints them."),
]


def one_source(source: Path | None, camera: int | None) -> None:
    """Refuse a file and a camera together, and neither of them."""
    if (source is None) == (camera is None):
        raise typer.BadParameter("give either INPUT or --camera N")
