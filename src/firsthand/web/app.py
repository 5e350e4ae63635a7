"""An application for the person at this computer, made of a system's routes."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Final

from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response

from firsthand.errors import ConfigError, FirsthandError, InputError
from firsthand.web.access import Access, new_token
from firsthand.web.guard import MAX_BODY_BYTES, Guard
from firsthand.web.statics import static_router

THEME_PATH: Final = "/theme"

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]
"""Makes what lasts from the start of the server to its end."""


@dataclass(frozen=True, slots=True, eq=False)
class LocalApp:
    """An application ready for `serve`: `asgi` is the application, `access` what opens it."""

    title: str
    asgi: Guard
    access: Access


def local_app(
    title: str,
    routers: Sequence[APIRouter],
    *,
    token: str | None = None,
    powers: Sequence[str] = (),
    max_body_bytes: int = MAX_BODY_BYTES,
    larger_bodies: Mapping[str, int] | None = None,
    lifespan: Lifespan | None = None,
) -> LocalApp:
    """Return an application of `routers`, guarded as `Guard` describes.

    Errors that routes raise are answered in JSON, `{"detail": why}`: `InputError` by 400, any
    other `FirsthandError` by 500, a request that is not understood by 422. The shared theme is at
    `/theme/theme.css`, and `/theme/connection.js` keeps a WebSocket.

    Args:
        title: what the application is called.
        routers: the system's routes; `static_router` makes one of a package's files.
        token: what opens the page, 22 or more of A-Z a-z 0-9 - _; None for a random one.
        powers: what the page may ask the browser for: "camera", "microphone", ...
        max_body_bytes: the largest body of a request.
        larger_bodies: exceptions from that, by path.
        lifespan: what lasts as long as the server.

    Raises `ConfigError` for a token or a limit that is none.
    """
    larger = dict(larger_bodies or {})
    if min([max_body_bytes, *larger.values()]) < 0:
        raise ConfigError(f"bodies cannot be limited to {max_body_bytes}, {larger} bytes")
    app = FastAPI(title=title, docs_url=None, redoc_url=None, openapi_url=None, lifespan=lifespan)
    app.add_api_route("/favicon.ico", _no_icon)  # asked for by browsers where no page names one
    for router in (static_router("firsthand.web", THEME_PATH), *routers):
        app.include_router(router)
    app.add_exception_handler(FirsthandError, _told)
    app.add_exception_handler(RequestValidationError, _not_understood)
    access = Access(new_token() if token is None else token)
    return LocalApp(title, Guard(app, access, powers, max_body_bytes, larger), access)


async def _no_icon() -> Response:
    return Response(status_code=204)


async def _told(_request: Request, error: Exception) -> JSONResponse:
    return JSONResponse({"detail": str(error)}, 400 if isinstance(error, InputError) else 500)


async def _not_understood(_request: Request, error: Exception) -> JSONResponse:
    """Say where the request is wrong, without repeating it: it may hold NaN, which is no JSON."""
    assert isinstance(error, RequestValidationError)
    places = [f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()]
    return JSONResponse({"detail": "; ".join(places)}, 422)
