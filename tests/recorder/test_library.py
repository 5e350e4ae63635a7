"""A library of recordings: what is put in comes out, is found, and is gone when deleted."""

import json
import shutil
import signal
import sqlite3
import subprocess
import sys
import textwrap
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from spoken import MEETING, said, transcripts

from firsthand.errors import InputError, LibraryError
from firsthand.recorder.library import Bars, Library, Sound
from firsthand.recorder.library.search import expression
from firsthand.recorder.transcript import Transcript, Word

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


@pytest.fixture
def library(tmp_path):
    with Library(tmp_path / "library") as opened:
        yield opened


@settings(max_examples=25)
@given(transcripts(most=120))
def test_a_transcript_comes_back_as_it_was(tmp_path_factory, transcript: Transcript) -> None:
    folder = tmp_path_factory.mktemp("library")
    printable = {n: " ".join(name.split()) for n, name in transcript.names.items()}
    named = {n: name for n, name in printable.items() if name and name.isprintable()}
    transcript = Transcript(transcript.words, transcript.turns, named, "en", "drawn")
    with Library(folder) as library:
        number = library.add("A title", NOON, transcript)
    with Library(folder) as library:
        assert library.transcript(number) == transcript
        recording = library.recording(number)
        assert (recording.title, recording.begun_at) == ("A title", NOON)
        assert recording.duration_ms == max((w.end_ms for w in transcript.words), default=0)
        assert recording.audio is None


def places(library: Library, query: str) -> list[int]:
    return [hit.start_ms for hit in library.search(query, limit=1_000)]


@settings(max_examples=30)
@given(
    st.lists(st.sampled_from("abcde"), min_size=1, max_size=150),
    st.lists(st.integers(1, 149), max_size=5),
)
def test_words_added_bit_by_bit_are_found_where_they_are(
    tmp_path_factory, letters: list[str], cuts: list[int]
) -> None:
    words = said(" ".join(letters))
    with Library(tmp_path_factory.mktemp("library")) as library:
        number = library.add("Letters", NOON)
        at = sorted({0, len(words), *(cut for cut in cuts if cut < len(words))})
        for first, last in pairwise(at):
            library.add_words(number, words[first:last])
        assert library.transcript(number).words == tuple(words)
        for letter in set(letters):
            hits = library.search(letter, limit=1_000)
            found = {
                300 * (hit.text[:first].count(" ")) + 300 * 32 * block
                for hit in hits
                for block in [hit.start_ms // (300 * 32)]
                for first, _ in hit.matches
            }
            assert found == {300 * n for n, said_one in enumerate(letters) if said_one == letter}
        phrase = letters[len(letters) // 2 :][:4]
        begins = {300 * n for n in range(len(letters)) if letters[n : n + len(phrase)] == phrase}
        assert set(places(library, f'"{" ".join(phrase)}"')) <= begins
        blocks = {begin // (300 * 32) for begin in begins}
        assert {p // (300 * 32) for p in places(library, f'"{" ".join(phrase)}"')} == blocks


def test_a_search_lands_on_the_moment(library: Library) -> None:
    number = library.add("Meeting", NOON, MEETING)
    (hit,) = library.search("budget")
    assert (hit.recording, hit.title, hit.start_ms, hit.end_ms) == (number, "Meeting", 3_500, 3_750)
    (span,) = hit.matches
    assert hit.text[slice(*span)] == "budget"
    assert places(library, "MÓRNING") == [300]
    assert places(library, '"shall we"') == [2_000]
    assert places(library, '"we shall"') == []
    assert places(library, "budg*") == [3_500]
    assert places(library, "morning budget") == [300]
    assert places(library, "morning elephant") == []
    library.rename(number, "Money")
    assert library.search("budget")[0].title == "Money"


def test_words_far_apart_are_found_together_whatever_lies_between(library: Library) -> None:
    for before in range(0, 70, 7):
        line = " ".join(["um"] * before + ["alpha"] + ["er"] * 30 + ["omega"] + ["um"] * 50)
        number = library.add("Far", NOON, Transcript(tuple(said(line))))
        assert places(library, "alpha omega") == [300 * before]
        assert places(library, "omega") == [300 * (before + 31)]
        library.delete(number)


def test_the_newest_recordings_come_first_and_one_can_be_searched_alone(library: Library) -> None:
    first, second = (library.add(title, NOON, MEETING) for title in ("one", "two"))
    assert [hit.recording for hit in library.search("budget")] == [second, first]
    assert [hit.recording for hit in library.search("budget", number=first)] == [first]
    assert [hit.recording for hit in library.search("budget", limit=1)] == [second]


def test_sounds_are_found_alone_and_near_words(library: Library) -> None:
    number = library.add("Meeting", NOON, MEETING)
    other = library.add("Elsewhere", NOON, MEETING)
    library.write_sounds(number, [Sound("applause", 5_000, 5_500, 0.9), Sound("dog", 0, 50, 0.5)])
    assert library.sounds(number)[0] == Sound("applause", 5_000, 5_500, 0.9)
    assert library.sounds(other) == ()
    (hit,) = library.search(sound="applause")
    assert (hit.recording, hit.start_ms, hit.end_ms, hit.sound) == (
        number,
        5_000,
        5_500,
        "applause",
    )
    assert "budget?" in hit.text
    assert [hit.recording for hit in library.search("budget", sound="applause")] == [number]
    assert library.search("morning", sound="applause") == ()
    library.write_sounds(number, [])
    assert library.search(sound="applause") == ()


def test_bars_come_back_and_go_with_their_recording(library: Library) -> None:
    number = library.add("Song", datetime(2026, 1, 1, tzinfo=UTC), MEETING)
    assert len(library.bars(number).levels) == 0
    colours, levels = np.array([-1, 0, 1, 300], np.int16), np.array([0, 9, 255, 7], np.uint8)
    classes = tuple(f"class {n}" for n in range(400))
    for _ in range(2):
        library.write_bars(number, Bars(classes, colours, levels))
        found = library.bars(number)
        assert found.classes == classes
        np.testing.assert_array_equal(found.colours, colours)
        np.testing.assert_array_equal(found.levels, levels)
    with pytest.raises(InputError, match="a colour and a level each"):
        Bars(classes, colours[1:], levels)
    with pytest.raises(InputError, match="bars are of 2 classes"):
        Bars(classes[:2], colours, levels)
    database = sqlite3.connect(library.folder / "library.sqlite3", isolation_level=None)
    database.execute("UPDATE bars SET colours = x'00'")
    with pytest.raises(LibraryError, match=r"the bars of \d+ are damaged"):
        library.bars(number)
    library.delete(number)
    assert database.execute("SELECT count(*) FROM bars").fetchone() == (0,)
    database.close()


@pytest.mark.parametrize("query", ["", "-", '"', '""', "...", "*", "\0", "( )"])
def test_a_query_without_a_word_is_refused(library: Library, query: str) -> None:
    with pytest.raises(InputError, match=r"no word to look for|words or a sound"):
        library.search(query)


@given(st.text(max_size=60))
def test_no_query_is_taken_for_a_command(tmp_path_factory, query: str) -> None:
    try:
        match = expression(query)
    except InputError:
        return
    index = sqlite3.connect(":memory:")
    index.execute("CREATE VIRTUAL TABLE passages USING fts5(text)")
    index.execute("SELECT rowid FROM passages WHERE passages MATCH ?", [match]).fetchall()
    index.close()


def secret_in(folder: Path) -> bool:
    return any(
        b"xyzzy" in path.read_bytes().lower() for path in folder.rglob("*") if path.is_file()
    )


def test_what_is_deleted_is_gone(library: Library) -> None:
    kept = library.add("Kept", NOON, MEETING)
    with library.begin("Gone xyzzy", NOON, 16_000) as (number, log):
        log.write(np.zeros(16_000, np.float32))
        library.add_words(number, said("The word is xyzzy and again xyzzyx"))
    library.write_tags(number, ["xyzzy"])
    library.write_sounds(number, [Sound("xyzzy", 0, 1, 0.5)])
    library.name_speaker(number, 0, "xyzzy")
    audio = library.recording(number).audio
    assert audio is not None
    assert secret_in(library.folder)
    library.delete(number)
    assert not secret_in(library.folder)
    assert not audio.exists()
    assert sorted(path.name for path in audio.parent.iterdir()) == []
    with pytest.raises(InputError, match=f"no recording {number}"):
        library.transcript(number)
    assert library.search("xyzzy") == ()
    assert [r.number for r in library.recordings()] == [kept]
    assert library.add("New", NOON) > number


def test_speakers_and_tags_are_kept(library: Library) -> None:
    number = library.add("Meeting", NOON, MEETING)
    library.name_speaker(number, 1, "  Cy\n")
    library.name_speaker(number, 0, "")
    assert library.transcript(number).names == {1: "Cy"}
    library.write_tags(number, ["budget", "morning"])
    library.write_tags(number, ["money"])
    assert library.tags(number) == ("money",)


def test_a_recording_is_written_and_read_at_once(library: Library) -> None:
    with library.begin("Live", NOON, 16_000) as (number, log):
        assert library.recording(number).state == "recording"
        for second in range(3):
            log.write(np.full(16_000, 0.1, np.float32))
            library.add_words(number, said("so it goes", second * 1_000))
        with Library(library.folder) as other:
            assert other.recording(number).state == "recording"
            assert [hit.start_ms for hit in other.search("goes")] == [600, 1_600, 2_600]
            assert len(other.search("so goes")) == 1
            with pytest.raises(InputError, match="is being recorded"):
                other.delete(number)
    recording = library.recording(number)
    assert (recording.state, recording.duration_ms, recording.note) == ("done", 3_000, "")


def test_an_error_ends_a_recording_and_is_noted(library: Library) -> None:
    numbers = []

    def record() -> None:
        with library.begin("Live", NOON, 16_000) as (number, log):
            numbers.append(number)
            log.write(np.zeros(16_000, np.float32))
            log.write(np.full(5, np.nan))

    with pytest.raises(InputError, match="NaN"):
        record()
    (number,) = numbers
    assert library.recording(number).note.startswith("ended early: sound has finite samples")
    assert library.recording(number).duration_ms == 1_000


def test_a_recording_without_sound_leaves_nothing(library: Library) -> None:
    with library.begin("Nothing", NOON, 16_000):
        pass
    assert library.recordings() == ()
    assert list((library.folder / "audio").iterdir()) == []


def test_a_killed_recorder_loses_its_last_second_only(tmp_path: Path) -> None:
    program = """
        import sys
        from datetime import UTC, datetime
        import numpy as np
        from firsthand.recorder.library import Library
        from firsthand.recorder.transcript import Word

        library = Library(sys.argv[1])
        with library.begin("Killed", datetime.now(UTC), 16_000) as (number, log):
            library.note(number, "half of it")
            for second in range(5):
                log.write(np.full(16_000, 0.1, np.float32))
                library.add_words(number, [Word("second", 1_000 * second, 1_000 * second + 500)])
            print("written", flush=True)
            sys.stdin.read()
    """
    child = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(program), tmp_path],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert child.stdout.readline() == b"written\n"
    with Library(tmp_path) as library:
        assert library.recordings()[0].state == "recording"
    child.send_signal(signal.SIGKILL)
    child.wait()
    child.stdin.close()
    child.stdout.close()
    with Library(tmp_path) as library:
        (recording,) = library.recordings()
        assert recording.state == "done"
        assert 4_000 <= recording.duration_ms <= 5_000
        assert recording.note == "half of it; its end was cut off"
        assert len(library.transcript(recording.number).words) == 5
        library.delete(recording.number)


def test_what_is_no_library_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(LibraryError, match="no library can be kept there"):
        Library(tmp_path / "file")
    (tmp_path / "library.sqlite3").write_bytes(b"this is no database at all" * 100)
    with pytest.raises(LibraryError, match=r"library\.sqlite3: is no library of recordings"):
        Library(tmp_path)
    other = sqlite3.connect(tmp_path / "other.sqlite3")
    other.execute("CREATE TABLE cats(name)")
    other.close()
    shutil.copy(tmp_path / "other.sqlite3", tmp_path / "library.sqlite3")
    with pytest.raises(LibraryError, match="of another program"):
        Library(tmp_path)


def test_a_library_of_a_later_program_is_left_alone(library: Library) -> None:
    library.close()
    database = sqlite3.connect(library.folder / "library.sqlite3")
    database.execute("PRAGMA user_version = 7")
    database.close()
    with pytest.raises(LibraryError, match="version 7, this program knows 2"):
        Library(library.folder)


def test_a_damaged_database_is_told_of(library: Library) -> None:
    library.add("Meeting", NOON, MEETING)
    library.close()
    path = library.folder / "library.sqlite3"
    data = bytearray(path.read_bytes())
    data[5_000:] = b"\xff" * (len(data) - 5_000)
    path.write_bytes(data)
    with pytest.raises(LibraryError, match="damaged"), Library(library.folder) as broken:
        broken.search("budget")


def test_nothing_is_kept_of_what_is_refused(library: Library) -> None:
    number = library.add("Meeting", NOON, MEETING)
    with pytest.raises(InputError, match="begins at 5 ms, before the last one"):
        library.add_words(number, [Word("early", 5, 6)])
    with pytest.raises(InputError, match="word 1 begins"):
        library.add_words(number, [Word("b", 90_000, 90_001), Word("a", 80_000, 80_001)])
    with pytest.raises(InputError, match="300 characters at most"):
        library.rename(number, "x" * 301)
    with pytest.raises(InputError, match="no time zone"):
        library.add("x", datetime(2026, 1, 1))
    with pytest.raises(InputError, match="has no recording 99"):
        library.write_tags(99, ["tag"])
    with pytest.raises(InputError, match="no span"):
        library.write_sounds(number, (Sound("dog", n, 5, 0.5) for n in (1, 9)))
    assert library.transcript(number) == MEETING
    assert library.sounds(number) == ()
    with pytest.raises(InputError, match="rate_hz"), library.begin("Live", NOON, 0):
        pass
    assert [each.number for each in library.recordings()] == [number]


def test_a_full_disk_is_told_of_and_what_was_there_stays(library) -> None:
    number = library.add("First", datetime(2026, 1, 1, tzinfo=UTC), MEETING)
    (pages,) = library._connection.execute("PRAGMA page_count").fetchone()
    library._connection.execute(f"PRAGMA max_page_count = {pages}")
    many = said("word " * 20_000, 20_000)
    with pytest.raises(LibraryError, match="the disk is full, so nothing of this was kept"):
        library.add_words(number, many)
    library._connection.execute("PRAGMA max_page_count = 100000")
    assert library.transcript(number).words == MEETING.words
    library.add_words(number, many)
    assert len(library.transcript(number).words) == len(MEETING.words) + len(many)


def test_a_note_takes_the_place_of_another_only_where_it_is_that_one(library: Library) -> None:
    number = library.add("Talk", NOON)
    library.note(number, "first", over="")
    library.note(number, "second", over="other")
    assert library.recording(number).note == "first"
    library.note(number, "third")
    library.note(number, "", over="third")
    assert library.recording(number).note == ""


def test_what_is_forgotten_can_be_written_anew(library: Library) -> None:
    number = library.add("Talk", NOON, MEETING)
    other = library.add("Other", NOON, MEETING)
    for each in (number, other):
        library.write_sounds(each, [Sound("dog", 0, 900, 0.5)])
        library.write_tags(each, ("one", "two"))
    library.write_bars(number, Bars((), np.zeros(0, np.int16), np.zeros(0, np.uint8)))
    library.forget(number)
    assert library.transcript(number).words == library.sounds(number) == library.tags(number) == ()
    assert library.recording(number).title == "Talk"
    assert library.all_tags() == {other: ("one", "two")}
    assert library.sound_names() == ("dog",)
    assert {hit.recording for hit in library.search("good")} == {other}
    library.add_words(number, MEETING.words)
    assert library.transcript(number).words == MEETING.words


@given(transcripts())
def test_words_as_json_are_the_words(tmp_path_factory, transcript: Transcript) -> None:
    with Library(tmp_path_factory.mktemp("json")) as library:
        number = library.add("x", NOON, transcript)
        found = json.loads(library.words_json(number))
    assert found == {
        "text": [word.text for word in transcript.words],
        "start_ms": [word.start_ms for word in transcript.words],
        "end_ms": [word.end_ms for word in transcript.words],
        "attached": [int(word.attached) for word in transcript.words],
    }


@given(hnp.arrays(np.int16, st.integers(0, 300), elements=st.integers(-1, 2)), st.integers(1, 40))
def test_shortened_bars_are_the_loudest_in_the_most_frequent_colour(colours, most: int) -> None:
    levels = (np.arange(len(colours)) * 37 % 256).astype(np.uint8)
    short = Bars(("a", "b", "c"), colours, levels).shortened(most)
    assert len(short.levels) <= most
    each = -(-len(colours) // most) if len(colours) else 1
    for place, (level, colour) in enumerate(zip(short.levels, short.colours, strict=True)):
        part = slice(place * each, (place + 1) * each)
        assert level == levels[part].max()
        counts = [np.count_nonzero(colours[part] == kind) for kind in (-1, 0, 1, 2)]
        assert counts[colour + 1] == max(counts)
