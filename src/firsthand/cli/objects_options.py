"""Options that the commands which find objects have in common."""

from typing import Annotated

import typer

Threshold = Annotated[
    float,
    typer.Option("--threshold", min=0.01, max=0.99, help="Least score to begin with a thing."),
]
FocalPx = Annotated[
    float | None,
    typer.Option(
        "--focal-px", help="The focal length in pixels of the picture; else as phones have it."
    ),
]
LongestM = Annotated[
    float | None,
    typer.Option("--longest-m", help="How long a thing's longest edge is: boxes in metres."),
]
