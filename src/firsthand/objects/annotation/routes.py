"""What the page asks of a session, and what it gives it."""

import json
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, HTTPException, Response, WebSocket
from fastapi import Path as InPath
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

from firsthand.objects.annotation import shapes
from firsthand.objects.annotation.keeper import Keeper, Kept
from firsthand.objects.annotation.pictures import picture
from firsthand.objects.annotations import annotations_of
from firsthand.objects.frame_labels import label_lines
from firsthand.objects.session import Session
from firsthand.objects.sights import Cameras
from firsthand.web.news import News

_Mark = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class Step(BaseModel):
    """A step back or on, from the annotations with this mark."""

    mark: _Mark


class Change(Step):
    """What is annotated in place of the annotations with this mark."""

    objects: list[Any]


def session_router(session: Session, keeper: Keeper, news: News) -> APIRouter:
    """Return the routes to a session, its pictures, annotations and labels.

    Raises as `Cameras.of`.
    """
    router = APIRouter(prefix="/api")
    about, points = _octets(shapes.session(session)), shapes.points(session)
    digits = shapes.digits_of(Cameras.of(session.frames))

    @router.get("/session")
    def whole_session() -> Response:
        """Return the frames, planes and limits."""
        return Response(about, media_type="application/json")

    @router.get("/points")
    def cloud() -> Response:
        """Return the points; see `shapes.points`."""
        return Response(points, media_type="application/octet-stream")

    @router.get("/frames/{number}/picture")
    def frame_picture(number: Annotated[int, InPath(ge=0)]) -> Response:
        """Return a frame's picture."""
        if number >= len(session.frames):
            raise HTTPException(404, f"There is no frame {number}.")
        return Response(picture(session, session.frames[number]), media_type="image/jpeg")

    @router.get("/objects")
    def objects() -> Response:
        """Return what is annotated."""
        return _json(shapes.kept(keeper.now()))

    @router.put("/objects")
    def change(new: Change) -> Response:
        """Keep other annotations."""
        return told(keeper.change(new.mark, annotations_of(new.objects, "objects")))

    @router.post("/undo")
    def undo(step: Step) -> Response:
        """Undo the last change."""
        return told(keeper.undo(step.mark))

    @router.post("/redo")
    def redo(step: Step) -> Response:
        """Do again what was undone last."""
        return told(keeper.redo(step.mark))

    @router.get("/seen")
    def seen() -> Response:
        """Return how much of each object each frame shows."""
        return _json(shapes.seen(digits, keeper.now()))

    @router.get("/labels")
    def labels() -> Response:
        """Return the labels of all frames as a file."""
        lines = label_lines(session, keeper.now().history.now)
        return StreamingResponse(
            lines,
            media_type="application/x-ndjson",
            headers={"content-disposition": f"attachment; filename*=UTF-8''{_name(session)}"},
        )

    @router.websocket("/news")
    async def follow_news(socket: WebSocket) -> None:
        """Tell the mark of the annotations whenever it is another."""
        await news.follow(socket)

    def told(kept: Kept) -> Response:
        news.tell(mark=kept.mark)
        return _json(shapes.kept(kept))

    return router


def _name(session: Session) -> str:
    stem = Path(session.folder).resolve().name or "session"
    return quote(f"{stem}-labels.jsonl", safe="", errors="replace")


def _json(value: dict[str, Any]) -> Response:
    return Response(_octets(value), media_type="application/json")


def _octets(value: dict[str, Any]) -> bytes:
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode("utf-8", "replace")
