"""What the page asks of the board, and what it gives it."""

import json
from pathlib import Path
from typing import Annotated, Any, Final

from fastapi import APIRouter, HTTPException, Query, Request, Response, WebSocket
from fastapi import Path as InPath

from firsthand.challenge.leaderboard import Board
from firsthand.challenge.web import shapes
from firsthand.challenge.web.judge import Judging
from firsthand.challenge.web.submissions import LARGEST_CARD, Submissions
from firsthand.errors import InputError
from firsthand.web.news import News

ENTRIES: Final = "/api/entries"

Key = Annotated[str, InPath(pattern="^[0-9a-f]{64}$")]


def board_router(
    folder: Path, submissions: Submissions, judge: Judging, news: News, about: dict[str, Any]
) -> APIRouter:
    """Return the routes; `about` has the images, their mark, the machine, the rules and limits."""
    router = APIRouter(prefix="/api")
    image_set, machine = about["image_set"], about["machine"]
    told = {name: value for name, value in about.items() if name != "image_set"}

    @router.get("/board")
    def board() -> Response:
        """Return all entries, and what the judge is doing."""
        with Board(folder) as opened:
            entries = [shapes.entry(each, image_set, machine) for each in opened.entries()]
        return _json(told | {"entries": entries, "now": judge.now()})

    @router.post("/entries")
    async def submit(
        request: Request,
        name: Annotated[str, Query(max_length=1_000)],
        card_bytes: Annotated[int, Query(ge=0, le=LARGEST_CARD)] = 0,
    ) -> Response:
        """Take a model, whose body is its card, `card_bytes` of it, and its file after that."""
        stated = request.headers.get("content-length", "0")  # the guard has looked at it
        entry, new = await submissions.take(name, card_bytes, int(stated), request.stream())
        return _json({"sha256": entry.sha256, "name": entry.card.name, "new": new}, 200 + new)

    @router.post("/entries/{sha256}/judge", status_code=204)
    def judge_again(sha256: Key) -> None:
        """Have a model judged anew."""
        with Board(folder) as opened:
            _known(opened, sha256)
            opened.judge_again(sha256)

    @router.delete("/entries/{sha256}", status_code=204)
    def remove(sha256: Key) -> None:
        """Forget a model."""
        with Board(folder) as opened:
            _known(opened, sha256)
            opened.remove(sha256)

    @router.websocket("/news")
    async def follow_news(socket: WebSocket) -> None:
        """Tell what happens: `board`, entries are different; `now`, what the judge is doing."""
        await news.follow(socket)

    return router


def _known(board: Board, sha256: str) -> None:
    try:
        board.entry(sha256)
    except InputError as error:
        raise HTTPException(404, "There is no such entry.") from error


def _json(value: dict[str, Any], status: int = 200) -> Response:
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return Response(text.encode("utf-8", "replace"), status, media_type="application/json")
