"""The annotation page's application."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI

from firsthand.objects.annotation.keeper import Keeper, Write
from firsthand.objects.annotation.routes import session_router
from firsthand.objects.annotations import write_annotations
from firsthand.objects.session import read_session
from firsthand.web import LocalApp, local_app, static_router
from firsthand.web.news import News


def annotation_app(
    folder: str | Path, *, token: str | None = None, write: Write = write_annotations
) -> LocalApp:
    """Return the page on a session's folder for `firsthand.web.serve`.

    Args:
        folder: the session's; annotations are kept in it.
        token: what opens the page; None for a random one.
        write: keeps what is annotated.

    Raises as `read_session` and `read_annotations`, and `InputError` for cameras that cannot be.
    """
    session = read_session(Path(folder))
    keeper, news = Keeper(session.folder, write), News()

    @asynccontextmanager
    async def lasting(_app: FastAPI) -> AsyncIterator[None]:
        news.begin()
        yield
        news.end()

    pages = static_router("firsthand.objects.annotation")
    routes = session_router(session, keeper, news)
    return local_app("Annotate", [routes, pages], token=token, lifespan=lasting)
