"""`firsthand objects live`: a local page that finds things in 3D in what a camera sees."""

from typing import Annotated

import typer

from firsthand.cli.objects_options import (
    FocalPx,
    LongestM,
    OwnModel,
    Threshold,
    check_category_or_model,
)
from firsthand.cli.pages import LivePages, NoBrowser, Port
from firsthand.cli.telling import warn
from firsthand.errors import ModelError


def live(
    context: typer.Context,
    category: Annotated[
        str,
        typer.Option("--category", help="What to find at first: camera, chair, cup or shoe."),
    ] = "shoe",
    model: OwnModel = None,
    max_objects: Annotated[
        int, typer.Option("--max-objects", min=1, max=64, help="At most so many at first.")
    ] = 5,
    threshold: Threshold = 0.5,
    focal_px: FocalPx = None,
    longest_m: LongestM = None,
    port: Port = 0,
    no_browser: NoBrowser = False,
) -> None:
    """Open a page that finds things in your camera, in clips and in photographs.

    Only this computer can reach it, and only with the address that is printed. Ctrl-C ends it.
    A camera's pictures are sent 640 pixels long at most: --focal-px is then in those pixels.
    """
    check_category_or_model(context, model)
    from firsthand.web import require_web

    require_web()

    from firsthand.objects.categories import category_of
    from firsthand.objects.live import LiveOptions, live_app
    from firsthand.objects.models import load_models, open_network

    outside = context.find_object(LivePages) or LivePages(load_models)
    own = {}
    if model is None:
        name = category_of(category).name
    else:
        network = open_network(model)
        name = f"{network.name} (own)"
        own[name] = network
    options = LiveOptions(name, max_objects, threshold, focal_px, longest_m)
    page = live_app(options, load=outside.load, own=own)
    if model is None:
        try:  # what has to be fetched comes now, not when a camera waits for it
            outside.load(name)
        except ModelError as error:
            warn(f"there are no models of a {name} yet ({error}); the page asks for them again")
    outside.pages.show(page, port, no_browser=no_browser)
