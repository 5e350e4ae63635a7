"""The leaderboard's page over HTTP: what it takes, what it tells, and who is kept out."""

import json

import pytest
from board_models import classifier
from board_page import (
    NoJudge,
    card_of,
    images_in,
    listed,
    news,
    page,
    send,
    standing,
    submitted,
)
from starlette.websockets import WebSocketDisconnect
from visiting import ADDRESS, ORIGIN, SOCKETS, TOKEN, visitor

from firsthand.challenge.leaderboard import Board
from firsthand.challenge.web import leaderboard_app
from firsthand.errors import ConfigError, InputError

EVIL = "<img src=x onerror=alert(1)>"


@pytest.fixture
def images(tmp_path):
    return images_in(tmp_path / "images")


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "board"


def test_a_model_is_taken_with_its_card(folder, images):
    data = classifier()
    card = card_of(data, description="by its card")
    with page(folder, images) as client:
        answer = send(client, "anything.tflite", data, card.to_json())
        assert (answer.status_code, answer.json()["new"]) == (201, True)
        (entry,) = listed(client)["entries"]
        assert (entry["name"], entry["description"]) == ("tiny", "by its card")
        assert (entry["state"], entry["standing"]) == ("waiting", None)
        again = send(client, "x.tflite", data)
        assert (again.status_code, again.json()["new"]) == (200, False)
        assert again.json()["sha256"] == answer.json()["sha256"] == card.sha256
        assert len(listed(client)["entries"]) == 1
    assert (folder / "models" / f"{card.sha256}.tflite").read_bytes() == data
    assert list((folder / "incoming").iterdir()) == []


def test_a_model_without_a_card_has_the_name_of_its_file(folder, images):
    with page(folder, images) as client:
        assert send(client, "My Model (v2).TFLITE", classifier()).status_code == 201
        (entry,) = listed(client)["entries"]
        assert (entry["name"], entry["licence"]) == ("my-model-v2", "unknown")


@pytest.mark.parametrize(
    ("name", "data", "card", "words"),
    [
        ("x.exe", b"x", b"", "a model file ends in .tflite or .onnx"),
        ("x", b"x", b"", "a model file ends in .tflite or .onnx"),
        ("x.tflite", b"", b"", "x.tflite: is empty"),
        ("x.tflite", b"x", b"{", "not valid JSON"),
        ("x.tflite", b"x", b"[]", "expected a JSON object"),
        ("x.tflite", b"x", card_of(b"y").to_json(), "SHA-256 is"),
        ("x.tflite", b"xx", card_of(b"x").to_json(), "2 bytes, but the card of tiny promises 1"),
        ("x.onnx", b"x", card_of(b"x").to_json(), "describes a .tflite file, not x.onnx"),
        (
            "x.tflite",
            b"x",
            card_of(b"x").to_json().replace(b'"tiny"', b'"../../evil"'),
            "model name",
        ),
    ],
)
def test_what_is_no_submission_is_refused_with_a_sentence(folder, images, name, data, card, words):
    with page(folder, images) as client:
        answer = send(client, name, data, card)
        assert answer.status_code == 400
        assert words in answer.json()["detail"]
        assert str(folder) not in answer.text
        assert listed(client)["entries"] == []
    assert list((folder / "models").iterdir()) == []
    assert list((folder / "incoming").iterdir()) == []


def test_uploads_have_a_largest_size(folder, images):
    with page(folder, images, largest_bytes=100_000) as client:
        assert send(client, "x.tflite", b"x" * (100_001 + (1 << 20))).status_code == 413
        stated = ORIGIN | {"content-length": str(10**18)}
        answer = client.post("/api/entries?name=x.tflite", content=b"", headers=stated)
        assert answer.status_code == 413
        answer = client.post(f"/api/entries?name=x.tflite&card_bytes={10**9}", headers=ORIGIN)
        assert answer.status_code == 422
        answer = client.post(f"/api/entries?name={'x' * 2_000}.tflite", headers=ORIGIN)
        assert answer.status_code == 422
        assert listed(client)["entries"] == []
    with page(folder, images, largest_bytes=10**18) as client:
        stated = ORIGIN | {"content-length": str(10**17)}
        answer = client.post("/api/entries?name=x.tflite", content=b"x", headers=stated)
        assert answer.status_code == 507
    assert list((folder / "incoming").iterdir()) == []


def test_standings_are_told_and_labels_are_not(folder, images):
    with Board(folder) as board:
        submitted(board, folder.parent / "m", 0, standing(images), name="good")
        submitted(board, folder.parent / "m", 1, standing(), name="elsewhere")
    with page(folder, images) as client:
        found = listed(client)
        good, elsewhere = found["entries"]
        assert good["standing"]["accuracy"][0] == 0.7
        assert good["standing"]["remarks"] == []
        assert "judged by other images" in elsewhere["standing"]["remarks"][0]
        for path in ("/", "/main.js", "/api/board"):
            text = client.get(path).text
            for secret in ("a-red", "b-green", "image_set", str(images)):
                assert secret not in text
        assert set(found) == {
            *("images", "classes", "machine", "limit_ms", "largest_bytes", "entries", "now"),
        }


def test_names_and_words_of_cards_are_text(folder, images):
    data = classifier()
    card = card_of(data, description=EVIL, licence=f"{EVIL}\n" * 400, labels=(EVIL,))
    with page(folder, images) as client:
        send(client, f"{EVIL}.tflite", data, card.to_json())
        answer = client.get("/api/board")
        assert answer.headers["content-type"] == "application/json"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.json()["entries"][0]["description"] == EVIL
        assert len(answer.json()["entries"][0]["licence"]) == 2_000


def test_a_model_can_be_judged_again_and_removed(folder, images):
    with Board(folder) as board:
        key = submitted(board, folder.parent / "m", 0, refused="it gave no answer")
    with page(folder, images) as client:
        assert client.post(f"/api/entries/{key}/judge", headers=ORIGIN).status_code == 204
        assert listed(client)["entries"][0]["state"] == "waiting"
        assert client.delete(f"/api/entries/{key}", headers=ORIGIN).status_code == 204
        assert listed(client)["entries"] == []
        for path in (f"/api/entries/{key}/judge", f"/api/entries/{'0' * 64}/judge"):
            assert client.post(path, headers=ORIGIN).status_code == 404
        assert client.delete(f"/api/entries/{key}", headers=ORIGIN).status_code == 404


def test_whoever_changes_the_board_the_page_is_told(folder, images):
    judge = NoJudge()
    with page(folder, images, start=lambda _: judge) as client, news(client) as socket:
        with Board(folder) as board:  # as `firsthand challenge submit` does
            submitted(board, folder.parent / "m", 0)
        assert socket.receive_json() == {"board": True}
        judge.say(judging="x", stage="answering", share=0.5)
        assert socket.receive_json()["now"]["share"] == 0.5
        assert listed(client)["now"]["stage"] == "answering"


def test_without_the_token_nothing_is_seen(folder, images):
    local = leaderboard_app(folder, images, start=NoJudge, token=TOKEN)
    with visitor(local, enter=False) as client:
        for path in ("/", "/main.js", "/api/board"):
            assert client.get(path).status_code == 403
            assert client.get(path, params={"token": "x" * 43}).status_code == 403
        assert send(client, "x.tflite", classifier()).status_code == 403
        with (
            pytest.raises(WebSocketDisconnect) as refused,
            client.websocket_connect(f"{SOCKETS}/api/news", headers=ORIGIN),
        ):
            pass
        assert refused.value.code == 1008


def test_other_sites_and_other_names_for_this_computer_are_kept_out(folder, images):
    with page(folder, images) as client:
        for headers in (
            {"origin": "http://evil.example"},
            {"origin": "null"},
            {"sec-fetch-site": "cross-site"},
            {"host": "evil.example"},
        ):
            assert client.get("/api/board", headers=headers).status_code == 403
        for headers in ({}, {"origin": "http://evil.example"}, {"host": "evil.example"} | ORIGIN):
            answer = client.post("/api/entries?name=x.tflite", headers=headers)
            assert answer.status_code == 403
            assert client.delete(f"/api/entries/{'0' * 64}", headers=headers).status_code == 403


def test_no_path_leads_out_of_the_page(folder, images):
    (folder.parent / "secret.txt").write_text("secret")
    with page(folder, images) as client:
        for path in (
            "/../secret.txt",
            "/%2e%2e/secret.txt",
            "/..%2fsecret.txt",
            "/board.sqlite3",
            "/models/",
            f"/{folder.parent}/secret.txt",
            "/a-red/0.png",
        ):
            assert client.get(ADDRESS + path).status_code == 404
        for key in ("..%2f..%2fboard.sqlite3", "..", "%2e%2e", "*", "A" * 64):
            answer = client.delete(f"/api/entries/{key}", headers=ORIGIN)
            assert answer.status_code in (404, 405, 422)
        for name in ("../../../evil.tflite", "..\\..\\evil.tflite", "/etc/evil.tflite"):
            assert send(client, name, classifier(seed=len(name))).status_code in (200, 201)
        assert {each["name"] for each in listed(client)["entries"]} == {"evil"}
    outside = {path.name for path in folder.parent.iterdir()}
    assert outside == {"board", "images", "secret.txt"}


def test_a_board_has_one_page(folder, images):
    with page(folder, images), pytest.raises(ConfigError, match="is open in another page"):
        leaderboard_app(folder, images, start=NoJudge)


def test_images_that_are_none_are_told_before_anything_is_served(folder, tmp_path):
    with pytest.raises(InputError, match="is no folder of images"):
        leaderboard_app(folder, tmp_path / "nowhere", start=NoJudge)


def test_what_the_api_tells_is_json_to_the_last(folder, images):
    with Board(folder) as board:
        submitted(board, folder.parent / "m", 0, standing(images))
    with page(folder, images) as client:
        json.loads(client.get("/api/board").text, parse_constant=lambda each: 1 / 0)
