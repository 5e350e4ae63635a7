"""`firsthand challenge leaderboard` and `submit`: models judged as they come."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from firsthand.cli.groups import Quick
from firsthand.cli.pages import NoBrowser, Pages, Port
from firsthand.cli.places import own_folder
from firsthand.cli.telling import say

BoardFolder = Annotated[
    Path | None,
    typer.Option(
        "--board",
        metavar="FOLDER",
        help="The leaderboard; FIRSTHAND_BOARD or ~/.local/share/firsthand/leaderboard.",
    ),
]


def leaderboard(
    context: typer.Context,
    data: Annotated[
        Path,
        typer.Option(
            "--data",
            metavar="DIR",
            help="Images that models have not seen, and their classes: a folder for each class, "
            "or a labels.csv with the columns file, class_index.",
        ),
    ],
    board: BoardFolder = None,
    quick: Quick = False,
    timeout_s: Annotated[
        float, typer.Option(min=1, help="How long a model may be silent, in seconds.")
    ] = 120.0,
    memory_gb: Annotated[float, typer.Option(min=0.5, help="Memory of a model's process.")] = 8.0,
    minutes: Annotated[float, typer.Option(min=0.1, help="For judging one model in all.")] = 30.0,
    port: Port = 0,
    no_browser: NoBrowser = False,
) -> None:
    """Open the leaderboard's page, and judge the models that are submitted, one after another.

    Models come by `firsthand challenge submit` or the page; they run in a process of their own with
    limits, and never see a label. Only this computer can reach the page, and only with the address
    that is printed. Ctrl-C ends it; what was not judged is judged when it is opened again.
    """
    from firsthand.web import require_web

    require_web()

    from firsthand.challenge.web import leaderboard_app
    from firsthand.measure.single_stream import QUICK, RULES

    rules = replace(
        QUICK if quick else RULES, timeout_s=timeout_s, memory_bytes=round(memory_gb * 2**30)
    )
    page = leaderboard_app(board or default_board(), data, rules, longest_s=60 * minutes)
    (context.find_object(Pages) or Pages()).show(page, port, no_browser=no_browser)


def submit(
    model: Annotated[
        Path, typer.Argument(metavar="MODEL", readable=False, help="A .tflite or .onnx file.")
    ],
    card: Annotated[
        Path | None,
        typer.Option(
            "--card", metavar="CARD.json", help="Its card; by default the .json beside it, if any."
        ),
    ] = None,
    board: BoardFolder = None,
) -> None:
    """Submit a model to a leaderboard, which judges it while its page is open."""
    from firsthand.challenge.leaderboard import Board
    from firsthand.errors import ModelError
    from firsthand.runtime import Model
    from firsthand.runtime.card import read_card

    opened = Model.open(model) if card is None else Model(read_card(card), model)
    if model.suffix.lower() != f".{opened.card.format}":
        raise ModelError(f"{card} describes a .{opened.card.format} file, not {model.name}")
    folder = board or default_board()
    with Board(folder) as found:
        entry, new = found.submit(opened)
    name, key = entry.card.name, entry.sha256[:12]
    if new:
        say(f"{name} ({key}) is accepted. `firsthand challenge leaderboard` judges it.")
    else:
        words = f": {entry.reason}" if entry.reason else ""
        say(f"{name} ({key}) was submitted before, and is {entry.state}{words}")


def default_board() -> Path:
    """Return where the leaderboard is unless told otherwise."""
    return own_folder("FIRSTHAND_BOARD", "leaderboard")
