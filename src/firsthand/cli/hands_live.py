"""`firsthand hands live`: a local page that tracks the hands a camera sees."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from firsthand.errors import ConfigError
from firsthand.hands.weights import PUBLISHED, bundled_here

if TYPE_CHECKING:
    from collections.abc import Callable

    from firsthand.hands import HandModels
    from firsthand.web import LocalApp


@dataclass(frozen=True, slots=True)
class LivePage:
    """What loads models and serves the page; tests put their own into Click's context object."""

    load: "Callable[[str], HandModels]"
    serve: "Callable[..., None]"


def live(
    context: typer.Context,
    model: Annotated[
        str | None,
        typer.Option("--model", help="Which weights at first, usually full; the page offers all."),
    ] = None,
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help="0 takes any that is free.")
    ] = 0,
    no_browser: Annotated[
        bool, typer.Option("--no-browser", help="Only print the address; open no browser.")
    ] = False,
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
    page: LocalApp = live_app(outside.load, names, LiveOptions(first, max_hands))
    outside.serve(page, port=port, open_browser=not no_browser, announce=_announce)


def _announce(address: str) -> None:
    typer.echo(f"Hands, live: {address}")
    typer.echo("Ctrl-C ends it.", err=True)
