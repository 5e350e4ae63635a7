"""Visitors of a live page who vanish, talk nonsense, never listen, or have no business there."""

import json
import re
import socket
import struct
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import psutil
from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.sync.client import ClientConnection, connect

from faults import Outcome, fault
from firsthand.hands import load_models
from firsthand.hands.live import live_app
from firsthand.web import running
from hands_clips import one_hand

PATIENCE_S = 20.0
TIMES, MOST_LEFT = 20, 5


@dataclass(frozen=True)
class Page:
    """A page that is served, and the cookie that opens it."""

    address: str
    cookie: str

    @property
    def place(self) -> tuple[str, int]:
        host, _, port = self.address.removeprefix("http://").partition(":")
        return host, int(port)

    def talk(self, where: str = "camera", **changed: str) -> ClientConnection:
        headers = {"Cookie": self.cookie, "Origin": self.address} | changed
        return connect(
            f"{self.address.replace('http', 'ws', 1)}/{where}",
            additional_headers=headers,
            open_timeout=PATIENCE_S,
            max_queue=1,
        )


@contextmanager
def page() -> Iterator[Page]:
    """Serve hands with the models that come along."""
    app = live_app(load_models, ("small",))
    with running(app) as address:
        with urllib.request.urlopen(address, timeout=PATIENCE_S) as entry:
            cookie = entry.headers["Set-Cookie"].partition(";")[0]
        yield Page(address.partition("/?")[0], cookie)


def frame(number: int) -> bytes:
    image = one_hand(0)[number % 30].image
    jpeg = cv2.imencode(".jpg", image[..., ::-1])[1].tobytes()
    return struct.pack(">IQ", number, number * 33_333) + jpeg


FRAMES = [frame(number) for number in range(3)]


def is_welcome(served: Page) -> bool:
    """Whether an honest visitor is answered, soon."""
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        with suppress(ConnectionClosed, WebSocketException), served.talk() as visitor:
            for number, each in enumerate(FRAMES):
                visitor.send(each)
                answer = json.loads(visitor.recv(PATIENCE_S))
                assert answer["frame"] == number, answer
            return len(answer["result"]["hands"]) == 1
    return False


@fault("page", f"{TIMES} visitors vanish while their picture is looked at")
def vanish(folder: Path) -> Outcome:
    _ = folder
    with page() as served:
        before = psutil.Process().num_fds()
        for _ in range(TIMES):
            with suppress(ConnectionClosed, WebSocketException), served.talk() as visitor:
                visitor.send(FRAMES[0])
                # Reset, not closed: nobody says goodbye.
                visitor.socket.setsockopt(
                    socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
                )
                visitor.socket.shutdown(socket.SHUT_RDWR)
        welcome = is_welcome(served)
        until = time.monotonic() + PATIENCE_S
        while (left := psutil.Process().num_fds() - before) > MOST_LEFT:
            if time.monotonic() > until:
                break
            threading.Event().wait(0.05)
    happened = f"their places are free again; the next is answered; {max(0, left)} files stay open"
    return Outcome(welcome and left <= MOST_LEFT, happened)


@fault(
    "page", "A visitor sends nonsense, as text, JSON, bytes, and a picture that claims to be huge"
)
def nonsense(folder: Path) -> Outcome:
    _ = folder
    rng = np.random.default_rng(0)
    head = struct.pack(">IQ", 1, 1)
    huge = bytearray(FRAMES[0])
    at = huge.index(b"\xff\xc0")
    huge[at + 5 : at + 9] = b"\xff\xff\xff\xff"
    sent = [
        "nonsense",
        "[]",
        '{"start": 7}',
        '{"start": {"model": "../../etc/passwd"}}',
        '{"start": {"max_hands": 1e99}}',
        '{"a":' * 5_000,
        b"",
        rng.bytes(11),
        head + rng.bytes(1_000),
        head + FRAMES[0][12:400],
        bytes(huge),
        struct.pack(">IQ", 1, 2**60) + FRAMES[0][12:],
        bytes(5_000_000),
    ]
    told = 0
    with page() as served:
        for each in sent:
            with served.talk() as visitor:
                try:
                    visitor.send(each)
                    told += "error" in json.loads(visitor.recv(PATIENCE_S))
                except ConnectionClosed as end:
                    # What is far too long is not read to its end: its sender may find the
                    # connection gone.
                    told += end.rcvd is None or end.rcvd.code in (1008, 1009)
        welcome = is_welcome(served)
    happened = f"{told} of {len(sent)} are told what is wrong; the next visitor is answered"
    return Outcome(welcome and told == len(sent), happened)


@fault("page", "A visitor sends pictures for three seconds and never reads an answer")
def deaf(folder: Path) -> Outcome:
    """Straight to the socket, since a client's library would read on its own."""
    _ = folder
    with page() as served, served.talk() as visitor:
        wire = visitor.socket
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        before_mb = psutil.Process().memory_info().rss / 1e6
        stop = time.monotonic() + 3.0
        sent = 0
        wire.settimeout(0.5)
        message = b"\x82\xff" + struct.pack(">Q", len(FRAMES[0])) + bytes(4) + FRAMES[0]
        with suppress(TimeoutError, OSError):
            while time.monotonic() < stop:
                wire.sendall(message)
                sent += 1
        grown_mb = psutil.Process().memory_info().rss / 1e6 - before_mb
        welcome = is_welcome(served)
        wire.close()
    ok = welcome and grown_mb < 100
    happened = f"of {sent} pictures no more is kept than {max(0.0, grown_mb):.0f} MB; others are"
    return Outcome(ok, f"{happened} answered meanwhile", "the deaf one's answers")


@fault("page", "Visitors vanish in the middle of giving a file")
def half_a_file(folder: Path) -> Outcome:
    kept, before = folder / "kept", tempfile.tempdir
    kept.mkdir()
    tempfile.tempdir = str(kept)  # where the page keeps what it is given
    try:
        with page() as served:
            for _ in range(TIMES):
                with served.talk("file") as visitor:
                    visitor.send(json.dumps({"file": 1_000_000}))
                    assert json.loads(visitor.recv(PATIENCE_S)) == {"got": 0}
                    visitor.send(bytes(100_000))
            welcome = is_welcome(served)
        left = list(kept.iterdir())
    finally:
        tempfile.tempdir = before
    return Outcome(welcome and not left, "nothing is left on the disk; the next is answered")


@fault("page", "Strangers without the cookie, with another, from another site, for another name")
def strangers(folder: Path) -> Outcome:
    _ = folder
    refused = 0
    with page() as served:
        wrong = (
            {"Cookie": ""},
            {"Cookie": re.sub("=.*", f"={'x' * 43}", served.cookie)},
            {"Origin": "http://elsewhere.example"},
            {"Host": "elsewhere.example"},
        )
        for changed in wrong:
            try:
                with served.talk(**changed):
                    pass
            except WebSocketException:
                refused += 1
        request = urllib.request.Request(f"{served.address}/about")
        try:
            urllib.request.urlopen(request, timeout=PATIENCE_S).close()
        except urllib.error.HTTPError as error:
            refused += error.code == 403
            error.close()
        welcome = is_welcome(served)
    happened = f"{refused} of {len(wrong) + 1} are refused; who has the cookie is answered"
    return Outcome(welcome and refused == len(wrong) + 1, happened)


@fault("page", f"{TIMES} connections that begin a request and say no more")
def silent(folder: Path) -> Outcome:
    _ = folder
    with page() as served:
        open_ones = [socket.create_connection(served.place) for _ in range(TIMES)]
        for each in open_ones:
            each.sendall(b"GET / HTTP/1.1\r\nHost: ")
        welcome = is_welcome(served)
        for each in open_ones:
            each.close()
    return Outcome(welcome, "others are answered meanwhile", "nothing")
