"""What the recorder's page asks its server, and what comes of it."""

import json
import subprocess
import sys
import threading
import time
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from recorder_page import (
    SAID,
    SESSION,
    InThread,
    bars_of,
    begin,
    ears,
    listed,
    live,
    news,
    noise,
    page,
    send,
    settled,
    sound,
    wav,
)
from visiting import JSON, ORIGIN
from voices import Everything

from firsthand.errors import ConfigError, MediaError, ModelError
from firsthand.media import read_audio
from firsthand.recorder.exchange import write_transcript
from firsthand.recorder.library import Library
from firsthand.recorder.transcript import Turn
from firsthand.recorder.web import worker
from firsthand.recorder.web.tasks import Tasks, new_task


def test_an_upload_becomes_a_recording_with_all_that_is_heard(tmp_path) -> None:
    with page(tmp_path / "library") as client:
        answer = send(client, "a/../Lecture 1.wav", wav(12.0, tmp_path))
        assert answer.status_code == 201
        assert answer.json()["name"] == "Lecture 1.wav"
        (one,) = settled(client)["recordings"]
        assert (one["title"], one["duration_ms"], one["note"]) == ("Lecture 1", 12_000, "")
        assert (one["engine"], one["has_sound"], one["work"]) == ("people", True, None)
        whole = client.get(f"/api/recordings/{one['number']}").json()
        assert whole["words"]["text"] == [f"word{n}" for n in range(24)]
        assert whole["words"]["start_ms"][:2] == [0, 500]
        assert whole["sound_names"] == ["loud"]
        head, levels, colours = bars_of(client.get(f"/api/recordings/{one['number']}/bars").content)
        assert (head["bar_ms"], head["count"], head["classes"]) == (50, 240, ["loud", "quiet"])
        assert levels.min() > 200
        assert set(colours) == {0}
        head, levels, _ = bars_of(client.get(f"/api/recordings/{one['number']}/thumbnail").content)
        assert (head["count"], head["bar_ms"]) == (120, 100)
        assert client.get("/api/sounds").json() == {"names": ["loud"]}
        (hit,) = client.get("/api/search?words=word3").json()["hits"]
        assert (hit["recording"], hit["start_ms"]) == (one["number"], 1_500)
        first, last = hit["matches"][0]
        assert hit["text"][first:last] == "word3"
    assert not list((tmp_path / "library" / "tasks").glob("[!.]*"))


def test_the_waveform_is_there_before_what_is_heard(tmp_path) -> None:
    """A file that cannot be written down is stored, and its bars are drawn in grey."""

    class Deaf(Everything):
        def __call__(self, *_):
            raise ModelError("lost its hearing")

    folder = tmp_path / "library"
    with page(folder, load=lambda live: replace(ears(live), voice=Deaf())) as client:
        send(client, "x.wav", wav(2.0, tmp_path))
        found = settled(client)
        (one,) = found["recordings"]
        assert found["uploads"][0]["problem"] == "lost its hearing"
        head, levels, colours = bars_of(client.get(f"/api/recordings/{one['number']}/bars").content)
        assert (head["count"], head["classes"], set(colours)) == (40, [], {255})
        assert levels.min() > 200


def test_what_becomes_a_recording_while_the_list_is_made_is_in_it(tmp_path, monkeypatch) -> None:
    library, asked, read = tmp_path / "library", threading.Event(), Library.recordings

    def slow(live):
        assert asked.wait(20)
        return ears(live)

    def meanwhile(self):
        found = read(self)
        asked.set()
        until = time.monotonic() + 20
        while [task for task in Tasks(library).all() if task.recording is None]:
            assert time.monotonic() < until
            threading.Event().wait(0.01)
        return found

    with page(library, load=slow) as client:
        send(client, "x.wav", wav(2.0, tmp_path))
        with monkeypatch.context() as patched:
            patched.setattr(Library, "recordings", meanwhile)
            found = listed(client)
        assert [each["name"] for each in found["uploads"]] == ["x.wav"]
        assert [each["title"] for each in settled(client)["recordings"]] == ["x"]
        assert not listed(client)["uploads"]


def test_a_transcript_is_a_recording_at_once(tmp_path) -> None:
    with page(tmp_path / "library") as client:
        answer = send(client, "talk.srt", write_transcript(SAID, "srt").encode())
        assert answer.status_code == 201
        number = answer.json()["number"]
        (one,) = listed(client)["recordings"]
        assert (one["number"], one["title"], one["has_sound"]) == (number, "talk", False)
        assert client.get(f"/api/recordings/{number}/sound").status_code == 404
        assert bars_of(client.get(f"/api/recordings/{number}/bars").content)[0]["count"] == 0
        bad = send(client, "no.vtt", b"what is this")
        assert bad.status_code == 400
        assert bad.json()["detail"].startswith("no.vtt: ")


def test_what_is_no_sound_is_refused_and_not_kept(tmp_path) -> None:
    with page(tmp_path / "library") as client:
        for data in (b"", b"no sound", wav(1.0, tmp_path)[:20]):
            answer = send(client, "x.wav", data)
            assert answer.status_code == 400
            assert answer.json()["detail"].startswith("x.wav: ")
        assert listed(client) == {"recordings": [], "uploads": []}
    assert not list((tmp_path / "library" / "tasks").glob("[!.]*"))


def test_titles_speakers_exports_and_deletion(tmp_path) -> None:
    with Library(tmp_path) as library:
        number = library.add("Meeting", datetime(2026, 1, 2, tzinfo=UTC), SAID)
        library.write_turns(number, [Turn(0, 0, 9_000), Turn(1, 9_000, 20_000)])
    with page(tmp_path) as client:
        at = f"/api/recordings/{number}"
        named = client.put(f"{at}/speakers/1", json={"name": "<b>Ann</b>"}, headers=JSON)
        assert named.json()["speakers"] == [
            {"speaker": 0, "name": ""},
            {"speaker": 1, "name": "<b>Ann</b>"},
        ]
        assert client.put(f"{at}/speakers/9", json={"name": "x"}, headers=JSON).status_code == 404
        renamed = client.patch(at, json={"title": 'A "talk"/\u202e\n'}, headers=JSON)
        assert renamed.json()["title"] == 'A "talk"/'
        assert client.patch(at, json={"title": "x" * 301}, headers=JSON).status_code == 400
        assert client.patch(at, json={}, headers=JSON).status_code == 422
        for form in ("txt", "srt", "vtt", "json"):
            answer = client.get(f"{at}/export?form={form}")
            assert "word599" in answer.text
            told = answer.headers["content-disposition"]
            assert told == f"attachment; filename*=UTF-8''A%20%22talk%22-.{form}"
        assert client.get(f"{at}/export?form=exe").status_code == 422
        assert client.delete(at, headers=ORIGIN).status_code == 204
        for path in ("", "/bars", "/sound", "/export?form=txt"):
            assert client.get(at + path).status_code == 404
        assert listed(client)["recordings"] == []


def test_the_sound_comes_whole_or_in_ranges(tmp_path) -> None:
    with page(tmp_path / "library") as client:
        send(client, "x.wav", wav(3.0, tmp_path))
        (one,) = settled(client)["recordings"]
        at = f"/api/recordings/{one['number']}/sound"
        whole = client.get(at)
        assert whole.headers["content-type"] == "audio/ogg"
        part = client.get(at, headers={"range": "bytes=10-19"})
        assert (part.status_code, part.content) == (206, whole.content[10:20])
        size = len(whole.content)
        assert client.get(at, headers={"range": f"bytes={size - 5}-"}).content == whole.content[-5:]
        for wrong in (f"bytes={size}-", "bytes=20-10", "bytes=99999999999999999999-"):
            assert client.get(at, headers={"range": wrong}).status_code in (400, 416)


def test_searches_that_make_no_sense_are_told_so(tmp_path) -> None:
    with page(tmp_path) as client:
        for query in ("", "words=...", "words=" + "x" * 2_000, "sound="):
            assert client.get(f"/api/search?{query}").status_code == 400
        for query in ("words=x&in=-1", "words=x&limit=0", "words=x&limit=1e9", "words=x&in=x"):
            assert client.get(f"/api/search?{query}").status_code == 422
        assert client.get("/api/search?words=x&sound=y").json() == {"hits": []}
        assert client.get("/api/recordings/99999999999999999999").status_code == 422
        assert client.get("/api/recordings/7").status_code == 404


def test_a_live_recording_is_stored_heard_and_told_of(tmp_path) -> None:
    samples = noise(8.0)
    with page(tmp_path) as client, news(client) as told, live(client) as socket:
        number = begin(socket, title="Live")["recording"]
        for first in range(0, len(samples), 24_000):
            socket.send_bytes(sound(first, samples[first : first + 24_000]))
            assert socket.receive_json()["have"] == first + 24_000
        assert client.delete(f"/api/recordings/{number}", headers=ORIGIN).status_code == 409
        socket.send_json({"end": len(samples)})
        assert socket.receive_json() == {"ended": number}
        (one,) = settled(client)["recordings"]
        assert (one["title"], one["duration_ms"], one["note"]) == ("Live", 8_000, "")
        whole = client.get(f"/api/recordings/{number}").json()
        assert whole["words"]["text"] == [f"word{n}" for n in range(16)]
        heard, words, last = [], [], {}
        while not (last.get("recording") == number and last.get("changed")):
            last = told.receive_json()
            heard += [last["heard"]] if "heard" in last else []
            assert last.get("words", {}).get("first", len(words)) == len(words)
            words += last.get("words", {}).get("text", [])
        assert words == whole["words"]["text"]
        assert [each["first"] for each in heard] == sorted({each["first"] for each in heard})


def test_a_lost_connection_loses_no_sample_and_takes_none_twice(tmp_path) -> None:
    samples = noise(3.0)
    with page(tmp_path) as client:
        with live(client) as socket:
            assert begin(socket)["have"] == 0
            socket.send_bytes(sound(0, samples[:30_000]))
            assert socket.receive_json() == {"have": 30_000, "kept": 0}
        with live(client) as socket:
            assert begin(socket)["have"] == 30_000
            socket.send_bytes(sound(10_000, samples[10_000:50_000]))
            assert socket.receive_json()["have"] == 50_000
            with live(client) as other:  # the same page, before the server knows that it was lost
                assert begin(other)["have"] == 50_000
                other.send_bytes(sound(50_000, samples[50_000:]))
                assert other.receive_json()["have"] == len(samples)
                socket.send_bytes(sound(50_000, samples[50_000:]))
                assert "another window" in socket.receive_json()["error"]
                other.send_json({"end": len(samples)})
                number = other.receive_json()["ended"]
        with live(client) as late:  # who did not hear that it has ended, hears it again
            assert begin(late) == {"recording": number, "have": len(samples)}
            late.send_json({"end": len(samples)})
            assert late.receive_json() == {"ended": number}
        with live(client) as late:
            begin(late)
            late.send_bytes(sound(len(samples), samples[:10]))
            assert "has ended" in late.receive_json()["error"]
        settled(client)
        assert len(listed(client)["recordings"]) == 1
    with Library(tmp_path) as library:
        stored = read_audio(library.recording(number).audio)[0]
    assert len(stored) == len(samples)
    likeness = np.corrcoef(stored, samples)[0, 1]
    shifted = np.corrcoef(stored[100:], samples[:-100])[0, 1]
    assert likeness > 0.5 > abs(shifted)


@pytest.mark.parametrize(
    ("message", "why"),
    [
        ({"begin": {"session": "short", "rate_hz": 48_000}}, "a session is"),
        ({"begin": {"session": "x" * 20, "rate_hz": 1}}, "rate_hz is"),
        ({"begin": {"session": "x" * 20, "rate_hz": True}}, "rate_hz is"),
        ({"begin": {"session": "x" * 20}}, "a recording begins with"),
        ({"begin": {"session": "x" * 20, "rate_hz": 48_000, "title": "x" * 301}}, "a title"),
        ({"begin": {"session": "x" * 20, "rate_hz": 48_000, "title": 1}}, "a title"),
        ({"end": 5}, "a recording begins with"),
        (b"sound at once", "a recording begins with"),
        ([], "a message is a JSON object"),
    ],
)
def test_a_live_recording_that_begins_wrongly_is_refused(tmp_path, message, why) -> None:
    with page(tmp_path) as client, live(client) as socket:
        if isinstance(message, bytes):
            socket.send_bytes(message)
        else:
            socket.send_json(message)
        assert why in socket.receive_json()["error"]
        assert socket.receive()["code"] == 1008
        assert listed(client)["recordings"] == []


@pytest.mark.parametrize(
    ("octets", "why"),
    [
        (sound(1, noise(0.1)), "sample 1 comes after sample 0"),
        (b"", "sound comes as"),
        (sound(0, noise(0.1))[:-1], "sound comes as"),
        (sound(0, noise(2.1)), "sound comes as"),
        (sound(-1, noise(0.1)), "a place is"),
        (sound(0.5, noise(0.1)), "a place is"),
        (sound(float("nan"), noise(0.1)), "a place is"),
        (sound(float("inf"), noise(0.1)), "a place is"),
    ],
)
def test_sound_out_of_order_is_refused(tmp_path, octets, why) -> None:
    with page(tmp_path) as client, live(client) as socket:
        begin(socket)
        socket.send_bytes(octets)
        assert why in socket.receive_json()["error"]
        assert socket.receive()["code"] == 1008


def test_an_end_that_is_not_where_the_sound_ends_is_refused(tmp_path) -> None:
    with page(tmp_path) as client, live(client) as socket:
        begin(socket)
        socket.send_bytes(sound(0, noise(0.5)))
        assert socket.receive_json()["have"] == 24_000
        socket.send_json({"end": 30_000})
        assert "24000 samples are here" in socket.receive_json()["error"]


def test_a_page_that_does_not_come_back_leaves_its_recording(tmp_path) -> None:
    with page(tmp_path, lingers_s=0.05) as client:
        with live(client) as socket:
            begin(socket)
            socket.send_bytes(sound(0, noise(1.0)))
            socket.receive_json()
        (one,) = settled(client)["recordings"]
        assert (one["duration_ms"], one["note"]) == (
            1_000,
            "ended early: its page did not come back",
        )


def test_a_server_that_ends_keeps_what_it_had_and_the_next_writes_it_down(tmp_path) -> None:
    with page(tmp_path) as client, live(client) as socket:
        begin(socket)
        socket.send_bytes(sound(0, noise(2.0)))
        socket.receive_json()
    with page(tmp_path) as client:
        (one,) = settled(client)["recordings"]
        assert one["note"] == "ended early: the program that recorded it was ended"
        words = client.get(f"/api/recordings/{one['number']}").json()["words"]["text"]
        assert words == ["word0", "word1", "word2", "word3"]


def test_too_many_live_recordings_are_refused(tmp_path) -> None:
    with page(tmp_path) as client, ExitStack() as stack:
        for number in range(4):
            begin(stack.enter_context(live(client)), session=f"{number}" * 20)
        late = stack.enter_context(live(client))
        late.send_json({"begin": {"session": "x" * 20, "rate_hz": 48_000}})
        assert late.receive()["code"] == 1013


class Dying:
    """A worker in a process of its own that is gone after one message, with code 3."""

    def __init__(self, says: str = "", patience_s: float = 0.0) -> None:
        self._patience_s = patience_s
        lines = f"import sys; sys.stdin.readline(); print({says!r}, flush=True); sys.exit(3)"
        pipe = subprocess.PIPE
        self._process = subprocess.Popen([sys.executable, "-c", lines], stdin=pipe, stdout=pipe)
        self.heard, self.told = self._process.stdin, self._process.stdout

    def wait(self) -> str:
        self.told.close()
        if self._patience_s:
            threading.Event().wait(self._patience_s)
        return f"its program ended with code {self._process.wait()}"

    def kill(self) -> None:
        self._process.kill()


_TALK = json.dumps({"task": "none"})


def test_workers_that_end_without_a_word_are_given_up_until_asked_again(tmp_path) -> None:
    library, started = tmp_path / "library", []

    def start():
        started.append(1)
        return Dying() if len(started) < 4 else InThread(library)

    with page(library, start=start) as client:
        send(client, "a.wav", wav(2.0, tmp_path))
        (upload,) = settled(client)["uploads"]
        assert upload["problem"].startswith("what writes it down does not start: its program ended")
        assert len(started) == 3
        at = f"/api/uploads/{upload['upload']}/retry"
        assert client.post(at, headers=ORIGIN).status_code == 204
        assert [each["title"] for each in settled(client)["recordings"]] == ["a"]
        assert client.post(at, headers=ORIGIN).status_code == 400


def test_what_is_sent_while_a_worker_dies_is_done_once(tmp_path) -> None:
    """It is gone, and its end is waited for, when other files come."""
    library, started = tmp_path / "library", []

    def start():
        started.append(1)
        return Dying(_TALK, patience_s=0.5) if len(started) == 1 else InThread(library)

    with page(library, start=start) as client:
        until, sent = time.monotonic() + 20, 0
        while len(started) < 2:
            assert time.monotonic() < until
            send(client, f"{sent}.wav", wav(1.0, tmp_path))
            sent += 1
        titles = [each["title"] for each in settled(client)["recordings"]]
    assert sorted(titles) == sorted(str(number) for number in range(sent))


class Stuck:
    """A worker that takes nothing, and ends only when it is killed."""

    def __init__(self) -> None:
        lines, pipe = "import signal; signal.pause()", subprocess.PIPE
        self._process = subprocess.Popen([sys.executable, "-c", lines], stdin=pipe, stdout=pipe)
        self.heard, self.told = self._process.stdin, self._process.stdout

    def wait(self) -> str:
        self._process.wait()
        self.told.close()
        return "it was killed"

    def kill(self) -> None:
        self._process.kill()


@pytest.mark.slow
def test_sound_is_stored_whatever_the_worker_does(tmp_path) -> None:
    with page(tmp_path, start=Stuck) as client, live(client) as socket:
        number = begin(socket)["recording"]
        for first in range(0, 48_000 * 20, 48_000):
            socket.send_bytes(sound(first, noise(1.0)))
            assert socket.receive_json()["have"] == first + 48_000
        socket.send_json({"end": 48_000 * 20})
        socket.receive_json()
        assert listed(client)["recordings"][0]["duration_ms"] == 20_000
    with page(tmp_path) as client:
        settled(client)
        words = client.get(f"/api/recordings/{number}").json()["words"]["text"]
        assert len(words) == 40


def test_a_worker_that_dies_is_followed_by_another(tmp_path) -> None:
    library, started = tmp_path / "library", []

    def start():
        started.append(1)
        return Dying(_TALK) if len(started) < 4 else InThread(library)

    with page(library, start=start) as client:
        for name in ("a.wav", "b.wav"):
            send(client, name, wav(2.0, tmp_path))
        titles = [each["title"] for each in settled(client)["recordings"]]
    assert sorted(titles) == ["a", "b"]
    assert len(started) == 4


def test_a_file_that_ends_the_worker_twice_is_given_up_and_the_others_are_not(tmp_path) -> None:
    library, started = tmp_path / "library", []

    def start():
        started.append(1)
        (task,) = [t for t in Tasks(library).all() if t.name == "bad.wav"]
        begun = json.dumps({"task": task.task, "stage": "storing"})
        return Dying(begun) if len(started) < 3 else InThread(library)

    with page(library, start=start) as client:
        send(client, "bad.wav", wav(1.0, tmp_path))
        send(client, "good.wav", wav(2.0, tmp_path))
        found = settled(client)
    assert [each["title"] for each in found["recordings"]] == ["good"]
    (bad,) = found["uploads"]
    assert bad["problem"] == "writing it down failed 2 times: its program ended with code 3"


def test_who_was_at_work_beside_it_is_not_given_up_with_it(tmp_path) -> None:
    """Both are at work when the first worker dies; then one after the other is tried."""
    library, started = tmp_path / "library", []
    tasks = Tasks(library)
    for name in ("bad.wav", "good.wav"):
        task = new_task("upload", name, datetime.now(UTC))
        tasks.sound_of(task).write_bytes(wav(1.0, tmp_path))
        tasks.write(task)

    def start():
        started.append(1)
        names = {task.name: task.task for task in tasks.all()}
        at_work = ["bad.wav", "good.wav"] if len(started) == 1 else ["bad.wav"]
        says = [json.dumps({"task": names[name], "stage": "storing"}) for name in at_work]
        return Dying("\n".join(says)) if len(started) < 3 else InThread(library)

    with page(library, start=start) as client:
        found = settled(client)
    assert [each["title"] for each in found["recordings"]] == ["good"]
    assert [each["name"] for each in found["uploads"]] == ["bad.wav"]


def test_a_live_recording_outlives_its_worker(tmp_path) -> None:
    started = []

    def start():
        started.append(1)
        return Dying(_TALK) if len(started) == 1 else InThread(tmp_path)

    with page(tmp_path, start=start) as client, live(client) as socket:
        begin(socket)
        for first in range(0, 96_000, 24_000):
            socket.send_bytes(sound(first, noise(0.5)))
            assert socket.receive_json()["have"] == first + 24_000
        socket.send_json({"end": 96_000})
        socket.receive_json()
        (one,) = settled(client)["recordings"]
        whole = client.get(f"/api/recordings/{one['number']}").json()
    assert whole["words"]["text"] == ["word0", "word1", "word2", "word3"]


def test_what_cannot_be_written_down_stays_with_its_reason_until_it_is_forgotten(tmp_path) -> None:
    def load(_live):
        raise ModelError("the model is not here; firsthand models pull x")

    folder = tmp_path / "library"
    with page(folder, load=load) as client:
        send(client, "x.wav", wav(1.0, tmp_path))
        (upload,) = settled(client)["uploads"]
        assert upload["problem"] == "the model is not here; firsthand models pull x"
    with page(folder) as client:
        (upload,) = settled(client)["uploads"]
        assert client.delete(f"/api/uploads/{upload['upload']}", headers=ORIGIN).status_code == 204
        assert client.delete(f"/api/uploads/{upload['upload']}", headers=ORIGIN).status_code == 400
        assert listed(client) == {"recordings": [], "uploads": []}
    assert not list((folder / "tasks").glob("[!.]*"))


def test_a_task_that_cannot_be_kept_is_done_all_the_same(tmp_path, monkeypatch) -> None:
    library, written = tmp_path / "library", Tasks.write

    def full(self, task) -> None:
        if task.recording is not None:
            raise MediaError("the disk is full")
        written(self, task)

    monkeypatch.setattr(Tasks, "write", full)
    with page(library) as client:
        for name in ("a.wav", "b.wav"):
            send(client, name, wav(1.0, tmp_path))
        assert sorted(each["title"] for each in settled(client)["recordings"]) == ["a", "b"]
    with page(library) as client:
        assert len(settled(client)["recordings"]) == 2


def test_a_live_recording_is_taken_up_by_the_next_server(tmp_path) -> None:
    """What the page still has begins a recording of its own; nothing is created in between."""
    with page(tmp_path) as client, live(client) as socket:
        socket.send_json({"begin": {"session": SESSION, "rate_hz": 48_000, "from": 96_000}})
        assert socket.receive_json() == {"unknown": True}
        assert listed(client)["recordings"] == []
        number = begin(socket, session="x" * 20)["recording"]
        socket.send_bytes(sound(0, noise(0.5)))
        assert socket.receive_json()["have"] == 24_000
        socket.send_json({"leave": True})
        (one,) = settled(client)["recordings"]
        assert (one["number"], one["duration_ms"]) == (number, 500)
        assert one["note"] == "ended early: its page did not come back"


def test_a_recording_whose_page_has_gone_is_ended_by_another(tmp_path) -> None:
    with page(tmp_path) as client:
        with live(client) as socket:
            number = begin(socket)["recording"]
            at = f"/api/recordings/{number}/end"
            assert client.post(at, headers=ORIGIN).status_code == 409
            assert listed(client)["recordings"][0]["away"] is False
            socket.send_bytes(sound(0, noise(0.5)))
            socket.receive_json()
        until = time.monotonic() + 10
        while not listed(client)["recordings"][0]["away"]:
            assert time.monotonic() < until
        assert client.post(at, headers=ORIGIN).status_code == 204
        (one,) = settled(client)["recordings"]
        assert (one["state"], one["away"], one["duration_ms"]) == ("done", False, 500)


def test_files_go_on_while_a_live_recording_brings_no_sound(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(worker, "SILENT_S", 0.05)
    with page(tmp_path / "library") as client, live(client) as socket:
        begin(socket)
        socket.send_bytes(sound(0, noise(0.5)))
        socket.receive_json()
        send(client, "a.wav", wav(1.0, tmp_path))
        until = time.monotonic() + 20
        while not any(e["title"] == "a" and not e["work"] for e in listed(client)["recordings"]):
            assert time.monotonic() < until
        socket.send_bytes(sound(24_000, noise(0.5)))
        assert socket.receive_json()["have"] == 48_000
        socket.send_json({"end": 48_000})
        socket.receive_json()
        settled(client)


def test_a_recording_is_written_down_again(tmp_path) -> None:
    with page(tmp_path / "library") as client:
        send(client, "x.wav", wav(2.0, tmp_path))
        number = settled(client)["recordings"][0]["number"]
        at = f"/api/recordings/{number}"
        client.patch(at, json={"title": "Kept"}, headers=JSON)
        with Library(tmp_path / "library") as library:
            library.forget(number)
        assert client.get(at).json()["words"]["text"] == []
        assert client.post(f"{at}/write", headers=ORIGIN).status_code == 204
        settled(client)
        whole = client.get(at).json()
        assert (whole["title"], whole["note"], len(whole["words"]["text"])) == ("Kept", "", 4)
        number = send(client, "t.srt", write_transcript(SAID, "srt").encode()).json()["number"]
        for missing in (number, 99):
            answer = client.post(f"/api/recordings/{missing}/write", headers=ORIGIN)
            assert answer.status_code == 404


def test_the_sound_is_saved_under_the_title_and_files_keep_their_time(tmp_path) -> None:
    with page(tmp_path / "library") as client:
        url = "/api/uploads?name=Talk.wav&modified=1000000000000"
        assert client.post(url, content=wav(1.0, tmp_path), headers=ORIGIN).status_code == 201
        (one,) = settled(client)["recordings"]
        assert one["begun_at"].startswith("2001-09-09T01:46:40")
        answer = client.get(f"/api/recordings/{one['number']}/sound?download=1")
        assert answer.headers["content-disposition"] == "attachment; filename*=UTF-8''Talk.ogg"
        for wrong in ("nan", "1e300", "-1", "x"):
            answer = client.post(f"/api/uploads?name=x&modified={wrong}", headers=ORIGIN)
            assert answer.status_code == 422


def test_one_page_a_library(tmp_path) -> None:
    with (
        page(tmp_path),
        pytest.raises(ConfigError, match="is open in another page"),
        page(tmp_path),
    ):
        pass


def test_files_wait_for_what_is_live_and_take_turns(tmp_path) -> None:
    order, lock = [], threading.Lock()

    def load(is_live):
        with lock:
            order.append(is_live)
        return ears(is_live)

    with page(tmp_path / "library", load=load) as client, live(client) as socket:
        begin(socket)
        socket.send_bytes(sound(0, noise(0.5)))
        socket.receive_json()
        for name in ("a.wav", "b.wav", "c.wav"):
            assert send(client, name, wav(2.0, tmp_path)).status_code == 201
        waiting = listed(client)["uploads"]
        assert [each["work"]["stage"] for each in waiting] == ["waiting"] * 3
        last = waiting[-1]["upload"]
        assert client.delete(f"/api/uploads/{last}", headers=ORIGIN).status_code == 204
        socket.send_json({"end": 24_000})
        socket.receive_json()
        titles = [each["title"] for each in settled(client)["recordings"]]
    assert order[0] is True
    assert sorted(titles)[1:] == ["a", "b"]


def test_tasks_survive_and_rubbish_among_them_does_not(tmp_path) -> None:
    tasks = Tasks(tmp_path)
    folder = tmp_path / "tasks"
    (folder / "broken.json").write_text("{")
    (folder / "other.json").write_text('{"a": 1}')
    (folder / "left.sound").write_bytes(b"x")
    (folder / ".half.abc.part.json").write_text("{}")
    (folder / "newer.json").write_text(
        '{"task": "newer", "kind": "upload", "name": "a.wav", "colour": "red"}'
    )
    (folder / "newer.sound").write_bytes(b"x")
    (folder / "broken.sound").write_bytes(b"x")
    with tasks.keeping():
        tasks.tidy()
        broken, newer, other = tasks.all()
    assert (newer.name, newer.problem) == ("a.wav", "")
    for task in (broken, other):
        assert task.problem.startswith("its task cannot be read: ")
    kept = {path.name for path in folder.iterdir()} - {".lock"}
    names = {"broken.json", "broken.sound", "newer.json", "newer.sound", "other.json"}
    assert kept == names


def test_names_of_uploads_are_names(tmp_path) -> None:
    with page(tmp_path) as client:
        for name in ("", "/", "..\\", "x" * 301, "\n"):
            assert send(client, name, b"x").status_code == 400
        assert client.post("/api/uploads", content=b"x", headers=ORIGIN).status_code == 422
