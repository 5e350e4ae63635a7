"""`firsthand hands live`: a local page that tracks the hands a camera sees."""

from functools import partial
from typing import TYPE_CHECKING, Annotated, Final

import typer

from firsthand.cli.hands_models import LandmarkFile, PalmFile, load_named, own_files
from firsthand.cli.pages import LivePages, NoBrowser, Port
from firsthand.errors import ConfigError
from firsthand.hands.weights import PUBLISHED, bundled_here

if TYPE_CHECKING:
    from firsthand.hands import HandModels

OWN: Final = "own"
"""What the page calls models of which one or both are files of the user's."""


def live(
    context: typer.Context,
    model: Annotated[
        str | None,
        typer.Option("--model", help="Which weights at first, usually full; the page offers all."),
    ] = None,
    palm: PalmFile = None,
    landmark: LandmarkFile = None,
    max_hands: Annotated[
        int, typer.Option("--max-hands", min=1, max=64, help="At most so many hands at first.")
    ] = 2,
    port: Port = 0,
    no_browser: NoBrowser = False,
) -> None:
    """Open a page that tracks hands in your camera, in clips and in photographs.

    A --palm or --landmark takes the place of the model's; the page offers that pair as "own". Only
    this computer can reach it, and only with the address that is printed. Ctrl-C ends it.
    """
    from firsthand.web import require_web

    require_web()

    from firsthand.hands import load_models
    from firsthand.hands.live import LiveOptions, live_app

    outside = context.find_object(LivePages) or LivePages(load_models)
    names = (*bundled_here(), *PUBLISHED)
    if model is not None and model not in names:
        raise ConfigError(f"there are hand models {', '.join(names)}, not {model!r}")
    files = own_files(palm, landmark)
    # What is wrong with it, or has to be fetched, is told here.
    named, _ = load_named(partial(outside.load, **files), model)

    def load(name: str) -> "HandModels":
        if name == OWN:
            return outside.load(named, **files)  # type: ignore[no-any-return]
        return outside.load(name)  # type: ignore[no-any-return]

    offered, first = ((OWN, *names), OWN) if files else (names, named)
    page = live_app(load, offered, LiveOptions(first, max_hands))
    outside.pages.show(page, port, no_browser=no_browser)
