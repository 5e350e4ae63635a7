"""Options that the commands which find objects have in common."""

from pathlib import Path
from typing import Annotated

import typer

Threshold = Annotated[
    float,
    typer.Option("--threshold", min=0.01, max=0.99, help="Least score to begin with a thing."),
]
OwnModel = Annotated[
    Path | None,
    typer.Option(
        "--model",
        metavar="FILE",
        help="A network of your own, as `train objects` makes it, in place of a category's.",
    ),
]
FocalPx = Annotated[
    float | None,
    typer.Option(
        "--focal-px", help="The focal length in pixels of the picture; else as phones have it."
    ),
]
LongestM = Annotated[
    float | None,
    typer.Option("--longest-m", help="How long a thing's longest edge is, for boxes in metres."),
]


def check_category_or_model(context: typer.Context, model: Path | None) -> None:
    """Refuse a category and a network of one's own together: a network knows one thing."""
    given = context.get_parameter_source("category")
    if model is not None and given is not None and given.name == "COMMANDLINE":
        raise typer.BadParameter("give either --category or --model FILE, not both")
