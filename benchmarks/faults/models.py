"""A model's file, card or download that is not what it should be."""

import hashlib
import json
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np

from faults import Outcome, fault, refusal
from faults.victims import killed_at, last_words
from firsthand.errors import ModelError
from firsthand.runtime import Model, load_runner, rehearse
from firsthand.runtime.bundled import bundled

NAME = "firsthand-palm-tiny-int8"
FLIPS, REHEARSED = 200, 8
SIZE = 2_000_000
DATA = np.random.default_rng(0).bytes(SIZE)
SHA256 = hashlib.sha256(DATA).hexdigest()

Bytes = Callable[[bytes, int], bytes]


def copied(folder: Path) -> Path:
    """A bundled model and its card, in a folder of their own."""
    path = bundled()[NAME].path
    for each in (path, path.with_suffix(".json")):
        shutil.copy(each, folder / each.name)
    return folder / path.name


def flipped(data: bytes, bit: int) -> bytes:
    changed = bytearray(data)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


@contextmanager
def server(answers: list[Callable[[BaseHTTPRequestHandler], None]]) -> Iterator[tuple[str, list]]:
    """Give each request an answer of its own, the last for ever; what ranges were asked for."""
    asked: list[str | None] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.headers.get("Range"))
            self.close_connection = True
            answers[min(len(asked), len(answers)) - 1](self)

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{http.server_address[1]}/model.tflite", asked
    finally:
        http.shutdown()
        thread.join()
        http.server_close()


def sending(data: bytes, stop: int | None = None, pause: threading.Event | None = None):
    """Obey the range, promise all, send up to `stop`; wait there, if for anything."""

    def answer(request: BaseHTTPRequestHandler) -> None:
        first = int((request.headers.get("Range") or "bytes=0-")[6:-1])
        request.send_response(206 if first else 200)
        request.send_header("Content-Length", str(len(data) - first))
        if first:
            request.send_header("Content-Range", f"bytes {first}-{len(data) - 1}/{len(data)}")
        request.end_headers()
        request.wfile.write(data[first:stop])
        request.wfile.flush()
        if pause is not None:
            pause.wait(60)

    return answer


def pulled(folder: Path) -> bytes:
    path = folder / "pulled" / "pulled.tflite"
    return path.read_bytes() if path.exists() else b""


@fault("models", "A model's file cut short")
def truncated(folder: Path) -> Outcome:
    path = copied(folder)
    path.write_bytes(path.read_bytes()[:-100])
    said = refusal(lambda: load_runner(Model.open(path)), ModelError)
    return Outcome(said.startswith("ChecksumError"), said)


@fault("models", f"One bit of a model's file flipped, {FLIPS} times anew")
def bits(folder: Path) -> Outcome:
    path = copied(folder)
    data, model = path.read_bytes(), Model.open(path)
    places = np.random.default_rng(0).integers(8 * len(data), size=FLIPS)
    told = 0
    for place in places:
        path.write_bytes(flipped(data, int(place)))
        told += refusal(model.read, ModelError).startswith("ChecksumError")
    return Outcome(
        told == FLIPS, f"{told} of {FLIPS} refused by their SHA-256 before any is loaded"
    )


@fault("models", f"{REHEARSED} files with some bytes of noise and no card, of unknown origin")
def unknown(folder: Path) -> Outcome:
    data = bytearray(bundled()[NAME].path.read_bytes())
    rng, path = np.random.default_rng(1), folder / "unknown.tflite"
    ran = refused = ended = 0
    for _ in range(REHEARSED):
        noisy = data.copy()
        for at in rng.integers(8, len(noisy), size=rng.integers(1, 12)):
            noisy[at] = rng.integers(256)
        path.write_bytes(noisy)
        said = refusal(lambda: rehearse(Model.open(path)), ModelError)
        ran, ended = ran + (not said), ended + ("ends the process" in said)
        refused += bool(said) and "ends the process" not in said
    happened = f"tried in a process of its own, {ran} ran, {refused} were refused"
    ok = 0 < refused <= ran + refused + ended == REHEARSED
    return Outcome(ok, f"{happened}, {ended} ended that process; this one goes on")


@fault("models", "Cards cut short, of wrong types, of another file")
def cards(folder: Path) -> Outcome:
    path = copied(folder)
    card = path.with_suffix(".json")
    text = card.read_text(encoding="utf-8")
    broken = {
        "cut": text[: len(text) // 2],
        "a list": "[]",
        "a size of text": json.dumps(json.loads(text) | {"size_bytes": "many"}),
        "another sum": json.dumps(json.loads(text) | {"sha256": "0" * 64}),
        "no text": "\x00\xff",
    }
    told = []
    for each in broken.values():
        card.write_text(each, encoding="utf-8")
        told.append(refusal(lambda: load_runner(Model.open(path)), ModelError))
    return Outcome(all(told), f"{sum(map(bool, told))} of {len(broken)} refused; such as {told[0]}")


@fault("models", "A download that breaks off twice")
def broken_off(folder: Path) -> Outcome:
    answers = [sending(DATA, 700_000), sending(DATA, 1_400_000), sending(DATA)]
    with server(answers) as (address, asked):
        code, _ = last_words("pull", folder, address, SHA256, SIZE)
    ok = code == 0 and pulled(folder) == DATA and len(asked) == 3
    return Outcome(ok, f"gone on with from byte {asked[-1][6:-1]}; the file is whole")


@fault("models", "A download of other bytes than the card promises")
def other_bytes(folder: Path) -> Outcome:
    with server([sending(flipped(DATA, 12_345))]) as (address, _):
        code, said = last_words("pull", folder, address, SHA256, SIZE)
    ok = code == 1 and said.startswith("ChecksumError") and not pulled(folder)
    return Outcome(ok, said)


@fault("models", "Killed (SIGKILL) in the middle of a download, and pulled again")
def pull_killed(folder: Path) -> Outcome:
    standing = threading.Event()
    with server([sending(DATA, SIZE // 2, standing), sending(DATA)]) as (address, asked):
        killed_at(SIZE // 2 - 70_000, "pull", folder, address, SHA256, SIZE)
        half = pulled(folder)
        standing.set()
        code, _ = last_words("pull", folder, address, SHA256, SIZE)
    ok = code == 0 and half == b"" and pulled(folder) == DATA and asked[1] is not None
    return Outcome(ok, f"no half file under its name; gone on with from byte {asked[1][6:-1]}")


@fault("models", "A full disk (EFBIG) in the middle of a download")
def pull_full(folder: Path) -> Outcome:
    with server([sending(DATA)]) as (address, _):
        code, said = last_words("pull", folder, address, SHA256, SIZE, SIZE // 2)
    told = "make room" in said and "without a network" not in said
    return Outcome(code == 1 and told and not pulled(folder), said)
