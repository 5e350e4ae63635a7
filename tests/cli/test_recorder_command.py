"""`firsthand recorder`, with an engine that says what it is told to."""

import json
import re
import struct
from pathlib import Path

import numpy as np
import pytest
from ears import Loudness
from typer.testing import CliRunner
from voices import Everything, Mean

from firsthand.cli.command import app
from firsthand.cli.recorder import Outside
from firsthand.cli.recorder_telling import clock, milliseconds
from firsthand.errors import FirsthandError, InputError, ModelError
from firsthand.media import read_audio, write_audio
from firsthand.recorder.engines.given import Given
from firsthand.recorder.engines.sphinx import PocketSphinx
from firsthand.recorder.guessing import TailGuesser
from firsthand.recorder.library import Library
from firsthand.recorder.loading import EarsOptions
from firsthand.recorder.sounds.calibration import Calibration
from firsthand.recorder.sounds.listener import Listener
from firsthand.recorder.sounds.loading import load_listener
from firsthand.recorder.speakers.embedding import SpeakerNetwork
from firsthand.recorder.transcript import Transcript, Word
from firsthand.recorder.voice import load_voice
from firsthand.recorder.writing import Ears

SAID = Transcript(
    tuple(Word(text, 500 * n, 500 * n + 400) for n, text in enumerate(["so", "it", "begins"])),
    language="en",
    engine="people",
)


GIVEN = Given(SAID)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("FIRSTHAND_LIBRARY", str(tmp_path / "library"))
    monkeypatch.setenv("COLUMNS", "200")
    return tmp_path


def hearing(engine=GIVEN, *, listener=None, microphone=list) -> Outside:
    def ears(asked: EarsOptions) -> Ears:
        heard = listener if asked.sounds == "own" else None
        return Ears(engine, Everything(), heard, guesser=TailGuesser(engine))

    return Outside(ears, microphone)


def run(*arguments: object, outside: Outside | None = None, code: int = 0):
    outside = outside or hearing()
    done = CliRunner().invoke(app, ["recorder", *map(str, arguments)], obj=outside)
    assert done.exit_code == code, done.output
    return done


def wave(path: Path, seconds: float = 2.0) -> Path:
    write_audio(path, 0.3 * np.sin(np.arange(round(seconds * 16_000)) / 9), 16_000)
    return path


def test_a_recording_is_added_listed_shown_found_and_deleted(folder) -> None:
    assert run("add", wave(folder / "talk.wav")).stdout == "1  talk\n"
    assert "talk" in run("list").stdout
    assert "people" in run("list").stdout
    assert run("show", 1).stdout == "talk  (0:02)\n0:00  so it begins\n"
    found = run("search", "begins").stdout
    assert found == "1  0:01  talk\n    so it begins\n"
    for command in (("list",), ("search", "begins")):
        found = json.loads(run(*command, "--json").stdout)
        assert (found.get("number", found.get("recording")), found["title"]) == (1, "talk")
    (said,) = json.loads(run("show", 1, "--json").stdout)["said"]
    assert (said["speaker"], said["text"]) == (None, "so it begins")
    assert json.loads(run("tags", 1, "--json").stdout) == []
    assert "nothing was found" in run("search", "elephant", code=1).stderr
    run("rename", 1, "The beginning")
    assert "The beginning" in run("list").stdout
    assert run("delete", 1, code=1).stderr.startswith("Delete The beginning (0:02) for good?")
    assert run("delete", 1, "--yes").stderr == "deleted The beginning (0:02)\n"
    assert "nothing was found" in run("search", "begins", code=1).stderr


def test_transcripts_go_out_and_come_in_again(folder) -> None:
    run("add", wave(folder / "talk.wav"))
    for number, form in enumerate(("srt", "vtt", "json"), 2):
        run("export", 1, "--format", form, "-o", folder / f"copy.{form}")
        assert run("add", folder / f"copy.{form}").stdout == f"{number}  copy\n"
        assert run("export", number).stdout == "so it begins\n"
    assert json.loads(run("export", 4, "--format", "json").stdout)["engine"] == "people"


def test_a_span_is_cut_out_with_its_words(folder) -> None:
    run("add", wave(folder / "talk.wav"))
    run("extract", 1, "--from", "0.5", "--to", "0:01.25", "-o", folder / "cut.wav")
    samples, rate_hz = read_audio(folder / "cut.wav")
    assert len(samples) / rate_hz == pytest.approx(0.75, abs=0.001)
    words = (folder / "cut.vtt").read_text()
    assert "00:00:00.000 --> 00:00:00.750" in words
    assert "it <00:00:00.500>begins" in words
    for wrong, match in (
        (("--from", "1", "--to", "1"), "ends after it begins"),
        (("--from", "9", "--to", "10"), "recording 1 ends at 0:02"),
        (("--from", "soon", "--to", "10"), "'soon' is no time"),
    ):
        done = run("extract", 1, *wrong, "-o", folder / "no.wav", code=1)
        assert isinstance(done.exception, InputError)
        assert match in str(done.exception)
    assert not (folder / "no.wav").exists()


def test_tags_are_suggested_at_once(folder) -> None:
    line = "The glacier moves. The glacier melts, and the valley below the glacier fills."
    (folder / "talk.srt").write_text(f"1\n00:00:00,000 --> 00:00:09,000\n{line}\n")
    run("add", folder / "talk.srt")
    tags = run("tags", 1).stdout.splitlines()
    assert "glacier" in tags
    assert f"tags: {', '.join(tags)}" in run("show", 1).stdout


def test_sounds_are_heard_listed_and_found(folder) -> None:
    listener = Listener(Loudness(), Calibration.unfitted(Loudness.classes))
    outside = hearing(listener=listener)
    samples = np.concatenate([np.zeros(32_000), 0.8 * np.sin(np.arange(32_000) / 9)])
    write_audio(folder / "horn.wav", samples, 16_000)
    run("add", folder / "horn.wav", outside=outside)
    quiet, loud = run("sounds", 1).stdout.splitlines()
    assert quiet.startswith("0:00 .. 0:0")
    assert "quiet" in quiet
    assert loud.endswith(("loud  0.80", "loud  0.79", "loud  0.81"))
    parts = [json.loads(line) for line in run("sounds", 1, "--json").stdout.splitlines()]
    assert [part["name"] for part in parts] == ["quiet", "loud"]
    assert "[loud]" in run("search", "--sound", "loud").stdout
    with Library(folder / "library") as library:
        bars = library.bars(1)
        assert bars.classes == ("loud", "quiet")
        assert len(bars.levels) == 80
        assert set(bars.colours[50:]) == {0}
    run("add", folder / "horn.wav", "--sounds", "none", outside=outside)
    assert run("sounds", 2).stdout == ""


def test_speakers_are_named(folder) -> None:
    (folder / "meeting.vtt").write_text(
        "WEBVTT\n\n00:00.000 --> 00:01.000\n<v A>hello\n\n00:01.000 --> 00:02.000\n<v B>there\n"
    )
    run("add", folder / "meeting.vtt", "--title", "Meeting")
    run("name", 1, 2, "Cy")
    assert run("show", 1).stdout.splitlines() == [
        "Meeting  (0:02)",
        "0:00  A: hello",
        "0:01  Cy: there",
    ]


def test_one_bad_file_stops_none_of_the_others(folder) -> None:
    (folder / "text.wav").write_text("no sound")
    (folder / "empty.wav").write_bytes(b"")
    (folder / "bad.srt").write_text("no times")
    (folder / "bytes.vtt").write_bytes(b"\xff\xfe\x00")
    names = ["text.wav", "empty.wav", "bad.srt", "bytes.vtt", "missing.wav", "good.wav"]
    wave(folder / "good.wav")
    done = run("add", *(folder / name for name in names), code=1)
    assert done.stdout == "1  good\n"
    lines = done.stderr.splitlines()
    assert len(lines) == 5
    for name, line in zip(names, lines, strict=False):
        assert name in line


def test_a_cut_off_file_is_added_as_far_as_it_goes(folder) -> None:
    write_audio(folder / "whole.flac", 0.1 * np.random.default_rng(0).normal(size=80_000), 16_000)
    data = (folder / "whole.flac").read_bytes()
    (folder / "part.flac").write_bytes(data[: len(data) // 2])
    done = run("add", folder / "part.flac")
    assert done.stdout == "1  part\n"
    with Library(folder / "library") as library:
        assert 1_500 <= library.recording(1).duration_ms <= 3_000


@pytest.mark.parametrize("rate_hz", [8_000, 192_000])
def test_sound_of_other_rates_and_channels_is_taken(folder, rate_hz) -> None:
    write_audio(folder / "many.wav", np.zeros((rate_hz, 8)) + 0.1, rate_hz)
    run("add", folder / "many.wav")
    with Library(folder / "library") as library:
        assert library.recording(1).duration_ms == pytest.approx(1_000, abs=5)


def test_samples_that_are_no_numbers_are_silence(folder) -> None:
    samples = np.full(16_000, 0.2, "<f4")
    samples[:100], samples[8_000], samples[8_001] = np.nan, np.inf, -1e30
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 3, 1, 16_000, 64_000, 4, 32)
    body = b"WAVE" + form + struct.pack("<4sI", b"data", 64_000) + samples.tobytes()
    (folder / "nan.wav").write_bytes(struct.pack("<4sI", b"RIFF", len(body)) + body)
    done = run("add", folder / "nan.wav")
    assert done.stdout == "1  nan\n"
    assert " samples are NaN or infinite, and silent now" in done.stderr
    with Library(folder / "library") as library:
        kept, rate_hz = read_audio(library.recording(1).audio)
        assert len(kept) / rate_hz == pytest.approx(1.0, abs=0.02)
        assert np.abs(kept).max() <= 1.0


@pytest.mark.slow
def test_an_hour_of_silence_has_no_words_no_sounds_and_no_speakers(folder) -> None:
    write_audio(folder / "silence.flac", np.zeros(3_600 * 8_000, np.float32), 8_000)
    network = SpeakerNetwork(Mean(), 0.6)
    ears = Ears(PocketSphinx(), load_voice(), load_listener(), network)
    done = run("add", folder / "silence.flac", outside=Outside(lambda _: ears, list))
    assert done.stdout == "1  silence\n"
    with Library(folder / "library") as library:
        assert library.recording(1).duration_ms == 3_600_000
        assert library.transcript(1).words == library.transcript(1).turns == ()
        assert library.sounds(1) == library.tags(1) == ()
        assert len(library.bars(1).levels) == 72_000
        assert set(library.bars(1).levels) == {0}


def test_a_transcription_that_fails_keeps_the_sound_and_says_so(folder) -> None:
    class Deaf(Given):
        def words(self, samples, start_ms):
            raise ModelError("lost its hearing")

    outside = hearing(Deaf(SAID))
    done = run("add", wave(folder / "a.wav"), outside=outside, code=1)
    assert "lost its hearing" in str(done.exception)
    with Library(folder / "library") as library:
        assert library.recording(1).duration_ms == 2_000
        assert library.recording(1).note == "only its beginning was written down: lost its hearing"


def test_an_engine_that_cannot_be_had_is_told_of_before_anything_is_kept(folder) -> None:
    def none(asked):
        raise ModelError("no engine today")

    done = run("add", wave(folder / "a.wav"), outside=Outside(none, list), code=1)
    assert isinstance(done.exception, FirsthandError)
    assert "no engine today" in str(done.exception)
    with Library(folder / "library") as library:
        assert library.recordings() == ()


def test_hostile_names_are_shown_as_text(folder) -> None:
    wave(folder / "red\x1b[31m\nname.wav")
    assert "\x1b" not in run("add", folder / "red\x1b[31m\nname.wav").output
    assert "\x1b[31m" not in run("list").output


@pytest.mark.parametrize(
    ("text", "ms"),
    [
        ("0", 0),
        ("83.25", 83_250),
        ("2:03", 123_000),
        ("1:02:03.5", 3_723_500),
        ("90:00", 5_400_000),
    ],
)
def test_times_are_read_as_people_write_them(text: str, ms: int) -> None:
    assert milliseconds(text) == ms
    assert milliseconds(clock(ms)) == ms // 1000 * 1000


@pytest.mark.parametrize("text", ["", "-1", "1:2:3:4", "1e3", "nan", "1.2345", ":30"])
def test_other_texts_are_no_times(text: str) -> None:
    with pytest.raises(InputError, match="is no time"):
        milliseconds(text)


def test_the_microphone_is_recorded_until_ctrl_c(folder) -> None:
    def microphone(device: str):
        assert device == "front"
        for _ in range(20):
            yield np.full(4_800, 0.3, np.float32)
        raise KeyboardInterrupt

    outside = hearing(microphone=microphone)
    done = run("record", "--device", "front", "--title", "Live", outside=outside)
    assert done.stdout == "so it begins\n"
    assert done.stderr.endswith("1  recorded\n")
    with Library(folder / "library") as library:
        recording = library.recording(1)
        assert (recording.title, recording.duration_ms, recording.engine) == (
            "Live",
            2_000,
            "people",
        )
        assert library.transcript(1).text == "so it begins"
        assert library.search("begins")[0].start_ms == 1_000


def test_in_a_terminal_the_sentence_under_way_is_shown(folder, monkeypatch) -> None:
    def microphone(device: str):
        for _ in range(20):
            yield np.full(4_800, 0.3, np.float32)

    monkeypatch.setenv("FORCE_COLOR", "1")
    done = run("record", outside=hearing(microphone=microphone))
    assert "so it begins\n" in re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", done.stdout)
    with Library(folder / "library") as library:
        assert [word.text for word in library.transcript(1).words] == ["so", "it", "begins"]


def test_a_microphone_that_fails_ends_the_recording_with_what_there_is(folder) -> None:
    def microphone(device: str):
        yield np.full(4_800, 0.3, np.float32)
        raise InputError("the microphone was pulled out")

    outside = hearing(microphone=microphone)
    done = run("record", outside=outside, code=1)
    assert "pulled out" in str(done.exception)
    with Library(folder / "library") as library:
        assert library.recording(1).duration_ms == 100
        assert "pulled out" in library.recording(1).note
