"""`firsthand recorder serve`, and what is left of it when it is killed."""

import json
import signal
import struct
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import numpy as np
import pytest
from typer.testing import CliRunner
from websockets.sync.client import connect

from firsthand.cli.command import app
from firsthand.cli.pages import Pages
from firsthand.errors import LibraryError
from firsthand.recorder.library import Library

EXAMPLE = Path(__file__).parents[2] / "examples" / "media" / "recorder" / "two_readers.ogg"


def serve(*arguments, code=0):
    served = []

    def outside(page, **options):
        served.append((page.title, options["port"], options["open_browser"]))
        options["announce"]("http://127.0.0.1:9/?token=x")

    done = CliRunner().invoke(app, ["recorder", "serve", *arguments], obj=Pages(outside))
    assert done.exit_code == code, done.output
    return done, served


def test_a_page_is_served_and_its_address_printed(tmp_path):
    done, served = serve("--library", str(tmp_path / "new"), "--port", "8123", "--no-browser")
    assert served == [("Recorder", 8123, False)]
    assert done.stdout == "Recorder: http://127.0.0.1:9/?token=x\n"
    assert done.stderr == "Ctrl-C ends it.\n"
    assert (tmp_path / "new" / "library.sqlite3").is_file()


def test_a_library_that_is_none_is_told_before_anything_is_served(tmp_path):
    (tmp_path / "library.sqlite3").write_text("no database" * 100)
    done, served = serve("--library", str(tmp_path), code=1)
    assert isinstance(done.exception, LibraryError)
    assert served == []


def test_options_out_of_range_are_a_wrong_use():
    serve("--port", "65536", code=2)
    serve("--engine", "parrot", code=2)


@contextmanager
def visited(library: Path, ended_by):
    """A client of a server in a process of its own, and where it is; ends the server so."""
    options = ["--no-browser", "--engine", "pocketsphinx", "--library", str(library)]
    with subprocess.Popen(
        [sys.executable, "-m", "firsthand.cli", "recorder", "serve", *options],
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            address = process.stdout.readline().split()[-1]
            base = address.partition("/?")[0]
            with httpx2.Client(base_url=base, headers={"origin": base}, timeout=60) as client:
                assert client.get(address).status_code == 200
                yield client, base
            process.send_signal(ended_by)
            assert process.wait(30) == (0 if ended_by == signal.SIGINT else -ended_by)
        finally:
            process.kill()


def talking(client, base: str, what: str):
    """A WebSocket of somebody who was let in."""
    cookies = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
    url = f"ws://{urlsplit(base).netloc}/api/{what}"
    return connect(url, origin=base, additional_headers={"cookie": cookies})


@pytest.mark.slow
def test_a_server_that_is_killed_has_lost_nothing_it_accepted(tmp_path):
    """An upload waits and a recording is under way when the server dies; the next does both."""
    library = tmp_path / "library"
    tone = np.sin(np.arange(4_800) * 0.05) * 10_000
    with visited(library, signal.SIGKILL) as (client, base):
        with talking(client, base, "live") as live:
            live.send(json.dumps({"begin": {"session": "s" * 20, "rate_hz": 48_000}}))
            number = json.loads(live.recv())["recording"]
            for place in range(0, 48_000 * 4, 4_800):
                live.send(struct.pack("<d", place) + tone.astype("<i2").tobytes())
                told = json.loads(live.recv())
        sound = EXAMPLE.read_bytes()
        assert client.post("/api/uploads?name=readers.ogg", content=sound).status_code == 201
    with visited(library, signal.SIGINT) as (client, base), talking(client, base, "news") as news:
        while True:
            found = client.get("/api/recordings").json()
            if not found["uploads"] and not any(each["work"] for each in found["recordings"]):
                break
            news.recv(timeout=120)
    with Library(library) as opened:
        titles = {each.title: each for each in opened.recordings()}
        assert titles["readers"].note == ""
        assert len(opened.transcript(titles["readers"].number).words) > 20
        live = opened.recording(number)
    assert live.note == "its end was cut off"
    assert live.engine == "pocketsphinx en-us"
    assert told["have"] == 48_000 * 4
    assert 2_900 < told["kept"] / 48 <= live.duration_ms <= 4_000
