import json
import re
import struct
import threading

import cv2
import numpy as np
import pytest
from fake_models import FakeScene
from hands_page import page
from talking import camera, closing, frame, jpeg, picture

from firsthand.errors import DownloadError, ModelError
from firsthand.hands.gestures.motion import MotionsState, motion_model, motions_step
from firsthand.hands.naming import NamingState, name_step
from firsthand.hands.records import record
from firsthand.hands.tracking import TrackerOptions, TrackerState, step
from firsthand.media.image import read_image


def test_the_page_is_told_what_there_is():
    with page() as client:
        about = client.get("/about").json()
        assert (about["models"], about["model"], about["max_hands"]) == (
            ["full", "lite"],
            "full",
            2,
        )
        assert [0, 1] in about["bones"]
        assert client.get("/").text.startswith("<!doctype html>")
        for name in (
            "live/live.js",
            "live/live.css",
            "live/camera.js",
            "live/file.js",
            "page.js",
            "view.js",
            "said.js",
            "icon.svg",
        ):
            assert client.get(f"/{name}").status_code == 200
        assert "camera=(self)" in client.get("/").headers["permissions-policy"]


def test_live_tracking_is_the_tracking_of_a_video():
    rng = np.random.default_rng(7)
    images = [rng.integers(0, 255, (120, 160, 3), np.uint8) for _ in range(12)]
    with page() as client, camera(client) as socket:
        answers = []
        for number, image in enumerate(images):
            socket.send_bytes(frame(number, 1000 + number * 40_000, image))
            answers.append(socket.receive_json())
    scene, tracker, naming = FakeScene(palms=[(0.5, 0.5)]), TrackerState(), NamingState()
    moving, motion = MotionsState(), motion_model()
    for number, image in enumerate(images):
        decoded = read_image(jpeg(image))
        tracker, result = step(
            tracker, decoded, 1000 + number * 40_000, scene.models, TrackerOptions()
        )
        naming, names = name_step(naming, result)
        moving, found = motions_step(moving, result, motion)
        assert answers[number] == {
            "frame": number,
            "decode_ms": 0,
            "track_ms": 0,
            "result": json.loads(record(result, names, motions=[each.name for each in found])),
        }
    assert len(answers[-1]["result"]["hands"]) == 1


def test_start_begins_anew_with_other_options():
    asked = []

    def load(name):
        asked.append(name)
        return FakeScene(palms=[(0.5, 0.5)], left=0.9).models

    with page(load) as client, camera(client) as socket:
        socket.send_bytes(frame(0, 5_000_000))
        first = socket.receive_json()["result"]["hands"]
        socket.send_json({"start": {"model": "lite", "mirrored": True, "max_hands": 1}})
        assert socket.receive_json() == {
            "started": {"model": "lite", "mirrored": True, "max_hands": 1}
        }
        socket.send_bytes(frame(1, 0))  # an earlier time is no error after a new start
        second = socket.receive_json()["result"]["hands"]
        socket.send_json({"start": {}})
        assert socket.receive_json()["started"]["model"] == "full"
    assert (first[0]["handedness"], second[0]["handedness"]) == ("right", "left")
    assert asked == ["full", "lite"]


def bomb(width, height):
    """A small JPEG whose header claims another size."""
    data = bytearray(jpeg(picture()))
    at = data.index(b"\xff\xc0")
    data[at + 5 : at + 9] = struct.pack(">HH", height, width)
    return bytes(data)


PNG = cv2.imencode(".png", picture())[1].tobytes()


@pytest.mark.parametrize(
    ("encoded", "why"),
    [
        (b"x", "known format"),
        (b"\xff\xd8", "without a frame header"),
        (b"\xff\xd8\xff\xc0\0", "cut off"),
        (b"\xff\xd8" + b"\xff" * 5000, "frame header|cut off|start before"),
        (PNG, "a frame is a JPEG, not PNG"),
        (bomb(65_535, 65_535), "above the limit of 2100000"),
        (bomb(1921, 1200), "above the limit of 2100000"),
        (bomb(0, 100), "size 0 x 100"),
    ],
)
def test_a_picture_that_is_none_is_told_and_the_next_is_welcome(encoded, why):
    with page() as client, camera(client) as socket:
        socket.send_bytes(frame(3, 100, encoded=encoded))
        answer = socket.receive_json()
        assert answer["frame"] == 3
        assert re.search(why, answer["error"])
        socket.send_bytes(frame(4, 100))
        assert len(socket.receive_json()["result"]["hands"]) == 1


def test_a_time_that_does_not_rise_is_told_and_changes_nothing():
    with page() as client, camera(client) as socket:
        for number, time_us in enumerate((100, 100, 99, 101)):
            socket.send_bytes(frame(number, time_us))
        answers = [socket.receive_json() for _ in range(4)]
    assert ["error" in answer for answer in answers] == [False, True, True, False]
    assert "is not after the last" in answers[1]["error"]
    assert answers[3]["result"]["hands"][0]["track"] == 0


@pytest.mark.parametrize("message", [b"", b"123", struct.pack(">IQ", 0, 0)])
def test_bytes_that_are_no_frame_end_it(message):
    with page() as client, camera(client) as socket:
        socket.send_bytes(message)
        said, code, reason = closing(socket)
    assert code == 1008
    assert said["error"].startswith(reason)
    assert "no picture in it" in reason


def test_a_time_beyond_what_a_page_can_tell_ends_it():
    with page() as client, camera(client) as socket:
        socket.send_bytes(frame(0, 2**53 + 1))
        assert "above the limit" in closing(socket)[2]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "no JSON"),
        ("[]", "a JSON object"),
        ('{"start":{"max_hands":NaN}}', "NaN"),
        ('{"start":{"max_hands":1e999}}', "max_hands is a whole number"),
        ('{"start":{"max_hands":true}}', "max_hands is a whole number"),
        ('{"start":{"max_hands":0}}', "max_hands is 1..64"),
        ('{"start":{"max_hands":65}}', "max_hands is 1..64"),
        ('{"start":{"model":"../full"}}', "there are models full, lite"),
        ('{"start":{"mirrored":"no"}}', "mirrored is true or false"),
        ('{"start":{"threads":9}}', "there is no option 'threads'"),
        ('{"start":[]}', "start is an object"),
        ('{"start":{},"next":1}', "has one of start in it"),
        ('{"file":5}', "has one of start in it"),
        ("{}", "has one of start in it"),
    ],
)
def test_words_that_are_not_understood_end_it(text, why):
    with page() as client, camera(client) as socket:
        socket.send_text(text)
        said, code, reason = closing(socket)
    assert code == 1008
    assert why in said["error"]
    assert said["error"].startswith(reason)


def test_long_words_come_back_short():
    with page() as client, camera(client) as socket:
        socket.send_json({"start": {"model": "é" * 60_000}})
        said, _, reason = closing(socket)
    assert len(said["error"]) < 120
    assert len(reason.encode()) <= 123


def test_models_that_cannot_be_had_are_told_and_the_old_ones_stay():
    def load(name):
        if name == "lite":
            raise DownloadError("lite: no source delivered")
        return FakeScene(palms=[(0.5, 0.5)]).models

    with page(load) as client, camera(client) as socket:
        socket.send_json({"start": {"model": "lite"}})
        assert socket.receive_json() == {"refused": "lite: no source delivered"}
        socket.send_bytes(frame(0, 1))
        assert len(socket.receive_json()["result"]["hands"]) == 1


def test_models_that_fail_from_the_start_end_it_with_a_reason():
    def load(name):
        raise ModelError("the weights are gone")

    with page(load) as client, camera(client) as socket:
        socket.send_bytes(frame(0, 1))
        assert closing(socket) == ({"error": "the weights are gone"}, 1008, "the weights are gone")


def test_connections_do_not_disturb_each_other():
    with page() as client, camera(client) as one, camera(client) as other:
        for number in range(4):
            one.send_bytes(frame(number, 1_000_000 + number * 40_000))
        one_answers = [one.receive_json() for _ in range(4)]
        other.send_bytes(frame(0, 7, picture(size=(80, 80))))
        answer = other.receive_json()
        one.send_bytes(frame(4, 2_000_000))
        one_answers.append(one.receive_json())
    assert [a["result"]["hands"][0]["track"] for a in one_answers] == [0] * 5
    assert answer["result"]["size"] == [80, 80]
    assert answer["result"]["hands"][0]["track"] == 0


def test_there_are_so_many_places_and_no_more():
    with page(most_connections=2) as client, camera(client), camera(client) as second:
        with camera(client) as third:
            message = third.receive()
            assert (message["type"], message["code"]) == ("websocket.close", 1013)
            assert "close one" in message["reason"]
        second.send_bytes(frame(0, 1))
        assert "result" in second.receive_json()
        second.close()
        with camera(client) as third:
            third.send_bytes(frame(0, 1))
            assert "result" in third.receive_json()


def test_the_server_answers_others_while_a_model_works():
    begun, go_on = threading.Event(), threading.Event()
    scene = FakeScene(palms=[(0.5, 0.5)])

    def load(name):
        begun.set()
        assert go_on.wait(20)
        return scene.models

    with page(load) as client, camera(client) as socket:
        socket.send_bytes(frame(0, 1))
        assert begun.wait(20)
        assert client.get("/about").status_code == 200
        go_on.set()
        assert "result" in socket.receive_json()
