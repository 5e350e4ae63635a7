"""The page's application: its parts joined, and what lasts while it is served."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

from fastapi import FastAPI

from firsthand.recorder.library import Library
from firsthand.recorder.loading import EarsOptions
from firsthand.recorder.web.desk import Desk, Process, Start
from firsthand.recorder.web.library_routes import library_router
from firsthand.recorder.web.live import LINGERS_S, LiveSessions
from firsthand.recorder.web.tasks import Tasks
from firsthand.recorder.web.uploads import LARGEST_BYTES, Uploads
from firsthand.recorder.web.work_routes import UPLOADS, work_router
from firsthand.web import LocalApp, local_app, static_router
from firsthand.web.news import News
from firsthand.web.spool import SILENT_S


def recorder_app(
    folder: str | Path,
    asked: EarsOptions = EarsOptions(),  # noqa: B008 # frozen
    *,
    start: Start | None = None,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    token: str | None = None,
    largest_bytes: int = LARGEST_BYTES,
    silent_s: float = SILENT_S,
    lingers_s: float = LINGERS_S,
) -> LocalApp:
    """Return the page on a library for `firsthand.web.serve`.

    Args:
        folder: the library's, made if missing.
        asked: what listens to recordings.
        start: starts the worker that does; None for a process of its own with what is `asked`.
        now: tells the time.
        token: what opens the page; None for a random one.
        largest_bytes: of an upload.
        silent_s: how long the sender of an upload may send nothing.
        lingers_s: how long a live recording waits for its page to come back.

    Raises `LibraryError` where there can be no library, and `ConfigError` where another page has it
    open, now or when it is served.
    """
    library = Path(folder)
    Library(library).close()  # what is wrong with it is told now
    news, tasks = News(), Tasks(library)
    with tasks.keeping():
        pass
    desk = Desk(library, tasks, start or (lambda: Process(library, asked)), news)
    live = LiveSessions(library, desk, now, lingers_s=lingers_s)
    uploads = Uploads(library, tasks, desk, now, silent_s=silent_s)

    @asynccontextmanager
    async def lasting(_app: FastAPI) -> AsyncIterator[None]:
        with tasks.keeping():
            tasks.tidy()
            news.begin()
            desk.resume()
            try:
                yield
            finally:
                await live.close()
                news.end()
                desk.close()

    about = {"engine": asked.engine, "library": str(library), "largest_bytes": largest_bytes}
    return local_app(
        "Recorder",
        [
            library_router(library, desk, live, news),
            work_router(library, desk, uploads, live, news, about, now),
            static_router("firsthand.recorder.web"),
        ],
        token=token,
        powers=["microphone"],
        larger_bodies={UPLOADS: largest_bytes},
        lifespan=lasting,
    )
