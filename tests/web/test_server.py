import json
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from contextlib import ExitStack
from urllib.parse import urlsplit

import pytest
from visiting import small_app
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from firsthand.errors import ConfigError
from firsthand.web import running, serve
from firsthand.web.server import _listening


def refuse(_address):
    raise AssertionError("nothing may be announced")


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.0.7", "example.org", "", "127.1.2.3"])
def test_only_this_computer_is_served(host):
    with pytest.raises(ConfigError, match=r"served on 127\.0\.0\.1"):
        serve(small_app(), host=host, announce=refuse, browse=refuse)


@pytest.mark.parametrize("port", [-1, 65536, 10**9])
def test_ports_that_do_not_exist(port):
    with pytest.raises(ConfigError, match="a port is 0"):
        serve(small_app(), port=port, announce=refuse, browse=refuse)


def test_a_port_that_is_taken_is_told():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConfigError, match=rf"port {port} on 127\.0\.0\.1 is not to be had"):
            serve(small_app(), port=port, announce=refuse, browse=refuse)


def opened(address):
    """The page behind the address that was announced, as a browser would get it."""
    jar = urllib.request.HTTPCookieProcessor()
    opener = urllib.request.build_opener(jar)
    opener.open(address, timeout=10).close()
    return opener, address.partition("?")[0]


def test_answers_do_not_wait_for_acknowledgements():
    with _listening("127.0.0.1", 0) as listener:
        with socket.create_connection(listener.getsockname()[:2]):
            accepted, _ = listener.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_a_page_is_served_and_ended():
    with running(small_app()) as address:
        opener, page = opened(address)
        with opener.open(page, timeout=10) as answer:
            assert json.load(answer) == {"home": True}
            assert "server" not in answer.headers
        with pytest.raises(urllib.error.HTTPError, match="403") as refused:
            urllib.request.urlopen(page, timeout=10)
        refused.value.close()
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(page, timeout=10)


def test_sockets_are_guarded_on_the_wire_too():
    local = small_app()
    with running(local, max_message_bytes=1000) as address:
        page = address.partition("/?")[0]
        port = page.rpartition(":")[2]
        talk = f"ws://127.0.0.1:{port}/talk"
        cookie = {"Cookie": f"firsthand_{port}={local.access.token}"}
        with connect(talk, origin=page, additional_headers=cookie) as talking:
            talking.send("hello")
            assert talking.recv(timeout=10) == "hello"
        for origin, headers in ((page, {}), (None, cookie), ("http://evil.example", cookie)):
            with (
                pytest.raises(InvalidStatus, match="403"),
                connect(talk, origin=origin, additional_headers=headers),
            ):
                pass
        with connect(talk, origin=page, additional_headers=cookie) as talking:
            talking.send("x" * 1001)
            with pytest.raises(ConnectionClosed):
                talking.recv(timeout=10)
            # 1006 where what was still being sent met a closed socket before the reason was read
            assert talking.close_code in (1009, 1006)


def test_many_at_once_are_all_answered():
    from concurrent.futures import ThreadPoolExecutor

    with running(small_app()) as address:
        opener, page = opened(address)

        def load(_):
            with opener.open(page, timeout=30) as answer:
                return answer.status

        with ThreadPoolExecutor(20) as pool:
            assert list(pool.map(load, range(100))) == [200] * 100


def test_requests_that_never_end_keep_nobody_waiting():
    with running(small_app()) as address, ExitStack() as open_sockets:
        port = urlsplit(address).port
        for begun in (b"", b"GET / HT", b"POST /echo HTTP/1.1\r\nContent-Length: 9\r\n\r\nx") * 20:
            half = open_sockets.enter_context(socket.create_connection(("127.0.0.1", port)))
            half.sendall(begun)
        opener, page = opened(address)
        with opener.open(page, timeout=10) as answer:
            assert answer.status == 200


SERVING = """
from firsthand.web import local_app, serve
serve(local_app("x", []), browse=lambda address: print("opened", address, flush=True),
      announce=lambda address: print("at", address, flush=True))
print("ended")
"""


def test_ctrl_c_ends_it_in_peace():
    import signal

    process = subprocess.Popen(
        [sys.executable, "-c", SERVING], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    with process:
        try:
            at, announced = process.stdout.readline().split()
            opened_, browsed = process.stdout.readline().split()
            assert (at, opened_) == ("at", "opened")
            page, _, token = announced.partition("?token=")
            assert browsed.partition("?token=")[0] == page
            assert browsed.partition("?token=")[2] != token
            with urllib.request.urlopen(browsed, timeout=20) as answer:
                assert answer.status == 200
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=20)
        finally:
            process.kill()
    assert (process.returncode, out, err) == (0, "ended\n", "")
