"""The annotation page's server: what it gives, keeps and refuses."""

import json
import os
from threading import Thread

import cv2
import httpx2
import numpy as np
import pytest
from checkered import COUNT, HEIGHT, LOST, THING, WIDTH, checkered
from fastapi import HTTPException
from starlette.websockets import WebSocketDisconnect
from visiting import JSON, ORIGIN, SOCKETS, TOKEN, visitor

from firsthand.errors import InputError, MediaError
from firsthand.geometry import Box
from firsthand.objects.annotation import annotation_app
from firsthand.objects.annotation.history import MOST_STEPS, History, change, redo, undo
from firsthand.objects.annotation.keeper import LOCK, Keeper
from firsthand.objects.annotations import (
    FILE,
    Annotation,
    plain,
    read_annotations,
    write_annotations,
)
from firsthand.objects.frame_labels import label_lines
from firsthand.objects.session import FILE as SESSION_FILE
from firsthand.objects.session import read_session

EVIL = "<img src=x onerror=alert(1)>"


@pytest.fixture
def client(folder):
    with visitor(annotation_app(folder, token=TOKEN)) as client:
        yield client


def thing(name="thing-1", x=0.0) -> dict:
    return plain([Annotation(name, "thing", Box(np.array([x, 0.2, 0]), np.eye(3), THING.size))])[0]


def kept(client) -> dict:
    return client.get("/api/objects").json()


def put(client, mark, *objects):
    return client.put(
        "/api/objects", content=json.dumps({"mark": mark, "objects": objects}), headers=JSON
    )


def step(client, which, mark):
    return client.post(f"/api/{which}", json={"mark": mark}, headers=ORIGIN)


def test_the_session_is_told(client, folder):
    session = read_session(folder)
    about = client.get("/api/session").json()
    assert (about["name"], about["origin"]) == ("table", "made by a test")
    assert len(about["frames"]) == COUNT
    assert about["frames"][LOST]["pose"] is None
    first = about["frames"][0]
    np.testing.assert_array_equal(np.reshape(first["pose"], (4, 4)), session.frames[0].pose)
    assert (first["focal"], first["middle"]) == ([300, 300], [WIDTH / 2, HEIGHT / 2])
    assert about["planes"][0]["name"] == "floor"
    points = np.frombuffer(client.get("/api/points").content, "<f4").reshape(-1, 3)
    np.testing.assert_allclose(points, session.points, atol=1e-6)
    assert about["points"] == len(points)


def test_a_picture_is_given_as_it_is(client, folder):
    answer = client.get("/api/frames/0/picture")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/jpeg")
    shown = cv2.imdecode(np.frombuffer(answer.content, np.uint8), cv2.IMREAD_COLOR)
    there = cv2.imread(str(folder / "frames" / "0000.png"))
    assert np.abs(shown.astype(int) - there).mean() < 4
    for number in (COUNT, 10**30):
        assert client.get(f"/api/frames/{number}/picture").status_code == 404
    for number in ("-1", "x", "..%2f..%2fsession.json"):
        assert client.get(f"/api/frames/{number}/picture").status_code in (404, 422)


def test_a_large_picture_is_made_smaller(tmp_path):
    checkered(tmp_path, 1)
    document = json.loads((tmp_path / SESSION_FILE).read_text())
    document["frames"][0] |= {"width": 2400, "height": 100}
    (tmp_path / SESSION_FILE).write_text(json.dumps(document))
    assert cv2.imwrite(str(tmp_path / "frames" / "0000.png"), np.zeros((100, 2400, 3), np.uint8))
    with visitor(annotation_app(tmp_path, token=TOKEN)) as client:
        octets = client.get("/api/frames/0/picture").content
        assert cv2.imdecode(np.frombuffer(octets, np.uint8), cv2.IMREAD_COLOR).shape == (
            80,
            1920,
            3,
        )


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda path: path.unlink(), "cannot be read: No such file"),
        (lambda path: path.write_bytes(b""), "empty"),
        (lambda path: path.write_bytes(path.read_bytes()[:900]), "truncated or damaged"),
        (lambda path: path.write_text(f"<svg>{EVIL}</svg>"), "not an image of a known format"),
        (lambda path: cv2.imwrite(str(path), np.zeros((9, 8, 3), np.uint8)), "is 8 x 9 pixels"),
        (lambda path: (path.unlink(), path.mkdir()), "is a directory"),
        (lambda path: (path.unlink(), os.mkfifo(path)), "is a pipe or a device"),
        (lambda path: (path.unlink(), path.symlink_to(path)), "cannot be read"),
    ],
)
def test_a_picture_that_is_none_is_told_in_words(client, folder, spoil, words):
    spoil(folder / "frames" / "0001.png")
    answer = client.get("/api/frames/1/picture")
    assert answer.status_code == 400
    assert words in answer.json()["detail"]
    assert "0001.png" in answer.json()["detail"]
    assert client.get("/api/frames/2/picture").status_code == 200


def test_a_link_out_of_the_folder_is_not_followed_and_one_within_is(client, folder):
    secret = folder.parent / "secret.png"
    assert cv2.imwrite(str(secret), np.zeros((HEIGHT, WIDTH, 3), np.uint8))
    for name, target in (("0001", secret), ("0002", folder / "frames" / "0004.png")):
        path = folder / "frames" / f"{name}.png"
        path.unlink()
        path.symlink_to(target)
    answer = client.get("/api/frames/1/picture")
    assert (answer.status_code, "leads out" in answer.json()["detail"]) == (400, True)
    assert client.get("/api/frames/2/picture").status_code == 200


def test_every_change_is_on_the_disk_and_can_be_undone(client, folder):
    first = kept(client)
    assert (first["objects"], first["undo"], first["redo"]) == ([], 0, 0)
    assert not (folder / FILE).exists()
    one = put(client, first["mark"], thing()).json()
    assert (one["objects"], one["undo"]) == ([thing()], 1)
    assert plain(read_annotations(folder)) == [thing()]
    two = put(client, one["mark"], thing(), thing("thing-2", 0.5)).json()
    back = step(client, "undo", two["mark"]).json()
    assert (back["objects"], back["mark"]) == ([thing()], one["mark"])
    assert (back["undo"], back["redo"]) == (1, 1)
    assert plain(read_annotations(folder)) == [thing()]
    again = step(client, "redo", back["mark"]).json()
    assert again["mark"] == two["mark"]
    assert step(client, "redo", again["mark"]).json() == again
    assert kept(client) == again


def test_undoing_all_leaves_a_file_of_nothing(client, folder):
    one = put(client, kept(client)["mark"], thing()).json()
    back = step(client, "undo", one["mark"]).json()
    assert (back["objects"], back["undo"], back["redo"]) == ([], 0, 1)
    assert read_annotations(folder) == ()
    assert step(client, "redo", back["mark"]).json()["objects"] == [thing()]


def test_who_comes_too_late_is_told_and_loses_nothing(client, folder):
    mark = kept(client)["mark"]
    put(client, mark, thing())
    for late in (put(client, mark, thing("other")), step(client, "undo", mark)):
        assert late.status_code == 409
        assert "changed elsewhere" in late.json()["detail"]
    assert plain(read_annotations(folder)) == [thing()]


def test_of_two_servers_on_a_folder_one_is_told_that_it_comes_too_late(folder):
    told = []

    def late():
        with pytest.raises(HTTPException) as raised:
            other.change(mark, (Annotation("late", "cup", THING),))
        told.append(raised.value.status_code)

    def write(where, objects):
        second.start()
        second.join(timeout=0.2)  # for it to have come between, were it free to
        assert second.is_alive()
        write_annotations(where, objects)

    one, other, second = Keeper(folder, write), Keeper(folder), Thread(target=late)
    mark = one.now().mark
    first = one.change(mark, (Annotation("first", "cup", THING),))
    second.join(timeout=60)
    assert told == [409]
    assert [each.name for each in read_annotations(folder)] == ["first"]
    assert other.now().mark == first.mark


def test_what_cannot_be_locked_is_told(client, folder):
    mark, lock = kept(client)["mark"], folder / LOCK
    for spoil in (lock.mkdir, lambda: lock.symlink_to(folder / "x"), lambda: os.mkfifo(lock)):
        spoil()
        answer = put(client, mark, thing())
        assert (answer.status_code, "is no file to be locked" in answer.text) == (507, True)
        lock.rmdir() if lock.is_dir() else lock.unlink()
    assert not (folder / FILE).exists()
    assert put(client, mark, thing()).status_code == 200


def test_what_another_program_writes_is_not_lost(client, folder):
    one = put(client, kept(client)["mark"], thing()).json()
    by_hand = Annotation("by hand", "cup", THING)
    write_annotations(folder, [by_hand])
    assert put(client, one["mark"], thing(x=1.0)).status_code == 409
    found = kept(client)
    assert (found["objects"], found["undo"]) == (plain([by_hand]), 0)
    (folder / FILE).write_text("{")
    answer = client.get("/api/objects")
    assert (answer.status_code, "no JSON" in answer.json()["detail"]) == (400, True)
    assert put(client, found["mark"], thing()).status_code == 400
    assert (folder / FILE).read_text() == "{"
    (folder / FILE).unlink()
    assert kept(client)["objects"] == []


def test_what_cannot_be_kept_is_told_and_changes_nothing(folder):
    full = []

    def write(where, objects):
        if full:
            raise MediaError(f"{where / FILE}: cannot be written: Read-only file system")
        write_annotations(where, objects)

    with visitor(annotation_app(folder, token=TOKEN, write=write)) as client:
        one = put(client, kept(client)["mark"], thing()).json()
        full.append(True)
        for answer in (
            put(client, one["mark"], thing(), thing("thing-2")),
            step(client, "undo", one["mark"]),
        ):
            assert answer.status_code == 507
            assert "cannot be written: Read-only file system" in answer.json()["detail"]
            assert kept(client) == one
        full.clear()
        assert step(client, "undo", one["mark"]).json()["objects"] == []


def test_a_folder_that_is_away_is_told_and_found_again(client, folder):
    one = put(client, kept(client)["mark"], thing()).json()
    folder.rename(folder.with_name("away"))
    for answer in (client.get("/api/objects"), put(client, one["mark"])):
        assert answer.status_code == 400
        assert "there is no such folder" in answer.json()["detail"]
    folder.with_name("away").rename(folder)
    assert kept(client) == one


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ('{"mark": MARK, "objects": [{"name": "x"}]}', "has no 'category'"),
        ('{"mark": MARK, "objects": [NaN]}', "is no dict"),
        ('{"mark": MARK, "objects": 3}', "list"),
        ('{"mark": NaN, "objects": []}', "mark"),
        ('{"mark": "../../x", "objects": []}', "pattern"),
        ("[" * 90_000, "body"),
        ("", "required"),
    ],
)
def test_what_is_no_change_is_told_without_ado(client, folder, content, words):
    mark = kept(client)["mark"]
    content = content.replace("MARK", json.dumps(mark))
    answer = client.put("/api/objects", content=content, headers=JSON)
    assert answer.status_code in (400, 422)
    assert words in answer.json()["detail"].lower() or words in answer.json()["detail"]
    assert (kept(client)["mark"], (folder / FILE).exists()) == (mark, False)


def test_numbers_that_are_none_are_refused_by_the_server_too(client):
    mark = kept(client)["mark"]
    for text in ("NaN", "Infinity", "1e999", '"nan"'):
        body = json.dumps({"mark": mark, "objects": [thing()]}).replace("0.2", text, 1)
        answer = client.put("/api/objects", content=body, headers=JSON)
        assert (answer.status_code, "NaN or infinity" in answer.text) == (400, True)


def test_bodies_have_a_largest_size(client):
    answer = client.put("/api/objects", content=b" " * 1_000_001, headers=JSON)
    assert answer.status_code == 413


def test_sights_and_labels_are_of_what_is_kept(client, folder):
    kept_now = put(client, kept(client)["mark"], thing(), thing("far", 500.0)).json()
    found = client.get("/api/seen").json()
    assert found["mark"] == kept_now["mark"]
    digits = [found["visibilities"].index(each) for each in ("whole", "no pose")]
    assert found["seen"][0] == "".join(str(digits[place == LOST]) for place in range(COUNT))
    assert not set(found["seen"][1]) & {"0", "1"}
    answer = client.get("/api/labels")
    assert answer.headers["content-disposition"].endswith("''table-labels.jsonl")
    expected = b"".join(label_lines(read_session(folder), read_annotations(folder)))
    assert answer.content == expected


def test_news_of_a_change_reaches_other_pages(client):
    with client.websocket_connect(f"{SOCKETS}/api/news", headers=ORIGIN) as socket:
        changed = put(client, kept(client)["mark"], thing()).json()
        assert json.loads(socket.receive_text()) == {"mark": changed["mark"]}


READS = ("/", "/main.js", "/api/session", "/api/points", "/api/objects", "/api/frames/0/picture")


def test_without_the_token_nothing_is_seen_or_changed(folder):
    with visitor(annotation_app(folder, token=TOKEN), enter=False) as client:
        for path in (*READS, "/api/seen", "/api/labels"):
            assert client.get(path).status_code == 403
            assert client.get(path, params={"token": "x" * 43}).status_code == 403
        assert put(client, "0" * 64, thing()).status_code == 403
        with (
            pytest.raises(WebSocketDisconnect) as refused,
            client.websocket_connect(f"{SOCKETS}/api/news", headers=ORIGIN),
        ):
            pass
        assert refused.value.code == 1008


def test_other_sites_are_kept_out(client, folder):
    body = json.dumps({"mark": kept(client)["mark"], "objects": [thing()]})
    for headers in (
        {},
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"host": "evil.example"} | ORIGIN,
        {"sec-fetch-site": "cross-site"} | ORIGIN,
    ):
        assert client.put("/api/objects", content=body, headers=headers).status_code == 403
        assert client.post("/api/undo", content=body, headers=headers).status_code == 403
    for path in READS[1:]:
        assert client.get(path, headers={"origin": "http://evil.example"}).status_code == 403
    assert not (folder / FILE).exists()


def test_no_path_leads_out_of_the_page(client):
    for path in ("/../session.json", "/%2e%2e/session.json", "/frames/0000.png", "/session.json"):
        answer = client.get(path)
        assert answer.status_code == 404, path


def test_names_from_outside_are_told_as_they_are(tmp_path):
    checkered(tmp_path / EVIL, 1)
    with visitor(annotation_app(tmp_path / EVIL, token=TOKEN)) as client:
        assert client.get("/api/session").json()["name"] == EVIL
        assert EVIL not in client.get("/").text
        assert "<" not in client.get("/api/labels").headers["content-disposition"]


def test_what_is_no_session_is_told_before_anything_is_served(folder):
    with pytest.raises(MediaError):
        annotation_app(folder / "nowhere")
    (folder / FILE).write_text("[]")
    with pytest.raises(InputError, match=r"annotations\.json"):
        annotation_app(folder)


def test_a_session_of_nothing_has_a_page(tmp_path):
    document = {"format": "firsthand-session", "version": 1, "origin": ""}
    (tmp_path / SESSION_FILE).write_text(
        json.dumps(document | {"frames": [], "planes": [], "points": []})
    )
    with visitor(annotation_app(tmp_path, token=TOKEN)) as client:
        assert client.get("/api/session").json()["frames"] == []
        assert client.get("/api/points").content == b""
        put(client, kept(client)["mark"], thing())
        assert client.get("/api/seen").json()["seen"] == [""]
        assert client.get("/api/labels").content == b""


def test_steps_back_and_on_meet_again_and_are_bounded():
    objects = [(Annotation(str(n), "x", THING),) for n in range(MOST_STEPS + 50)]
    history = History()
    for each in objects:
        history = change(history, each)
    assert len(history.before) == MOST_STEPS
    back = history
    for _ in range(MOST_STEPS):
        back = undo(back)
    assert (len(back.before), back.now) == (0, objects[49])
    assert undo(back) is back
    for _ in range(MOST_STEPS):
        back = redo(back)
    assert back == history
    assert redo(history) is history
    assert change(undo(history), objects[0]).undone == ()


def test_the_page_is_served_as_a_client_of_the_network_gets_it(folder):
    from firsthand.web import running

    with running(annotation_app(folder, token=TOKEN)) as address, httpx2.Client() as client:
        assert client.get(address).status_code == 200
        assert "<title>Annotate</title>" in client.get(address.partition("?")[0]).text
