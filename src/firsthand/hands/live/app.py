"""The page's application."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

from fastapi import APIRouter, FastAPI, WebSocket

from firsthand.core.clock import Clock, MonotonicClock
from firsthand.errors import ConfigError
from firsthand.hands.live.camera import watch_camera
from firsthand.hands.live.file import watch_file
from firsthand.hands.live.options import LiveOptions
from firsthand.hands.live.worker import Worker
from firsthand.hands.models import HandModels
from firsthand.hands.skeleton import BONES
from firsthand.web import LocalApp, local_app, static_router

MOST_CONNECTIONS = 4


def live_app(
    load: Callable[[str], HandModels],
    models: Sequence[str],
    default: LiveOptions | None = None,
    *,
    clock: Clock | None = None,
    most_connections: int = MOST_CONNECTIONS,
    token: str | None = None,
) -> LocalApp:
    """Return the page for `firsthand.web.serve`.

    Args:
        load: returns the models of a name, and raises what `published_models` does.
        models: the names that the page offers.
        default: what is chosen at first; None for the first model and two hands.
        clock: tells how long the work takes; the monotonic one if None.
        most_connections: at most so many pages at once; others are told so.
        token: what opens the page; None for a random one.

    Raises `ConfigError` when there is no model, or `default` names none of them.
    """
    names = tuple(models)
    if not names or (default is not None and default.model not in names):
        raise ConfigError(f"the page offers the models {', '.join(names) or '(none)'}: {default}")
    chosen = default or LiveOptions(names[0])
    time = clock or MonotonicClock()
    worker = Worker(load, most_connections)
    router = APIRouter()

    @router.get("/about")
    def about() -> dict[str, object]:
        """Say what the page offers, and how a hand is drawn."""
        return {
            "models": names,
            "model": chosen.model,
            "max_hands": chosen.max_hands,
            "bones": BONES,
        }

    @router.websocket("/camera")
    async def camera(socket: WebSocket) -> None:
        await watch_camera(socket, worker, names, chosen, time)

    @router.websocket("/file")
    async def file(socket: WebSocket) -> None:
        await watch_file(socket, worker, names, chosen, time)

    @asynccontextmanager
    async def lasting(_app: FastAPI) -> AsyncIterator[None]:
        yield
        worker.close()

    pages = static_router("firsthand.hands.live")
    return local_app("Hands", [router, pages], token=token, powers=["camera"], lifespan=lasting)
