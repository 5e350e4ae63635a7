"""`firsthand hands live`: a local page that tracks the hands a camera sees."""

from typing import Annotated

import typer

from firsthand.cli.live_pages import LivePage, NoBrowser, Port
from firsthand.errors import ConfigError
from firsthand.hands.weights import PUBLISHED, bundled_here


def live(
    context: typer.Context,
    model: Annotated[
        str | None,
        typer.Option("--model", help="Which weights at first, usually full; the page offers all."),
    ] = None,
    port: Port = 0,
    no_browser: NoBrowser = False,
    max_hands: Annotated[
        int, typer.Option("--max-hands", min=1, max=64, help="At most so many hands at first.")
    ] = 2,
) -> None:
    """Open a page that tracks hands in your camera, in clips and in photographs.

    Only this computer can reach it, and only with the address that is printed. Ctrl-C ends it.
    """
    from firsthand.web import require_web

    require_web()

    from firsthand.cli.hands_models import load_named
    from firsthand.hands import load_models
    from firsthand.hands.live import LiveOptions, live_app
    from firsthand.web import serve

    outside = context.find_object(LivePage) or LivePage(load_models, serve)
    names = (*bundled_here(), *PUBLISHED)
    if model is not None and model not in names:
        raise ConfigError(f"there are hand models {', '.join(names)}, not {model!r}")
    # What is wrong with it, or has to be fetched, is told here.
    first, _ = load_named(outside.load, model)
    page = live_app(outside.load, names, LiveOptions(first, max_hands))
    outside.show(page, port, no_browser=no_browser)
