"""Words, turns and the cues made of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from spoken import MEETING, said, transcripts

from firsthand.errors import InputError
from firsthand.recorder.cues import cues, speakers_of
from firsthand.recorder.transcript import LONGEST_MS, Transcript, Turn, Word, words_in


@pytest.mark.parametrize(
    "text", ["", "two words", "a\nb", "a\x00", "a\u2028b", "x" * 201, "\ud800"]
)
def test_what_is_no_word_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="a word is 1 to 200 characters"):
        Word(text, 0, 1)


@pytest.mark.parametrize("span", [(-1, 5), (5, 4), (0, LONGEST_MS + 1)])
def test_times_are_those_of_a_recording(span: tuple[int, int]) -> None:
    with pytest.raises(InputError, match="no span of a recording"):
        Word("word", *span)
    with pytest.raises(InputError, match="no span of a recording"):
        Turn(0, *span)


def test_order_and_probability_are_checked() -> None:
    with pytest.raises(InputError, match="word 1 begins at 2 ms, before the one ahead of it, at 5"):
        Transcript((Word("b", 5, 6), Word("a", 2, 3)))
    with pytest.raises(InputError, match="turn 1 begins"):
        Transcript(turns=(Turn(0, 5, 6), Turn(1, 2, 3)))
    with pytest.raises(InputError, match=r"probability nan is not in 0\.\.1"):
        Word("a", 0, 1, float("nan"))
    with pytest.raises(InputError, match="numbered from 0, not -1"):
        Turn(-1, 0, 1)


def test_words_are_joined_as_their_language_has_it() -> None:
    parts = (Word("今日", 0, 1), Word("は", 1, 2, attached=True), Word("ok", 2, 3))
    assert Transcript(parts).text == "今日は ok"
    assert MEETING.name_of(0) == "Ann & Bob"
    assert MEETING.name_of(1) == "Speaker 2"


@given(st.text(max_size=300))
def test_any_line_has_words(line: str) -> None:
    for text in words_in(line):
        Word(text, 0, 0)


@given(transcripts())
def test_cues_hold_every_word_once(transcript: Transcript) -> None:
    made = list(cues(transcript))
    assert tuple(word for cue in made for word in cue.words) == transcript.words
    speakers = speakers_of(transcript.words, transcript.turns)
    assert speakers == [cue.speaker for cue in made for _ in cue.words]
    for cue in made:
        alone = len(cue.words) == 1
        assert alone or len(cue.text) <= 84
        assert alone or cue.words[-1].end_ms - cue.start_ms <= 7_000


def test_a_cue_ends_with_speaker_pause_and_sentence() -> None:
    assert [(cue.speaker, cue.text) for cue in cues(MEETING)] == [
        (0, "Good morning, everybody."),
        (0, "Shall we begin with the budget?"),
        (1, "Yes: 5 < 6 & 7 > 6."),
    ]
    one = "This is the first sentence, which is rather long. The second"
    assert [cue.text for cue in cues(Transcript(tuple(said(one))))] == [one[:49], one[50:]]


@given(transcripts())
def test_a_word_is_said_by_whose_turn_covers_most_of_it(transcript: Transcript) -> None:
    for word, speaker in zip(
        transcript.words, speakers_of(transcript.words, transcript.turns), strict=True
    ):
        until_ms = max(word.end_ms, word.start_ms + 1)
        common = {
            turn: min(turn.end_ms, until_ms) - max(turn.start_ms, word.start_ms)
            for turn in transcript.turns
        }
        most = max(common.values(), default=0)
        if most <= 0:
            assert speaker is None
        else:
            assert speaker in {turn.speaker for turn, ms in common.items() if ms == most}
