"""A live page's side of the conversation."""

import json
import struct
import tempfile
from contextlib import contextmanager

import cv2
import numpy as np
from visiting import ORIGIN, SOCKETS


def jpeg(image):
    return cv2.imencode(".jpg", image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 95])[1].tobytes()


def picture(level=90, size=(160, 120)):
    return np.full((size[1], size[0], 3), level, np.uint8)


def frame(number, timestamp_us, image=None, encoded=None):
    """A camera's picture as the page sends it."""
    data = jpeg(picture() if image is None else image) if encoded is None else encoded
    return struct.pack(">IQ", number, timestamp_us) + data


def camera(client):
    return client.websocket_connect(f"{SOCKETS}/camera", headers=ORIGIN)


def file(client):
    return client.websocket_connect(f"{SOCKETS}/file", headers=ORIGIN)


def send(socket, data, piece=100_000):
    """Send a whole file, a piece whenever the one before has arrived."""
    socket.send_json({"file": len(data)})
    for start in range(0, len(data), piece):
        assert socket.receive_json() == {"got": start}
        socket.send_bytes(data[start : start + piece])
    assert socket.receive_json() == {"got": len(data)}


def received_picture(data):
    """The fields and the image of a message with a picture."""
    (length,) = struct.unpack_from(">I", data)
    image = cv2.imdecode(np.frombuffer(data[4 + length :], np.uint8), cv2.IMREAD_COLOR)
    return json.loads(data[4 : 4 + length]), image


def closing(socket):
    """How the server ends a conversation: what it says, the code and the reason."""
    said = socket.receive_json()
    assert set(said) == {"error"}  # before waiting for an end that might not come
    message = socket.receive()
    assert message["type"] == "websocket.close"
    return said, message["code"], message["reason"]


@contextmanager
def kept_nothing(folder, monkeypatch):
    """Give the folder where the server keeps what it is given: empty when the block ends."""
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield folder
    assert list(folder.iterdir()) == []
