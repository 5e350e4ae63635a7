"""What the page asks of the library. Times are whole milliseconds; problems are told in `detail`.

Every answer is made on a thread of the pool, with a connection of its own to the database.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Final, Literal
from urllib.parse import quote

from fastapi import APIRouter, HTTPException, Query
from fastapi import Path as InPath
from fastapi.responses import FileResponse, Response
from pydantic import BaseModel

from firsthand.errors import InputError
from firsthand.recorder.exchange import write_transcript
from firsthand.recorder.library import Library, Recording
from firsthand.recorder.web import shapes
from firsthand.recorder.web.desk import Desk
from firsthand.recorder.web.live import LiveSessions
from firsthand.recorder.web.shapes import json_response
from firsthand.web.news import News

Number = Annotated[int, InPath(ge=1, le=2**63 - 1)]

_MEDIA: Final = {
    "txt": "text/plain",
    "srt": "application/x-subrip",
    "vtt": "text/vtt",
    "json": "application/json",
}
_OCTETS: Final = "application/octet-stream"


class Title(BaseModel):
    """A recording's new title."""

    title: str


class Name(BaseModel):
    """A speaker's new name; an empty one takes it away."""

    name: str


def library_router(folder: Path, desk: Desk, live: LiveSessions, news: News) -> APIRouter:
    """Return the routes to recordings, search and exports."""
    router = APIRouter(prefix="/api")

    @contextmanager
    def opened(number: int) -> Iterator[tuple[Library, Recording]]:
        with Library(folder) as library:
            try:
                recording = library.recording(number)
            except InputError as error:
                raise HTTPException(404, f"There is no recording {number}.") from error
            yield library, recording

    def item(recording: Recording, tags: Sequence[str]) -> shapes.JsonObject:
        number = recording.number
        return shapes.item(recording, tags, desk.work_on(number), away=live.is_away(number))

    @router.get("/recordings")
    def recordings() -> Response:
        """Return all recordings, the newest first, and what waits to be one."""
        before = desk.uploads()  # what becomes a recording meanwhile is in the library
        with Library(folder) as library:
            tags, found = library.all_tags(), library.recordings()
            items = [item(each, tags.get(each.number, ())) for each in found]
        numbers = {each.number for each in found}
        uploads = {each.task: (each, work) for each, work in [*before, *desk.uploads()]}
        waiting = [
            shapes.upload(task, work)
            for task, work in uploads.values()
            if task.problem or task.recording not in numbers
        ]
        return json_response({"recordings": items, "uploads": waiting})

    @router.get("/recordings/{number}")
    def recording(number: Number) -> Response:
        """Return all that is known of a recording but its bars."""
        with opened(number) as (library, found):
            about = item(found, library.tags(number)) | shapes.content(library, number)
            return json_response(about, words=library.words_json(number))

    @router.get("/recordings/{number}/bars")
    def bars(number: Number) -> Response:
        """Return what its waveform is drawn from; see `shapes.bars`."""
        with opened(number) as (library, _):
            return Response(shapes.bars(library.bars(number)), media_type=_OCTETS)

    @router.get("/recordings/{number}/thumbnail")
    def thumbnail(number: Number) -> Response:
        """Return the same in few bars."""
        with opened(number) as (library, _):
            return Response(shapes.thumbnail(library.bars(number)), media_type=_OCTETS)

    @router.get("/recordings/{number}/sound")
    def sound(number: Number, download: bool = False) -> Response:
        """Return its sound, or the span that is asked for; with `download` as a file."""
        with opened(number) as (_, found):
            if found.audio is None or not found.audio.is_file():
                raise HTTPException(404, f"Recording {number} has no sound.")
            headers = attachment(found, "ogg") if download else None
            return FileResponse(found.audio, media_type="audio/ogg", headers=headers)

    @router.get("/recordings/{number}/export")
    def export(number: Number, form: Literal["txt", "srt", "vtt", "json"]) -> Response:
        """Return its transcript as a file."""
        with opened(number) as (library, found):
            text = write_transcript(library.transcript(number), form)
        return Response(
            text.encode("utf-8", "replace"),
            media_type=_MEDIA[form],
            headers=attachment(found, form),
        )

    @router.patch("/recordings/{number}")
    def rename(number: Number, new: Title) -> Response:
        """Give a recording another title."""
        with opened(number) as (library, _):
            library.rename(number, new.title)
            found = item(library.recording(number), library.tags(number))
        news.tell(recording=number, changed=True)
        news.tell(list=True)
        return json_response(found)

    @router.put("/recordings/{number}/speakers/{speaker}")
    def name(number: Number, speaker: Annotated[int, InPath(ge=0)], new: Name) -> Response:
        """Give a speaker a name."""
        with opened(number) as (library, _):
            if speaker not in {turn.speaker for turn in library.turns(number)}:
                raise HTTPException(404, f"There is no speaker {speaker} in recording {number}.")
            library.name_speaker(number, speaker, new.name)
            speakers = shapes.content(library, number)["speakers"]
        news.tell(recording=number, changed=True)
        return json_response({"speakers": speakers})

    @router.delete("/recordings/{number}", status_code=204)
    def delete(number: Number) -> None:
        """Delete a recording for good."""
        with opened(number) as (library, found):
            if desk.work_on(number) is not None or found.state == "recording":
                raise HTTPException(409, f"{found.title} is still being written down; wait for it.")
            library.delete(number)
        news.tell(list=True)

    @router.get("/search")
    def search(
        words: str = "",
        sound: str = "",
        within: Annotated[int | None, Query(alias="in", ge=1, le=2**63 - 1)] = None,
        limit: Annotated[int, Query(ge=1, le=1_000)] = 50,
    ) -> Response:
        """Find the moments at which words are said or sounds heard."""
        with Library(folder) as library:
            hits = library.search(words, sound=sound, number=within, limit=limit)
        return json_response({"hits": [shapes.hit(found) for found in hits]})

    @router.get("/sounds")
    def sounds() -> Response:
        """Return the names of all sounds in the library."""
        with Library(folder) as library:
            return json_response({"names": library.sound_names()})

    return router


def attachment(recording: Recording, ending: str) -> dict[str, str]:
    """Return the header by which a browser saves an answer under the recording's title."""
    title = f"{recording.title or recording.number}.{ending}".replace("/", "-")
    name = quote(title, safe="", errors="replace")
    return {"content-disposition": f"attachment; filename*=UTF-8''{name}"}
