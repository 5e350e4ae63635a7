"""`firsthand recorder serve`: a local page on the library of recordings."""

import typer

from firsthand.cli.pages import NoBrowser, Pages, Port
from firsthand.cli.recorder_options import (
    EngineName,
    Language,
    LibraryFolder,
    SoundsName,
    SpeakersToo,
    WhisperFolder,
    default_library,
)


def serve(
    context: typer.Context,
    engine: EngineName = "auto",
    model: WhisperFolder = "",
    language: Language = "",
    sounds: SoundsName = "own",
    speakers: SpeakersToo = True,
    port: Port = 0,
    no_browser: NoBrowser = False,
    library: LibraryFolder = None,
) -> None:
    """Open a page to record, read, hear and search your recordings.

    Only this computer can reach it, and only with the address that is printed. Ctrl-C ends it;
    what it had not yet written down is written down when it is opened again.
    """
    from firsthand.web import require_web

    require_web()

    from firsthand.recorder.loading import EarsOptions
    from firsthand.recorder.web import recorder_app

    page = recorder_app(
        library or default_library(), EarsOptions(engine, model, language, sounds, speakers)
    )
    (context.find_object(Pages) or Pages()).show(page, port, no_browser=no_browser)
