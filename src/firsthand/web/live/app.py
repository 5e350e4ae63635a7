"""The page's application."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict

from fastapi import APIRouter, FastAPI, WebSocket
from fastapi.responses import HTMLResponse

from firsthand.core.clock import Clock, MonotonicClock
from firsthand.errors import ConfigError
from firsthand.web.app import LocalApp, local_app
from firsthand.web.live.camera import watch_camera
from firsthand.web.live.file import watch_file
from firsthand.web.live.system import LiveSystem, Models, Options, Result, State
from firsthand.web.live.worker import Worker
from firsthand.web.statics import static_router
from firsthand.web.whole_pages import templates

MOST_CONNECTIONS = 4


def live_page(
    system: LiveSystem[Models, Options, State, Result],
    *,
    clock: Clock | None = None,
    most_connections: int = MOST_CONNECTIONS,
    token: str | None = None,
) -> LocalApp:
    """Return the page of a system for `firsthand.web.serve`.

    Args:
        system: what is looked for, and how.
        clock: tells how long the work takes; the monotonic one if None.
        most_connections: at most so many pages at once; others are told so.
        token: what opens the page; None for a random one.

    Raises `ConfigError` when there is no model, or the default names none of them.
    """
    names, default = system.models, system.default
    if default.model not in names:
        raise ConfigError(f"the page offers the models {', '.join(names) or '(none)'}: {default}")
    time = clock or MonotonicClock()
    worker = Worker(system.load, most_connections)
    router = APIRouter()
    html = _page(system)

    @router.get("/")
    async def page() -> HTMLResponse:
        return HTMLResponse(html)

    @router.get("/about")
    def about() -> dict[str, object]:
        """Say what the page offers, and what else it has to know."""
        return {**asdict(default), "models": names, **system.about}

    @router.websocket("/camera")
    async def camera(socket: WebSocket) -> None:
        await watch_camera(socket, system, worker, time)

    @router.websocket("/file")
    async def file(socket: WebSocket) -> None:
        await watch_file(socket, system, worker, time)

    @asynccontextmanager
    async def lasting(_app: FastAPI) -> AsyncIterator[None]:
        yield
        worker.close()

    routers = [router, static_router("firsthand.web.live", "/live"), static_router(system.package)]
    return local_app(system.title, routers, token=token, powers=["camera"], lifespan=lasting)


def _page(system: LiveSystem[Models, Options, State, Result]) -> str:
    found = templates(system.package, "firsthand.web.live", folder="templates")
    return found.get_template("page.html").render(system=system)
