"""Over real sockets: floods, silence, and the server's end."""

import json
import socket
import tempfile
import threading
from contextlib import ExitStack, suppress
from urllib.parse import urlsplit

import pytest
from fake_models import FakeScene
from hands_page import NAMES
from talking import frame, jpeg, picture
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from firsthand.hands.live import live_app
from firsthand.web import running

WAIT_S = 30


@pytest.fixture
def local():
    scene = FakeScene(palms=[(0.5, 0.5)])
    return live_app(lambda name: scene.models, NAMES)


def opened(local, address, path):
    port = urlsplit(address).port
    return connect(
        f"ws://127.0.0.1:{port}{path}",
        origin=f"http://127.0.0.1:{port}",
        additional_headers={"Cookie": f"firsthand_{port}={local.access.token}"},
        compression=None,
    )


def test_a_flood_is_answered_in_order_while_others_get_their_turn(local):
    with running(local) as address, opened(local, address, "/camera") as flood:
        sent = 150

        def pour():
            for number in range(sent):
                flood.send(frame(number, number))

        pouring = threading.Thread(target=pour)
        pouring.start()
        with opened(local, address, "/camera") as other:
            other.send(frame(7, 1))
            assert json.loads(other.recv(timeout=WAIT_S))["frame"] == 7
        numbers = [json.loads(flood.recv(timeout=WAIT_S))["frame"] for _ in range(sent)]
        pouring.join(WAIT_S)
        assert numbers == list(range(sent))


def test_a_message_above_the_limit_ends_only_its_own_connection(local):
    with running(local) as address, opened(local, address, "/camera") as good:
        with opened(local, address, "/camera") as bad:
            with suppress(ConnectionClosed):  # it may come before all is sent
                bad.send(b"x" * 4_000_001)
            with pytest.raises(ConnectionClosed):
                bad.recv(timeout=WAIT_S)
            # 1006 where what was still being sent met a closed socket before the reason was read
            assert bad.close_code in (1009, 1006)
        good.send(frame(0, 1))
        assert json.loads(good.recv(timeout=WAIT_S))["frame"] == 0


def test_connections_that_break_give_their_places_back(local):
    with running(local) as address:
        for _ in range(12):  # three times as many as there are places
            with opened(local, address, "/camera") as broken:
                broken.send(frame(0, 1))
                broken.recv(timeout=WAIT_S)
                broken.socket.shutdown(socket.SHUT_RDWR)  # without a word
        with opened(local, address, "/camera") as last:
            last.send(frame(0, 1))
            assert json.loads(last.recv(timeout=WAIT_S))["frame"] == 0


def test_the_server_ends_in_the_midst_of_files_and_leaves_nothing(local, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    photograph = jpeg(picture())
    with ExitStack() as pages:
        with running(local) as address:
            whole = pages.enter_context(opened(local, address, "/file"))
            whole.send(json.dumps({"file": len(photograph)}))
            whole.recv(timeout=WAIT_S)
            whole.send(photograph)
            whole.recv(timeout=WAIT_S)
            whole.send('{"start":{}}')
            assert json.loads(whole.recv(timeout=WAIT_S))["started"]["kind"] == "photograph"
            half = pages.enter_context(opened(local, address, "/file"))
            half.send('{"file":1000}')
            half.recv(timeout=WAIT_S)
            assert len(list(tmp_path.iterdir())) == 2
        for connection in (whole, half):
            with pytest.raises(ConnectionClosed):
                connection.recv(timeout=WAIT_S)
            assert connection.close_code == 1012
    assert list(tmp_path.iterdir()) == []
