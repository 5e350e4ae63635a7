"""What the live page of objects is told, and what it does with what no page sends."""

import json
import re
import struct
import threading

import numpy as np
import pytest
from fastapi.testclient import TestClient
from marked_things import STEP_US, MarkedNetwork, MarkedScene, box_at, clip, picture
from objects_page import marked, marked_app, page
from starlette.websockets import WebSocketDisconnect
from talking import camera, closing, file, frame, jpeg, kept_nothing, received_picture, send
from visiting import ADDRESS, ORIGIN, SOCKETS, visitor

from firsthand.core.clock import ManualClock
from firsthand.errors import ConfigError, DownloadError
from firsthand.geometry import Camera
from firsthand.media import VideoWriter, read_image, read_video
from firsthand.objects import Objects, TrackerOptions
from firsthand.objects.live import LiveOptions, live_app
from firsthand.objects.live.options import LIMITS
from firsthand.objects.records import record
from firsthand.web.live.worker import Worker


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    with kept_nothing(tmp_path / "kept", monkeypatch) as kept:
        yield kept


@pytest.fixture(scope="module")
def video(tmp_path_factory):
    path = tmp_path_factory.mktemp("clips") / "cups.mp4"
    with VideoWriter(path, crf=8) as writer:
        for each in clip([[(130.0 + 2 * i, 110.0)] for i in range(8)], hidden=(4, 5)):
            writer.write(each.image, each.timestamp_us)
    return path


def shown(socket):
    """The picture that comes next; None, and what is said, at the end."""
    socket.send_json({"next": 0})
    message = socket.receive()
    if message.get("bytes") is None:
        return None, json.loads(message["text"])
    return received_picture(message["bytes"])


def test_the_page_is_told_what_there_is():
    with page() as client:
        about = client.get("/about").json()
        assert about["models"] == ["camera", "chair", "cup", "shoe"]
        chosen = {"max_objects": 5, "threshold": 0.5, "focal_px": None, "longest_m": None}
        assert {name: about[name] for name in chosen} == chosen
        assert about["category"] == "cup"
        assert len(about["edges"]) == 12
        html = client.get("/").text
        assert "<title>Objects, live</title>" in html
        assert 'data-option="longest_m"' in html
        for name in ("page.js", "view.js", "icon.svg", "live/live.js", "live/view.js"):
            assert client.get(f"/{name}").status_code == 200
        assert client.get("/templates/settings.html").status_code == 404
        longest = re.search(r"const LONGEST_PX = (\d+)", client.get("/live/camera.js").text)
        assert f"a camera&#39;s is sent {longest[1]} px long" in html.replace("'", "&#39;")


def test_the_pages_fields_have_the_bounds_of_the_options():
    with page() as client:
        html = client.get("/").text
    for name, (least, most) in LIMITS.items():
        (field,) = re.findall(rf'<input [^>]*data-option="{name}"[^>]*>', html)
        bounds = [float(re.search(rf'{end}="([^"]*)"', field)[1]) for end in ("min", "max")]
        assert bounds == [least, most]
        for value in (least, most):
            assert getattr(LiveOptions(**{name: value}).tracker, name) == value
        for value in (least / 2, most * 1.01):
            with pytest.raises(ConfigError, match=f"{name} is .* on a live page, not"):
                _ = LiveOptions(**{name: value}).tracker


def test_models_are_had_in_the_thread_that_uses_them(video, monkeypatch):
    asked, had = set(), Worker.models

    def models(worker, name):
        asked.add(threading.current_thread().name)
        return had(worker, name)

    monkeypatch.setattr(Worker, "models", models)
    with page() as client, file(client) as socket:
        send(socket, video.read_bytes())
        socket.send_json({"start": {}})
        assert socket.receive_json()["started"]["kind"] == "clip"
    assert asked == {"live_0"}


def test_ones_own_networks_can_be_chosen_beside_the_categories():
    frames = clip([[(130.0 + 2 * i, 110.0)] for i in range(8)])
    network = MarkedNetwork()
    app = marked_app(own={"cup (own)": network.models}, category="cup (own)", clock=ManualClock())
    with visitor(app) as client:
        about = client.get("/about").json()
        assert about["models"] == ["camera", "chair", "cup", "shoe", "cup (own)"]
        assert about["category"] == "cup (own)"
        for start in ({}, {"category": "cup (own)"}, {"category": "cup"}):
            network.runs = 0
            with camera(client) as socket:
                socket.send_json({"start": start})
                assert "started" in socket.receive_json()
                answers = []
                for number, each in enumerate(frames):
                    socket.send_bytes(frame(number, each.timestamp_us, each.image))
                    answers.append(socket.receive_json()["result"])
            assert [len(each["objects"]) for each in answers] == [1] * 8
            expected = 0 if start == {"category": "cup"} else 3  # at 0, 100 and 200 ms
            assert network.runs == expected


def test_a_camera_is_tracked_as_a_video_is():
    frames = clip([[(130.0 + 2 * i, 110.0)] for i in range(10)], hidden=(5, 6))
    with page() as client, camera(client) as socket:
        answers = []
        for number, each in enumerate(frames):
            socket.send_bytes(frame(number, each.timestamp_us, each.image))
            answers.append(socket.receive_json())
    decoded = [read_image(jpeg(each.image)) for each in frames]
    for number, result in enumerate(
        Objects(MarkedScene().models).track(decoded, fps=1e6 / STEP_US)
    ):
        answer = answers[number]["result"]
        expected = json.loads(record(result))
        assert answer["objects"] == expected["objects"]
    assert [each["result"]["objects"][0]["seen"] for each in answers] == [
        number not in (5, 6) for number in range(10)
    ]


def test_a_clip_and_a_photograph_are_what_the_toolkit_finds_in_them(video):
    scene = MarkedScene().models
    with page() as client, file(client) as socket:
        send(socket, video.read_bytes())
        socket.send_json({"start": {"longest_m": 0.1}})
        assert socket.receive_json()["started"]["kind"] == "clip"
        for result in Objects(scene, TrackerOptions(longest_m=0.1)).track(read_video(video)):
            fields, image = shown(socket)
            assert fields["result"] == json.loads(record(result))
            assert image.shape == (240, 320, 3)
        assert shown(socket) == (None, {"end": {"damage": None}})
    still = jpeg(picture([box_at(160, 120)]))
    with page() as client, file(client) as socket:
        send(socket, still)
        socket.send_json({"start": {"focal_px": 400}})
        assert socket.receive_json()["started"] == {"kind": "photograph", "size": [320, 240]}
        fields, _ = shown(socket)
        found = Objects(scene).detect(read_image(still), camera=Camera(400, 400, 160, 120))
        assert fields["result"] == json.loads(record(found))
        assert fields["result"]["focal_px"] == [400, 400]
        assert shown(socket) == (None, {"end": {"damage": None}})


def test_another_category_is_asked_for_once_and_begins_anew():
    asked = []

    def load(name):
        asked.append(name)
        return marked(name)

    image = picture([box_at(160, 120)])
    with page(load) as client, camera(client) as socket:
        found = []
        for number, name in enumerate(("shoe", "chair", "sneakers")):
            socket.send_json({"start": {"category": name, "max_objects": 1}})
            started = socket.receive_json()["started"]
            socket.send_bytes(frame(number, 5, image))
            found.append((started["category"], socket.receive_json()["result"]["objects"][0]))
    assert asked == ["shoe", "chair"]
    assert [name for name, _ in found] == ["shoe", "chair", "shoe"]
    assert [each["category"] for _, each in found] == ["shoe", "chair", "shoe"]
    assert [each["track"] for _, each in found] == [0, 0, 0]


def test_models_that_are_not_there_are_told_in_words(video):
    why = "mediapipe-objectron-chair: no source delivered it, " + "and another one neither; " * 9

    def load(name):
        if name == "chair":
            raise DownloadError(why)
        return marked(name)

    image = picture([box_at(160, 120)])
    with page(load) as client, camera(client) as socket:
        socket.send_json({"start": {"category": "chair"}})
        assert socket.receive_json() == {"refused": why}
        socket.send_bytes(frame(0, 1, image))
        assert len(socket.receive_json()["result"]["objects"]) == 1
    with page(load, category="chair") as client, camera(client) as socket:
        socket.send_bytes(frame(0, 1, image))
        said, code, reason = closing(socket)
        assert (said, code) == ({"error": why}, 1008)
        assert why.startswith(reason)
    with page(load, category="chair") as client, file(client) as socket:
        send(socket, video.read_bytes())
        socket.send_json({"start": {}})
        assert socket.receive_json() == {"refused": why}
        socket.send_json({"start": {"category": "cup"}})
        assert socket.receive_json()["started"]["kind"] == "clip"


@pytest.mark.parametrize("focal_px", [1, 20])
def test_a_focal_length_that_does_not_go_with_the_picture_is_told_and_can_be_put_right(focal_px):
    image = picture([box_at(160, 120)])
    with page() as client, camera(client) as socket:
        socket.send_json({"start": {"focal_px": focal_px}})
        assert socket.receive_json()["started"]["focal_px"] == focal_px
        socket.send_bytes(frame(3, 1, image))
        told = socket.receive_json()
        assert told["frame"] == 3
        assert "is below 48, which sees a picture of 320 x 240" in told["error"]
        socket.send_json({"start": {"focal_px": 300}})
        socket.receive_json()
        socket.send_bytes(frame(4, 1, image))
        assert len(socket.receive_json()["result"]["objects"]) == 1
    with page() as client, file(client) as socket:
        send(socket, jpeg(image))
        socket.send_json({"start": {"focal_px": focal_px}})
        assert socket.receive_json()["started"]["kind"] == "photograph"
        assert "is below 48" in shown(socket)[1]["error"]
        socket.send_json({"start": {"focal_px": None}})
        socket.receive_json()
        assert len(shown(socket)[0]["result"]["objects"]) == 1


@pytest.mark.parametrize(
    "options",
    [
        {"focal_px": 1e6},
        {"focal_px": 48},
        {"longest_m": 1e-6},
        {"longest_m": 999_999},
        {"focal_px": 1e6, "longest_m": 999_999},
        {"threshold": 1e-300},
        {"threshold": 0.999999},
        {"max_objects": 64},
    ],
)
def test_the_strangest_numbers_that_are_allowed_give_an_answer(options):
    image = picture([box_at(160, 120)])
    with page() as client, camera(client) as socket:
        socket.send_json({"start": options})
        assert socket.receive_json()["started"]["category"] == "cup"
        for number in range(2):
            socket.send_bytes(frame(number, number, image))
            answer = socket.receive_json()
            assert answer["frame"] == number
            assert ("result" in answer) != ("error" in answer)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("no JSON", "no JSON"),
        ("[" * 60_000, "no JSON"),
        ('{"start":{"longest_m":NaN}}', "NaN"),
        ('{"start":{"focal_px":-Infinity}}', "Infinity"),
        ('{"start":{"focal_px":1e999}}', "focal_px is a number or null"),
        ('{"start":{"focal_px":0}}', "focal_px is 1..1000000 on a live page, not 0.0"),
        ('{"start":{"focal_px":-3}}', "focal_px is 1..1000000"),
        ('{"start":{"focal_px":1.7e308}}', "focal_px is 1..1000000"),
        ('{"start":{"longest_m":0}}', "longest_m is 1e-06..999999 on a live page"),
        ('{"start":{"longest_m":5e-324}}', "longest_m is 1e-06..999999"),
        ('{"start":{"longest_m":1e6}}', "longest_m is 1e-06..999999"),
        ('{"start":{"longest_m":"1"}}', "longest_m is a number or null"),
        ('{"start":{"threshold":0}}', "threshold lies between 0 and 1"),
        ('{"start":{"threshold":null}}', "threshold is a number"),
        ('{"start":{"max_objects":0}}', "max_objects is 1..64"),
        ('{"start":{"max_objects":2.0}}', "max_objects is a whole number"),
        ('{"start":{"category":"elephant"}}', "not 'elephant'"),
        ('{"start":{"category":"../cup"}}', "not '../cup'"),
        ('{"start":{"category":["cup"]}}', "category is text"),
        ('{"start":{"model":"cup"}}', "no option 'model'"),
        ('{"start":{},"start":{}}', "the same name twice"),
        ('{"start":{},"stop":{}}', "has one of start in it"),
    ],
)
def test_words_that_are_not_understood_end_it(text, why):
    with page() as client, camera(client) as socket:
        socket.send_text(text)
        said, code, _ = closing(socket)
    assert code == 1008
    assert why in said["error"]
    assert len(said["error"]) < 250


def bomb(width, height):
    """A small JPEG whose header claims another size."""
    data = bytearray(jpeg(picture([])))
    at = data.index(b"\xff\xc0")
    data[at + 5 : at + 9] = struct.pack(">HH", height, width)
    return bytes(data)


@pytest.mark.parametrize(
    "encoded",
    [bomb(65_535, 65_535), bomb(1921, 1200), jpeg(picture([]))[:200], b"\xff\xd8\xff", b"{}"],
)
def test_a_picture_that_is_none_is_told_and_the_next_is_welcome(encoded):
    with page() as client, camera(client) as socket:
        socket.send_bytes(frame(7, 1, encoded=encoded))
        told = socket.receive_json()
        assert (told["frame"], list(told)) == (7, ["frame", "error"])
        socket.send_bytes(frame(8, 1, picture([box_at(160, 120)])))
        assert len(socket.receive_json()["result"]["objects"]) == 1


def test_a_picture_half_of_which_is_missing_is_looked_at_or_refused_and_harms_nothing():
    whole = jpeg(picture([box_at(160, 120)]))
    with page() as client, camera(client) as socket:
        for number, part in enumerate(range(600, len(whole), 997)):
            socket.send_bytes(frame(number, number, encoded=whole[:part]))
            assert socket.receive_json()["frame"] == number
        socket.send_bytes(frame(99, 99_999, encoded=whole))
        assert len(socket.receive_json()["result"]["objects"]) == 1


@pytest.mark.parametrize(
    "data",
    [b"just words, a text file\n" * 40, bomb(65_535, 65_535), b"\xff\xd8\xff\xe0" + bytes(90)],
)
def test_a_file_that_cannot_be_shown_is_told_without_its_place(data, folder):
    with page() as client, file(client) as socket:
        send(socket, data)
        socket.send_json({"start": {}})
        said, code, _ = closing(socket)
    assert code == 1008
    assert str(folder) not in said["error"]


def test_two_starts_are_one_after_the_other(video):
    with page() as client, file(client) as socket:
        send(socket, video.read_bytes())
        for _ in range(2):
            socket.send_json({"start": {}})
        assert [socket.receive_json()["started"]["kind"] for _ in range(2)] == ["clip", "clip"]
        assert shown(socket)[0]["result"]["timestamp_us"] == 0
        socket.send_json({"file": 5})
        assert "has one of start, next in it" in closing(socket)[0]["error"]


def test_a_socket_that_is_closed_in_the_midst_of_a_file_leaves_nothing(video, folder):
    with page(most_connections=1) as client:
        with file(client) as socket:
            socket.send_json({"file": 1000})
            socket.receive_json()
            socket.send_bytes(video.read_bytes()[:500])
            assert socket.receive_json() == {"got": 500}
            assert len(list(folder.iterdir())) == 1
        with file(client) as socket:  # and its place is free
            socket.send_json({"file": 10})
            assert socket.receive_json() == {"got": 0}


@pytest.mark.parametrize("token", ["", "u" * 43, "../" * 20])
def test_who_has_another_token_is_told_nothing(token):
    with TestClient(marked_app().asgi, base_url=ADDRESS) as client:
        assert client.get("/", params={"token": token}).status_code in (401, 403)
        assert client.get("/about").status_code in (401, 403)
        with (
            pytest.raises(WebSocketDisconnect),
            client.websocket_connect(f"{SOCKETS}/file", headers=ORIGIN),
        ):
            pass


def test_a_page_begins_with_what_there_is():
    def never(name):
        raise AssertionError("no model is loaded before it is needed")

    assert live_app(load=never).title == "Objects"
    assert live_app(LiveOptions("sneakers"), load=never).title == "Objects"
    with pytest.raises(ConfigError, match=r"there are objects .*, not 'elephant'"):
        live_app(LiveOptions("elephant"), load=never)
    with pytest.raises(ConfigError, match=r"max_objects is 1\.\.64, not 65"):
        live_app(LiveOptions(max_objects=65), load=never)
    with pytest.raises(ConfigError, match=r"focal_px is 1\.\.1000000 on a live page, not nan"):
        live_app(LiveOptions(focal_px=float(np.nan)), load=never)
