"""A real HTTP server on the loopback address whose answers follow a script."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Answer = Callable[[BaseHTTPRequestHandler], None]


class FaultyServer:
    """Answers request n with `answers[n]`, the last one for ever; keeps what was asked."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.answers: list[Answer] = []
        self.ranges: list[str | None] = []


@contextmanager
def faulty_server() -> Iterator[FaultyServer]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            server.ranges.append(self.headers.get("Range"))
            answer = server.answers[min(len(server.ranges), len(server.answers)) - 1]
            self.close_connection = True
            answer(self)

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server = FaultyServer(f"http://127.0.0.1:{http.server_address[1]}/model.tflite")
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        http.shutdown()
        thread.join()
        http.server_close()


def whole(data: bytes) -> Answer:
    """Send all, ignoring any range."""

    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.send_header("Content-Length", str(len(data)))
        request.end_headers()
        request.wfile.write(data)

    return answer


def part(data: bytes, stop: int | None = None, *, shift: int = 0) -> Answer:
    """Obey the range; promise all of the rest but send only up to `stop`."""

    def answer(request: BaseHTTPRequestHandler) -> None:
        first = int((request.headers.get("Range") or "bytes=0-")[6:-1])
        if first >= len(data):
            status(416)(request)
            return
        request.send_response(206 if first else 200)
        request.send_header("Content-Length", str(len(data) - first))
        if first:
            span = f"bytes {first + shift}-{len(data) - 1}/{len(data)}"
            request.send_header("Content-Range", span)
        request.end_headers()
        request.wfile.write(data[first:stop])

    return answer


def status(code: int, **headers: str) -> Answer:
    """Send a status and no content."""

    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(code)
        for name, value in headers.items():
            request.send_header(name, value)
        request.send_header("Content-Length", "0")
        request.end_headers()

    return answer


def hang_up(request: BaseHTTPRequestHandler) -> None:
    """Close the connection without a word."""
    request.connection.close()
