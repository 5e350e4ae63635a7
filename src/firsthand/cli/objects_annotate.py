"""`firsthand objects annotate`: a local page on which a session's objects are drawn, once each."""

from collections.abc import Sized
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from firsthand.cli.pages import NoBrowser, Pages, Port
from firsthand.cli.telling import wrote

if TYPE_CHECKING:
    from firsthand.objects.session import Session


def annotate(
    context: typer.Context,
    session: Annotated[
        Path,
        typer.Argument(
            metavar="SESSION", readable=False, help="A session's folder, with its session.json."
        ),
    ],
    export: Annotated[
        Path | None,
        typer.Option(
            "--export",
            metavar="FILE.jsonl",
            help="Write the labels of all frames, a line of JSON each, and open no page; "
            "- prints them.",
        ),
    ] = None,
    port: Port = 0,
    no_browser: NoBrowser = False,
) -> None:
    """Open a page on which a box is drawn around each object of SESSION, once.

    From the cameras' poses every frame is labelled; --export writes that down. Every change is kept
    in the session's folder at once, in annotations.json. Only this computer can reach the page, and
    only with the address that is printed. Ctrl-C ends it.
    """
    if export is not None:
        _export(session, export)
        return
    from firsthand.web import require_web

    require_web()

    from firsthand.objects.annotation import annotation_app

    page = annotation_app(session)
    (context.find_object(Pages) or Pages()).show(page, port, no_browser=no_browser)


def _export(folder: Path, path: Path) -> None:
    from firsthand.cli.places import check_places
    from firsthand.media.lines import LineFile
    from firsthand.objects.annotations import read_annotations
    from firsthand.objects.frame_labels import label_lines, write_labels
    from firsthand.objects.session import read_session

    found = read_session(folder)
    objects = read_annotations(folder)
    check_places(_parts(found), {"--export": path})
    if str(path) == "-":
        with LineFile(path) as lines:
            for line in label_lines(found, objects):
                lines.write(line.decode("ascii").removesuffix("\n"))
        return
    write_labels(path, found, objects)
    wrote(path, f"{_count(objects, 'object')} in {_count(found.frames, 'frame')}")


def _count(what: Sized, name: str) -> str:
    return f"{len(what)} {name}{'' if len(what) == 1 else 's'}"


def _parts(session: "Session") -> list[Path]:
    from firsthand.objects import annotations
    from firsthand.objects.session import FILE

    own = [session.folder / FILE, session.folder / annotations.FILE]
    return own + [session.image(frame) for frame in session.frames]
