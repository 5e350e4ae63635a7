"""What the page gives the library: files, the microphone's sound; and the news of all work."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Final

from fastapi import APIRouter, HTTPException, Query, Request, Response, WebSocket

from firsthand.errors import InputError
from firsthand.recorder.exchange import READABLE
from firsthand.recorder.library import Library
from firsthand.recorder.web import shapes
from firsthand.recorder.web.desk import Desk
from firsthand.recorder.web.library_routes import Number
from firsthand.recorder.web.live import LiveSessions
from firsthand.recorder.web.shapes import json_response
from firsthand.recorder.web.tasks import new_task
from firsthand.recorder.web.uploads import Uploads
from firsthand.web.news import News

UPLOADS: Final = "/api/uploads"
_LATEST_MS: Final = 4e12  # in 2096


def work_router(
    folder: Path,
    desk: Desk,
    uploads: Uploads,
    live: LiveSessions,
    news: News,
    about: dict[str, Any],
    now: Callable[[], datetime],
) -> APIRouter:
    """Return the routes by which recordings come."""
    router = APIRouter(prefix="/api")
    kinds = ["audio/*", "video/*", *(f".{form}" for form in READABLE)]
    told = about | {"microphone": True, "extensions": kinds}

    @router.get("/about")
    def whole() -> Response:
        """Say what the page can do."""
        return json_response(told)

    @router.post("/uploads", status_code=201)
    async def upload(
        request: Request,
        name: str,
        modified: Annotated[float | None, Query(ge=0, le=_LATEST_MS)] = None,
    ) -> Response:
        """Take a file, whose bytes are the body; `modified` in ms since 1970."""
        stated = request.headers.get("content-length", "0")  # the guard has looked at it
        changed = None if modified is None else modified / 1000
        found = await uploads.take(name, int(stated), request.stream(), changed)
        if isinstance(found, int):
            news.tell(list=True)
            return json_response({"number": found}, 201)
        return json_response(shapes.upload(found, None), 201)

    @router.delete("/uploads/{task}", status_code=204)
    def drop(task: str) -> None:
        """Forget a file that waits, or could not be added."""
        desk.drop(task)

    @router.post("/uploads/{task}/retry", status_code=204)
    def retry(task: str) -> None:
        """Try a file that could not be added again."""
        desk.retry(task)

    @router.post("/recordings/{number}/write", status_code=204)
    def write(number: Number) -> None:
        """Write a recording down anew."""
        with Library(folder) as library:
            try:
                found = library.recording(number)
            except InputError as error:
                raise HTTPException(404, f"There is no recording {number}.") from error
        if found.audio is None:
            raise HTTPException(404, f"Recording {number} has no sound.")
        if desk.work_on(number) is not None or found.state == "recording":
            raise HTTPException(409, f"{found.title} is being written down already.")
        desk.add(replace(new_task("recording", found.title, now()), recording=number))

    @router.post("/recordings/{number}/end", status_code=204)
    async def end(number: Number) -> None:
        """End a recording whose page has gone."""
        if not await live.end(number):
            raise HTTPException(409, f"Recording {number} is not one whose page has gone.")

    @router.websocket("/news")
    async def follow_news(socket: WebSocket) -> None:
        """Tell what happens.

        `list`: the recordings and uploads are different. With `recording` or `upload`: `work`, how
        far it is, null when done; `words`, see `wire.columns`; `guess`, what is being said;
        `heard`, colours of bars from `first` on; `changed`, all else of it.
        """
        await news.follow(socket)

    @router.websocket("/live")
    async def follow_live(socket: WebSocket) -> None:
        await live.follow(socket)

    return router
