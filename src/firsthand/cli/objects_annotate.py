"""`firsthand objects annotate`: a local page on which a session's objects are drawn, once each."""

from collections.abc import Callable, Sized
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from firsthand.objects.session import Session


@dataclass(frozen=True, slots=True)
class Shown:
    """What serves the page; tests put their own into Click's context object."""

    serve: Callable[..., None]


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
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help="0 takes any that is free.")
    ] = 0,
    no_browser: Annotated[
        bool, typer.Option("--no-browser", help="Only print the address; open no browser.")
    ] = False,
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
    from firsthand.web import serve

    outside = context.find_object(Shown) or Shown(serve)
    page = annotation_app(session)
    outside.serve(page, port=port, open_browser=not no_browser, announce=_announce)


def _export(folder: Path, path: Path) -> None:
    from firsthand.cli.places import check_places
    from firsthand.cli.telling import one_line
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
    told = f"{_count(objects, 'object')} in {_count(found.frames, 'frame')}"
    typer.echo(one_line(f"{path}: {told}"))


def _count(what: Sized, name: str) -> str:
    return f"{len(what)} {name}{'' if len(what) == 1 else 's'}"


def _parts(session: "Session") -> list[Path]:
    from firsthand.objects import annotations
    from firsthand.objects.session import FILE

    own = [session.folder / FILE, session.folder / annotations.FILE]
    return own + [session.image(frame) for frame in session.frames]


def _announce(address: str) -> None:
    typer.echo(f"Annotate: {address}")
    typer.echo("Ctrl-C ends it.", err=True)
