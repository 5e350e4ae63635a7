import json

import numpy as np
import pytest
from fake_models import FakeScene
from hands_page import page
from talking import closing, file, jpeg, kept_nothing, picture, received_picture, send

from firsthand.errors import DownloadError
from firsthand.hands import Hands
from firsthand.hands.gestures.motion import MotionsState, motion_model, motions_step
from firsthand.hands.naming import NamingState, name_step
from firsthand.hands.records import record
from firsthand.media import VideoWriter, read_video
from firsthand.web.live.file import MAX_FILE_BYTES


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    with kept_nothing(tmp_path / "kept", monkeypatch) as kept:
        yield kept


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    path = tmp_path_factory.mktemp("clips") / "clip.mp4"
    rng = np.random.default_rng(3)
    with VideoWriter(path, fps=25) as writer:
        for _ in range(12):
            writer.write(rng.integers(0, 255, (120, 160, 3), np.uint8))
    return path


def played(socket, after_us=lambda number: 0):
    """All pictures of the file that is started, and what is said at the end."""
    pictures = []
    while True:
        socket.send_json({"next": after_us(len(pictures))})
        message = socket.receive()
        if message.get("bytes") is None:
            return pictures, json.loads(message["text"])
        pictures.append(received_picture(message["bytes"]))


def test_a_clip_is_tracked_frame_by_frame(clip):
    with page() as client, file(client) as socket:
        send(socket, clip.read_bytes(), piece=1000)
        socket.send_json({"start": {}})
        assert socket.receive_json()["started"] == {
            "kind": "clip",
            "size": [160, 120],
            "fps": 25.0,
            "duration_us": 480_000,
        }
        pictures, end = played(socket)
    assert end == {"end": {"damage": None}}
    hands, naming = Hands(FakeScene(palms=[(0.5, 0.5)]).models), NamingState()
    moving, motion = MotionsState(), motion_model()
    expected = []
    for result in hands.track(read_video(clip)):
        naming, names = name_step(naming, result)
        moving, found = motions_step(moving, result, motion)
        expected.append(json.loads(record(result, names, motions=[each.name for each in found])))
    assert [fields["result"] for fields, _ in pictures] == expected
    assert {image.shape for _, image in pictures} == {(120, 160, 3)}


def test_frames_that_come_too_late_are_passed_over_and_told(clip):
    with page() as client, file(client) as socket:
        send(socket, clip.read_bytes())
        socket.send_json({"start": {}})
        socket.receive_json()
        pictures, _ = played(socket, lambda number: number * 120_000)
        times = [fields["result"]["timestamp_us"] for fields, _ in pictures]
        assert times == [0, 120_000, 240_000, 360_000, 440_000]
        assert [fields["skipped"] for fields, _ in pictures] == [0, 2, 2, 2, 0]
        socket.send_json({"start": {}})
        socket.receive_json()
        socket.send_json({"next": 2**53})  # so far ahead that it would decode all at once
        fields, _ = received_picture(socket.receive_bytes())
        assert (fields["result"]["timestamp_us"], fields["skipped"]) == (320_000, 8)


def test_a_file_is_started_again(clip):
    with page() as client, file(client) as socket:
        send(socket, clip.read_bytes())
        plays = []
        for mirrored in (False, False, True):
            socket.send_json({"start": {"mirrored": mirrored}})
            socket.receive_json()
            plays.append([fields["result"] for fields, _ in played(socket)[0]])
    assert plays[0] == plays[1]
    sides = [play[0]["hands"][0]["handedness"] for play in plays]
    assert sides == ["right", "right", "left"]


def test_a_photograph_is_one_picture(tmp_path):
    with page() as client, file(client) as socket:
        send(socket, jpeg(picture(size=(2600, 1300))))
        socket.send_json({"start": {"max_hands": 1}})
        assert socket.receive_json()["started"] == {"kind": "photograph", "size": [2600, 1300]}
        ((fields, image),), end = played(socket)
        assert fields["result"]["size"] == [2600, 1300]
        assert len(fields["result"]["hands"]) == 1
        assert image.shape == (640, 1280, 3)
        assert end == {"end": {"damage": None}}


def test_a_clip_that_is_cut_off_is_told(clip, tmp_path):
    long = tmp_path / "long.mp4"
    rng = np.random.default_rng(4)
    with VideoWriter(long, fps=10) as writer:
        for _ in range(60):
            writer.write(rng.integers(0, 255, (48, 64, 3), np.uint8))
    data = long.read_bytes()
    with page() as client, file(client) as socket:
        send(socket, data[: len(data) // 2])
        socket.send_json({"start": {}})
        socket.receive_json()
        pictures, end = played(socket)
    assert 0 < len(pictures) < 60
    assert "cut off" in end["end"]["damage"]


@pytest.mark.parametrize(
    "data",
    [
        b"no clip at all",
        b"\0" * 10_000,
        b"\xff\xd8\xff\xe0" + b"x" * 100,
        b"GIF89a\1\0\1\0",
        b"RIFF",
    ],
)
def test_a_file_that_cannot_be_shown_is_told_without_its_place(data, folder):
    with page() as client, file(client) as socket:
        send(socket, data)
        socket.send_json({"start": {}})
        said, code, _ = closing(socket)
    assert code == 1008
    assert str(folder) not in said["error"]
    assert "firsthand-" not in said["error"]


def test_models_that_cannot_be_had_are_told(clip):
    scene = FakeScene()

    def load(name):
        if name == "lite":
            raise DownloadError("no source delivered")
        return scene.models

    with page(load) as client, file(client) as socket:
        send(socket, clip.read_bytes())
        socket.send_json({"start": {"model": "lite"}})
        assert socket.receive_json() == {"refused": "no source delivered"}
        socket.send_json({"start": {"model": "full"}})
        assert socket.receive_json()["started"]["kind"] == "clip"


@pytest.mark.parametrize(
    ("size", "why"),
    [
        ("0", "the file is empty"),
        ("-1", "is a whole number in 0.."),
        ("1.5", "is a whole number in 0.."),
        ("NaN", "NaN, which is no JSON"),
        ("true", "is a whole number in 0.."),
        ('"9"', "is a whole number in 0.."),
        ("null", "is a whole number in 0.."),
        (str(MAX_FILE_BYTES + 1), f"is a whole number in 0..{MAX_FILE_BYTES}"),
        ("9" * 500, "is a whole number in 0.."),
    ],
)
def test_a_size_that_is_none_ends_it(size, why):
    with page() as client, file(client) as socket:
        socket.send_text(f'{{"file":{size}}}')
        assert why in closing(socket)[0]["error"]


@pytest.mark.parametrize("piece", [b"x" * 11, b"", '{"start":{}}', "x"])
def test_anything_but_the_bytes_that_are_due_ends_it(piece):
    with page() as client, file(client) as socket:
        socket.send_json({"file": 10})
        assert socket.receive_json() == {"got": 0}
        (socket.send_text if isinstance(piece, str) else socket.send_bytes)(piece)
        assert closing(socket)[1] == 1008


@pytest.mark.parametrize(
    "message", ['{"next":0}', '{"start":{},"next":0}', '{"file":5}', "[]", b"x"]
)
def test_after_the_file_comes_its_start(message, clip):
    with page() as client, file(client) as socket:
        send(socket, clip.read_bytes())
        (socket.send_text if isinstance(message, str) else socket.send_bytes)(message)
        assert closing(socket)[1] == 1008


@pytest.mark.parametrize("time", ["-1", "NaN", "1e9", '"0"', "null", str(2**53 + 1), "[]"])
def test_a_time_that_is_none_ends_it(time, clip):
    with page() as client, file(client) as socket:
        send(socket, clip.read_bytes())
        socket.send_json({"start": {}})
        socket.receive_json()
        socket.send_text(f'{{"next":{time}}}')
        assert closing(socket)[1] == 1008


def test_bytes_before_their_size_end_it():
    with page() as client, file(client) as socket:
        socket.send_bytes(b"x")
        assert "the size of the file comes before" in closing(socket)[0]["error"]


def test_a_page_that_leaves_half_way_leaves_nothing(folder):
    with page(most_connections=1) as client:
        with file(client) as socket:
            socket.send_json({"file": 1000})
            socket.receive_json()
            socket.send_bytes(b"x" * 500)
            assert socket.receive_json() == {"got": 500}
            assert len(list(folder.iterdir())) == 1
        with file(client) as socket:  # and its place is free
            socket.send_json({"file": 10})
            assert socket.receive_json() == {"got": 0}


def test_a_disk_that_is_full_is_told(monkeypatch):
    import errno
    import io
    from pathlib import Path

    class Full(io.BytesIO):
        def write(self, _):
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "open", lambda *_, **__: Full())
    with page() as client, file(client) as socket:
        socket.send_json({"file": 10})
        socket.receive_json()
        socket.send_bytes(b"x" * 10)
        assert "cannot be kept here: No space left" in closing(socket)[0]["error"]
