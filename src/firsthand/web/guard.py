"""What stands before a local page: nobody gets past who is not the person at this computer.

Other web sites are kept out by the cookie (`SameSite=Strict`), by `Origin` and `Sec-Fetch-Site`,
and by the absence of CORS headers; names that others point at this computer (DNS rebinding) by
`Host`; other users of the computer by the token.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import parse_qs

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection
from starlette.responses import HTMLResponse, PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocketClose

from firsthand.web.access import Access

LOOPBACK_NAMES: Final = ("127.0.0.1", "localhost", "[::1]")
MAX_BODY_BYTES: Final = 1_000_000
_DIGITS: Final = 18
"""Of a length that is looked at: Python makes no number of thousands of them."""

_SAFE: Final = frozenset({"GET", "HEAD"})
_POLICY: Final = "; ".join(
    (
        "default-src 'self'",
        "img-src 'self' blob:",
        "media-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
_HEADERS: Final = {
    "content-security-policy": _POLICY,
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
}
_POWERS: Final = ("camera", "microphone", "geolocation", "display-capture", "usb", "serial")
# Not a redirect: to a browser sent here by another site, that would still be the other's request,
# and the cookie would stay behind.
_ENTRY: Final = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="color-scheme" content="light dark">
<meta http-equiv="refresh" content="0; url=/"><title>Opening</title><a href="/">Open the page</a>
"""
_CLOSED: Final = 1008  # "policy violation", RFC 6455 section 7.4.1


@dataclass(frozen=True, slots=True)
class Guard:
    """An ASGI application that lets through to `inner` what may pass, and refuses the rest.

    - `access`: what opens the page. `GET /?token=...` with a token or ticket is answered by a
      cookie and the way to the page; every other request and WebSocket must bring the cookie.
    - `powers`: what the page may ask the browser for, of camera, microphone and so on.
    - `max_body_bytes`: the largest body of a request; `larger_bodies` has the exceptions, by path.
    """

    inner: ASGIApp
    access: Access
    powers: Sequence[str] = ()
    max_body_bytes: int = MAX_BODY_BYTES
    larger_bodies: Mapping[str, int] = field(default_factory=dict)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request or WebSocket."""
        if scope["type"] == "lifespan":
            await self.inner(scope, receive, send)
        elif scope["type"] == "websocket":
            if self._misplaced(scope) or not self._has_cookie(scope):
                await WebSocketClose(_CLOSED)(scope, receive, send)
            else:
                await self.inner(scope, receive, send)
        else:
            await self._answer(scope, receive, self._with_headers(send))

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        problem = self._misplaced(scope)
        tokens = parse_qs(scope["query_string"].decode("latin-1")).get("token", [])
        entering = scope["method"] == "GET" and scope["path"] == "/" and bool(tokens)
        if problem:
            await PlainTextResponse(problem, 403)(scope, receive, send)
        elif entering and len(tokens) == 1 and self.access.redeem(tokens[0]):
            entry = HTMLResponse(_ENTRY)
            entry.set_cookie(
                _cookie_name(scope), self.access.token, httponly=True, samesite="strict"
            )
            await entry(scope, receive, send)
        elif entering or not self._has_cookie(scope):
            words = "Open this page with the address that the terminal shows, its token included.\n"
            await PlainTextResponse(words, 403)(scope, receive, send)
        else:
            limit = self.larger_bodies.get(scope["path"], self.max_body_bytes)
            stated = Headers(scope=scope).get("content-length", "0")
            if not stated.isdecimal() or len(stated) > _DIGITS or int(stated) > limit:
                await PlainTextResponse(_too_large(limit), 413)(scope, receive, send)
            else:
                await self.inner(scope, _limited(receive, limit), send)

    def _misplaced(self, scope: Scope) -> str | None:
        """Return why this comes from another place than the page itself, if it does."""
        headers = Headers(scope=scope)
        port = scope["server"][1]
        hosts = [f"{name}:{port}" for name in LOOPBACK_NAMES]
        if port == 80:
            hosts += LOOPBACK_NAMES
        host = headers.getlist("host")
        if len(host) != 1 or host[0].lower() not in hosts:
            return f"This page is at http://{hosts[0]}/ only.\n"
        origins = headers.getlist("origin")
        must_tell = scope["type"] == "websocket" or scope["method"] not in _SAFE
        if (must_tell and not origins) or any(o != f"http://{host[0].lower()}" for o in origins):
            return "Other sites may not use this page.\n"
        entering = scope["type"] == "http" and scope["path"] == "/" and scope["method"] == "GET"
        if not entering and any(
            site not in ("same-origin", "none") for site in headers.getlist("sec-fetch-site")
        ):
            return "Other sites may not use this page.\n"
        return None

    def _has_cookie(self, scope: Scope) -> bool:
        return self.access.holds(HTTPConnection(scope).cookies.get(_cookie_name(scope)))

    def _with_headers(self, send: Send) -> Send:
        powers = ", ".join(f"{p}=({'self' if p in self.powers else ''})" for p in _POWERS)

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers[name] = value
                headers["permissions-policy"] = powers
            await send(message)

        return sending


def _cookie_name(scope: Scope) -> str:
    """Return a name of its own for each port, as browsers keep cookies by host alone."""
    return f"firsthand_{scope['server'][1]}"


def _limited(receive: Receive, limit: int) -> Receive:
    taken = 0

    async def receiving() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > limit:
            raise HTTPException(413, _too_large(limit))
        return message

    return receiving


def _too_large(limit: int) -> str:
    return f"A request of more than {limit} bytes is not taken here.\n"
