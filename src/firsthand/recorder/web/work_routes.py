"""What the page gives the library: files, the microphone's sound; and the news of all work."""

from typing import Any, Final

from fastapi import APIRouter, Request, Response, WebSocket

from firsthand.recorder.exchange import READABLE
from firsthand.recorder.web import shapes
from firsthand.recorder.web.desk import Desk
from firsthand.recorder.web.live import LiveSessions
from firsthand.recorder.web.news import News
from firsthand.recorder.web.shapes import json_response
from firsthand.recorder.web.uploads import Uploads

UPLOADS: Final = "/api/uploads"


def work_router(
    desk: Desk, uploads: Uploads, live: LiveSessions, news: News, about: dict[str, Any]
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
    async def upload(request: Request, name: str) -> Response:
        """Take a file, whose bytes are the body."""
        stated = request.headers.get("content-length", "0")  # the guard has looked at it
        found = await uploads.take(name, int(stated), request.stream())
        if isinstance(found, int):
            news.tell(list=True)
            return json_response({"number": found}, 201)
        return json_response(shapes.upload(found, None), 201)

    @router.delete("/uploads/{task}", status_code=204)
    def drop(task: str) -> None:
        """Forget a file that waits, or could not be added."""
        desk.drop(task)

    @router.websocket("/news")
    async def follow_news(socket: WebSocket) -> None:
        await news.follow(socket)

    @router.websocket("/live")
    async def follow_live(socket: WebSocket) -> None:
        await live.follow(socket)

    return router
