"""Who is kept out of the recorder's page, and what is not taken."""

import select
import socket
import time
from contextlib import contextmanager, suppress
from functools import partial
from urllib.parse import urlsplit

import pytest
from recorder_page import InThread, begin, listed, live, page, send, settled, wav
from starlette.websockets import WebSocketDisconnect
from visiting import ADDRESS, ORIGIN, SOCKETS, TOKEN, visitor

from firsthand.recorder.web import recorder_app
from firsthand.web import running

READS = (
    "/",
    "/main.js",
    "/api/about",
    "/api/recordings",
    "/api/recordings/1",
    "/api/recordings/1/sound",
    "/api/recordings/1/bars",
    "/api/recordings/1/export?form=txt",
    "/api/search?words=word1",
)


def test_without_the_token_nothing_is_seen(tmp_path) -> None:
    local = recorder_app(tmp_path, token=TOKEN)
    with visitor(local, enter=False) as client:
        for path in READS:
            assert client.get(path).status_code == 403
            assert client.get(path, params={"token": "x" * 43}).status_code == 403
        for path in ("/api/live", "/api/news"):
            with (
                pytest.raises(WebSocketDisconnect) as refused,
                client.websocket_connect(SOCKETS + path, headers=ORIGIN),
            ):
                pass
            assert refused.value.code == 1008


def test_other_sites_and_other_names_for_this_computer_are_kept_out(tmp_path) -> None:
    with page(tmp_path) as client:
        for headers in (
            {"origin": "http://evil.example"},
            {"origin": "null"},
            {"origin": "http://127.0.0.1:9999"},
            {"sec-fetch-site": "cross-site"},
            {"host": "evil.example"},
            {"host": "evil.example:8000"},
        ):
            assert client.get("/api/recordings", headers=headers).status_code == 403
        for headers in ({}, {"origin": "http://evil.example"}, {"host": "evil.example"} | ORIGIN):
            assert client.post("/api/uploads?name=x", headers=headers).status_code == 403
            for path in ("/api/live", "/api/news"):
                with (
                    pytest.raises(WebSocketDisconnect),
                    client.websocket_connect(SOCKETS + path, headers=headers),
                ):
                    pass
        answer = client.get("/api/recordings", headers=ORIGIN)
        assert answer.status_code == 200
        assert not [name for name in answer.headers if name.startswith("access-control")]
        assert "script-src" not in answer.headers["content-security-policy"]
        assert "default-src 'self'" in answer.headers["content-security-policy"]


def test_no_path_leads_out_of_the_page_or_the_library(tmp_path) -> None:
    (tmp_path / "secret.txt").write_text("secret")
    with page(tmp_path / "library") as client:
        for path in (
            "/../secret.txt",
            "/%2e%2e/secret.txt",
            "/..%2fsecret.txt",
            "/static/../../secret.txt",
            "/library.sqlite3",
            "/api/recordings/..%2f..%2fsecret.txt/sound",
            "/api/recordings/1%00/sound",
            f"/{tmp_path}/secret.txt",
            "//etc/passwd",
        ):
            answer = client.get(ADDRESS + path)
            assert answer.status_code in (404, 422)
            assert "secret" not in answer.text
        for task in ("..%2f..%2flibrary.sqlite3", "..", "%2e%2e", "*"):
            assert client.delete(f"/api/uploads/{task}", headers=ORIGIN).status_code in (
                400,
                404,
                405,
            )
        send(client, "../../../evil.wav", wav(1.0, tmp_path))
        settled(client)
    outside = {path.name for path in tmp_path.iterdir()}
    assert outside == {"library", "secret.txt", "1.0.wav"}


def test_uploads_have_a_largest_size(tmp_path) -> None:
    folder = tmp_path / "library"
    with page(folder, largest_bytes=100_000) as client:
        assert send(client, "x.wav", b"x" * 100_001).status_code == 413
        stated = ORIGIN | {"content-length": str(10**18)}
        assert client.post("/api/uploads?name=x", content=b"", headers=stated).status_code == 413
        body = b"x" * 2_000_000
        answer = client.patch("/api/recordings/1", content=body, headers=ORIGIN)
        assert answer.status_code == 413
        assert listed(client)["uploads"] == []
    assert not list((folder / "tasks").glob("[!.]*"))


@contextmanager
def sender(address, *headers):
    """A connection over which an upload has begun."""
    parts = urlsplit(address)
    lines = (
        *("POST /api/uploads?name=x.wav HTTP/1.1", f"Host: {parts.netloc}"),
        *(f"Origin: http://{parts.netloc}", f"Cookie: firsthand_{parts.port}={TOKEN}"),
        *(*headers, "", ""),
    )
    with socket.create_connection((parts.hostname, parts.port), timeout=20) as connection:
        connection.sendall("\r\n".join(lines).encode())
        yield connection


def test_an_upload_that_never_ends_is_ended(tmp_path) -> None:
    folder = tmp_path / "library"
    start = partial(InThread, folder)
    local = recorder_app(folder, start=start, token=TOKEN, largest_bytes=1_000_000)
    with running(local) as address, sender(address, "Transfer-Encoding: chunked") as connection:
        chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
        with suppress(ConnectionError):
            for _ in range(1_000):
                connection.sendall(chunk)
                if select.select([connection], [], [], 0)[0]:
                    break
        assert connection.recv(10_000).startswith(b"HTTP/1.1 413")
    assert not list((folder / "tasks").glob("[!.]*"))


def test_a_file_larger_than_the_disk_is_refused_before_it_comes(tmp_path) -> None:
    with page(tmp_path, largest_bytes=10**18) as client:
        stated = ORIGIN | {"content-length": str(10**17)}
        answer = client.post("/api/uploads?name=x", content=b"x", headers=stated)
        assert answer.status_code == 507
        assert "no room" in answer.json()["detail"]


def test_who_sends_nothing_is_not_waited_for(tmp_path) -> None:
    folder = tmp_path / "library"
    start = partial(InThread, folder)
    local = recorder_app(folder, start=start, token=TOKEN, silent_s=0.2)
    with running(local) as address:
        with sender(address, "Content-Length: 1000") as connection:
            connection.sendall(b"RIFF")
            assert connection.recv(10_000).startswith(b"HTTP/1.1 408")
        with sender(address, "Content-Length: 1000") as connection:
            connection.sendall(b"RIFF")  # and gone
        until = time.monotonic() + 20
        while list((folder / "tasks").glob("[!.]*")):
            assert time.monotonic() < until


def test_scripts_in_names_and_words_are_text(tmp_path) -> None:
    evil = "<img src=x onerror=alert(1)>"
    with page(tmp_path / "library") as client:
        answer = send(client, f"{evil}.srt", f"1\n00:00:00,000 --> 00:00:01,000\n{evil}\n".encode())
        number = answer.json()["number"]
        whole = client.get(f"/api/recordings/{number}")
        assert whole.headers["content-type"] == "application/json"
        assert whole.headers["x-content-type-options"] == "nosniff"
        assert whole.json()["title"] == evil
        for form in ("txt", "srt", "vtt", "json"):
            answer = client.get(f"/api/recordings/{number}/export?form={form}")
            assert answer.headers["content-disposition"].startswith("attachment")
            assert not answer.headers["content-type"].startswith("text/html")


def test_a_live_message_is_not_endless(tmp_path) -> None:
    with page(tmp_path) as client, live(client) as page_socket:
        begin(page_socket)
        page_socket.send_text('{"end": ' + " " * 70_000 + "1}")
        assert "above the limit" in page_socket.receive_json()["error"]
