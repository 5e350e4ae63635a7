"""The recorder's page with a worker whose answers are known, and somebody who visits it."""

import io
import json
import os
import struct
import threading
import time
from contextlib import contextmanager
from urllib.parse import quote

import numpy as np
from ears import Loudness
from visiting import ORIGIN, SOCKETS, TOKEN, visitor
from voices import Everything

from firsthand.media import write_audio
from firsthand.recorder.engines.given import Given
from firsthand.recorder.guessing import TailGuesser
from firsthand.recorder.sounds.calibration import Calibration
from firsthand.recorder.sounds.listener import Listener
from firsthand.recorder.tags.grammar import warm
from firsthand.recorder.transcript import Transcript, Word
from firsthand.recorder.web import recorder_app
from firsthand.recorder.web.worker import work
from firsthand.recorder.writing import Ears

warm()  # loading what tags need changes the filters of warnings, which are pytest's here

SESSION = "session-0123456789"
SAID = Transcript(
    tuple(Word(f"word{n}", 500 * n, 500 * n + 400) for n in range(600)),
    language="en",
    engine="people",
)


def ears(live: bool) -> Ears:
    engine = Given(SAID)
    listener = Listener(Loudness(), Calibration.unfitted(Loudness.classes))
    return Ears(engine, Everything(), listener, guesser=TailGuesser(engine) if live else None)


class InThread:
    """A worker on a thread of the test's own process."""

    def __init__(self, library, load=ears) -> None:
        theirs, ours = os.pipe()
        self.heard = os.fdopen(ours, "wb")
        back, forth = os.pipe()
        self.told = os.fdopen(back, "rb")
        said = os.fdopen(forth, "wb")
        asked = os.fdopen(theirs, "rb")

        def go() -> None:
            with asked, said:
                work(asked, said, library, load)

        self._thread = threading.Thread(target=go, daemon=True)
        self._thread.start()

    def wait(self) -> str:
        self._thread.join()
        self.told.close()
        return "its thread ended"

    def kill(self) -> None:
        raise AssertionError("a thread cannot be killed")


@contextmanager
def page(folder, *, load=ears, start=None, **options):
    """Somebody at the page of the library in `folder`."""
    start = start or (lambda: InThread(folder, load))
    local = recorder_app(folder, start=start, **{"token": TOKEN} | options)
    with visitor(local) as client:
        yield client


def noise(seconds: float, rate_hz: int = 48_000, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.uniform(-0.5, 0.5, round(seconds * rate_hz)).astype(np.float32)


def wav(seconds: float, tmp_path) -> bytes:
    path = tmp_path / f"{seconds}.wav"
    write_audio(path, noise(seconds, 16_000), 16_000)
    return path.read_bytes()


def send(client, name, data):
    return client.post(f"/api/uploads?name={quote(name, safe='')}", content=data, headers=ORIGIN)


def listed(client):
    return client.get("/api/recordings").json()


def settled(client, seconds: float = 60.0):
    """The list, once nobody works on anything."""
    until = time.monotonic() + seconds
    while True:
        found = listed(client)
        busy = [r for r in found["recordings"] if r["work"] or r["state"] == "recording"]
        if not busy and not [u for u in found["uploads"] if not u["problem"]]:
            return found
        assert time.monotonic() < until, json.dumps(found)
        threading.Event().wait(0.02)


def live(client):
    return client.websocket_connect(f"{SOCKETS}/api/live", headers=ORIGIN)


def news(client):
    return client.websocket_connect(f"{SOCKETS}/api/news", headers=ORIGIN)


def begin(socket, session=SESSION, rate_hz=48_000, **more):
    socket.send_json({"begin": {"session": session, "rate_hz": rate_hz} | more})
    return socket.receive_json()


def pcm(samples) -> bytes:
    return (np.clip(samples, -1, 1) * 32_767).astype("<i2").tobytes()


def sound(first: int, samples) -> bytes:
    return struct.pack("<d", first) + pcm(samples)


def bars_of(data: bytes):
    """The head, levels and colours of an answer about bars."""
    stream = io.BytesIO(data)
    (length,) = struct.unpack("<I", stream.read(4))
    head = json.loads(stream.read(length))
    levels, colours = (np.frombuffer(stream.read(head["count"]), np.uint8) for _ in range(2))
    assert not stream.read()
    return head, levels, colours
