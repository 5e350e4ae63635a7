"""What pages send: messages and pictures over WebSockets, requests, options, recordings."""

import asyncio
import atexit
import json
import struct
from contextlib import nullcontext, suppress
from functools import cache, partial

import fuzz_files as files
from fastapi import WebSocketDisconnect

from firsthand.core.clock import ManualClock
from firsthand.errors import InputError
from firsthand.hands.live.options import LiveOptions, read_options
from firsthand.objects.live.options import LiveOptions as ObjectOptions
from firsthand.objects.live.options import read_options as read_object_options
from firsthand.recorder.web.live import _begin, _sound
from firsthand.web.access import Access
from firsthand.web.guard import Guard
from firsthand.web.live.camera import watch_camera
from firsthand.web.live.file import watch_file
from firsthand.web.live.system import LiveSystem
from firsthand.web.messages import read_json

MOST_MESSAGES = 40
TOKEN = "t" * 43
DEFAULT = LiveOptions("small")


def words(data: bytes) -> None:
    with suppress(InputError):
        json.dumps(read_json(files.text(data)))


def hands(data: bytes) -> None:
    with suppress(InputError):
        _ = read_options(read_json(files.text(data)), ("small", "tiny"), DEFAULT).tracker


def objects(data: bytes) -> None:
    with suppress(InputError):
        _ = read_object_options(read_json(files.text(data)), ObjectOptions()).tracker


def recording(data: bytes) -> None:
    with suppress(InputError):
        _begin(read_json(files.text(data)))


def sound(data: bytes) -> None:
    with suppress(InputError):
        _sound(data)


class Socket:
    """A page that sends what the input holds: each message after its kind and its length."""

    def __init__(self, data: bytes) -> None:
        self._messages = list(_messages(data))
        self.closed = False

    async def accept(self) -> None:
        pass

    async def receive(self) -> dict[str, object]:
        if self.closed or not self._messages:
            raise WebSocketDisconnect(1005)
        return self._messages.pop(0)

    async def send_text(self, text: str) -> None:
        json.loads(text)

    async def send_bytes(self, data: bytes) -> None:
        assert data

    async def close(self, code: int, reason: str) -> None:
        assert len(reason.encode()) <= 123
        self.closed = True


def _messages(data: bytes):
    at = 0
    for _ in range(MOST_MESSAGES):
        if at + 3 > len(data):
            return
        kind, length = struct.unpack_from(">BH", data, at)
        part = data[at + 3 : at + 3 + length]
        at += 3 + length
        name, value = ("bytes", part) if kind & 1 else ("text", files.text(part))
        yield {"type": "websocket.receive", name: value}


class Worker:
    """Does jobs at once: no thread is needed where nothing waits."""

    async def do(self, job):
        return job()

    def models(self, name: str) -> str:
        return name

    def place(self):
        return nullcontext(enter_result=True)


@cache
def _system():
    return LiveSystem(
        title="Fuzz",
        things="things",
        welcome="",
        package="",
        models=("small", "tiny"),
        default=DEFAULT,
        about={},
        load=str,
        read_options=partial(read_options, models=("small", "tiny"), default=DEFAULT),
        begin=int,
        step=lambda state, image, at_us, models, options: (state + 1, image.shape),
        look=lambda image, models, options: image.shape,
        record=lambda result: json.dumps(result),
    )


@cache
def _loop() -> asyncio.AbstractEventLoop:
    loop = asyncio.new_event_loop()
    atexit.register(loop.close)
    return loop


def camera(data: bytes) -> None:
    _loop().run_until_complete(watch_camera(Socket(data), _system(), Worker(), ManualClock()))


def file(data: bytes) -> None:
    _loop().run_until_complete(watch_file(Socket(data), _system(), Worker(), ManualClock()))


def request(data: bytes) -> None:
    """A request's kind, path and query, and its headers, a line each."""
    kind, _, rest = data.partition(b"\n")
    way, _, lines = rest.partition(b"\n")
    path, _, query = way.partition(b"?")
    pairs = [line.partition(b":") for line in lines.split(b"\n")]
    scope = {
        "type": "websocket" if kind == b"WS" else "http",
        "method": kind.decode("latin-1"),
        "path": files.text(path),
        "query_string": query,
        "headers": [(name.lower(), value) for name, _, value in pairs],
        "server": ("127.0.0.1", 8080),
    }
    _loop().run_until_complete(Guard(_inner, Access(TOKEN))(scope, _receive, _send))


async def _inner(scope, receive, send) -> None:
    await receive()


async def _receive():
    return {"type": "http.request", "body": b"", "more_body": False}


async def _send(message) -> None:
    pass


PARSERS = {
    "w": words,
    "h": hands,
    "o": objects,
    "r": recording,
    "s": sound,
    "c": camera,
    "f": file,
    "g": request,
}
