"""Serving a local page on the loopback interface."""

import ipaddress
import socket
import threading
import webbrowser
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Final

import uvicorn

from firsthand.errors import ConfigError
from firsthand.web.app import LocalApp

MAX_MESSAGE_BYTES: Final = 4_000_000
_PING_S: Final = 10.0  # a peer that does not answer for as long again is gone
_FAREWELL_S: Final = 2
_KEPT_S: Final = 75  # longer than clients keep a connection, so that none is used as it is closed


def serve(
    local: LocalApp,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    open_browser: bool = True,
    max_message_bytes: int = MAX_MESSAGE_BYTES,
    announce: Callable[[str], None] = print,
    browse: Callable[[str], object] = webbrowser.open,
) -> None:
    """Serve `local` until Ctrl-C.

    Args:
        local: the application.
        host: a loopback address, or "localhost".
        port: 0 takes any that is free.
        open_browser: whether to open the page in the user's browser.
        max_message_bytes: the longest WebSocket message.
        announce: takes the address of the page, token included, before the first request.
        browse: opens an address in a browser.

    Raises `ConfigError` for any other host, and when the port is not to be had.
    """
    with _listening(host, port) as listener:
        address = _address(listener)
        announce(f"{address}/?token={local.access.token}")
        if open_browser:
            browse(f"{address}/?token={local.access.new_ticket()}")
        with suppress(KeyboardInterrupt):  # how serving ends
            _server(local, max_message_bytes).run(sockets=[listener])


@contextmanager
def running(
    local: LocalApp, *, port: int = 0, max_message_bytes: int = MAX_MESSAGE_BYTES
) -> Iterator[str]:
    """Serve `local` in a thread while the block lasts; gives the address with its token.

    Raises as `serve`.
    """
    with _listening("127.0.0.1", port) as listener:
        server = _server(local, max_message_bytes)
        thread = threading.Thread(
            target=server.run, kwargs={"sockets": [listener]}, name=local.title
        )
        thread.start()
        try:
            yield f"{_address(listener)}/?token={local.access.token}"
        finally:
            server.should_exit = True
            thread.join()


def _server(local: LocalApp, max_message_bytes: int) -> uvicorn.Server:
    config = uvicorn.Config(
        local.asgi,
        log_level="error",
        access_log=False,  # it would write the token down
        server_header=False,
        proxy_headers=False,
        ws="websockets-sansio",  # reads no further message while one is worked on
        ws_max_size=max_message_bytes,
        ws_ping_interval=_PING_S,
        ws_ping_timeout=_PING_S,
        ws_per_message_deflate=False,
        timeout_keep_alive=_KEPT_S,
        timeout_graceful_shutdown=_FAREWELL_S,
    )
    return uvicorn.Server(config)


def _listening(host: str, port: int) -> socket.socket:
    name = "127.0.0.1" if host == "localhost" else host.strip("[]")
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        address = None
    if str(address) not in ("127.0.0.1", "::1"):
        raise ConfigError(
            f"a local page is served on 127.0.0.1, ::1 or localhost, not {host!r}: "
            "it is for the person at this computer"
        )
    assert address is not None
    if not 0 <= port <= 65535:
        raise ConfigError(f"a port is 0..65535, not {port}")
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    try:
        listener = socket.create_server((str(address), port), family=family)
    except OSError as error:
        raise ConfigError(
            f"port {port} on {host} is not to be had: {error.strerror}; "
            "choose another, or 0 for any that is free"
        ) from error
    # Handed down to every connection. asyncio does it only for sockets that say they are TCP;
    # without, an answer's body waits 40 ms for its head to be acknowledged.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def _address(listener: socket.socket) -> str:
    name, port = listener.getsockname()[:2]
    return f"http://{f'[{name}]' if ':' in name else name}:{port}"
