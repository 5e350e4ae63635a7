"""Serving devices in public, over TLS 1.2 or later."""

import asyncio
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

import uvicorn
from fastapi import FastAPI
from uvicorn.protocols.http.h11_impl import H11Protocol

from firsthand.errors import ConfigError, InputError

HEAD_S: Final = 15.0
"""How long a connection may wait for its next request."""

_MOST: Final = 5_000
_FAREWELL_S: Final = 5
_LARGEST_HEAD: Final = 16_384


class _Impatient(H11Protocol):
    """Closes connections whose next request does not come in time, from the first on."""

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._due: asyncio.TimerHandle | None = None
        self._expect()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._expect()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._due is not None:
            self._due.cancel()
        super().connection_lost(exc)

    def _expect(self) -> None:
        if self._due is not None:
            self._due.cancel()
        self._due = self.loop.call_later(self.timeout_keep_alive, self._look)

    def _look(self) -> None:
        if self.cycle is None or self.cycle.response_complete:
            self.transport.close()


def serve_devices(
    app: FastAPI,
    certificate: Path,
    key: Path,
    *,
    host: str = "0.0.0.0",  # noqa: S104 - it is the public's
    port: int = 8443,
    announce: Callable[[str], None] = print,
) -> None:
    """Serve devices until Ctrl-C or SIGTERM.

    `announce` takes the address. `ConfigError` for an address that is not to be had, `InputError`
    for a certificate that cannot be used.
    """
    server = _server(app, certificate, key)
    with _listening(host, port) as listener:
        announce(_address(listener, host))
        with suppress(KeyboardInterrupt):  # how serving ends
            server.run(sockets=[listener])


@contextmanager
def devices_served(
    app: FastAPI, certificate: Path, key: Path, *, host: str = "localhost", port: int = 0
) -> Iterator[str]:
    """Serve devices in a thread while a block lasts; gives the address."""
    server = _server(app, certificate, key)
    with _listening("127.0.0.1", port) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield _address(listener, host)
        finally:
            server.should_exit = True
            thread.join()


def _server(app: FastAPI, certificate: Path, key: Path) -> uvicorn.Server:
    def trusted(*_: Any) -> ssl.SSLContext:
        found = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        found.minimum_version = ssl.TLSVersion.TLSv1_2
        found.load_cert_chain(certificate, key)
        return found

    try:
        trusted()
    except (OSError, ssl.SSLError) as error:
        raise InputError(f"{certificate}, {key}: cannot serve with these: {error}") from error
    config = uvicorn.Config(
        app,
        http=_Impatient,
        ws="none",
        ssl_context_factory=trusted,
        log_level="error",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=_MOST,
        h11_max_incomplete_event_size=_LARGEST_HEAD,
        timeout_keep_alive=HEAD_S,  # type: ignore[arg-type] # seconds, whole or not
        timeout_graceful_shutdown=_FAREWELL_S,
        backlog=2048,
    )
    return uvicorn.Server(config)


def _listening(host: str, port: int) -> socket.socket:
    try:
        listener = socket.create_server((host, port), backlog=2048)
    except (OSError, OverflowError) as error:
        raise ConfigError(f"{host}:{port} is not to be had: {error}; choose another") from error
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def _address(listener: socket.socket, host: str) -> str:
    return f"https://{host}:{listener.getsockname()[1]}"
