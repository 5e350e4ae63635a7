"""The leaderboard's application: its parts joined, and what lasts while it is served."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool

from firsthand.challenge.images import open_images
from firsthand.challenge.leaderboard import Board
from firsthand.challenge.leaderboard.worker import (
    LONGEST_S,
    Orders,
    image_set_mark,
    machine_line,
)
from firsthand.challenge.scores import LIMIT_S
from firsthand.challenge.web.judge import JudgeProcess, Judging, Watch
from firsthand.challenge.web.routes import ENTRIES, board_router
from firsthand.challenge.web.submissions import LARGEST_BYTES, LARGEST_CARD, Submissions
from firsthand.core.locking import held
from firsthand.errors import ConfigError
from firsthand.measure.single_stream import RULES, Rules
from firsthand.web import LocalApp, local_app, static_router
from firsthand.web.news import News
from firsthand.web.spool import SILENT_S


def leaderboard_app(
    board: str | Path,
    data: str | Path,
    rules: Rules = RULES,
    *,
    longest_s: float = LONGEST_S,
    start: Callable[[Orders], Judging] = JudgeProcess,
    token: str | None = None,
    largest_bytes: int = LARGEST_BYTES,
    silent_s: float = SILENT_S,
) -> LocalApp:
    """Return the page on a leaderboard for `firsthand.web.serve`; models are judged meanwhile.

    Args:
        board: the leaderboard's folder, made if missing.
        data: the images and labels, as for `open_images`.
        rules: how models are measured, and how much time and memory they may take.
        longest_s: how long judging one model may take in all.
        start: makes who judges.
        token: what opens the page; None for a random one.
        largest_bytes: of a model file.
        silent_s: how long the sender of a model may send nothing.

    Raises `InputError` for images that are none, and `ConfigError` where there can be no board, or
    another page has it open, now or when it is served.
    """
    folder = Path(board).absolute()
    Board(folder).close()  # what is wrong with it is told now
    with _keeping(folder):
        pass
    images = open_images(Path(data))
    orders = Orders(folder, Path(data).absolute(), rules, longest_s)
    news, judge = News(), start(orders)
    submissions = Submissions(folder, silent_s=silent_s)

    @asynccontextmanager
    async def lasting(_app: FastAPI) -> AsyncIterator[None]:
        with _keeping(folder):
            submissions.tidy()
            news.begin()
            judge.begin(lambda: news.tell(now=judge.now()))
            watch = Watch(orders, lambda: news.tell(board=True))
            try:
                yield
            finally:
                news.end()
                watch.close()
                await run_in_threadpool(judge.close)

    about = {
        "images": len(images),
        "classes": images.classes,
        "image_set": image_set_mark(images),
        "machine": machine_line(),
        "limit_ms": 1e3 * LIMIT_S,
        "largest_bytes": largest_bytes,
    }
    return local_app(
        "Leaderboard",
        [
            board_router(folder, submissions, judge, news, about),
            static_router("firsthand.challenge.web"),
        ],
        token=token,
        larger_bodies={ENTRIES: largest_bytes + LARGEST_CARD},
        lifespan=lasting,
    )


@contextmanager
def _keeping(folder: Path) -> Iterator[None]:
    """Hold a board against other pages."""
    with held(folder / ".serving", wait=False) as mine:
        if not mine:
            raise ConfigError(f"{folder} is open in another page; use that one, or end it first")
        yield
