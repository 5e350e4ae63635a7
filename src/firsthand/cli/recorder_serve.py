"""`firsthand recorder serve`: a local page on the library of recordings."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

import typer

from firsthand.cli.recorder_options import (
    EngineName,
    Language,
    LibraryFolder,
    SoundsName,
    SpeakersToo,
    WhisperFolder,
    default_library,
)


@dataclass(frozen=True, slots=True)
class Served:
    """What serves the page; tests put their own into Click's context object."""

    serve: Callable[..., None]


def serve(
    context: typer.Context,
    engine: EngineName = "auto",
    model: WhisperFolder = "",
    language: Language = "",
    sounds: SoundsName = "own",
    speakers: SpeakersToo = True,
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help="0 takes any that is free.")
    ] = 0,
    no_browser: Annotated[
        bool, typer.Option("--no-browser", help="Only print the address; open no browser.")
    ] = False,
    library: LibraryFolder = None,
) -> None:
    """Open a page to record, read, hear and search your recordings.

    Only this computer can reach it, and only with the address that is printed. Ctrl-C ends it;
    what it had not yet written down is written down when it is opened again.
    """
    from firsthand.web import require_web

    require_web()

    from firsthand.recorder.loading import Asked
    from firsthand.recorder.web import recorder_app
    from firsthand.web import serve as serve_page

    outside = context.find_object(Served) or Served(serve_page)
    page = recorder_app(
        library or default_library(), Asked(engine, model, language, sounds, speakers)
    )
    outside.serve(page, port=port, open_browser=not no_browser, announce=_announce)


def _announce(address: str) -> None:
    typer.echo(f"Recorder: {address}")
    typer.echo("Ctrl-C ends it.", err=True)
