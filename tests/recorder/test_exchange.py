"""Transcripts written and read again, and files of strangers."""

import contextlib
import html
import json
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from spoken import MEETING, TEXTS, transcripts

from firsthand.errors import InputError
from firsthand.recorder import exchange
from firsthand.recorder.exchange import READABLE, read_transcript, write_transcript
from firsthand.recorder.transcript import Transcript, Word


@given(transcripts())
def test_json_keeps_everything(transcript: Transcript) -> None:
    assert read_transcript(write_transcript(transcript, "json"), "json") == transcript


@given(transcripts())
def test_webvtt_keeps_words_beginnings_and_speakers(transcript: Transcript) -> None:
    read = read_transcript(write_transcript(transcript, "vtt"), "vtt")
    assert [(w.text, w.start_ms) for w in read.words] == [
        (w.text, w.start_ms) for w in transcript.words
    ]


@given(transcripts(texts=st.text("abcdefgh.,'!äß", min_size=1, max_size=12)))
def test_subrip_keeps_words(transcript: Transcript) -> None:
    without = Transcript(transcript.words)
    read = read_transcript(write_transcript(without, "srt"), "srt")
    assert read.text.replace(" ", "") == without.text.replace(" ", "")
    again = read_transcript(write_transcript(read, "srt"), "srt")
    assert again.text == read.text


def test_voices_come_back_as_speakers() -> None:
    read = read_transcript(write_transcript(MEETING, "vtt"), "vtt")
    assert [read.name_of(turn.speaker) for turn in read.turns] == ["Ann & Bob", "Speaker 2"]
    assert read.text == MEETING.text
    assert "<v Ann &amp; Bob>Good" in write_transcript(MEETING, "vtt")


def test_text_is_what_one_would_write() -> None:
    assert write_transcript(MEETING, "txt") == (
        "Ann & Bob: Good morning, everybody. Shall we begin with the budget?\n"
        "Speaker 2: Yes: 5 < 6 & 7 > 6.\n"
    )


def test_subrip_is_what_players_read() -> None:
    assert write_transcript(MEETING, "srt").startswith(
        "1\n00:00:00,000 --> 00:00:00,850\nAnn & Bob: Good morning, everybody.\n\n2\n"
    )
    assert "5 \u2039 6 & 7 \u203a 6." in write_transcript(MEETING, "srt")


def test_the_time_of_a_line_is_shared_by_its_letters() -> None:
    lines = "1\n00:00:01,000 --> 00:00:02,000\n<i>ab</i> {\\an8}abcdef\n"
    assert read_transcript(lines, "srt").words == (
        Word("ab", 1_000, 1_250),
        Word("abcdef", 1_250, 2_000),
    )


def test_lines_that_overlap_stay_whole() -> None:
    lines = (
        "1\n00:00:00,000 --> 00:00:08,000\none two three four\n\n"
        "2\n00:00:03,000 --> 00:00:04,000\nfive\n"
    )
    read = read_transcript(lines, "srt")
    assert read.text == "one two three four five"
    assert read.words[-1] == Word("five", 5_866, 5_866)


@pytest.mark.parametrize(
    ("form", "text", "match"),
    [
        ("srt", "no times", "no SRT"),
        ("vtt", "00:01.000 --> 00:02.000\nwithout its header", "no VTT"),
        ("vtt", "WEBVTT\n\nsome words\n", "no VTT: there is no cue"),
        ("srt", "1\n00:00:05,000 --> 00:00:02,000\nback in time\n", "5000 to 2000 ms is no span"),
        ("srt", "1\n9999999:00:05,000 --> 9999999:00:06,000\nlate\n", "no span of a recording"),
        ("json", "{", "no JSON"),
        ("json", "[" * 100_000, "no JSON"),
        ("json", "[]", "no transcript"),
        ("json", '{"kind": "something else"}', "no transcript"),
        ("json", {"words": [["a", 0]]}, '"words", entry 0'),
        ("json", {"words": [["a", 0, 1.5, 1]]}, "whole numbers, not 1.5"),
        ("json", {"words": [["a", 0, True, 1]]}, "whole numbers, not True"),
        ("json", {"words": [["a", 0, 1, "x"]]}, "a probability is a number"),
        ("json", {"words": [["a b", 0, 1, 1]]}, "entry 0: a word is 1 to 200"),
        ("json", {"words": [[5, 0, 1, 1]]}, "a word is its text"),
        ("json", {"words": {}}, '"words" is a list, not dict'),
        ("json", {"words": [0]}, "entry 0: a list, not int"),
        ("json", {"turns": [[0, 5]]}, '"turns", entry 0'),
        ("json", {"speakers": {"x": "Ann"}}, "names to numbers"),
        ("json", {"speakers": []}, "a name to each number"),
        ("json", {"language": 5}, '"language" is a text, not int'),
    ],
)
def test_what_is_wrong_is_said(form, text, match) -> None:
    if isinstance(text, dict):
        text = json.dumps({"kind": exchange._KIND, **text})
    with pytest.raises(InputError, match=match):
        read_transcript(text, form)


@given(st.sampled_from(READABLE), st.text(max_size=200))
def test_any_text_is_read_or_refused(form, text) -> None:
    with contextlib.suppress(InputError):
        read_transcript(text, form)


@given(st.lists(TEXTS, min_size=1, max_size=5))
def test_markup_of_strangers_is_text_in_what_is_written(texts) -> None:
    words = tuple(Word(text, 0, 10) for text in texts)
    cue = write_transcript(Transcript(words), "vtt").split("\n", 3)[3]
    for tag in exchange._ANY_TAG.findall(cue):
        assert exchange._TIME_TAG.fullmatch(tag)
    assert html.unescape(exchange._ANY_TAG.sub("", cue)).split() == " ".join(texts).split()


def test_a_file_longer_than_any_transcript_is_refused(monkeypatch) -> None:
    monkeypatch.setattr(exchange, "LARGEST_CHARACTERS", 10)
    with pytest.raises(InputError, match="11 characters are more"):
        read_transcript("x" * 11, "srt")
    with pytest.raises(InputError, match="is read from srt, vtt, json, not 'txt'"):
        read_transcript("text", "txt")


@pytest.mark.parametrize("mark", ["<", "<font ", "{\\", "<v ", "</"])
@pytest.mark.parametrize("form", ["srt", "vtt"])
def test_marks_that_are_never_closed_take_no_longer_than_words(form, mark) -> None:
    """Looked for to the end of the text from each of them, they would take minutes."""
    comma = "," if form == "srt" else "."
    head = f"{'WEBVTT' if form == 'vtt' else 1}\n{chr(10) * (form == 'vtt')}"
    span = f"00:00:01{comma}000 --> 00:00:02{comma}000\n"
    began_s = process_time()
    read_transcript(f"{head}{span}{mark * (200_000 // len(mark))}\n", form)
    assert process_time() - began_s < 6
